"""Many hostile peers at once on the workers' socket: no worker ends, grows, spins, or keeps others waiting.

What single records do is in test_fastcgi.py.

SPDX-License-Identifier: MIT
"""

import collections
import contextlib
import os
import random
import signal
import socket
import struct
import threading
import time

import pytest
from harness.client import BEGIN_REQUEST, PARAMS, STDIN, fastcgi_params, fastcgi_request, fastcgi_send, name_value, record
from harness.process import wait_until
from harness.servers import Workers
from harness.stack import Stack

WORKERS = 2
BODY = b'{"amount":1.00,"currency":"USD","source":"tok_visa"}'
BODY_TIMEOUT, REQUEST_TIMEOUT = 5, 10  # seconds
SLOW = 50  # more than workers, and than all that they may have in hand
GROWTH = 1024 * 1024  # bytes


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=WORKERS, max_in_hand=4, body_timeout=BODY_TIMEOUT, request_timeout=REQUEST_TIMEOUT) as running:
        yield running


@pytest.fixture(autouse=True)
def same_workers(stack):
    """No test of this file ends a worker."""
    wait_until(stack.workers.complete, 15, "the workers")
    before = stack.workers.worker_pids()
    yield
    assert stack.workers.worker_pids() == before
    assert pay(stack) == b"201"


def request_params(stack, length=None):
    params = dict(fastcgi_params("POST", "/payments", stack.key, BODY))
    if length is not None:
        params["CONTENT_LENGTH"] = str(length)
    return list(params.items())


def payment(stack):
    return fastcgi_request(request_params(stack), BODY)


def pay(stack, path=None):
    """A good payment; its status."""
    return fastcgi_send(path or stack.workers.socket, payment(stack))[8:11]


def payments(stack):
    return int(stack.database.sql("SELECT COUNT(*) FROM payments")[0][0])


def connect(path, timeout=30):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    connection.connect(path)
    return connection


def padded(kind, content=b"", padding=0, request_id=1, version=1, length=None):
    """A record with padding, and perhaps with a wrong length."""
    length = len(content) if length is None else length
    return struct.pack("!BBHHBB", version, kind, request_id, length, padding, 0) + content + b"\xff" * padding


def encoded(pairs):
    return b"".join(name_value(name, value) for name, value in pairs)


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def accepted(workers):
    """How many connections the workers have accepted and open: theirs have the listening socket's first name."""
    folder = os.path.dirname(workers.socket) + "/"
    with open("/proc/net/unix", encoding="ascii") as sockets:
        rows = [line.split() for line in sockets]
    named = {f"socket:[{row[6]}]" for row in rows if len(row) == 8 and row[7].startswith(folder) and row[3] == "00000000"}
    count = 0
    for pid in workers.worker_pids():
        for descriptor in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed in the meantime
                count += os.readlink(f"/proc/{pid}/fd/{descriptor}") in named
    return count


