"""Webhook endpoints of the fault runs: which merchants have them, their receivers, what goes wrong with both.

SPDX-License-Identifier: MIT
"""

import contextlib
import glob
import json
import os
import signal
import socket
import time

from faults.injector import stopped
from harness.acquirer import make_authority
from harness.client import Client
from harness.process import Process, wait_until
from harness.servers import SqlError, connects, free_port

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "receiver.py")
WAIT = 90  # seconds until everything must have arrived, once all is up and behaves

# name, receiver, path's kind, types of events
ENDPOINTS = (("steady", "steady", "steady", ["*"]), ("moody", "wild", "moody", ["*"]), ("gone", "wild", "gone", ["*"]),
             ("refunds", "steady", "steady", ["refund.succeeded"]), ("live", "steady", "steady", ["*"]))


class Receiver(Process):
    """A receiver of its own process."""

    def __init__(self, folder, name, **options):
        self.name = name
        super().__init__(folder)
        self.options = {"folder": folder, "name": name, "port": free_port(), **options}

    @property
    def port(self):
        return self.options["port"]

    def command(self):
        return ["/usr/bin/python3", PROGRAM, *(f"--{name}={value}" for name, value in self.options.items())]

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))


class Receivers:
    """Those of all merchants: one that is always there, and one that is killed and stopped."""

    def __init__(self, folder, seed, hang):
        """hang: seconds that a receiver keeps its sender waiting, at most."""
        self.folder = folder
        make_authority(folder)
        self.ca_file = os.path.join(folder, "ca.pem")
        self.processes = {name: Receiver(folder, name, seed=seed, hang=hang) for name in ("steady", "wild")}
        self.endpoints = []

    def start(self):
        for process in self.processes.values():
            process.start()
        return self

    def stop(self):
        for process in self.processes.values():
            process.stop()

    @property
    def options(self):
        """Of the pool."""
        return {"webhooks": "yes", "allow_webhook_addresses": "127.0.0.0/8", "webhook_ca_file": self.ca_file}

    def give_endpoints(self, stack, merchant, key):
        """To one merchant. What only the database can be told: one of them is of the live mode."""
        client = Client(stack.web.url, key)
        for name, receiver, kind, events in ENDPOINTS:
            path = f"/{kind}/{merchant}/{name}"
            made = client.post("/webhook_endpoints", {
                "url": f"https://localhost:{self.processes[receiver].port}{path}", "events": events})
            assert made.status_code == 201, made.text
            self.endpoints.append({"name": name, "path": path, "merchant": merchant, "key": key, "events": events,
                                   "id": made.json()["id"], "secret": made.json()["secret"]})
        stack.database.sql("UPDATE webhook_endpoints SET mode = 'live' WHERE url LIKE '%/live'")

    def lines(self):
        """All that was received, in any order."""
        found = []
        for path in glob.glob(os.path.join(self.folder, "*.jsonl")):
            with open(path, encoding="utf-8") as file:
                found += map(json.loads, file)
        return found

    def behave(self):
        """All, from now on."""
        with open(os.path.join(self.folder, "behave"), "w", encoding="ascii"):
            pass
        for process in self.processes.values():
            if not process.running:
                process.start()


def let_hours_pass(database):
    """What is to be tried again later is tried now."""
    database.sql("UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE state = 'pending'")


