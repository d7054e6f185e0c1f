"""The pool: workers that die, drain, reload, and wait for their database.

SPDX-License-Identifier: MIT
"""

import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send
from harness.load import Load
from harness.process import wait_until
from harness.servers import FASTCGI_PROGRAM, Workers, free_port
from harness.stack import Stack


@pytest.fixture(scope="module")
def stack():
    """A stack of its own: its workers are killed."""
    with Stack() as running:
        yield running


@pytest.fixture(autouse=True)
def running_again(stack):
    """The whole pool before each test and nothing else: a worker that is late would pass for one that replaces
    another, and one that is still leaving for one that is lost."""
    if not stack.workers.running:
        stack.write_config()
        stack.workers.start()
    wait_until(lambda: len(stack.workers.worker_pids()) == 2, 20, "the workers")


def test_a_worker_that_is_killed_is_replaced(stack):
    workers = stack.workers.worker_pids()
    assert len(workers) == 2
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(stack.workers.worker_pids() - {victim}) == 2, 10, "a new worker")
    assert "was ended by signal 9" in stack.workers.log()
    for _ in range(20):
        assert stack.client.pay().status_code == 201


def test_workers_that_die_young_are_replaced_ever_more_slowly(stack):
    deaths = set()  # one that has not been waited for yet can be killed again
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for pid in stack.workers.worker_pids():
            try:
                os.kill(pid, signal.SIGKILL)
                deaths.add(pid)
            except ProcessLookupError:
                pass
        time.sleep(0.005)
    assert 4 <= len(deaths) <= 40, deaths  # without a pause it would be hundreds
    wait_until(lambda: len(stack.workers.worker_pids()) == 2, 15, "the workers")
    time.sleep(1.2)  # grown up: the next death is no early one


def hold_payment(stack, session):
    """Lets a refund wait: another session holds its payment. The refund's payment id."""
    created = stack.client.pay()
    session.run("START TRANSACTION; UPDATE payments SET refunded = refunded ORDER BY id DESC LIMIT 1")
    return created.json()["id"]


def test_term_answers_what_is_in_hand(stack):
    with stack.database.session() as other, ThreadPoolExecutor() as pool:
        payment_id = hold_payment(stack, other)
        answer = pool.submit(Client(stack.nginx.url, stack.key).refund, payment_id, 1)
        time.sleep(0.5)  # the refund waits for the lock by now
        assert not answer.done()
        stack.workers.signal(signal.SIGTERM)
        time.sleep(0.3)
        other.run("COMMIT")
        assert answer.result(10).status_code == 201
    assert stack.workers.wait(10) == 0
    assert not os.path.exists(stack.workers.socket)


def test_hup_replaces_all_workers_without_a_failed_request(stack):
    before = stack.workers.worker_pids()
    big = b'{"amount":1,"currency":"USD","source":"tok_visa"' + b" " * 3000 + b"}"
    assert stack.client.post("/payments", big).status_code == 201
    stack.write_config(max_body=2000)
    with Load([stack.nginx.url], stack.key) as load:
        time.sleep(0.3)
        stack.workers.signal(signal.SIGHUP)
        wait_until(lambda: len(stack.workers.worker_pids()) == 2
                   and not stack.workers.worker_pids() & before, 20, "new workers")
        time.sleep(0.3)
    statuses = load.statuses[stack.nginx.url]
    assert set(statuses) == {201}
    assert len(statuses) > 50
    assert stack.client.post("/payments", big).status_code == 413
    stack.write_config()
    stack.workers.signal(signal.SIGHUP)
    wait_until(lambda: stack.client.post("/payments", big).status_code == 201, 20, "the old limit")


def test_hup_with_a_broken_file_changes_nothing(stack):
    before = stack.workers.worker_pids()
    stack.write_config(max_body="lots")
    stack.workers.signal(signal.SIGHUP)
    wait_until(lambda: "the configuration stays as it was" in stack.workers.log(), 5, "the complaint")
    assert "max_body is 'lots'" in stack.workers.log()
    assert stack.workers.worker_pids() == before
    assert stack.client.pay().status_code == 201
    stack.write_config()


