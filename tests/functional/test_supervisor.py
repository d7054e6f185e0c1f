"""The supervisor: more or fewer workers, upgrades, and how long a worker has to end.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest
from harness.client import fastcgi_params, fastcgi_request, fastcgi_send
from harness.process import wait_until
from harness.servers import FASTCGI_PROGRAM, SOURCE, Workers, free_port
from harness.stack import Stack

SHORT = {"request_timeout": 3, "database_timeout": 1, "body_timeout": 1}
SHORT_LIMIT = 10  # seconds; what the manual makes of them
OVERHEAD = 4  # seconds that a busy machine may need in addition


@pytest.fixture(scope="module")
def stack():
    """A stack of its own: other pools use its configuration file."""
    with Stack() as running:
        yield running


class Pool(Workers):
    """A pool beside the stack's, with its own socket and log; it is ready when it says so."""

    flags = ()
    limit = None  # of open files

    def __init__(self, stack, name, **options):
        self.name = name
        options.setdefault("listen", os.path.join(stack.folder, "supervised.sock"))
        super().__init__(stack.folder, stack.config, **options)

    def command(self):
        command = [*super().command(), *self.flags]
        return ["prlimit", f"--nofile={self.limit}", *command] if self.limit else command


@pytest.fixture
def pools(stack):
    """Makes pools that end with the test."""
    made = []

    def make(name, flags=(), workers=2, **options):
        if workers is not None:
            options["workers"] = workers
        made.append(Pool(stack, name, **options))
        made[-1].flags = flags
        if os.path.exists(made[-1].log_path):
            os.unlink(made[-1].log_path)
        return made[-1]

    yield make
    for pool in made:
        if pool.process is not None:
            with contextlib.suppress(ProcessLookupError):
                for pid in pool.worker_pids() if pool.running else ():
                    os.kill(pid, signal.SIGCONT)
            pool.stop()


def healthy(path):
    return fastcgi_send(path, fastcgi_request(fastcgi_params("GET", "/healthz"))).endswith(b'{"status":"ok"}')


class Requests:
    """Clients of a socket without a pause: how many were answered, and what was lost."""

    def __init__(self, path, clients=4):
        self.path = path
        self.answered = 0
        self.lost = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def _run(self):
        while not self.stop.is_set():
            try:
                good = healthy(self.path)
            except OSError as error:
                self.lost.append(error)
            else:
                self.answered += good
                if not good:
                    self.lost.append("no answer")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


def test_one_worker_becomes_many_and_fewer_again(stack, pools):
    stack.write_config(workers=1)
    pool = pools("growing", workers=None).start()
    assert pool.worker_pids() == set()
    stack.write_config(workers=4)
    pool.signal(signal.SIGHUP)
    wait_until(lambda: len(pool.worker_pids()) == 4, 10, "four workers")
    assert healthy(pool.socket)
    four = pool.worker_pids()
    stack.write_config(workers=1)
    pool.signal(signal.SIGHUP)
    wait_until(lambda: len(pool.worker_pids()) == 1 and not pool.worker_pids() & four, 10, "one worker")
    assert healthy(pool.socket)
    stack.write_config()
    assert pool.stop() == 0
    assert not os.path.exists(pool.socket)


def limit_of_the_manual(options):
    """What the sum in the manual's SIGNALS is for these options, in seconds."""
    with open(os.path.join(SOURCE, "conf/man/payment-api.fcgi.8.in"), encoding="utf-8") as file:
        text = file.read().split(".Sh SIGNALS")[1].split(".Sh ")[0]
    sentence = re.search(r"after the sum of\n(.*?) is killed", text, re.S).group(1)
    names = re.findall(r"\w+_timeout", sentence)
    assert names, sentence
    return sum(options[name] for name in names) + int(re.search(r"and (\d+) seconds", sentence).group(1))


@pytest.mark.parametrize("options", [SHORT, {"request_timeout": 50, "database_timeout": 20, "body_timeout": 7}])
def test_the_manual_names_the_limit(pools, options):
    pool = pools("limit", **options).start()
    assert pool.stop() == 0
    assert f"stopping, within {limit_of_the_manual(options)} s\n" in pool.log()


