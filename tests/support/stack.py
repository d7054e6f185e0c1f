# SPDX-License-Identifier: MIT
"""The whole stack: MariaDB, the pool and a web server, with a merchant who has a key."""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass

from .admin import Admin
from .client import Client
from .configuration import Configuration
from .locations import SOURCE
from .mariadb import MariaDB
from .nginx import Nginx
from .pool import Pool
from .workspace import Workspace

ACCOUNT = "payment-api"


@dataclass(frozen=True)
class Merchant:
    """A merchant with one API key."""

    id: str
    key: str
    key_id: str


def sections(mariadb, password, **options):
    """The configuration for a MariaDB of ours; options are those of [payment-api]."""
    return {
        "payment-api": options,
        "database": {"socket": mariadb.socket, "user": ACCOUNT, "password": password,
                     "database": "payment_api"},
        "database-admin": {"socket": mariadb.socket, "user": "root", "database": "payment_api"},
    }


def create_database(mariadb, password):
    """The database and the workers' account, which has no rights yet."""
    mariadb.rows("CREATE DATABASE payment_api CHARACTER SET utf8mb4;"
                 f"CREATE USER '{ACCOUNT}'@'localhost' IDENTIFIED BY '{password}'", database=None)


def install_schema(mariadb, admin):
    """The tables, and the rights of the workers' account on them."""
    admin.json("schema", "upgrade", "--directory", str(SOURCE / "sql"))
    mariadb.rows((SOURCE / "sql" / "grants.sql").read_text(encoding="utf-8"))


def create_merchant(admin, name="Shop"):
    """A new merchant with a key."""
    merchant = admin.json("merchant", "create", name)
    key = admin.json("key", "create", merchant["id"])
    return Merchant(merchant["id"], key["key"], key["id"])


class Stack:
    """Everything, on ports and in folders of its own. Use it in a with statement.

    options are those of [payment-api]; web makes a web server from a folder and the pool's socket.
    """

    def __init__(self, web=Nginx, mariadb_options=(), **options):
        self.password = secrets.token_hex(16)
        self.workspace = Workspace()
        self.mariadb = MariaDB(self.workspace / "mariadb", mariadb_options)
        self.configuration = self.new_configuration("payment-api", **options)
        self.admin = Admin(self.configuration)
        self.pool = Pool(self.workspace / "pool", self.configuration)
        self.web = web(self.workspace / "web", self.pool.address)
        self._cleanup = ExitStack()

    def __enter__(self):
        with ExitStack() as cleanup:
            cleanup.enter_context(self.workspace)
            cleanup.enter_context(self.mariadb)
            create_database(self.mariadb, self.password)
            install_schema(self.mariadb, self.admin)
            cleanup.enter_context(self.pool)
            cleanup.enter_context(self.web)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *exception):
        self._cleanup.close()
        assert not self.pool.memory_errors(), self.pool.memory_errors()

    def new_merchant(self, name="Shop"):
        """A merchant with a key."""
        return create_merchant(self.admin, name)

    def client(self, merchant=None, key=None):
        """A client with a merchant's key, with any key, or with none."""
        return Client(self.web.base_url, merchant.key if merchant else key)

    def new_configuration(self, name, **options):
        """Another configuration file for the same database, with options of its own."""
        return Configuration(self.workspace / f"{name}.conf",
                             sections(self.mariadb, self.password, **options))

    def logs(self):
        """Everything that any server of the stack has logged."""
        return "".join(path.read_text(encoding="utf-8", errors="replace")
                       for path in self.workspace.folder.rglob("*.log"))