def test_hup_with_a_database_that_refuses_the_account_changes_nothing(stack):
    before = stack.workers.worker_pids()
    password, stack.password = stack.password, "wrong"
    stack.write_config()
    stack.password = password
    complaints = stack.workers.log().count("the configuration stays as it was")
    stack.workers.signal(signal.SIGHUP)
    wait_until(lambda: stack.workers.log().count("the configuration stays as it was") > complaints, 15, "the complaint")
    assert stack.workers.worker_pids() == before
    assert stack.client.pay().status_code == 201
    stack.write_config()


def test_a_worker_is_replaced_where_the_end_of_children_was_ignored(stack):
    workers = Workers(stack.folder, stack.config, workers=2, listen=os.path.join(stack.folder, "ignoring.sock"))
    previous = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a child inherits that
    try:
        workers.start()
    finally:
        signal.signal(signal.SIGCHLD, previous)
    try:
        wait_until(workers.complete, what="the workers")
        victim = min(workers.worker_pids())
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(workers.worker_pids() - {victim}) == 2, 10, "a new worker")
    finally:
        assert workers.stop() == 0


def test_workers_do_not_outlive_their_parent(stack):
    workers = stack.workers.worker_pids()
    assert len(workers) == 2
    stack.workers.kill()
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), 10, "their end")
    # The socket's file is left behind by a killed process; the next one replaces it.
    assert os.path.exists(stack.workers.socket)
    stack.workers.start()
    assert stack.client.pay().status_code == 201


def test_no_database(stack):
    """Requests get 503 while the database is away, and payments again when it is back."""
    stack.workers.stop()
    stack.database.stop()
    stack.workers.start()
    answer = stack.client.pay()
    assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
    assert answer.headers["Retry-After"] == "1"
    assert stack.client.get("/readyz").status_code == 503
    assert stack.client.get("/healthz").text == '{"status":"ok"}'
    stack.database.start()
    wait_until(lambda: stack.client.pay().status_code == 201, 15, "the recovery")
    assert stack.client.get("/readyz").text == '{"status":"ok"}'


def test_a_restart_of_the_database_in_between(stack):
    assert stack.client.pay().status_code == 201
    stack.database.stop()
    stack.database.start()
    assert stack.client.pay().status_code == 201


def test_monitors_hear_of_a_database_that_is_gone_at_once(stack):
    """They do not wait until the deadline of other requests. And the log tells the reason each time, also while no
    connection is tried since the last one has just failed."""
    assert {stack.client.get("/readyz").status_code for _ in range(4)} == {200}
    before = len(stack.workers.log())
    stack.database.stop()
    try:
        started = time.monotonic()
        assert [stack.client.get("/readyz").status_code for _ in range(3)] == [503] * 3
        assert time.monotonic() - started < 5  # one of them once took 7 s
        reasons = re.findall("gave up after .*", stack.workers.log()[before:])
        assert len(reasons) == 3 and all(reason.endswith("(error 2002)") for reason in reasons), reasons
    finally:
        stack.database.start()
    wait_until(lambda: stack.client.get("/readyz").status_code == 200, 15, "the recovery")


def test_one_worker_is_the_process_itself(stack):
    workers = Workers(stack.folder, stack.config, workers=1, listen=os.path.join(stack.folder, "one.sock"))
    workers.name = "one"
    workers.start()
    try:
        assert workers.worker_pids() == set()
        body = b'{"amount":1,"currency":"USD","source":"tok_visa"}'
        request = fastcgi_request(fastcgi_params("POST", "/payments", stack.key, body), body)
        assert fastcgi_send(workers.socket, request).startswith(b"Status: 201 ")
        workers.signal(signal.SIGHUP)
        time.sleep(0.3)
        assert fastcgi_send(workers.socket, request).startswith(b"Status: 201 ")
    finally:
        assert workers.stop() == 0


