"""Requests that waited too long for a worker are refused, and a wrong clock refuses none.

SPDX-License-Identifier: MIT
"""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send
from harness.database_proxy import DatabaseProxy, Fault
from harness.process import wait_until
from harness.stack import Stack

BUSY = 0.6  # seconds
GAP = "REQUEST_START is"
UNKNOWN = "/payments/pay_" + "0" * 26


@pytest.fixture(scope="module")
def stack():
    with Stack(proxy=DatabaseProxy, workers=1, max_queue_seconds=5) as running:
        yield running


def status(stack, path, waited):
    """The answer's status to a request that the web server passed on so many seconds ago, as it says."""
    params = fastcgi_params("GET", path, stack.key, extra=[("REQUEST_START", f"{time.time() - waited:.3f}")])
    return fastcgi_send(stack.workers.socket, fastcgi_request(params)).split(b" ")[1]


def while_busy(stack, *calls, behind=0):
    """The statuses of requests that come while the worker is at work on another one. behind: by so many seconds the
    clock of that one's web server is wrong."""
    stack.proxy.plan(Fault("FROM payments FORCE INDEX (PRIMARY)", delay=BUSY, late=True))
    with ThreadPoolExecutor(len(calls) + 1) as pool:
        busy = pool.submit(status, stack, UNKNOWN, behind)
        wait_until(lambda: stack.proxy.faults[0].hits == 1, 5, "the worker to be busy")
        stack.proxy.plan()
        answers = [pool.submit(status, stack, *call) for call in calls]
        assert busy.result() == b"404"
        return [answer.result() for answer in answers]


def test_requests_that_waited_too_long(stack):
    assert while_busy(stack, ("/payments/x", 0), ("/payments/x", 3), ("/payments/x", 6)) == [b"404", b"404", b"503"]


def test_health_is_never_refused(stack):
    assert while_busy(stack, ("/healthz", 60), ("/readyz", 60), ("/refunds/x", 60)) == [b"200", b"200", b"503"]


def test_a_clock_that_is_wrong(stack):
    """An idle worker takes a request at once: it has not waited, whatever its time says. The log says so once, and
    what waits later is measured from there."""
    for _ in range(3):
        time.sleep(0.5)  # the worker is idle
        assert status(stack, "/payments/x", 60) == b"404"
    assert stack.workers.log().count(GAP) == 1
    assert while_busy(stack, ("/payments/x", 61), ("/payments/x", 70), behind=60) == [b"404", b"503"]
    time.sleep(0.5)
    assert status(stack, "/payments/x", 0) == b"404"  # it is right again
    assert while_busy(stack, ("/payments/x", 6)) == [b"503"]


def test_a_clock_that_is_ahead(stack):
    assert status(stack, "/payments/x", -60) == b"404"
    assert while_busy(stack, ("/payments/x", -60), behind=-60) == [b"404"]


def test_an_answer_that_nobody_takes(stack):
    """Its client has gone while it was made: the log says so."""
    lost = "the web server took no answer"
    assert lost not in stack.workers.log()
    stack.proxy.plan(Fault("FROM payments FORCE INDEX (PRIMARY)", delay=BUSY, late=True))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(stack.workers.socket)
        connection.sendall(fastcgi_request(fastcgi_params("GET", UNKNOWN, stack.key)))
        wait_until(lambda: stack.proxy.faults[0].hits == 1, 5, "the worker to be busy")
    stack.proxy.plan()
    wait_until(lambda: lost in stack.workers.log(), 10, "the line in the log")


def test_through_nginx():
    """The web server tells when it passed the request on, and what a client says about that does not count."""
    with Stack(proxy=DatabaseProxy, workers=1, max_queue_seconds=1) as stack, ThreadPoolExecutor(2) as pool:
        payment = stack.client.pay().json()["id"]
        stack.proxy.plan(Fault("FROM payments FORCE INDEX (PRIMARY)", delay=1.6, late=True))
        busy = pool.submit(stack.client.get, "/payments/" + payment)
        wait_until(lambda: stack.proxy.faults[0].hits == 1, 5, "the worker to be busy")
        waiting = pool.submit(Client(stack.nginx.url, stack.key).get, "/payments/" + payment,
                              headers={"X-Request-Start": "t=99999999999000000", "Request-Start": "99999999999"})
        assert busy.result().status_code == 200
        answer = waiting.result()
        assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
        assert answer.headers["Retry-After"] == "1"
