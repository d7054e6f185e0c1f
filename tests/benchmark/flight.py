# SPDX-License-Identifier: MIT
"""Payments that wait for a processor: how many at once, in how much memory, and who else is slower for it.

The processor is an nginx of its own with TLS and HTTP/2, whose answers take 300 ms, or never come. All of it shares
this machine with the programs, as in the other parts.

SPDX-License-Identifier: MIT
"""

import os
import resource
import shutil
import socket
import statistics
import time

from arena import Arena
from generators import Closed, closed
from harness.acquirer import EVENT_SECRET, SECRET, make_authority
from harness.process import Process
from harness.servers import ENVIRONMENT, connects, free_port
from memory import pool_memory, pss
from rates import Failure
from subjects import HERE, Php

LATENCY = 0.3  # seconds
FOREVER = 60  # seconds: longer than any limit of the program
LEVELS = (50, 100, 200, 400, 700, 1000)
BESIDE = 100  # in flight, while others are looked at
HANGING = 200


class SlowProcessor(Process):
    """nginx with flight/nginx.conf. It stands where an acquirer of the tests does: secret, address, ca_file."""

    secret, event_secret = SECRET, EVENT_SECRET

    def __init__(self, folder, seconds):
        self.name = f"processor-{seconds}"
        super().__init__(os.path.join(folder, self.name))
        os.makedirs(self.folder)
        self.port = free_port()
        self.ca_file = os.path.join(self.folder, "ca.pem")
        make_authority(self.folder)
        with open(os.path.join(HERE, "flight", "nginx.conf"), encoding="utf-8") as file:
            text = file.read()
        for word, value in {"FOLDER": self.folder, "PORT": str(self.port), "SECONDS": str(seconds),
                            "USER": "user root;" if os.geteuid() == 0 else ""}.items():
            text = text.replace(word, value)
        self.config = os.path.join(self.folder, "nginx.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    @property
    def address(self):
        return f"https://localhost:{self.port}"

    def command(self):
        return [shutil.which("nginx", path=ENVIRONMENT["PATH"]), "-e", "stderr", "-p", self.folder, "-c", self.config]

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))


class PhpCaller(Php):
    """PHP-FPM, whose children wait for the processor's answer."""

    name, label, processes, candidates = "phpcaller", "PHP-FPM", 4, ()
    page = "charges.php"
    processor = None  # set before it starts

    def environment(self):
        return {**super().environment(), "PROCESSOR_ADDRESS": self.processor.address,
                "PROCESSOR_KEY": self.processor.secret, "PROCESSOR_CA_FILE": self.processor.ca_file}

    def memory(self):
        """Of the children that have served, in KiB each."""
        parent = self.running[0].pid
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as children:
            return [pss(int(pid)) for pid in children.read().split()]


class Busy:
    """The share of the machine's processors that is in use while it lasts; a context manager."""

    @staticmethod
    def _times():
        with open("/proc/stat", encoding="ascii") as stat:
            values = [int(value) for value in stat.readline().split()[1:9]]
        return sum(values), values[3] + values[4]

    def __enter__(self):
        self.before = self._times()
        self.share = None
        return self

    def __exit__(self, *_):
        total, idle = (after - before for after, before in zip(self._times(), self.before))
        self.share = 1 - idle / max(1, total)


def new_shop(api, name, processor=None):
    """The key of a new merchant, whose payments are made by that processor; None: the sandbox."""
    merchant, key = api.new_merchant(name)
    if processor:
        api.admin("merchant", "set", merchant, "--test-processor", processor)
    return key


def level(api, key, number, seconds):
    """So many clients, each with one payment in flight. What came, and the pool's memory meanwhile."""
    warm_up = Closed(api.url, "payment", key, connections=number, seconds=2)
    warm_up.result()
    samples = []
    running = Closed(api.url, "payment", key, connections=number, seconds=seconds, statuses=True)
    end = time.monotonic() + seconds
    with Busy() as busy:
        while time.monotonic() < end - 0.5:
            time.sleep(0.5)
            samples.append(pool_memory(api.running[0]))
        result = running.result()
    made = result["statuses"].get("201", 0) / result["seconds"]
    return {
        "in flight": number, "per second": made, "of what is possible": made / (number / LATENCY),
        "p50": result["p50"], "p99": result["p99"], "busy": busy.share, "memory": max(samples),
        "other answers": result["requests"] - result["statuses"].get("201", 0),
    }


