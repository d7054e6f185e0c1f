# SPDX-License-Identifier: MIT
"""The programs that are measured: builds of payment-api, the floors, PHP-FPM and Fastify.

Each has a database of its own with the tables of payment-api, and listens on sockets that the front names.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import socket
import subprocess

from harness.installation import Installation
from harness.process import Process
from harness.servers import BUILD, ENVIRONMENT, SOURCE, Workers, connects
from records import api_id

HERE = os.path.dirname(os.path.abspath(__file__))


class Server(Process):
    """A process that is ready once its socket is."""

    def __init__(self, folder, name, command, address, environment=None):
        self.name = name
        super().__init__(folder)
        self.arguments = command
        self.address = address
        self.environment = {**ENVIRONMENT, **(environment or {})}

    def command(self):
        return self.arguments

    def start(self, wait=True, **options):
        if os.path.exists(self.address):
            os.unlink(self.address)
        return super().start(wait, env=self.environment, **options)

    def ready(self):
        return os.path.exists(self.address) and connects(socket.AF_UNIX, self.address)


class Subject:
    """One program. candidates: the numbers of processes that calibration tries."""

    name = label = None
    candidates = ()
    processes = None
    warm_up = 1  # how many times as long as a measurement it is under load before the first one
    http = False  # reached by HTTP, not by FastCGI
    script = None  # what FastCGI is to run, where it needs to be told
    port = None  # of the front; set by it

    def __init__(self, arena):
        self.arena = arena
        self.schema = self.name + "_payments"
        self.running = []
        self.sockets = []

    def prepare(self):
        """Makes its database, with the merchant and the key of the first build of payment-api."""
        self.arena.copy_schema(self.schema)

    def servers(self):
        raise NotImplementedError

    def start(self):
        for server in self.servers():
            self.running.append(server.start())
        return self

    def stop(self):
        while self.running:
            self.running.pop().stop()

    def address(self, number=""):
        return os.path.join(self.arena.folder, f"{self.name}{number}.sock")

    def log(self):
        return "".join(server.log() for server in self.running)

    @property
    def key(self):
        return self.arena.key

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def payment_name(self, hexadecimal):
        """How the program's paths name a payment."""
        return "pay_" + hexadecimal


class Floor(Subject):
    """tests/benchmark/floor.c; kind: as its first argument."""

    kind = None

    def prepare(self):
        if self.kind != "echo":
            super().prepare()

    def servers(self):
        environment = {
            "FLOOR_SOCKET": self.arena.database.socket, "FLOOR_USER": "payment-api",
            "FLOOR_PASSWORD": self.arena.password, "FLOOR_DATABASE": self.schema,
            "FLOOR_MERCHANT": self.arena.merchant,
        }
        self.sockets = [self.address()]
        return [Server(self.arena.folder, self.name,
                       [self.arena.compiled("floor"), self.kind, str(self.processes), self.address()],
                       self.address(), environment)]


class Echo(Floor):
    name, label, kind, processes, candidates = "echo", "echo floor", "echo", 4, (2, 4, 8)


class InsertFloor(Floor):
    name, label, kind, processes, candidates = "insert", "insert floor", "insert", 16, (8, 16, 32)


class SelectFloor(Floor):
    name, label, kind, processes, candidates = "select", "select floor", "select", 8, (4, 8, 16)


class Php(Subject):
    """PHP-FPM with opcache and persistent connections."""

    name, label, processes, candidates = "php", "PHP-FPM", 16, (8, 16, 32)
    program = "php-fpm8.2"
    page = "payments.php"
    settings = ("-d", "opcache.enable=1", "-d", "opcache.validate_timestamps=0")

    def servers(self):
        folder = self.arena.folder
        self.script = shutil.copy(os.path.join(HERE, "php", self.page), folder)
        self.sockets = [self.address()]
        config = os.path.join(folder, "php-fpm.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                f"[global]\nerror_log = {folder}/php.log\ndaemonize = no\n"
                f"[www]\nlisten = {self.address()}\nlisten.mode = 0666\nlisten.backlog = 4096\n"
                f"{'user = root' if os.geteuid() == 0 else ''}\n"
                f"pm = static\npm.max_children = {self.processes}\ncatch_workers_output = yes\n"
                + "".join(f"env[{name}] = {value}\n" for name, value in self.environment().items())
            )
        root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
        return [Server(folder, self.name, [self.program_path(), *self.settings, "--nodaemonize", *root,
                                           "--fpm-config", config], self.address())]

    def environment(self):
        return {"DB_SOCKET": self.arena.database.socket, "DB_USER": "payment-api", "DB_PASSWORD": self.arena.password,
                "DB_NAME": self.schema}

    def program_path(self):
        return shutil.which(self.program, path=ENVIRONMENT["PATH"])

    def version(self):
        found = subprocess.run([self.program_path(), *self.settings, "-i"], capture_output=True, text=True,
                               check=True).stdout
        assert "Opcode Caching => Up and Running" in found, "PHP has no opcache"
        return subprocess.run([self.program_path(), "-v"], capture_output=True, text=True,
                              check=True).stdout.split(" (")[0]


