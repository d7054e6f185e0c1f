# SPDX-License-Identifier: MIT
"""A private MariaDB server, and SQL through the mariadb command-line client."""

import os
import re
import shutil
import subprocess
import tempfile

from .locations import CACHE, installed
from .server import Server, ServerFailed
from .waiting import PATIENCE

_CLIENT_SECONDS = 60 * PATIENCE
_REDO_LOG = "--innodb-log-file-size=128M"

# Small, and as durable as it gets: an acknowledged payment must survive a crash.
_OPTIONS = [
    "--innodb-flush-log-at-trx-commit=1", _REDO_LOG, "--innodb-buffer-pool-size=64M",
    "--key-buffer-size=1M", "--aria-pagecache-buffer-size=8M", "--performance-schema=OFF",
    "--max-connections=200",
]


class SqlError(Exception):
    """What the server refused; code is MariaDB's error number."""

    def __init__(self, message):
        super().__init__(message)
        found = re.search(r"ERROR (\d+)", message)
        self.code = int(found.group(1)) if found else None


def _as_this_user():
    """MariaDB must be told that it is to run as root."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _data_template():
    """A fresh data folder to copy, made once for each version of MariaDB."""
    version = subprocess.run([installed("mariadbd"), "--version"], check=True,
                             capture_output=True, text=True).stdout
    found = re.search(r"Ver (\S+)", version)
    template = CACHE / f"mariadb-{found.group(1)}"
    if template.exists():
        return template
    CACHE.mkdir(exist_ok=True)
    made = tempfile.mkdtemp(prefix="mariadb.", dir=CACHE)
    try:
        install = subprocess.run(
            [installed("mariadb-install-db"), "--no-defaults", *_as_this_user(),
             f"--datadir={made}", "--skip-test-db", "--auth-root-authentication-method=normal",
             _REDO_LOG], capture_output=True, text=True, check=False)
        if install.returncode != 0:
            raise ServerFailed(f"mariadb-install-db failed:\n{install.stdout}{install.stderr}")
        try:
            os.rename(made, template)
        except OSError:
            assert template.exists()  # another run of the tests was faster
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return template


def _value(text):
    """One field of the client's --batch output."""
    if text == "NULL":
        return None
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "0": "\0"}.get(
        found.group(1), found.group(1)), text)


class MariaDB(Server):
    """MariaDB on a Unix socket; with a port on 127.0.0.1, too."""

    name = "mariadb"

    def __init__(self, folder, options=(), port=None):
        super().__init__(folder)
        self.options = list(options)
        self.port = port
        self.data = self.folder / "data"
        self.socket = self.folder / "mariadb.sock"

    def command(self):
        network = (["--skip-networking"] if self.port is None
                   else ["--bind-address=127.0.0.1", f"--port={self.port}"])
        return [installed("mariadbd"), "--no-defaults", *_as_this_user(),
                f"--datadir={self.data}", f"--socket={self.socket}",
                f"--pid-file={self.folder}/mariadb.pid", *network, *_OPTIONS, *self.options]

    def launch(self):
        if not self.data.exists():
            # cp, because it keeps the unwritten part of the redo log unwritten.
            subprocess.run(["cp", "-a", "--sparse=always", _data_template(), self.data],
                           check=True)
        super().launch()

    def is_ready(self):
        # An old socket file stays behind when the server was killed.
        try:
            self.rows("SELECT 1", database=None)
        except SqlError:
            return False
        return True

    def client(self, user="root", password="", database="payment_api", charset="utf8mb4"):
        """Command line and environment of the mariadb client."""
        command = [installed("mariadb"), "--no-defaults", f"--socket={self.socket}",
                   f"--user={user}", "--batch", f"--default-character-set={charset}"]
        return command + ([database] if database else []), {**os.environ, "MYSQL_PWD": password}

    def rows(self, statements, **account):
        """Runs SQL; the rows of its last result as dictionaries, with text or None as values."""
        command, environment = self.client(**account)
        encoding = "utf-8" if account.get("charset", "utf8mb4") == "utf8mb4" else "latin-1"
        run = subprocess.run(command, input=statements, env=environment, capture_output=True,
                             encoding=encoding, timeout=_CLIENT_SECONDS, check=False)
        if run.returncode != 0:
            raise SqlError(run.stderr.strip())
        names, *lines = [[_value(field) for field in line.split("\t")]
                         for line in run.stdout.split("\n")]
        return [dict(zip(names, line)) for line in lines[:-1]]

    def value(self, statement, **account):
        """The one value that a query finds."""
        (row,) = self.rows(statement, **account)
        (value,) = row.values()
        return value

    def session(self, **account):
        """A connection that stays open, for transactions that are to be seen half done."""
        return Session(*self.client(**account))


class Session:
    """One database connection. Closing it rolls back what was not committed."""

    def __init__(self, command, environment):
        self._ends = 0
        self._process = subprocess.Popen(
            [*command, "--unbuffered", "--skip-column-names"], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def execute(self, statement):
        """Runs one statement; its rows as lists."""
        self._ends += 1
        end = f"end of statement {self._ends}"
        self._process.stdin.write(f"{statement};\nSELECT '{end}';\n")
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            line = line.rstrip("\n")
            if line == end:
                return [[_value(field) for field in row.split("\t")] for row in lines]
            lines.append(line)
        raise SqlError("\n".join(lines))

    def close(self):
        """Closes the connection."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=_CLIENT_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
