"""Calls that the program makes: tests/functional/outbound_probe against real TLS servers.

SPDX-License-Identifier: MIT
"""

import collections
import contextlib
import os
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest
from harness.http2 import Http2
from harness.process import Process, wait_until
from harness.servers import BUILD, free_port

PROBE = os.path.join(BUILD, "tests", "functional", "outbound_probe")
ANSWER_MAX = 256 * 1024
DONE = "done"

Ended = collections.namedtuple("Ended", "result status length ms retry_after error")


class Probe:
    """The program that calls. Lines for it are those that its source explains."""

    def __init__(self, ca_file, *arguments, environment=None):
        prefix = os.environ.get("PAYMENT_API_PREFIX", "").split()
        self.process = subprocess.Popen(
            [*prefix, PROBE, ca_file, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        self.number = 0

    def start(self, url, method="GET", peer=0, deadline_ms=20_000, body=0):
        """The call's number."""
        self.line(f"{peer} {method} {url} {deadline_ms} {body}")
        self.number += 1
        return self.number - 1

    def line(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def wait(self):
        """What became of the calls, by their numbers in the order of their ends."""
        self.line("wait")
        ended = {}
        for line in self.process.stdout:
            if line.strip() == DONE:
                return ended
            number, result, status, length, ms, retry_after, error = line.rstrip("\n").split("\t")
            assert int(number) not in ended, "a call ended twice"
            ended[int(number)] = Ended(result, int(status), int(length), int(ms), retry_after, error)
        raise AssertionError("the probe has ended")

    def call(self, url, **options):
        number = self.start(url, **options)
        return self.wait()[number]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(60) == 0


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """Makes certificates that are its own."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file = f"{folder}/{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-out", self.file, "-keyout", f"{folder}/{name}.key")

    def certificate(self, name, names="IP:127.0.0.1,DNS:localhost", days=2):
        """(certificate, key)."""
        path = f"{self.folder}/{self.name}-{name}"
        with open(path + ".ext", "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-out", path + ".csr", "-keyout", path + ".key")
        openssl("x509", "-req", "-in", path + ".csr", "-CA", self.file, "-CAkey", f"{self.folder}/{self.name}.key",
                "-CAcreateserial", "-days", str(days), "-extfile", path + ".ext", "-out", path + ".pem")
        return path + ".pem", path + ".key"


class TlsServer:
    """Speaks HTTP/1.1 over TLS; the path says how it misbehaves. A thread for each connection."""

    def __init__(self, certificate, version=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        if version is not None:
            self.context.set_ciphers("DEFAULT:@SECLEVEL=0")
            self.context.minimum_version = self.context.maximum_version = version
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listening.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.lock = threading.Lock()
        self.requests = []     # (connection's number, the head)
        self.connections = 0
        self.held = []         # so that what hangs is not closed
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with self.lock:
                    self.connections += 1
                    number = self.connections
                    self.held.append(connection)
                threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, raw, number):
        with contextlib.suppress(OSError, EOFError):
            connection = self.context.wrap_socket(raw, server_side=True)
            self.held.append(connection)
            answered = 0
            while True:
                head, body = self._request(connection)
                with self.lock:
                    self.requests.append((number, head))
                if not self._answer(connection, head.split()[1].strip("/").split("/"), body, answered):
                    return
                answered += 1

    @staticmethod
    def _request(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                raise EOFError
            data += piece
        head, body = data.split(b"\r\n\r\n", 1)
        head = head.decode()
        length = next((int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        return head, body

    def _answer(self, connection, path, body, answered):
        """Answers one request; false when the connection takes no more."""
        kind, argument = path[0], path[1] if len(path) > 1 else ""

        def send(status, content, headers=""):
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n{headers}\r\n".encode() + content)

        def close():
            """As servers do it: the end of TLS and that of TCP at once, without waiting for the client's."""
            connection.settimeout(0)
            with contextlib.suppress(OSError):
                connection.unwrap()
            connection.close()
            return False

        if kind == "hang" or (kind == "later" and answered):
            time.sleep(3600)
        elif kind == "slow":
            time.sleep(float(argument))
            send("200 OK", b"slow")
        elif kind == "half":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
            return close()
        elif kind == "half-head":
            connection.sendall(b"HTTP/1.1 " + argument.encode() + b" X\r\nContent-Type: text/plain\r\nRetry-Af")
            return close()
        elif kind == "until-close":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n0123456789")
            return close()
        elif kind in ("chunks", "half-chunks"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n")
            if kind == "half-chunks":
                return close()
            connection.sendall(b"0\r\n\r\n")
        elif kind == "empty":
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif kind == "continue":
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            send("200 OK", b"ok")
        elif kind == "headers":
            with contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(int(argument)):
                    connection.sendall(b"X-Filler: " + b"x" * 1012 + b"\r\n")
                connection.sendall(b"Content-Length: 2\r\n\r\nok")
        elif kind == "body":
            send("200 OK", b"b" * int(argument))
        elif kind == "redirect":
            send("302 Found", b"", f"Location: {self.url}/ok\r\n")
        elif kind == "busy":
            send("429 Too Many Requests", b"{}", "Retry-After: 7\r\nrequest-id: req_1\r\n")
        elif kind == "echo":
            send("200 OK", body)
        elif kind == "ok-then-close":
            send("200 OK", b"ok")
            return close()
        elif kind == "second-lost" and answered:
            return close()
        elif kind == "garbage":
            connection.sendall(b"220 mail.example ESMTP\r\n")
        else:
            send("200 OK", b"ok")
        return True

    def stop(self):
        self.listening.close()
        for connection in self.held:
            with contextlib.suppress(OSError):
                connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("outbound")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.certificate("good")


@pytest.fixture
def server(certificate):
    server = TlsServer(certificate)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def http2(folder, certificate):
    server = Http2(folder, *certificate).start()
    yield server
    server.stop()


@pytest.fixture
def probe(authority):
    probe = Probe(authority.file)
    yield probe
    probe.close()


def test_a_get_and_a_post_are_answered(probe, server):
    assert probe.call(server.url + "/ok")[:3] == ("answered", 200, 2)
    assert probe.call(server.url + "/echo", method="POST", body=100_000)[:3] == ("answered", 200, 100_000)
    assert probe.call(server.url + "/echo", method="POST")[:3] == ("answered", 200, 0)
    methods = [head.split()[0] for _, head in server.requests]
    assert methods == ["GET", "POST", "POST"]
    head = server.requests[0][1]
    assert "Authorization: Bearer sk_test_probe" in head and "Idempotency-Key: probe" in head
    assert "User-Agent: payment-api/" in head
    assert not {"cookie", "referer", "expect"} & {line.split(":")[0].lower() for line in head.splitlines()}
    assert server.connections == 1, "the connection was not kept"


def test_headers_of_an_answer(probe, server):
    ended = probe.call(server.url + "/busy")
    assert (ended.result, ended.status, ended.retry_after) == ("answered", 429, "7")


def test_many_calls_on_few_connections(probe, http2):
    before = len(http2.requests())
    for _ in range(200):
        probe.start(http2.url + "/", method="POST", body=300)
    ended = probe.wait()
    assert {e[:3] for e in ended.values()} == {("answered", 200, 2)} and len(ended) == 200
    wait_until(lambda: len(http2.requests()) >= before + 200, what="the access log")
    rows = http2.requests()[before:]
    assert {row[1] for row in rows} == {"HTTP/2.0"}
    assert 1 <= len({row[0] for row in rows}) <= 4


def test_many_calls_without_http2(probe, server):
    """Few connections would be few calls at once there: known from the first answer on."""
    probe.call(server.url + "/ok")
    numbers = [probe.start(server.url + "/slow/1") for _ in range(40)]
    ended = probe.wait()
    assert {ended[number].result for number in numbers} == {"answered"}
    assert server.connections == 40


@pytest.mark.parametrize("days, names, word", [
    (2, "DNS:other.example", "name"),
    (-1, "IP:127.0.0.1", "expired"),
])
def test_a_certificate_that_is_not_right(probe, authority, days, names, word):
    server = TlsServer(authority.certificate(word, names, days))
    ended = probe.call(server.url + "/ok", method="POST", body=10)
    server.stop()
    assert (ended.result, ended.status) == ("not_sent", 0)
    assert word in ended.error
    assert not server.requests


def test_a_certificate_of_an_unknown_authority(probe, folder):
    server = TlsServer(Authority(folder, "stranger").certificate("stranger"))
    ended = probe.call(server.url + "/ok")
    server.stop()
    assert ended.result == "not_sent" and not server.requests


@pytest.mark.parametrize("ca_file", ["", "/nonexistent.pem"])
def test_the_authority_is_not_among_those_that_are_believed(server, ca_file):
    probe = Probe(ca_file)
    assert probe.call(server.url + "/ok").result == "not_sent"
    probe.close()
    assert not server.requests


def test_old_tls_is_refused(authority, certificate, folder):
    """Though the system's settings allow it."""
    with open(f"{folder}/openssl.cnf", "w", encoding="ascii") as file:
        file.write("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = defaults\n"
                   "[defaults]\nMinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server = TlsServer(certificate, ssl.TLSVersion.TLSv1_1)
    probe = Probe(authority.file, environment={"OPENSSL_CONF": f"{folder}/openssl.cnf"})
    assert probe.call(server.url + "/ok").result == "not_sent"
    probe.close()
    server.stop()


def test_nobody_listens(probe):
    assert probe.call(f"https://127.0.0.1:{free_port()}/", method="POST", body=10).result == "not_sent"


def test_a_name_that_does_not_exist(probe):
    assert probe.call("https://processor.invalid/").result == "not_sent"


def test_a_server_that_accepts_and_says_nothing(probe):
    """Not even a TLS handshake: nothing of the request was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = probe.call(f"https://127.0.0.1:{listening.getsockname()[1]}/", deadline_ms=700)
    assert ended.result == "not_sent" and ended.ms >= 700


def test_a_server_that_never_answers(probe, server):
    ended = probe.call(server.url + "/hang", method="POST", body=10, deadline_ms=700)
    assert (ended.result, ended.status, ended.length) == ("lost", 0, 0)
    assert 700 <= ended.ms < 5000
    assert len(server.requests) == 1


def test_the_connection_of_a_lost_call_gets_no_more_calls(probe, server):
    """It may be dead without a sign of it. Those that are under way on others are not given up."""
    probe.call(server.url + "/ok")
    slow = probe.start(server.url + "/slow/2")
    lost = probe.start(server.url + "/hang", deadline_ms=500)
    ended = probe.wait()
    assert (ended[lost].result, ended[slow].result) == ("lost", "answered")
    before = server.connections
    assert probe.call(server.url + "/ok").result == "answered"
    assert server.connections == before + 1


@pytest.mark.parametrize("path", ["half", "half-head/200", "half-head/204", "half-chunks", "until-close", "garbage"])
def test_an_answer_that_is_cut(probe, server, path):
    ended = probe.call(f"{server.url}/{path}", method="POST", body=10, deadline_ms=5000)
    assert (ended.result, ended.status, ended.length) == ("lost", 0, 0)


def test_answers_that_are_whole(probe, server):
    assert probe.call(server.url + "/chunks")[:3] == ("answered", 200, 10)
    assert probe.call(server.url + "/empty")[:3] == ("answered", 204, 0)
    assert probe.call(server.url + "/continue")[:3] == ("answered", 200, 2)


def test_the_limits_of_an_answer(probe, server):
    assert probe.call(f"{server.url}/body/{ANSWER_MAX}")[:3] == ("answered", 200, ANSWER_MAX)
    ended = probe.call(f"{server.url}/body/{ANSWER_MAX + 1}")
    assert ended[:3] == ("lost", 0, 0) and "too large" in ended.error
    assert probe.call(server.url + "/headers/20")[:3] == ("answered", 200, 2)
    ended = probe.call(server.url + "/headers/40")
    assert ended[:3] == ("lost", 0, 0) and "too large" in ended.error


def test_no_redirect_is_followed(probe, server):
    assert probe.call(server.url + "/redirect")[:2] == ("answered", 302)
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", ["http", "ftp", "file", "ldap"])
def test_nothing_but_https(probe, server, scheme):
    assert probe.call(f"{scheme}://127.0.0.1:{server.port}/ok").result == "not_sent"
    assert not server.requests


def test_no_time_is_left(probe, server):
    """Not even a connection that is there is used."""
    probe.call(server.url + "/ok")
    assert probe.call(server.url + "/ok", deadline_ms=0).result == "not_sent"
    assert len(server.requests) == 1


def test_peers_share_no_connection(probe, server):
    for peer in (0, 1, 0, 1):
        assert probe.call(server.url + "/ok", peer=peer).result == "answered"
    assert server.connections == 2


def test_the_environment_names_no_proxy(authority, server):
    proxy = f"http://127.0.0.1:{free_port()}"
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    probe = Probe(authority.file, environment={**{name: proxy for name in names}, "no_proxy": ""})
    assert probe.call(server.url + "/ok").result == "answered"
    probe.close()


def test_a_proxy_that_is_chosen(authority, server):
    """Though the environment says that none is to be used."""
    asked = []

    def serve(listening):
        connection, _ = listening.accept()
        asked.append(connection.recv(4096).decode())
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        probe = Probe(authority.file, f"http://127.0.0.1:{listening.getsockname()[1]}", environment={"no_proxy": "*"})
        ended = probe.call(server.url + "/ok", method="POST", body=10)
        probe.close()
    assert ended.result == "not_sent"
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{server.port} ") and "sk_test" not in asked[0]


def test_a_peer_that_hangs_holds_nobody_up(probe, server, certificate):
    other = TlsServer(certificate)
    for _ in range(100):
        probe.start(other.url + "/hang", peer=1, deadline_ms=4000)
    numbers = [probe.start(server.url + "/ok", peer=0) for _ in range(20)]
    ended = probe.wait()
    other.stop()
    assert {ended[number].result for number in numbers} == {"answered"}
    assert max(ended[number].ms for number in numbers) < 3000
    assert list(ended)[:20] == sorted(ended, key=lambda n: (n not in numbers, list(ended).index(n)))[:20]


def test_a_kept_connection_that_was_closed_in_between(probe, server):
    """libcurl looks whether it still stands, and takes a new one."""
    for _ in range(3):
        assert probe.call(server.url + "/ok-then-close", method="POST", body=10).result == "answered"
        time.sleep(0.2)
    assert server.connections == len(server.requests) == 3


def test_a_kept_connection_that_closes_with_a_request(probe, server):
    """libcurl sends it again by itself: the reason that each POST has an idempotency key. What has no
    answer in time was sent then, whatever became of the second try."""
    assert probe.call(server.url + "/second-lost", method="POST", body=10).result == "answered"
    assert probe.call(server.url + "/second-lost", method="POST", body=10).result == "answered"
    assert [number for number, _ in server.requests] == [1, 1, 2]


def test_an_answer_that_came_during_a_stall_is_read_though_the_deadline_has_passed(probe, server):
    probe.call(server.url + "/ok")
    number = probe.start(server.url + "/slow/0.5", deadline_ms=900)
    probe.line("turns 200")
    probe.line("sleep 1500")
    ended = probe.wait()[number]
    assert ended.result == "answered" and ended.ms > 900


def test_connections_that_the_server_ends_after_some_requests(probe, http2):
    """GOAWAY of HTTP/2: what it refuses is sent again on another connection."""
    for _ in range(10):
        for _ in range(30):
            probe.start(http2.short_url + "/", method="POST", body=10)
        assert {ended.result for ended in probe.wait().values()} == {"answered"}


def test_calls_under_way_when_the_program_ends(authority, server):
    probe = Probe(authority.file)
    probe.call(server.url + "/ok")
    for _ in range(10):
        probe.start(server.url + "/hang")
    probe.line("turns 300")
    probe.close()
