"""What is special to a deployment, beyond the contract that tests/deployments/run-tap runs through each.

SPDX-License-Identifier: MIT
"""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client, from_elsewhere, raw_http
from harness.deployments import DEPLOYMENTS, keepalive_nginx
from harness.load import Load
from harness.process import wait_until
from harness.servers import ADMIN_PROGRAM, ENVIRONMENT, SOURCE
from harness.stack import Stack

BODY = {"amount": 1, "currency": "USD", "source": "tok_visa"}


def made(name, **options):
    """A fixture: a stack of the deployment for the tests of this file."""

    @pytest.fixture(scope="module")
    def fixture():
        with Stack(deployment=name, **options) as running:
            yield running

    return fixture


proxy = made("apache-proxy", workers=1, max_queue_seconds=1)
single = made("nginx", workers=1, max_queue_seconds=1)
fcgid = made("apache-fcgid")
host = made("hosting-fcgi")
cgi_host = made("hosting-cgi")
keepalive = made("nginx-keepalive")
multiwatch = made("multiwatch")
WEB_SERVERS = ("proxy", "fcgid", "host", "cgi_host")


@pytest.fixture(params=WEB_SERVERS)
def any_apache(request):
    return request.getfixturevalue(request.param)


def test_keepalive_starves_nobody(keepalive):
    """Two nginx that each keep more connections than there are workers."""
    second = keepalive_nginx(keepalive, "second").start()
    try:
        with Load([keepalive.web.url, second.url], keepalive.key, clients=6) as load:
            time.sleep(3)
        for statuses in load.statuses.values():
            assert set(statuses) == {201}
            assert len(statuses) > 100
        # One that fell silent gives way to the other.
        assert Client(second.url, keepalive.key).pay().status_code == 201
        assert keepalive.client.pay().status_code == 201
    finally:
        second.stop()


def test_multiwatch_starts_a_worker_anew(multiwatch):
    before = multiwatch.workers.worker_pids()
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(multiwatch.workers.worker_pids() - {victim}) == 2, 10, "a new worker")
    assert [multiwatch.client.pay().status_code for _ in range(20)] == [201] * 20


def test_socket_activation_is_lazy():
    with Stack(deployment="socket-activation", workers=2) as stack:
        # The stack made no request so far.
        assert stack.workers.worker_pids() == set()
        assert "started" not in stack.workers.log()
        assert stack.client.pay().status_code == 201
        assert len(stack.workers.worker_pids()) == 2
        assert "started, 2 workers" in stack.workers.log()


@pytest.mark.parametrize("name", [*WEB_SERVERS, "single"])
def test_health_is_for_this_machine_only(request, name):
    server = request.getfixturevalue(name)
    for path in ("/healthz", "/readyz"):
        assert server.client.get(path).text == '{"status":"ok"}'
        answer = from_elsewhere(server.web.url + path, headers={"X-Forwarded-Proto": "https"})
        assert answer.status_code in (403, 404)
        assert '"status"' not in answer.text
        assert answer.headers["Content-Type"] == "application/json"
    # A process without a pool, as mod_fcgid starts it, has no metrics; but nobody else gets to ask it either.
    here, elsewhere = server.client.get("/metrics"), from_elsewhere(server.web.url + "/metrics",
                                                                    headers={"X-Forwarded-Proto": "https"})
    assert "payment_api_requests_total" in here.text or here.text == '{"error":"Not found"}'
    assert elsewhere.status_code in (403, 404)
    assert "Request-Id" not in elsewhere.headers or elsewhere.text == '{"error":"Not found"}'
    assert "payment_api" not in elsewhere.text


def test_a_client_cannot_give_itself_a_key(any_apache):
    """Headers that look like the parameters which carry the key are none."""
    for header in ("HTTP_AUTHORIZATION", "REDIRECT_HTTP_AUTHORIZATION", "Redirect-Http-Authorization"):
        answer = any_apache.client.get("/payments/x", key=False, headers={header: f"Bearer {any_apache.key}"})
        assert (answer.status_code, answer.text) == (401, '{"error":"Missing API key"}')