def fitting(arena, memory):
    """How many children of PHP-FPM fit into so many KiB. They share pages, so the more there are, the less each has."""
    php = arena.php
    for _ in range(3):
        closed(php.url, "payment", php.key, connections=2 * php.processes, seconds=2)
        children = max(1, php.processes * memory // sum(php.memory()))
        arena.use(php, children)
    return children


def php_level(php, number, children, seconds):
    closed(php.url, "payment", php.key, connections=children, seconds=2)
    result = closed(php.url, "payment", php.key, connections=number, seconds=seconds, statuses=True)
    made = result["statuses"].get("201", 0) / result["seconds"]
    return {"children": children, "per second": made, "memory": sum(php.memory()), "in flight": number,
            "other answers": result["requests"] - result["statuses"].get("201", 0)}


def neighbour(url, kind, key, seconds, ids=None):
    """What one client that is alone sees."""
    found = closed(url, kind, key, ids, connections=1, seconds=seconds)
    if found["refused"] or found["broken"]:
        raise Failure(f"{kind}: {found['refused']} refused and {found['broken']} broken beside payments in flight")
    return found


def beside(api, keys, ids, seconds, load, load_key):
    """The latency of one client of each kind without and with the load of another merchant, in turn: {kind: (p50
    without, p50 with)}, ms."""
    found = {}
    for kind, key in keys.items():
        word = {"sandbox": "payment", "get": "read", "quick": "payment"}[kind]
        pairs = []
        for _ in range(3):
            without = neighbour(api.url, word, key, seconds, ids if word == "read" else None)
            running = Closed(api.url, "payment", load_key, connections=load, seconds=seconds + 1)
            time.sleep(0.5)
            pairs.append((without["p50"], neighbour(api.url, word, key, seconds, ids if word == "read" else None)["p50"]))
            running.result()
        found[kind] = {"alone": statistics.median(pair[0] for pair in pairs),
                       "beside": statistics.median(pair[1] for pair in pairs)}
    return found


class FlightArena(Arena):
    """The program with two processors, and PHP-FPM with one of them."""

    def __init__(self, build):
        super().__init__(build, names=("phpcaller",), kinds=(PhpCaller,))
        self.quick = SlowProcessor(self.folder, LATENCY)
        self.hanging = SlowProcessor(self.folder, FOREVER)
        self.api.processors = {"quick": self.quick, "hanging": self.hanging}
        self.php = self.subjects["phpcaller"]
        self.php.processor = self.quick

    def __enter__(self):
        for server in (self.quick, self.hanging):
            self.stack.callback(server.stop)
            server.start()
        return super().__enter__()


def flight(build, seconds, progress):
    """The figures by name."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    with FlightArena(build) as arena:
        api, php = arena.api, arena.php
        keys = {"sandbox": new_shop(api, "Sandbox shop"), "quick": new_shop(api, "Quick shop", "quick")}
        hanging = new_shop(api, "Hanging shop", "hanging")
        levels = []
        for number in LEVELS:
            levels.append(level(api, keys["quick"], number, seconds))
            progress(f"{number} in flight: {levels[-1]['per second']:.0f} per second, machine "
                     f"{levels[-1]['busy']:.0%} busy")
        most = max(one["memory"] for one in levels)
        children = fitting(arena, most)
        progress(f"PHP-FPM with {children} children")
        found_php = php_level(php, max(2 * children, BESIDE), children, seconds)
        ids = arena.ids_file(api)
        others = beside(api, {"sandbox": keys["sandbox"], "get": api.key}, ids, seconds / 2, BESIDE, keys["quick"])
        progress("beside one that hangs")
        held_up = beside(api, {"sandbox": keys["sandbox"], "get": api.key, "quick": keys["quick"]}, ids, seconds / 2,
                         HANGING, hanging)
    return {"latency": LATENCY, "levels": levels, "php": found_php, "beside": others, "beside one that hangs": held_up,
            "beside in flight": BESIDE, "hanging": HANGING}