def test_a_worker_that_does_not_end_is_killed_at_the_limit(pools):
    pool = pools("unending", **SHORT).start()
    wait_until(pool.complete, what="the workers")
    victim = min(pool.worker_pids())
    os.kill(victim, signal.SIGSTOP)
    started = time.monotonic()
    assert pool.stop() == 0
    assert SHORT_LIMIT <= time.monotonic() - started < SHORT_LIMIT + OVERHEAD
    assert f"worker {victim} did not end and is killed" in pool.log()


def test_a_worker_that_stands_still_is_replaced(pools):
    pool = pools("standing", **SHORT).start()
    wait_until(pool.complete, what="the workers")
    victim, other = sorted(pool.worker_pids())[:2]
    assert healthy(pool.socket)
    os.kill(victim, signal.SIGSTOP)
    stopped = time.monotonic()
    wait_until(lambda: victim not in pool.worker_pids(), SHORT_LIMIT + OVERHEAD, "its end")
    assert time.monotonic() - stopped > SHORT_LIMIT - OVERHEAD
    assert f"worker {victim} stands still and is killed" in pool.log()
    wait_until(pool.complete, what="its successor")
    assert other in pool.worker_pids()  # it had nothing to do in all that time, and that is no fault


def test_a_supervisor_that_stood_still_blames_no_worker(pools):
    pool = pools("sleeping", **SHORT).start()
    wait_until(pool.complete, what="the workers")
    workers = pool.worker_pids()
    for pid in (pool.pid, *workers):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(SHORT_LIMIT + 1)
    pool.signal(signal.SIGCONT)  # first: it sees the others as they were
    time.sleep(0.5)
    assert "is killed" not in pool.log(), pool.log()
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    time.sleep(1.5)
    assert pool.worker_pids() == workers
    assert "stands still" not in pool.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_saturated_workers_end_with_their_parent(pools, number):
    pool = pools("saturated", **SHORT).start()
    wait_until(pool.complete, what="the workers")
    workers = pool.worker_pids()
    with Requests(pool.socket, clients=12) as requests:
        wait_until(lambda: requests.answered > 200, what="the load")
        pool.signal(number)
        started = time.monotonic()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), SHORT_LIMIT, "their end")
        assert time.monotonic() - started < SHORT_LIMIT / 2  # by themselves
        pool.wait(10)
        new = pools("saturated-again", **SHORT).start()
        answered = requests.answered
        wait_until(lambda: requests.answered > answered + 200, what="answers of the new pool")
    assert new.running


def test_hup_reaches_saturated_workers(pools):
    pool = pools("reloaded").start()
    wait_until(pool.complete, what="the workers")
    workers = pool.worker_pids()
    with Requests(pool.socket, clients=12) as requests:
        wait_until(lambda: requests.answered > 200, what="the load")
        pool.signal(signal.SIGHUP)
        wait_until(lambda: not workers & pool.worker_pids(), 10, "new workers")
        time.sleep(0.3)
    assert requests.lost == []


def test_a_request_on_its_way_is_answered_by_a_worker_that_ends(pools):
    pool = pools("ending").start()
    wait_until(pool.complete, what="the workers")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(pool.socket)
        time.sleep(0.3)  # a worker has accepted it by now
        pool.signal(signal.SIGTERM)
        wait_until(lambda: not os.path.exists(pool.socket), what="the end of the path")
        time.sleep(0.3)
        connection.sendall(fastcgi_request(fastcgi_params("GET", "/healthz")))
        assert b'{"status":"ok"}' in connection.recv(4096)
    assert pool.wait(10) == 0


def test_an_end_and_a_start_at_once_leave_a_pool(pools):
    """The way of whoever knows of no other: TERM, and a new start without a look at the old one."""
    old = pools("round-0").start()
    for i in range(1, 7):
        new = pools(f"round-{i}")
        old.signal(signal.SIGTERM)
        new.start(wait=False)
        assert old.wait(30) == 0
        wait_until(lambda: not new.running or "started, " in new.log(), 20, "the new pool")  # noqa: B023
        assert new.running, new.log()
        wait_until(new.ready, what="its socket")
        assert healthy(new.socket)
        old = new


