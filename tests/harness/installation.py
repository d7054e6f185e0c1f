"""What an administrator sets up: configuration, schema, accounts, merchants.

SPDX-License-Identifier: MIT
"""

import json
import os
import secrets
import subprocess

from harness.servers import ADMIN_PROGRAM, SOURCE


class Installation:
    """One configuration file and one database. workers_database is how the workers reach it, as options."""

    schema = "payment_api"  # the database's name
    source = SOURCE  # the tree that its migrations are taken from
    admin_program = ADMIN_PROGRAM

    def __init__(self, folder, database, workers_database=None, password=None):
        self.folder = folder
        self.database = database
        self.workers_database = workers_database or {"socket": database.socket}
        self.config = os.path.join(folder, "payment-api.conf")
        self.password = password or secrets.token_hex(16)
        self.processors = {}  # name: the acquirer that is called in its place

    def write_config(self, **options):
        """The configuration file; options go into [payment-api]."""
        lines = ["[payment-api]", *(f"{name} = {value}" for name, value in options.items())]
        for section, reach, user, password in (
            ("database", self.workers_database, "payment-api", f"password = {self.password}"),
            ("database-admin", {"socket": self.database.socket}, "root", ""),
        ):
            lines += [f"[{section}]", *(f"{name} = {value}" for name, value in reach.items()), f"user = {user}",
                      password, f"database = {self.schema}"]
        for name, acquirer in self.processors.items():
            lines += [f"[processor {name}]", "type = stripe", f"secret_key = {acquirer.secret}",
                      f"event_secret = {acquirer.event_secret}", f"address = {acquirer.address}",
                      f"ca_file = {acquirer.ca_file}"]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.chmod(self.config, 0o600)

    def prepare_database(self):
        self.database.sql(
            f"CREATE DATABASE {self.schema} CHARACTER SET utf8mb4;"
            f"CREATE USER IF NOT EXISTS 'payment-api'@'localhost' IDENTIFIED BY '{self.password}'",
            database="mysql",
        )
        self.write_config()
        self.admin("schema", "upgrade", "--directory", os.path.join(self.source, "sql"))
        with open(os.path.join(self.source, "sql/grants.sql"), encoding="utf-8") as grants:
            self.database.sql(grants.read(), database=self.schema)

    def try_admin(self, *arguments, config=None):
        """Runs payment-admin, however it ends."""
        return subprocess.run(
            [self.admin_program, "--config", config or self.config, *arguments],
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