def test_a_reload_does_not_undo_an_end(stack):
    workers = Workers(stack.folder, stack.config, workers=1, listen=os.path.join(stack.folder, "both.sock")).start()
    for number in (signal.SIGSTOP, signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
        workers.signal(number)
    assert workers.wait(10) == 0


def test_the_log_does_not_get_into_a_connection(stack):
    """Process managers may start programs with nothing but the socket open."""
    path = os.path.join(stack.folder, "bare.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", FASTCGI_PROGRAM, "--config", stack.config, "--workers", "1",
             "--log-level", "debug"], stdin=listener)
    try:
        answer = fastcgi_send(path, fastcgi_request(fastcgi_params("GET", "/readyz")))
        assert answer.startswith(b"Status: 200 ") and answer.endswith(b'{"status":"ok"}')
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_spawn_fcgi_gives_the_socket(stack):
    path = os.path.join(stack.folder, "spawned.sock")
    with open(os.path.join(stack.folder, "spawned.log"), "wb") as log:
        process = subprocess.Popen(
            ["spawn-fcgi", "-n", "-s", path, "--", FASTCGI_PROGRAM, "--config", stack.config],
            stdout=log, stderr=log,
        )
    try:
        wait_until(lambda: os.path.exists(path), 10, "the socket")
        request = fastcgi_request(fastcgi_params("GET", "/healthz"))
        assert fastcgi_send(path, request).endswith(b'{"status":"ok"}')
    finally:
        process.terminate()
        assert process.wait(20) == 0


def run_program(*arguments):
    """A start that fails; (exit status, what it said)."""
    result = subprocess.run([FASTCGI_PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=30, check=False)
    return result.returncode, result.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "[::]", "192.0.2.1"])
def test_a_routable_address_is_refused(stack, address):
    status, message = run_program("--config", stack.config, "--listen", f"{address}:{free_port()}")
    assert status == 78
    assert "other machines could reach this address" in message


def test_a_routable_address_can_be_forced(stack):
    """In a network of its own, that nobody can reach."""
    class Apart(Workers):
        name = "apart"

        def command(self):
            return ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]), *super().command()]

        def ready(self):
            return "started, 2 workers" in self.log()

    workers = Apart(stack.folder, stack.config, workers=2, listen=f"0.0.0.0:{free_port()}", allow_remote="yes").start()
    assert workers.stop() == 0


def test_a_live_socket_is_not_taken(stack):
    status, message = run_program("--config", stack.config, "--listen", stack.workers.socket)
    assert status == 78
    assert "another process listens on" in message and "--replace" in message
    assert stack.client.pay().status_code == 201