def memory_tells(pid):
    """False where a sanitizer or valgrind keeps what the program frees."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        tells = "libasan" not in (text := maps.read()) and "valgrind" not in text
    if not tells:
        print("growth is not looked at: the workers run with a memory checker")
    return tells


@contextlib.contextmanager
def no_growth(stack):
    """No worker is larger for good after the block."""
    before = {pid: pss(pid) for pid in stack.workers.worker_pids() if memory_tells(pid)}
    yield
    with contextlib.suppress(AssertionError):  # what is still open is late after this time
        wait_until(lambda: all(pss(pid) < size + GROWTH for pid, size in before.items()), BODY_TIMEOUT + 3)
    for pid, size in before.items():
        print(f"worker {pid} grew by {pss(pid) - size} bytes")
        assert pss(pid) - size < GROWTH, f"worker {pid} grew by {pss(pid) - size} bytes"


class Streams:
    """Records as a broken or malicious web server might send them, from a seeded generator."""

    def __init__(self, seed, stack):
        self.random = random.Random(seed)
        self.stack = stack

    def pieces(self, kind, data):
        """Content as records of random lengths and with random padding, and their end."""
        random_, records, at = self.random, [], 0
        while at < len(data):
            length = random_.choice((1, 3, 20, 200, 65535))
            records.append([kind, data[at : at + length], random_.choice((0, 0, 7, 255)), 1, 1, None])
            at += length
        return [*records, [kind, b"", random_.choice((0, 0, 255)), 1, 1, None]]

    def request(self):
        """The records of a good request, as lists of padded()'s arguments."""
        params = encoded(request_params(self.stack) + [("X" * self.random.choice((0, 1, 127, 128, 5000)), "y")])
        begin = struct.pack("!HB5x", 1, self.random.choice((0, 0, 1)))
        return [[BEGIN_REQUEST, begin, 0, 1, 1, None], *self.pieces(PARAMS, params), *self.pieces(STDIN, BODY)]

    def noise(self):
        size = self.random.choice((0, 1, 8, 100, 65535))
        return [self.random.randrange(13), self.random.randbytes(size), self.random.randrange(256),
                self.random.choice((0, 1, 2, 65535)), 1, None]

    def mutate(self, records):
        """Changes one thing."""
        random_ = self.random
        at = random_.randrange(len(records))
        chosen = records[at]
        match random_.randrange(10):
            case 0:
                if len(records) > 1:
                    del records[at]
            case 1:
                records.insert(at, list(chosen))
            case 2:
                other = random_.randrange(len(records))
                records[at], records[other] = records[other], records[at]
            case 3:
                records.insert(at, self.noise())
            case 4:
                chosen[0] = random_.randrange(256)
            case 5:
                chosen[3] = random_.choice((0, 2, 257, 65535))
            case 6:
                chosen[4] = random_.choice((0, 2, 255))
            case 7:
                chosen[5] = random_.choice((0, 1, len(chosen[1]) // 2, 65535))
            case 8:
                content = bytearray(chosen[1])
                for _ in range(min(len(content), random_.randrange(1, 9))):
                    content[random_.randrange(len(content))] = random_.randrange(256)
                chosen[1] = bytes(content)
            case 9:  # libfcgi would ask for as much memory as it says
                chosen[1] = (random_.choice((b"\xff" * 8, b"\x80\x00\xff\xff\x01", b"\x00\xff\xff\xff\xff"))
                             + chosen[1])[:65535]

    def stream(self):
        if self.random.random() < 0.1:
            return self.random.randbytes(self.random.choice((1, 7, 8, 100, 70_000)))
        records = self.request()
        for _ in range(self.random.randrange(5)):
            self.mutate(records)
        data = b"".join(padded(*record_) for record_ in records)
        if self.random.random() < 0.2:
            data = data[: self.random.randrange(len(data))]
        return data

    def send(self, path, held):
        """Sends one in cuts, and leaves in one way or another: perhaps only when many others have come."""
        data, connection = self.stream(), connect(path, timeout=2)
        # A peer that is closed while it sends is no fault; nor is one that waits for us to read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            at = 0
            while at < len(data):
                length = self.random.choice((1, 8, 100, 5000, 100_000))
                connection.sendall(data[at : at + length])
                at += length
            if self.random.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
                if self.random.random() < 0.2:
                    connection.recv(65536)
        if self.random.random() < 0.3:
            held.append(connection)
        else:
            connection.close()
        if len(held) > 40:
            held.popleft().close()

    def attack(self, count, seconds):
        """Sends so many, or for so long; how many it was. A good request in between is answered."""
        held, end, sent = collections.deque(), time.monotonic() + seconds, 0
        try:
            while sent < count and time.monotonic() < end:
                self.send(self.stack.workers.socket, held)
                sent += 1
                if sent % 50 == 0:
                    assert pay(self.stack) == b"201", f"after {sent}"
        finally:
            for connection in held:
                connection.close()
        return sent


def test_random_records(stack):
    seed = int(os.environ.get("PAYMENT_API_SEED") or random.SystemRandom().randrange(2**32))
    print(f"PAYMENT_API_SEED={seed}")
    streams = Streams(seed, stack)
    streams.attack(1000, 8)
    with no_growth(stack):
        print(f"{streams.attack(10_000, 20)} streams")


def test_all_the_padding_that_there_can_be(stack):
    records = (padded(BEGIN_REQUEST, struct.pack("!HB5x", 1, 0), 255), padded(PARAMS, encoded(request_params(stack)), 255),
               padded(PARAMS, b"", 255), padded(STDIN, BODY, 255), padded(STDIN, b"", 255))
    assert fastcgi_send(stack.workers.socket, b"".join(records))[8:11] == b"201"


def test_parameters_of_a_megabyte_leave_nothing_behind(stack):
    pairs = encoded(request_params(stack) + [("X" + str(i), "y" * 60) for i in range(15_000)])
    data = (record(BEGIN_REQUEST, struct.pack("!HB5x", 1, 0))
            + b"".join(record(PARAMS, pairs[i : i + 65535]) for i in range(0, len(pairs), 65535))
            + record(PARAMS) + record(STDIN, BODY) + record(STDIN))
    attack = lambda count: {fastcgi_send(stack.workers.socket, data)[8:11] for _ in range(count)}  # noqa: E731
    attack(30)
    with no_growth(stack):
        assert attack(300) == {b"431"}


class Trickle:
    """Connections whose body does not come, or a byte now and then, until the with block ends."""

    def __init__(self, connections, byte):
        self.connections = connections
        self.byte = byte  # what is sent of the body each time; takes the number of the time
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        time_ = 0
        while not self.stop.wait(0.3):
            for connection in self.connections[::2]:
                with contextlib.suppress(OSError):
                    connection.sendall(self.byte(time_))
            time_ += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def slowest_of(send, seconds):
    """Calls it without a pause for so long; the longest that one took, and what they all returned."""
    longest, results, end = 0, set(), time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.monotonic()
        results.add(send())
        longest = max(longest, time.monotonic() - started)
    return longest, results


def test_slow_bodies_delay_nobody(stack):
    head = (record(BEGIN_REQUEST, struct.pack("!HB5x", 1, 0)) + record(PARAMS, encoded(request_params(stack)))
            + record(PARAMS))
    connections = [connect(stack.workers.socket) for _ in range(SLOW)]
    for connection in connections:
        connection.sendall(head)
    body = record(STDIN, BODY)
    with Trickle(connections, lambda time_: body[time_ : time_ + 1]):
        longest, results = slowest_of(lambda: pay(stack), 3)
        assert accepted(stack.workers) >= SLOW
        assert results == {b"201"}
        assert longest < BODY_TIMEOUT / 2, longest


def test_slow_bodies_delay_nobody_through_apache():
    """mod_proxy_fcgi passes on what there is of a body."""
    with Stack(deployment="apache-proxy", workers=WORKERS, max_in_hand=4, body_timeout=BODY_TIMEOUT,
               request_timeout=REQUEST_TIMEOUT) as stack:
        before = stack.workers.worker_pids()
        head = (f"POST /v1/payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stack.key}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n").encode()
        connections = [socket.create_connection(("127.0.0.1", stack.web.port), 30) for _ in range(SLOW)]
        for i, connection in enumerate(connections):
            connection.sendall(head + BODY[: i % 2])
        with Trickle(connections, lambda time_: BODY[time_ + 1 : time_ + 2]):
            wait_until(lambda: accepted(stack.workers) >= SLOW // 2, BODY_TIMEOUT - 1, "the slow requests")
            longest, results = slowest_of(lambda: stack.client.pay().status_code, 2)
            assert results == {201}
            assert longest < BODY_TIMEOUT / 2, longest
        assert stack.workers.worker_pids() == before


class FewDescriptors(Workers):
    name = "few"

    def command(self):
        return ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh", *super().command()]


def test_few_descriptors(stack):
    """A worker that is full waits without spinning, and serves again when connections have gone."""
    workers = FewDescriptors(stack.folder, stack.config, workers=WORKERS, body_timeout=60, request_timeout=120,
                             listen=os.path.join(stack.folder, "few.sock")).start()
    held = []
    try:
        wait_until(workers.complete, what="the workers")
        pids = workers.worker_pids()
        assert pay(stack, workers.socket) == b"201"
        held += [connect(workers.socket) for _ in range(100)]
        for connection in held:
            connection.sendall(payment(stack)[:30])
        wait_until(lambda: accepted(workers) >= 40, 10, "many connections")
        time.sleep(1)
        assert 40 <= accepted(workers) < 100
        before = {pid: cpu_seconds(pid) for pid in pids}
        time.sleep(2)
        used = {pid: cpu_seconds(pid) - seconds for pid, seconds in before.items()}
        assert max(used.values()) < 0.1, used
        for connection in held:
            connection.close()
        wait_until(lambda: pay(stack, workers.socket) == b"201", 10, "a payment")
        wait_until(lambda: accepted(workers) == 0, 10, "the end of all connections")
        assert workers.worker_pids() == pids
    finally:
        for connection in held:
            connection.close()
        assert workers.stop() == 0


def test_a_request_whose_client_has_gone_is_dropped(stack):
    """It waited for a worker, and the web server has closed its connection in the meantime."""
    count = payments(stack)
    pids = stack.workers.worker_pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(10):
            with connect(stack.workers.socket) as connection:
                connection.sendall(payment(stack))
        staying = connect(stack.workers.socket)
        staying.sendall(payment(stack))
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    with staying:
        assert staying.recv(65536)[16:19] == b"201"
    wait_until(lambda: accepted(stack.workers) == 0, 10, "the end of all connections")
    assert payments(stack) == count + 1
