"""Signals to a pool that is never idle: more requests wait at any time than its two workers answer in a while.

SPDX-License-Identifier: MIT
"""

import collections
import contextlib
import signal
import socket
import threading
import time

import pytest
from harness.client import fastcgi_params, fastcgi_request
from harness.process import wait_until
from harness.stack import Stack

WORKERS, CLIENTS, OUTSTANDING = 2, 12, 16  # each client has so many requests under way
REQUEST_TIMEOUT, DATABASE_TIMEOUT, BODY_TIMEOUT = 10, 3, 5
# What payment-api.fcgi(8) says of SIGTERM.
LIMIT = REQUEST_TIMEOUT + DATABASE_TIMEOUT + BODY_TIMEOUT + 5
BODY = b'{"amount":1.00,"currency":"USD","source":"tok_visa"}'


@pytest.fixture
def stack():
    with Stack(workers=WORKERS, request_timeout=REQUEST_TIMEOUT, database_timeout=DATABASE_TIMEOUT,
               body_timeout=BODY_TIMEOUT, max_in_hand=1) as running:
        yield running


class Clients:
    """Payments on the workers' socket without a pause, until the with block ends or nobody listens."""

    def __init__(self, stack):
        self.path = stack.workers.socket
        self.request = fastcgi_request(fastcgi_params("POST", "/payments", stack.key, BODY), BODY)
        self.stop = threading.Event()
        self.answers = []  # the beginning of each answer to a request that was accepted
        self.refused = 0  # clients that found nobody
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def _send(self, half):
        """A connection with a request, or half of one."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        try:
            connection.connect(self.path)
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        with contextlib.suppress(OSError):  # its answer will tell
            connection.sendall(self.request[:half])
        return connection

    def _finish(self, connection, half):
        with connection:
            try:
                if half < len(self.request):  # else it may have its answer, and be closed
                    connection.sendall(self.request[half:])
                self.answers.append(connection.recv(4096)[8:19])
            except OSError as error:
                self.answers.append(error)

    def _run(self):
        under_way = collections.deque()
        while not self.stop.is_set():
            half = (len(self.request), 30)[len(self.answers) % 2]
            if (connection := self._send(half)) is None:
                self.refused += 1
                break
            under_way.append((connection, half))
            if len(under_way) == OUTSTANDING:
                self._finish(*under_way.popleft())
        while under_way:
            self._finish(*under_way.popleft())

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: len(self.answers) > 2 * CLIENTS * OUTSTANDING, 30, "answers")
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def payments(stack):
    return int(stack.database.sql("SELECT COUNT(*) FROM payments")[0][0])


def test_term_ends_a_pool_that_is_never_idle(stack):
    with Clients(stack) as clients:
        started = time.monotonic()
        stack.workers.signal(signal.SIGTERM)
        assert stack.workers.wait(LIMIT + 30) == 0
        assert time.monotonic() - started < LIMIT
        wait_until(lambda: not clients.running(), 30, "the clients' end")
    assert "is killed" not in stack.workers.log()
    assert clients.refused == CLIENTS
    assert set(clients.answers) == {b"Status: 201"}
    assert payments(stack) == len(clients.answers)


def test_hup_replaces_workers_that_are_never_idle(stack):
    before = stack.workers.worker_pids()
    with Clients(stack) as clients:
        stack.workers.signal(signal.SIGHUP)
        wait_until(lambda: len(stack.workers.worker_pids()) == WORKERS and not stack.workers.worker_pids() & before,
                   LIMIT, "new workers")
        count = len(clients.answers)
        wait_until(lambda: len(clients.answers) > count + 2 * CLIENTS * OUTSTANDING, 30, "answers of the new workers")
    assert "is killed" not in stack.workers.log()
    assert clients.refused == 0
    assert set(clients.answers) == {b"Status: 201"}
    assert payments(stack) == len(clients.answers)
