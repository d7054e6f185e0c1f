"""The whole stack: database, schema, accounts, workers, nginx, a merchant and its key.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile

from harness.client import Client
from harness.servers import ADMIN_PROGRAM, SOURCE, MariaDB, Nginx, Workers


class Stack:
    """Use it as a context manager: nothing of it is left behind."""

    def __init__(self, database_options=(), proxy=None, **options):
        """proxy is a class that is made with (folder, path of the database's socket) and stands between."""
        # Unix sockets have short paths only.
        self.folder = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
        self.database = MariaDB(self.folder, database_options)
        self.config = os.path.join(self.folder, "payment-api.conf")
        self.password = secrets.token_hex(16)
        self.workers = Workers(
            self.folder, self.config, **{"workers": 2, "log_level": "info", **options}
        )
        self.make_proxy = proxy
        self.proxy = self.nginx = None
        self.merchant = self.key = self.client = None

    def __enter__(self):
        try:
            self.database.install().start()
            if self.make_proxy:
                self.proxy = self.make_proxy(self.folder, self.database.socket)
            self.prepare_database()
            self.workers.start()
            self.nginx = Nginx(self.folder, self.workers.socket).start()
            self.merchant, self.key = self.new_merchant("Test shop")
            self.client = Client(self.nginx.url, self.key)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for server in (self.nginx, self.workers, self.database):
            if server is not None:
                server.stop()
        if self.proxy:
            self.proxy.close()
        log = self.workers.log() if os.path.exists(self.workers.log_path) else ""
        shutil.rmtree(self.folder, ignore_errors=True)
        # A worker that a sanitizer ended has been replaced, and could go unseen.
        found = re.search(r"(AddressSanitizer|LeakSanitizer|runtime error).*", log, re.S)
        assert found is None, found.group(0)[:4000]

    def write_config(self, **options):
        """The configuration file; options go into [payment-api]."""
        lines = ["[payment-api]", *(f"{name} = {value}" for name, value in options.items())]
        workers_socket = self.proxy.path if self.proxy else self.database.socket
        for section, socket, user, password in (
            ("database", workers_socket, "payment-api", f"password = {self.password}"),
            ("database-admin", self.database.socket, "root", ""),
        ):
            lines += [f"[{section}]", f"socket = {socket}", f"user = {user}",
                      password, "database = payment_api"]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.chmod(self.config, 0o600)

    def prepare_database(self):
        self.database.sql(
            "CREATE DATABASE payment_api CHARACTER SET utf8mb4;"
            f"CREATE USER 'payment-api'@'localhost' IDENTIFIED BY '{self.password}'",
            database="mysql",
        )
        self.write_config()
        self.admin("schema", "upgrade", "--directory", os.path.join(SOURCE, "sql"))
        with open(os.path.join(SOURCE, "sql/grants.sql"), encoding="utf-8") as grants:
            self.database.sql(grants.read())

    def try_admin(self, *arguments, config=None):
        """Runs payment-admin, however it ends."""
        return subprocess.run(
            [ADMIN_PROGRAM, "--config", config or self.config, *arguments],
            capture_output=True, text=True, check=False, timeout=60,
        )

    def admin(self, *arguments):
        """Runs payment-admin --json; what it printed."""
        result = self.try_admin("--json", *arguments)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    def new_merchant(self, name):
        """A merchant and a key: (merchant id, key)."""
        merchant = self.admin("merchant", "create", name)["id"]
        return merchant, self.admin("key", "create", merchant)["key"]

    def logs(self):
        return self.workers.log() + self.nginx.log()