class WebhookFaults:
    """Faults of the receivers, and of the courier."""

    def __init__(self, receivers, pool, database):
        self.receivers = receivers
        self.wild = receivers.processes["wild"]
        self.pool = pool
        self.database = database
        self.pid = None  # of the courier, as it was seen last

    def faults(self):
        """name -> function(chance)"""
        return {"kill_receiver": self.kill_receiver, "stop_receiver": self.stop_receiver,
                "kill_courier": self.kill_courier, "stop_courier": self.stop_courier,
                "let_hours_pass": self.let_hours_pass}

    def kill_receiver(self, chance):
        self.wild.kill()
        time.sleep(chance.uniform(0, 1.5))
        self.wild.start()

    def stop_receiver(self, chance):
        with stopped([self.wild.pid]):
            time.sleep(chance.uniform(0.3, 2))

    def courier(self):
        """The child that has, or had, a connection to a receiver; None before any had."""
        pids = self.pool.worker_pids()
        if self.pid in pids:
            return self.pid
        ports = {process.port for process in self.receivers.processes.values()}
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        inodes = {f"socket:[{row[9]}]" for row in rows if int(row[2].split(":")[1], 16) in ports}
        for pid in pids:
            with contextlib.suppress(OSError):
                folder = f"/proc/{pid}/fd"
                if any(os.readlink(f"{folder}/{name}") in inodes for name in os.listdir(folder)):
                    self.pid = pid
                    return pid
        return None

    def _find_courier(self):
        end = time.monotonic() + 2
        while time.monotonic() < end:
            pid = self.courier()
            if pid is not None:
                return pid
            time.sleep(0.02)
        return None

    def kill_courier(self, chance):
        pid = self._find_courier()
        if pid is not None:
            time.sleep(chance.uniform(0, 0.3))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop_courier(self, chance):
        pid = self._find_courier()
        if pid is not None:
            with stopped([pid]):
                time.sleep(chance.choice([0.5, self.pool.too_long]))

    def let_hours_pass(self, _):
        with contextlib.suppress(SqlError):
            let_hours_pass(self.database)


def once_more(database):
    """What failed for good, and all that happened while an endpoint was disabled, is asked for."""
    database.sql(
        "UPDATE webhook_deliveries SET state = 'pending', tries = 0, due_at = UTC_TIMESTAMP(3) WHERE state = 'failed';"
        "UPDATE webhook_endpoints SET resend_after = REPEAT(CHAR(0), 16), resend_until = REPEAT(CHAR(255), 16)"
        " WHERE url LIKE '%/gone'")


def left(database):
    """How much is to be sent still: events that no courier has seen, deliveries that have not arrived, failed ones."""
    row, = database.sql(
        "SELECT (SELECT COUNT(*) FROM events WHERE dispatched_at IS NULL),"
        " (SELECT COUNT(*) FROM webhook_endpoints WHERE resend_until IS NOT NULL),"
        " (SELECT COUNT(*) FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id"
        " WHERE d.state <> 'delivered' AND e.disabled_at IS NULL)")
    return sum(map(int, row))


def wait_for_the_gone(database):
    """Those that answered 410 are disabled: when, as seconds of Unix time, by path."""
    def look():
        let_hours_pass(database)
        rows = database.sql("SELECT url, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', disabled_at) / 1000000,"
                            " IFNULL(disabled_by, '') FROM webhook_endpoints WHERE url LIKE '%/gone'")
        found = {"/" + url.split("/", 3)[3]: float(at) for url, at, by in rows if by == "gone"}
        return found if len(found) == len(rows) else time.sleep(0.5)

    return wait_until(look, 60, "the end of those that answer 410")


def deliver_all(stack, receivers):
    """All is up: who is gone has been heard, and comes back; all receivers behave, and what is pending is due at once.
    Facts for the checker."""
    disabled = wait_for_the_gone(stack.database)
    receivers.behave()
    started = time.monotonic()
    enabled_at = time.time()
    for endpoint in receivers.endpoints:
        if endpoint["name"] == "gone":
            answer = Client(stack.web.url, endpoint["key"]).post(f"/webhook_endpoints/{endpoint['id']}",
                                                                {"status": "enabled"})
            assert answer.status_code == 200, answer.text
    once_more(stack.database)
    next_time = 0
    while left(stack.database) and time.monotonic() < started + WAIT:
        if time.monotonic() > next_time:
            let_hours_pass(stack.database)
            next_time = time.monotonic() + 8  # what is under way is not to be sent again and again
        time.sleep(0.3)
    return {"disabled": disabled, "enabled_at": enabled_at, "left": left(stack.database),
            "after": round(time.monotonic() - started, 1)}
