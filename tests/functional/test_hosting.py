"""What goes wrong on a shared host, and how its customer gets to see why.

SPDX-License-Identifier: MIT
"""

import os
import signal

import pytest
from harness.process import wait_until
from harness.stack import Stack

HOSTS = ("hosting-fcgi", "hosting-cgi")
# What a customer gets wrong: an edit of the configuration, and a part of the reason that is shown.
MISTAKES = {
    "password": ("password = ", "password = not-", "Access denied"),
    "database": ("database = payment_api", "database = payment_apy", "Access denied"),
    "schema": ("database = payment_api", "database = empty", "the database has no schema"),
}


@pytest.fixture(scope="module", params=HOSTS)
def host(request):
    with Stack(deployment=request.param) as stack:
        stack.database.sql("CREATE DATABASE empty; GRANT ALL ON empty.* TO 'account'@'localhost'", database="mysql")
        yield stack


def configuration(host):
    return os.path.join(host.web.home, "payment-api", "payment-api.conf")


def end_workers(host):
    """So that the next request starts one."""
    pids = host.workers.worker_pids()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pids & host.workers.worker_pids(), 20, "the workers' end")


@pytest.fixture(params=MISTAKES)
def mistake(request, host):
    """The host with a mistake in its configuration; the reason. Then all is as it was."""
    right, wrong, reason = MISTAKES[request.param]
    with open(configuration(host), encoding="utf-8") as file:
        text = file.read()
    assert text.count(right) == 1
    host.web.write("home/payment-api/payment-api.conf", text.replace(right, wrong), 0o600)
    end_workers(host)
    yield reason
    host.web.write("home/payment-api/payment-api.conf", text, 0o600)


def test_a_wrong_database_is_503(host, mistake):
    """Not Apache's 500 for a program that does not start."""
    for answer in (host.client.pay(), host.client.get("/payments/x")):
        assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
        assert answer.headers["Content-Type"] == "application/json"
    assert host.client.get("/readyz").status_code == 503
    assert host.client.get("/healthz").status_code == 200
    assert mistake in host.web.log()


def test_it_works_as_soon_as_the_mistake_is_mended(host, mistake):
    assert host.client.pay().status_code == 503
    before = host.workers.worker_pids()
    with open(configuration(host), encoding="utf-8") as file:
        text = file.read()
    for right, wrong, _ in MISTAKES.values():
        text = text.replace(wrong, right)
    host.web.write("home/payment-api/payment-api.conf", text, 0o600)
    wait_until(lambda: host.client.pay().status_code == 201, 5, "a payment")
    assert host.workers.worker_pids() == before  # nobody had to start it anew
