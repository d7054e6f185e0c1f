"""The whole stack: database, schema, accounts, workers, web server, a merchant and its key.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import shutil
import tempfile

from harness.client import Client
from harness.deployments import DEPLOYMENTS
from harness.installation import Installation
from harness.servers import MariaDB


class Stack(Installation):
    """Use it as a context manager: nothing of it is left behind."""

    def __init__(self, database_options=(), proxy=None, deployment="nginx", processors=None, **options):
        """proxy is a class that is made with (folder, path of the database's socket) and stands between.
        deployment: what starts the workers, and what serves them; options: of the workers."""
        self.deployment = DEPLOYMENTS[deployment]
        # Unix sockets have short paths only.
        folder = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
        super().__init__(folder, MariaDB(folder, database_options))
        self.processors = processors or {}
        self.workers = self.deployment.workers(self, {"log_level": "info", **options})
        self.make_proxy = proxy
        self.proxy = self.web = None
        self.merchant = self.key = self.client = None

    def __enter__(self):
        try:
            self.database.install().start()
            if self.make_proxy:
                self.proxy = self.make_proxy(self.folder, self.database.socket)
                self.workers_database = {"socket": self.proxy.path}
            self.prepare_database()
            self.workers.start()
            self.web = self.deployment.web(self).start()
            self.merchant, self.key = self.new_merchant("Test shop")
            self.client = Client(self.web.url, self.key)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for server in (self.web, self.workers, self.database):
            if server is not None:
                server.stop()
        if self.proxy:
            self.proxy.close()
        log = self.workers.log()
        shutil.rmtree(self.folder, ignore_errors=True)
        # A worker that a sanitizer ended has been replaced, and could go unseen.
        found = re.search(r"(AddressSanitizer|LeakSanitizer|runtime error).*", log, re.S)
        assert found is None, found.group(0)[:4000]

    @property
    def nginx(self):
        """The web server, whichever it is."""
        return self.web

    def logs(self):
        return self.workers.log() + self.web.log()


@contextlib.contextmanager
def paying_stack(acquirer, **options):
    """A stack whose merchant's test keys pay through an acquirer of the tests."""
    with Stack(processors={"stripe": acquirer}, key_cache_seconds=0, **options) as running:
        running.admin("merchant", "set", running.merchant, "--test-processor", "stripe")
        yield running