@pytest.mark.parametrize("workers", [1, 2])
def test_an_upgrade_loses_no_request(pools, workers):
    pool = pools("old", workers=workers).start()
    inode = os.stat(pool.socket).st_ino
    with Requests(pool.socket) as requests:
        for i in range(3):
            new = pools(f"new-{i}", flags=("--replace",), workers=workers).start()
            assert pool.wait(30) == 0
            assert new.running, new.log()
            pool = new
            time.sleep(0.2)
    assert requests.lost == []
    assert requests.answered > 50
    assert os.stat(pool.socket).st_ino != inode
    assert stat.S_IMODE(os.stat(pool.socket).st_mode) == 0o660


def test_a_pool_that_cannot_work_takes_nothing_over(stack, pools, tmp_path):
    pool = pools("lasting").start()
    path = tmp_path / "wrong.conf"
    path.write_text(f"[database]\nsocket = {stack.database.socket}\nuser = payment-api\n"
                    "password = wrong\ndatabase = payment_api\n")
    for arguments in (("--config", str(path)), ("--config", stack.config, "--workers", "0")):
        result = subprocess.run([FASTCGI_PROGRAM, *arguments, "--replace", "--listen", pool.socket],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        assert result.returncode == 78
    assert healthy(pool.socket)
    assert pool.running


def test_only_a_path_can_be_taken_over(stack):
    result = subprocess.run(
        [FASTCGI_PROGRAM, "--config", stack.config, "--replace", "--listen", f"127.0.0.1:{free_port()}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 78
    assert "--replace needs a unix socket's path" in result.stderr


def test_nothing_is_left_beside_the_socket(stack, pools):
    folder = os.path.join(stack.folder, "apart")
    os.mkdir(folder)
    pool = pools("clean", listen=os.path.join(folder, "s")).start()
    assert os.listdir(folder) == ["s"]
    result = subprocess.run([FASTCGI_PROGRAM, "--config", stack.config, "--listen", pool.socket],
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert result.returncode == 78
    assert os.listdir(folder) == ["s"]
    assert pool.stop() == 0
    assert os.listdir(folder) == []


def test_a_port_is_waited_for_while_its_pool_ends(pools):
    port = free_port()
    old = pools("port-old", listen=f"127.0.0.1:{port}", **{**SHORT, "body_timeout": 2}).start()
    wait_until(old.complete, what="the workers")
    new = pools("port-new", listen=f"127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port)):  # a request on its way, which the old one waits for
        time.sleep(0.3)
        old.signal(signal.SIGTERM)
        new.start(wait=False)
        assert old.wait(30) == 0
    wait_until(lambda: not new.running or "started, " in new.log(), 20, "the new pool")
    assert new.running, new.log()


def test_the_limit_of_open_files_is_raised(pools):
    pool = pools("files", workers=2)
    pool.limit = "100:4000"
    pool.start()
    wait_until(pool.complete, what="the workers")
    for pid in (pool.pid, *pool.worker_pids()):
        assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == (4000, 4000)
    assert "open files are allowed" not in pool.log()


def test_few_open_files_are_told_once(pools):
    pool = pools("few-files", workers=2)
    pool.limit = "64:64"
    pool.start()
    wait_until(pool.complete, what="the workers")
    assert pool.log().count("64 open files are allowed: too few") == 1


def test_children_start_with_a_signal_mask_of_their_own(pools):
    """Whatever whoever started the pool ignored or blocked."""
    pool = pools("masked")
    ignored = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD]
    previous = [signal.signal(number, signal.SIG_IGN) for number in ignored]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGUSR2})
    try:
        pool.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number, handler in zip(ignored, previous):
            signal.signal(number, handler)
    wait_until(pool.complete, what="the workers")
    assert healthy(pool.socket)
    for pid in pool.worker_pids():
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            text = status.read()
        masks = {name: int(re.search(rf"^{name}:\s*(\w+)", text, re.M).group(1), 16) for name in ("SigBlk", "SigIgn")}
        for number in ignored:
            assert not masks["SigIgn"] >> (number - 1) & 1, number
        for number in (signal.SIGALRM, signal.SIGUSR2):
            assert not masks["SigBlk"] >> (number - 1) & 1, number
    assert pool.stop() == 0
