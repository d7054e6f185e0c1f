"""Clients that do not rest while something else happens.

SPDX-License-Identifier: MIT
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from harness.client import Client


class Load:
    """Payments from some clients without a pause, until the with block ends; the answers' statuses."""

    def __init__(self, urls, key, clients=4, pause=0.0):
        self.stop = threading.Event()
        self.statuses = {url: [] for url in urls}
        self.pool = ThreadPoolExecutor(clients * len(urls))
        self.running = [self.pool.submit(self._run, url, key, pause) for url in urls for _ in range(clients)]

    def _run(self, url, key, pause):
        client = Client(url, key)
        while not self.stop.is_set():
            self.statuses[url].append(client.pay().status_code)
            time.sleep(pause)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        for future in self.running:
            future.result(60)
        self.pool.shutdown()
