# SPDX-License-Identifier: MIT
"""All that is measured side by side: one database server, the programs, and one nginx before them.

SPDX-License-Identifier: MIT
"""

import contextlib
import glob
import os
import secrets
import shutil
import subprocess
import tempfile

from front import Front
from harness.servers import MariaDB
from records import add_payments, payment_ids
from subjects import FLOORS, HERE, OTHERS, PaymentApi

KEPT_PAYMENTS = 10_000  # that are read and refunded


class Arena:
    """Use it as a context manager. names: of the subjects, kinds: their classes;
    against: a second build of payment-api."""

    database_options = ("--innodb-log-file-size=1G", "--innodb-buffer-pool-size=1G", "--max-connections=400")

    def __init__(self, build, against=None, names=None, kinds=(*FLOORS, *OTHERS)):
        self.folder = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
        self.database = MariaDB(self.folder, self.database_options)
        self.password = secrets.token_hex(16)
        self.api = PaymentApi(self, build)
        builds = [self.api]
        if against:
            builds.append(PaymentApi(self, against, "before", "the other build"))
        others = [kind(self) for kind in kinds if names is None or kind.name in names]
        self.subjects = {subject.name: subject for subject in (*builds, *others)}
        self.front = Front(self.folder, list(self.subjects.values()))
        self.merchant = self.key = None
        self.stack = contextlib.ExitStack()  # what is to be ended, whichever of them fails in it
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            for server in (self.database, *self.subjects.values(), self.front):
                self.stack.callback(server.stop)
            self.database.install().start()
            for subject in self.subjects.values():
                subject.prepare()
                if subject is self.api:
                    self.key = subject.key
                    self.merchant = self.database.sql("SELECT HEX(id) FROM merchants", database=subject.schema)[0][0]
            for name in ("select", *(build.name for build in self.builds())):
                if name in self.subjects:
                    self.add_payments(self.subjects[name])
            for subject in self.subjects.values():
                subject.start()
            self.front.start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def builds(self):
        return [subject for subject in self.subjects.values() if isinstance(subject, PaymentApi)]

    def compiled(self, name):
        """The path of a program of this folder; or of a library, as its name ends in .so."""
        path = os.path.join(self.folder, "build-" + name)
        if not os.path.exists(path):
            library = name.endswith(".so")
            flags = [] if library else subprocess.run(
                ["pkg-config", "--cflags", "--libs", "fcgi", "libmariadb"], capture_output=True, text=True,
                check=True).stdout.split()
            subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", *(["-shared", "-fPIC"] if library else []),
                            "-o", path, os.path.join(HERE, name.removesuffix(".so") + ".c"), *flags], check=True)
        return path

    def copy_schema(self, schema):
        """A database with the tables, the merchant and the key of the build that is measured."""
        self.database.sql(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4", database="mysql")
        for path in [*sorted(glob.glob(os.path.join(self.api.source, "sql", "[0-9]*.sql"))),
                     os.path.join(self.api.source, "sql", "grants.sql")]:
            with open(path, encoding="utf-8") as file:
                self.database.sql(file.read(), database=schema)
        for table in ("merchants", "api_keys"):
            self.database.sql(f"INSERT INTO {table} SELECT * FROM {self.api.schema}.{table}", database=schema)

    def ids_file(self, subject, hot=False):
        return os.path.join(self.folder, f"{subject.name}-{'hot' if hot else 'ids'}")

    def add_payments(self, subject):
        """What is read and refunded, and the files that the load takes it from."""
        add_payments(self.database, subject.schema, KEPT_PAYMENTS)
        names = [subject.payment_name(one) for one in payment_ids(self.database, subject.schema, KEPT_PAYMENTS)]
        for hot, chosen in ((False, names[1:]), (True, names[:1])):
            with open(self.ids_file(subject, hot), "w", encoding="ascii") as file:
                file.write("\n".join(chosen) + "\n")

    def use(self, subject, processes):
        """Starts a program again with that many processes."""
        subject.stop()
        subject.processes = processes
        subject.start()
        self.front.restart()

    def environment(self):
        """What the figures depend on, for the report."""
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
        server = self.database.sql("SELECT VERSION()", database="mysql")[0][0]
        variables = {name: self.database.sql(f"SELECT @@{name}", database="mysql")[0][0] for name in (
            "innodb_flush_log_at_trx_commit", "innodb_buffer_pool_size", "innodb_log_file_size", "log_bin")}
        return {
            "processor": model, "cores": os.cpu_count(), "load": os.getloadavg()[0], "mariadb": server, **variables,
            "versions": [subject.version() for subject in self.subjects.values() if hasattr(subject, "version")],
        }