class Node(Subject):
    """Fastify and the mariadb driver; nginx spreads the requests over the processes."""

    name, label, processes, candidates = "node", "Fastify", 2, (1, 2, 3)
    warm_up = 4  # it compiles what it has run often
    http = True
    connections = 16  # of each process to the database

    def servers(self):
        environment = {"DB_SOCKET": self.arena.database.socket, "DB_USER": "payment-api", "DB_NAME": self.schema,
                       "DB_PASSWORD": self.arena.password, "NODE_ENV": "production"}
        self.sockets = [self.address(number) for number in range(self.processes)]
        return [Server(self.arena.folder, f"node{number}",
                       ["node", self.install(), address, str(self.connections)], address,
                       environment) for number, address in enumerate(self.sockets)]

    @staticmethod
    def install():
        """Installs the packages of the lock file, once; the program's path."""
        folder = os.path.join(BUILD, "benchmark-node")
        os.makedirs(folder, exist_ok=True)
        lock = os.path.join(folder, "package-lock.json")
        with open(os.path.join(HERE, "node", "package-lock.json"), "rb") as file:
            wanted = file.read()
        installed = os.path.join(folder, "installed")
        present = None
        if os.path.exists(installed):
            with open(installed, "rb") as file:
                present = file.read()
        for name in ("package.json", "package-lock.json", "server.js"):
            shutil.copy(os.path.join(HERE, "node", name), folder)
        if present != wanted:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            shutil.copy(lock, installed)
        return os.path.join(folder, "server.js")

    @staticmethod
    def version():
        return "Node " + subprocess.run(["node", "--version"], capture_output=True, text=True,
                                        check=True).stdout.strip()


def source_of(build):
    """The source tree that a folder was configured from."""
    try:
        with open(os.path.join(build, "Makefile"), encoding="utf-8") as makefile:
            return re.search(r"^abs_top_srcdir = (.*)$", makefile.read(), re.M).group(1)
    except FileNotFoundError:
        return SOURCE


class PaymentApi(Subject, Installation):
    """A build of payment-api, as it is configured when nobody configures anything."""

    def __init__(self, arena, build, name="api", label="payment-api", **options):
        self.name, self.label = name, label
        Subject.__init__(self, arena)
        self.build = build
        self.source = source_of(build)
        self.admin_program = os.path.join(build, "app", "payment-admin")
        self.options = options
        self.environment = None
        self.own_folder = os.path.join(arena.folder, name)
        os.makedirs(self.own_folder)
        Installation.__init__(self, self.own_folder, arena.database, password=arena.password)
        self.merchant = self.own_key = None

    def prepare(self):
        self.prepare_database()
        self.merchant, self.own_key = self.new_merchant("Test shop")

    def servers(self):
        return [self.workers()]

    def start(self):
        workers = self.workers()
        workers.start(**({"env": self.environment} if self.environment else {}))
        self.running = [workers]
        return self

    def workers(self):
        workers = Workers(self.own_folder, self.config, **self.options)
        workers.program = os.path.join(self.build, "app", "payment-api.fcgi")
        self.sockets = [workers.socket]
        return workers

    def worker_pids(self):
        """The workers; the one process of a pool of one is its worker."""
        return self.running[0].worker_pids() or {self.running[0].pid}

    @property
    def key(self):
        return self.own_key

    def payment_name(self, hexadecimal):
        return api_id(hexadecimal)


FLOORS = (Echo, InsertFloor, SelectFloor)
OTHERS = (Php, Node)