def test_a_file_that_is_no_socket_is_not_removed(stack, tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    status, message = run_program("--config", stack.config, "--listen", str(path))
    assert status == 78 and "is no socket" in message
    assert path.read_text() == "data"


@pytest.mark.parametrize("text, message", [
    ("[payment-api]\nworkers = 0\n", "line 2: workers is '0', but must be a number from 1 to 1024"),
    ("[payment-api]\nworkers = many\n", "line 2: workers is 'many'"),
    ("[payment-api]\n\nfoo = 1\n", "line 3: unknown option foo"),
    ("[payment]\n", "line 1: unknown section [payment]"),
    ("workers = 1\n", "line 1: options must stand below"),
    ("[payment-api]\nworkers\n", "line 2: this is neither"),
    ("[payment-api]\nworkers = 1\nworkers = 2\n", "line 3: workers is set a second time"),
    ("[payment-api]\nallow_remote = perhaps\n", "allow_remote is 'perhaps', but must be yes or no"),
    ("[payment-api]\nlog_level = loud\n", "log_level is 'loud'"),
    ("[payment-api]\nlisten_mode = 999\n", "listen_mode is '999'"),
    ("[payment-api]\nrequest_timeout = 6\n", "request_timeout (6) must be above twice database_timeout (3)"),
    ("[database]\nconnect_timeout = 9\n", "line 2: connect-timeout cannot be set"),
    ("[database]\nssl-verify-server-cert\n", "line 2: ssl-verify-server-cert must be 1 or 0"),
    ("[database]\nssl_verify_server_cert = ON\n", "line 2: ssl-verify-server-cert must be 1 or 0"),
    ("[database]\nhost = x\nssl-enforce=10\n", "line 3: ssl-enforce must be 1 or 0"),
    ("[payment-api]\nlisten = " + "x" * 300 + "\n", "line 2: this line is too long"),
])
def test_bad_configuration(tmp_path, text, message):
    path = tmp_path / "bad.conf"
    path.write_text(text)
    status, said = run_program("--config", str(path))
    assert status == 78
    assert message in said
    assert "bad.conf" in said or "must be above" in said


@pytest.mark.parametrize("arguments, status, message", [
    (("--config", "/nonexistent"), 78, "/nonexistent: No such file or directory"),
    (("--nonsense",), 64, "--help"),
    (("word",), 64, "'word' is no option"),
])
def test_bad_command_line(arguments, status, message):
    assert (status, True) == ((result := run_program(*arguments))[0], message in result[1])


def test_no_socket(stack):
    status, message = run_program("--config", stack.config)
    assert status == 78 and "no socket to listen on" in message


def test_a_database_that_refuses_the_account_stops_the_start(stack, tmp_path):
    path = tmp_path / "wrong.conf"
    path.write_text(f"[database]\nsocket = {stack.database.socket}\nuser = payment-api\n"
                    "password = wrong\ndatabase = payment_api\n")
    status, message = run_program("--config", str(path), "--listen", str(tmp_path / "x.sock"))
    assert status == 78
    assert "Access denied" in message and "payment-admin check" in message
    assert "wrong" not in message.replace("wrong.conf", "")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_refuses_the_account_does_not_end_an_inherited_socket(stack, tmp_path, workers):
    """Whoever started it would only start it again, or answer in its place."""
    path = os.path.join(stack.folder, f"refused-{workers}.sock")
    config = tmp_path / "wrong.conf"
    config.write_text(f"[database]\nsocket = {stack.database.socket}\nuser = payment-api\n"
                      "password = wrong\ndatabase = payment_api\n")
    with socket.socket(socket.AF_UNIX) as listener, open(tmp_path / "log", "wb") as log:
        listener.bind(path)
        listener.listen()
        process = subprocess.Popen([FASTCGI_PROGRAM, "--config", str(config), "--workers", workers],
                                   stdin=listener, stderr=log)
    try:
        assert fastcgi_send(path, fastcgi_request(fastcgi_params("GET", "/readyz"))).startswith(b"Status: 503 ")
        assert re.search("error.*Access denied.*payment-admin check", (tmp_path / "log").read_text())
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_a_socket_that_somebody_makes_blocking(stack, tmp_path):
    """systemd does it at each ExecReload: the flag is shared by all that have the socket."""
    path = os.path.join(stack.folder, "shared.sock")
    with socket.socket(socket.AF_UNIX) as listener, open(tmp_path / "log", "wb") as log:
        listener.bind(path)
        listener.listen()
        process = subprocess.Popen([FASTCGI_PROGRAM, "--config", stack.config, "--workers", "2"], stdin=listener,
                                   stderr=log)
        try:
            for _ in range(6):
                assert fastcgi_send(path, fastcgi_request(fastcgi_params("GET", "/readyz"))).startswith(b"Status: 200 ")
                listener.setblocking(True)
        finally:
            process.terminate()
            assert process.wait(30) == 0


def test_plain_cgi(stack):
    body = b'{"amount":1,"currency":"USD","source":"tok_visa"}'
    environment = {"GATEWAY_INTERFACE": "CGI/1.1", **dict(fastcgi_params("POST", "/payments", stack.key, body))}
    result = subprocess.run([FASTCGI_PROGRAM, "--config", stack.config], input=body, env=environment,
                            capture_output=True, timeout=30, check=True)
    assert result.stdout.startswith(b"Status: 201 Created\r\n")
    assert b"Location: /v1/payments/pay_" in result.stdout


@pytest.mark.parametrize("query", ["--help", "--config+/nonexistent", "x"])
def test_the_query_of_a_cgi_request_is_no_argument(stack, query):
    """Web servers pass the words of a query without "=" as arguments (RFC 3875 section 4.4)."""
    environment = {"GATEWAY_INTERFACE": "CGI/1.1", "PAYMENT_API_CONF": stack.config, "QUERY_STRING": query,
                   **dict(fastcgi_params("GET", "/readyz"))}
    result = subprocess.run([FASTCGI_PROGRAM, *query.split("+")], stdin=subprocess.DEVNULL, env=environment,
                            capture_output=True, timeout=30, check=True)
    assert result.stdout.startswith(b"Status: 200 OK\r\n")
