"""Faults, injected into a running stack: what, when and for how long follows from the seed.

SPDX-License-Identifier: MIT
"""

import collections
import contextlib
import os
import random
import signal
import socket
import threading
import time

from harness.acquirer import rule
from harness.process import wait_until
from harness.servers import SqlError, SqlSession, connects


class Injector(threading.Thread):
    """Deals its faults like cards: each kind comes before any comes again."""

    def __init__(self, name, seed, stop, faults, pause):
        super().__init__(name=name, daemon=True)
        self.chance = random.Random(f"{seed}/{name}")
        self.stop = stop
        self.faults = faults  # name -> function(chance), which also heals what it broke
        self.pause = pause  # (least, most) seconds between two faults
        self.counts = collections.Counter()
        self.error = None
        self.finished = threading.Event()
        self.released = threading.Event()

    def run(self):
        """Servers end with the thread that started them: it stays until it is released."""
        self._inject()
        self.finished.set()
        self.released.wait()

    def _inject(self):
        deck = []
        try:
            while not self.stop.wait(self.chance.uniform(*self.pause)):
                if not deck:
                    deck = sorted(self.faults)
                    self.chance.shuffle(deck)
                name = deck.pop()
                self.faults[name](self.chance)
                self.counts[name] += 1
        except Exception as error:  # noqa: BLE001 - told by the main program
            self.error = error


