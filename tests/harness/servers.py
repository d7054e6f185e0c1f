"""MariaDB, the worker pool and nginx, each private to its folder.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess

from harness.process import Process, wait_until

SOURCE = os.environ.get("PAYMENT_API_SRCDIR") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..")
)
BUILD = os.environ.get("PAYMENT_API_BUILDDIR") or os.path.join(SOURCE, ".test", "build")
FASTCGI_PROGRAM = os.path.join(BUILD, "app", "payment-api.fcgi")
ADMIN_PROGRAM = os.path.join(BUILD, "app", "payment-admin")
ENVIRONMENT = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}


def free_port():
    """A port that the kernel gives out now; nobody else gets it soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def edited(path, edits):
    """The text of a file of the project, with the lines changed that its users would change."""
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        text = file.read()
    for line, new in edits.items():
        assert text.count(line) == 1, f"{path}: not one line {line}"
        text = text.replace(line, new)
    return text


def connects(family, address):
    with socket.socket(family) as probe:
        try:
            probe.connect(address)
            return True
        except OSError:
            return False


class MariaDB(Process):
    """A database server on a unix socket, with the accounts that its installation makes."""

    name = "mariadb"
    user = ["--user=root"] if os.geteuid() == 0 else []

    def __init__(self, folder, options=()):
        super().__init__(folder)
        self.data = os.path.join(folder, "data")
        self.socket = os.path.join(folder, "db.sock")
        # A server that starts removes temporary tables from its folder, those of others among them.
        self.temporary = os.path.join(folder, "tmp")
        self.options = list(options)

    def install(self):
        os.makedirs(self.temporary, exist_ok=True)
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *self.user, f"--datadir={self.data}",
             f"--tmpdir={self.temporary}", "--skip-test-db", "--auth-root-authentication-method=normal",
             "--innodb-log-file-size=64M"],
            check=True, capture_output=True, env=ENVIRONMENT,
        )
        return self

    def command(self):
        return [
            shutil.which("mariadbd", path=ENVIRONMENT["PATH"]), "--no-defaults", *self.user,
            f"--datadir={self.data}", f"--socket={self.socket}", "--skip-networking",
            f"--tmpdir={self.temporary}",
            f"--pid-file={self.folder}/db.pid", "--innodb-log-file-size=64M",
            "--innodb-buffer-pool-size=64M", *self.options,
        ]

    def ready(self):
        return connects(socket.AF_UNIX, self.socket)

    def sql(self, text, database="payment_api", user="root", password=None):
        """Runs SQL as text; rows as lists of strings. Raises SqlError."""
        result = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={user}", "--batch",
             "--skip-column-names", *([f"--password={password}"] if password else []), database],
            input=text.encode(), capture_output=True, env=ENVIRONMENT, check=False,
        )
        if result.returncode != 0:
            raise SqlError(result.stderr.decode())
        return [line.split("\t") for line in result.stdout.decode().splitlines()]

    def session(self, database="payment_api"):
        """A second client that keeps its connection, to hold locks with."""
        return SqlSession(self, database)


class SqlError(Exception):
    """What the mariadb client printed; number is the server's error."""

    @property
    def number(self):
        found = re.search(r"ERROR (\d+)", str(self))
        return int(found.group(1)) if found else 0


class SqlSession:
    """A mariadb client that stays connected, with a transaction of its own."""

    def __init__(self, server, database="payment_api"):
        self.client = subprocess.Popen(
            ["mariadb", "--no-defaults", f"--socket={server.socket}", "--user=root", "--batch",
             "--skip-column-names", "--unbuffered", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=ENVIRONMENT,
        )

    def run(self, text):
        """Runs statements that print nothing, and waits until they are done."""
        self.client.stdin.write(text + ";\nSELECT 'done';\n")
        self.client.stdin.flush()
        assert self.client.stdout.readline().strip() == "done"

    def close(self):
        self.client.stdin.close()
        self.client.stdout.close()
        self.client.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Workers(Process):
    """The program under test. Options are those of its command line, with _ for -."""

    name = "pool"
    program = FASTCGI_PROGRAM
    lasting = True  # a worker answers more than one request

    def __init__(self, folder, config, **options):
        super().__init__(folder)
        self.config = config
        self.options = options
        self.socket = options.setdefault("listen", os.path.join(folder, "api.sock"))

    def command(self):
        prefix = os.environ.get("PAYMENT_API_PREFIX", "").split()
        return [*prefix, self.program, "--config", self.config, *self.arguments()]

    def arguments(self):
        return [f"--{name.replace('_', '-')}={value}" for name, value in self.options.items()]

    def ready(self):
        if "/" not in self.socket:
            host, port = self.socket.rsplit(":", 1)
            return connects(socket.AF_INET, (host, int(port)))
        return os.path.exists(self.socket) and connects(socket.AF_UNIX, self.socket)

    def complete(self):
        """True when all workers have been started; stacks have two if not told otherwise."""
        return len(self.worker_pids()) >= int(self.options.get("workers", 2))

    def worker_pids(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            return {int(pid) for pid in children.read().split()}


class Nginx(Process):
    """nginx with a configuration file of the project; only its marked lines are changed."""

    name = "nginx"
    listen_line = "listen 127.0.0.1:8080;"
    socket_line = "server unix:/run/payment-api/payment-api.sock;"

    def __init__(self, folder, workers, site="conf/nginx/payment-api.conf", edits=None, name="nginx"):
        """workers: where they listen, as the program's option says it."""
        self.name = name
        super().__init__(folder)
        self.port = free_port()
        workers = f"unix:{workers}" if "/" in workers else workers
        if edits is None:
            edits = {self.listen_line: f"listen 127.0.0.1:{self.port};"}
        self._write(f"{name}-site.conf", edited(site, {self.socket_line: f"server {workers};", **edits}))
        snippet = "snippets/payment-api.conf"
        os.makedirs(os.path.join(folder, "snippets"), exist_ok=True)
        self._write(snippet, edited(f"conf/nginx/{snippet}", {}))
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "\n".join(
            f"{kind}_temp_path {folder}/{name}-{kind};"
            for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
        )
        self.config = self._write(
            f"{name}.conf",
            f"{user}\ndaemon off;\npid {folder}/{name}.pid;\nerror_log stderr;\n"
            f"worker_processes 1;\nworker_rlimit_nofile 20000;\nevents {{ worker_connections 8192; }}\nhttp {{\n"
            f"access_log off;\n{temporary}\ninclude {folder}/{name}-site.conf;\n}}\n",
        )

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self):
        program = shutil.which("nginx", path=ENVIRONMENT["PATH"])
        return [program, "-e", "stderr", "-p", self.folder, "-c", self.config]

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))

    def kill_all(self):
        """SIGKILL for the master and its workers, which would go on without it."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            pids = [int(pid) for pid in children.read().split()]
        self.kill()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"


__all__ = ["MariaDB", "Nginx", "SqlError", "Workers", "connects", "edited", "free_port", "wait_until"]
