"""The whole stack: database, schema, accounts, workers, nginx, a merchant and its key.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import tempfile

from harness.client import Client
from harness.installation import Installation
from harness.servers import MariaDB, Nginx, Workers


class Stack(Installation):
    """Use it as a context manager: nothing of it is left behind."""

    def __init__(self, database_options=(), proxy=None, **options):
        """proxy is a class that is made with (folder, path of the database's socket) and stands between."""
        # Unix sockets have short paths only.
        folder = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
        super().__init__(folder, MariaDB(folder, database_options))
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
                self.workers_database = {"socket": self.proxy.path}
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

    def logs(self):
        return self.workers.log() + self.nginx.log()