@contextlib.contextmanager
def stopped(pids):
    """SIGSTOP for the processes that are there, and SIGCONT at the end, whatever happens."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class PoolFaults:
    """Faults of the workers, their parent and nginx."""

    def __init__(self, workers, nginx, request_timeout):
        self.workers = workers
        self.nginx = nginx
        self.too_long = request_timeout + 1.5  # seconds
        self.lock = threading.Lock()  # one restart at a time

    def worker_pids(self):
        """Not while the parent ends: under a sanitizer its last child is the one that looks for leaks, and without
        it the parent never ends."""
        with self.lock, contextlib.suppress(OSError):
            return sorted(self.workers.worker_pids())
        return []

    def kill_worker(self, chance):
        pids = self.worker_pids()
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)

    def stop_worker(self, chance):
        pids = self.worker_pids()
        if pids:
            with stopped([chance.choice(pids)]):
                time.sleep(chance.choice([0.5, self.too_long]))

    def stop_parent(self, chance):
        with stopped([self.workers.pid]):
            time.sleep(chance.uniform(0.2, 2))

    def kill_parent(self, chance):
        with self.lock:
            self.workers.kill()
            time.sleep(chance.uniform(0, 0.5))
            self.workers.start()

    def reload_parent(self, _):
        self.workers.signal(signal.SIGHUP)
        time.sleep(0.5)

    def kill_nginx(self, chance):
        with self.lock:
            self.nginx.kill_all()
            time.sleep(chance.uniform(0, 0.5))
            self.nginx.start()


class DatabaseFaults:
    """Faults of one MariaDB server and of the connections to it."""

    def __init__(self, database, request_timeout, database_timeout):
        self.database = database
        self.request_timeout = request_timeout
        self.database_timeout = database_timeout

    def kill_database(self, chance):
        self.database.kill()
        time.sleep(chance.uniform(0, 1))
        self.database.start()

    def stop_database(self, chance):
        with stopped([self.database.pid]):
            time.sleep(chance.choice([0.3, self.database_timeout + 0.5, self.request_timeout + 1.5]))

    def _kill(self, chance, what):
        with contextlib.suppress(SqlError):
            rows = self.database.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'payment-api'"
            )
            victims = [row[0] for row in rows if chance.random() < 0.6]
            for victim in victims:
                with contextlib.suppress(SqlError):  # it has gone by itself
                    self.database.sql(f"KILL {what} {victim}")

    def kill_connections(self, chance):
        for _ in range(5):
            self._kill(chance, "CONNECTION")

    def kill_queries(self, chance):
        for _ in range(5):
            self._kill(chance, "QUERY")

    def wait_for_locks(self, chance):
        """Holds the payments that are refunded just now."""
        with self._session() as session:
            session.run("START TRANSACTION")
            session.run("UPDATE payments SET refunded = refunded ORDER BY id DESC LIMIT 10")
            time.sleep(chance.choice([0.3, self.database_timeout + 0.2, 2 * self.database_timeout]))
            session.run("ROLLBACK")

    def make_deadlocks(self, chance):
        """Takes the locks of a refund in the opposite order: first the merchant, then the payments."""
        for _ in range(3):
            with self._session() as session:
                session.run("START TRANSACTION")
                session.run("SELECT id INTO @id FROM merchants LIMIT 1 FOR UPDATE")
                time.sleep(chance.uniform(0.02, 0.1))
                session.run("UPDATE payments SET refunded = refunded ORDER BY id DESC LIMIT 10")
                session.run("ROLLBACK")

    def fill_connections(self, chance):
        """Takes every connection that the server allows, and ends those of the workers."""
        taken = []
        try:
            for _ in range(40):
                connection = socket.socket(socket.AF_UNIX)
                taken.append(connection)
                connection.settimeout(1)
                connection.connect(self.database.socket)
            self._kill(chance, "CONNECTION")
            time.sleep(chance.uniform(0.5, 2))
        except OSError:
            pass
        finally:
            for connection in taken:
                connection.close()

    @contextlib.contextmanager
    def _session(self):
        """A client of its own. That the server dies under it is a fault, too."""
        session = SqlSession(self.database)
        try:
            yield session
        except (AssertionError, OSError):
            pass
        finally:
            with contextlib.suppress(OSError):
                session.close()


class AcquirerFaults:
    """Faults of the acquirer: it dies, it stands still, and it misbehaves in each of its ways."""

    # Those of a request that a client's payment or refund and a look-up may meet alike.
    plain = ("drop_before", "drop_after", "half", "empty", "garbage", "wrong_amount", "wrong_record")
    latest = 14  # seconds: so late a request arrives at most

    def __init__(self, acquirer, processor_timeout):
        self.acquirer = acquirer
        self.too_long = processor_timeout + 1  # seconds

    def faults(self):
        """name -> function(chance)"""
        return {
            "kill_acquirer": self.kill_acquirer,
            "stop_acquirer": self.stop_acquirer,
            **{f"acquirer_{what}": self._misbehaviour(what) for what in self.plain},
            "acquirer_late_arrival": self._misbehaviour("late_arrival", method=["POST"], seconds=[
                0.5, self.too_long, self.latest - 1]),
            "acquirer_slow": self._misbehaviour("slow", seconds=[0.5, self.too_long]),
            "acquirer_late_answer": self._misbehaviour("late_answer", seconds=[0.5, self.too_long]),
            "acquirer_conflict": self._misbehaviour("conflict", should_retry=[None, True, False]),
            "acquirer_rate_limit": self._misbehaviour("rate_limit", retry_after=[1, 5]),
            "acquirer_error_before": self._misbehaviour("error_before", should_retry=[None, True, False]),
            # It says that it failed, for ever, and has done it.
            "acquirer_error_kept": self._misbehaviour("error_kept", acts=[True], method=["POST"],
                                                      path=["/v1/charges", "/v1/refunds"]),
            "acquirer_wrong_name": self._misbehaviour("wrong_name"),
            "acquirer_event_late": self._misbehaviour("event_late", seconds=[0.5, self.too_long]),
            "acquirer_event_overtaken": self._misbehaviour("event_overtaken"),
            "acquirer_event_lost": self._misbehaviour("event_lost"),
            "acquirer_event_twice": self._misbehaviour("event_twice"),
            "acquirer_event_forged": self._misbehaviour("event_forged"),
            "acquirer_event_first": self._misbehaviour("event_first", method=["POST"]),
        }

    def kill_acquirer(self, chance):
        self.acquirer.kill()
        time.sleep(chance.uniform(0, 1.5))
        self.acquirer.start()

    def stop_acquirer(self, chance):
        with stopped([self.acquirer.pid]):
            time.sleep(chance.choice([0.5, self.too_long]))

    def _misbehaviour(self, what, **choices):
        def inject(chance):
            members = {name: chance.choice(values) for name, values in choices.items()}
            self.acquirer.misbehave(rule(what, probability=chance.choice([0.4, 1]), **members))
            time.sleep(chance.uniform(0.3, 1.5))
            self.acquirer.behave()
        return inject


def restart_everything(stack, faults):
    """An orderly end of all, in the wrong order: the database first."""
    def restart(_):
        with faults.lock:
            for server in (stack.database, stack.workers, stack.nginx):
                server.stop()
            for server in (stack.database, stack.workers, stack.nginx):
                server.start()
    return restart


def heal(stack, acquirer=None):
    """Whatever is down is started again, and the acquirer behaves."""
    if acquirer:
        acquirer.behave()
        if not acquirer.running:
            acquirer.start()
    for server in (stack.database, stack.workers, stack.nginx):
        if not server.running:
            server.start()
    wait_until(lambda: stack.client.get("/readyz").status_code == 200, 60, "the recovery")


__all__ = ["AcquirerFaults", "DatabaseFaults", "Injector", "PoolFaults", "connects", "heal", "restart_everything", "stopped"]