def test_two_authorization_headers(any_apache):
    """Apache makes one of both, and that is no key."""
    line = f"Authorization: Bearer {any_apache.key}\r\n".encode()
    answer = raw_http(any_apache.web.port, b"GET /v1/payments/x HTTP/1.1\r\nHost: x\r\n" + line * 2 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_chunked_body_of_any_size(any_apache):
    """Its length is not announced: the program, or Apache, counts."""
    for size, expected in ((60_000, 400), (70_000, 413), (200_000, 413), (3_000_000, 413)):
        # mod_fcgid's own limit, 1 MiB in the site and 128 KiB on a host, answers 500.
        limit = {"apache-fcgid": 1 << 20, "hosting-fcgi": 1 << 17}.get(any_apache.deployment.name, 1 << 30)
        answer = any_apache.client.session.post(
            any_apache.web.url + "/payments", data=iter([b"{" * 10_000] * (size // 10_000)),
            headers={"Authorization": f"Bearer {any_apache.key}", "Content-Type": "application/json"}, timeout=30)
        assert answer.status_code == (500 if size > limit else expected)
        assert re.fullmatch(r'\{"error":"[A-Za-z ]+"\}', answer.text)


def test_fcgid_ends_workers_without_losing_a_request():
    """Idle and old processes are ended all the time, under load and in its pauses."""
    with Stack(deployment="apache-fcgid") as stack:
        stack.web.stop()
        with open(os.path.join(stack.web.folder, "site.conf"), encoding="utf-8") as file:
            site = file.read()
        assert "FcgidMinProcessesPerClass 4\n" in site  # so many would be spared
        stack.web.write("site.conf", site.replace("FcgidMinProcessesPerClass 4\n", "FcgidMinProcessesPerClass 0\n"))
        with open(stack.web.config, "a", encoding="utf-8") as config:
            config.write("FcgidIdleTimeout 1\nFcgidIdleScanInterval 1\nFcgidProcessLifeTime 2\n"
                         "FcgidErrorScanInterval 1\nFcgidZombieScanInterval 1\n")
        stack.web.start()

        def ended():
            return re.findall(r"\((\d+)\) exit\((?:idle timeout|lifetime expired)\)", stack.web.log())

        with Load([stack.web.url], stack.key, clients=6, pause=0.02) as load:
            wait_until(lambda: len(ended()) >= 4, 60, "the end of workers that were idle or old")
        statuses = load.statuses[stack.web.url]
        assert set(statuses) == {201}
        assert len(statuses) > 100
        # A pause in which they are all ended; the next request starts one.
        time.sleep(4)
        assert stack.client.pay().status_code == 201


def test_apache_without_workers(proxy):
    """Its own error has the API's form, and the workers are found at once when they are back."""
    proxy.workers.stop()
    answer = proxy.client.pay()
    assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    proxy.workers.start()
    os.chmod(proxy.workers.socket, 0o666)
    assert proxy.client.pay().status_code == 201


def test_a_key_in_clear_is_refused_by_a_host(host):
    before = host.database.sql("SELECT COUNT(*) FROM payments")
    answer = from_elsewhere(host.web.url + "/payments", method="POST", json=BODY,
                            headers={"Authorization": f"Bearer {host.key}"})
    assert (answer.status_code, answer.text) == (403, '{"error":"HTTPS required"}')
    assert answer.headers["Content-Type"] == "application/json"
    assert host.database.sql("SELECT COUNT(*) FROM payments") == before
    # Behind a proxy of the host that did the TLS.
    answer = from_elsewhere(host.web.url + "/payments", method="POST", json=BODY,
                            headers={"Authorization": f"Bearer {host.key}", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 201
    # A proxy on the same machine that says for whom it asks.
    answer = host.client.post("/payments", BODY, headers={"X-Forwarded-For": "192.0.2.1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("deployment", ["host", "cgi_host"])
def test_a_host_shows_no_file(deployment, request):
    """Neither the wrapper nor .htaccess can be read, and the wrapper's own URL is none of the API's."""
    stack = request.getfixturevalue(deployment)
    answer = stack.client.get("/.htaccess")
    assert (answer.status_code, answer.text) == (403, '{"error":"Forbidden"}')
    for path in ("/payment-api.fcgi", "/payment-api.fcgi/payments/x", "/payment-api.fcgi/healthz"):
        answer = stack.client.get(path)
        assert (answer.status_code, answer.text) == (404, '{"error":"Not found"}')
    for path in ("/payments/a%2541", "/payments%3Fx", "/payments%23x", "/payments%25"):
        assert stack.client.get(path).status_code == 404


@pytest.mark.parametrize("deployment", ["host", "cgi_host"])
def test_base_url_and_location_on_a_host(deployment, request):
    stack = request.getfixturevalue(deployment)
    created = stack.client.pay()
    assert re.fullmatch("/v1/payments/pay_[0-9a-z]{26}", created.headers["Location"])
    assert stack.client.get(created.headers["Location"].removeprefix("/v1")).text == created.text


def test_an_account_without_a_right_to_anything_else(host):
    """The web server and the program are an ordinary user's, who may write to the account's home only."""
    assert host.client.get("/healthz").status_code == 200
    workers = host.workers.worker_pids()
    assert workers
    for pid in (host.web.pid, *workers):
        status = os.stat(f"/proc/{pid}")
        assert status.st_uid == os.stat(host.web.home).st_uid
        if os.geteuid() == 0:
            assert status.st_uid != 0


def test_schema_by_import(host):
    """The SQL files alone, as phpMyAdmin imports them, make what payment-admin schema upgrade makes."""
    host.database.sql("CREATE DATABASE imported CHARACTER SET utf8mb4;"
                      "GRANT ALL ON imported.* TO 'account'@'localhost'", database="mysql")
    for name in sorted(os.listdir(os.path.join(SOURCE, "sql"))):
        if re.match(r"\d{4}_.*\.sql$", name):
            with open(os.path.join(SOURCE, "sql", name), encoding="utf-8") as file:
                host.database.sql(file.read(), database="imported", user="account", password=host.password)
    columns = ("SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns"
               " WHERE table_schema = '%s' AND table_name <> 'schema_upgrade' ORDER BY 1, 2")
    assert host.database.sql(columns % "imported") == host.database.sql(columns % "payment_api")
    path = os.path.join(host.folder, "imported.conf")
    with open(host.web.home + "/payment-api/payment-api.conf", encoding="utf-8") as file:
        text = file.read().replace("database = payment_api", "database = imported")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    for arguments in (("schema", "status"), ("merchant", "create", "My shop")):
        result = subprocess.run([ADMIN_PROGRAM, "--config", path, *arguments], capture_output=True, text=True,
                                timeout=30, check=False)
        assert result.returncode == 0, result.stderr


def test_libraries_beside_the_program(host):
    """The wrapper finds libraries that the host lacks in lib/."""
    library = os.path.join(host.web.home, "payment-api", "lib", "libfcgi.so.0")
    os.mkdir(os.path.dirname(library))
    listing = subprocess.run(["ldd", os.path.join(host.web.home, "payment-api", "payment-api.fcgi")],
                             capture_output=True, text=True, check=True).stdout
    subprocess.run(["cp", re.search(r"libfcgi\.so\.0 => (\S+)", listing).group(1), library], check=True)
    wrapper = os.path.join(host.web.root, "v1", "payment-api.fcgi")
    traced = subprocess.run([wrapper], env={**ENVIRONMENT, "LD_DEBUG": "libs"}, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False).stderr
    assert f"calling init: {library}" in traced


def test_every_deployment_is_run():
    """tests/deployments/run-tap leaves none out but the one that all functional tests use."""
    with open(os.path.join(SOURCE, "tests/deployments/run-tap"), encoding="utf-8") as file:
        listed = re.search(r"^DEPLOYMENTS = \((.*?)\)", file.read(), re.M | re.S).group(1)
    assert {"nginx", *re.findall(r'"([a-z-]+)"', listed)} == set(DEPLOYMENTS)


def test_unknown_deployment():
    result = subprocess.run(
        [sys.executable, os.path.join(SOURCE, "tests/deployments/run-tap"), "iis"], capture_output=True, text=True,
        timeout=60, check=False, env={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"})
    assert result.returncode != 0
    assert "no 'iis'; there are nginx " in result.stdout + result.stderr
