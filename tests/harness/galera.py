"""A real three-node Galera cluster on loopback, and a pool with nginx for each node.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile

from harness.client import Client
from harness.installation import Installation
from harness.process import wait_until
from harness.servers import ENVIRONMENT, MariaDB, Nginx, SqlError, Workers, connects, free_port

PROVIDER = "/usr/lib/galera/libgalera_smm.so"
# A dead node is noticed within seconds: the defaults are for networks.
PROVIDER_OPTIONS = (
    "evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;"
    "evs.inactive_check_period=PT0.2S;gmcast.peer_timeout=PT2S;gcache.size=256M"
)


class Node(MariaDB):
    """One node. Its group's addresses are known before it starts."""

    # The rsync daemon of a state transfer gives up root's rights, so no node can run as root.
    user = ["--user=mysql"] if os.geteuid() == 0 else []

    def __init__(self, folder, number, addresses):
        os.mkdir(folder)
        self._give_away(folder)
        super().__init__(folder)
        os.mkdir(self.temporary)
        self._give_away(self.temporary)
        self.name = f"node{number}"
        self.log_path = os.path.join(folder, "node.log")
        self.addresses = addresses
        self.address = addresses[number]
        self.port, self.ist_port, self.sst_port = (free_port() for _ in range(3))
        self.bootstrap = False
        self.position = None

    def _give_away(self, folder):
        if self.user:
            shutil.chown(folder, "mysql", "mysql")

    def make_data_folder(self):
        """For a node that gets all it has from the others."""
        os.mkdir(self.data)
        self._give_away(self.data)

    def command(self):
        provider = (f"gmcast.listen_addr=tcp://{self.address};ist.recv_addr=127.0.0.1:{self.ist_port};"
                    + PROVIDER_OPTIONS)
        return [
            *self._server(), f"--pid-file={self.folder}/db.pid", "--bind-address=127.0.0.1", f"--port={self.port}",
            "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--wsrep-cluster-name=payment-api-test",
            f"--wsrep-cluster-address=gcomm://{','.join(self.addresses)}", f"--wsrep-node-address={self.address}",
            f"--wsrep-node-name={self.name}", f"--wsrep-provider-options={provider}",
            f"--wsrep-sst-receive-address=127.0.0.1:{self.sst_port}", "--wsrep-sst-method=rsync",
            "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--innodb-flush-log-at-trx-commit=1",
            "--wsrep-slave-threads=2", "--max-connections=60",
            *(["--wsrep-new-cluster"] if self.bootstrap else []),
            *([f"--wsrep-start-position={self.position}"] if self.position else []),
        ]

    def _server(self):
        return [
            shutil.which("mariadbd", path=ENVIRONMENT["PATH"]), "--no-defaults", *self.user,
            f"--datadir={self.data}", f"--socket={self.socket}", f"--tmpdir={self.temporary}",
            "--innodb-log-file-size=256M", "--innodb-buffer-pool-size=128M",
        ]

    def recover_position(self):
        """What a killed node has committed: it tells its cluster, and gets only what it misses."""
        result = subprocess.run(
            [*self._server(), "--wsrep-recover", "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
             f"--wsrep-cluster-address=gcomm://{','.join(self.addresses)}", "--binlog-format=ROW",
             f"--pid-file={self.folder}/recover.pid"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120,
        )
        found = re.findall(r"Recovered position:\s*(\S+)", result.stderr)
        assert found, f"{self.name} has no position:\n{result.stderr[-2000:]}"
        self.position = found[-1]

    def start(self, wait=True, **options):
        if os.path.exists(os.path.join(self.data, "grastate.dat")):
            self.recover_position()
        # Its scripts find each other by PATH.
        super().start(wait=False, env=ENVIRONMENT, **options)
        if wait:
            self.wait_until_synced()
        return self

    def start_until_synced(self, attempts=4):
        """A node that finds no cluster or no donor ends, and is started again, as a service manager does."""
        for attempt in range(attempts):
            try:
                return self.start()
            except AssertionError:
                if attempt == attempts - 1:
                    raise
                self.kill()

    def status(self, name):
        """A status variable; None while the node does not answer."""
        if not self.running or not connects(socket.AF_UNIX, self.socket):
            return None
        try:
            rows = self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'", database="")
        except (SqlError, subprocess.TimeoutExpired):
            return None
        return rows[0][1] if rows else None

    def synced(self):
        return self.status("wsrep_local_state_comment") == "Synced" and \
            self.status("wsrep_cluster_status") == "Primary"

    def wait_until_synced(self, seconds=90):
        wait_until(lambda: not self.running or self.synced(), seconds, f"{self.name} synced")
        assert self.running, f"{self.name} ended:\n{self.log()[-4000:]}"


class Cluster:
    """Use it as a context manager. Each node has a pool whose host list begins with it, and an nginx."""

    def __init__(self, **options):
        self.folder = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        addresses = [f"127.0.0.1:{free_port()}" for _ in range(3)]
        self.nodes = [Node(os.path.join(self.folder, f"n{number}"), number, addresses) for number in range(3)]
        self.options = options
        self.password = secrets.token_hex(16)
        self.fronts = []
        self.key = None

    def __enter__(self):
        try:
            self.form()
            for number in range(3):
                self.fronts.append(Front(self, number, self.options))
            self.fronts[0].installation.prepare_database()
            for front in self.fronts:
                front.start()
            _, self.key = self.fronts[0].installation.new_merchant("Test shop")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def form(self):
        first, *others = self.nodes
        first.install()
        first.bootstrap = True
        first.start()
        first.bootstrap = False
        for node in others:
            node.make_data_folder()
            node.start_until_synced()

    def close(self):
        for front in self.fronts:
            front.stop()
        for node in self.nodes:
            if node.running:
                node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until_whole(self, seconds=120):
        """All nodes are up, in one component, and have everything."""
        for node in self.nodes:
            wait_until(lambda node=node: node.synced() and node.status("wsrep_cluster_size") == "3", seconds,
                       f"{node.name} in the whole cluster")

    @property
    def addresses(self):
        return [("127.0.0.1", front.nginx.port) for front in self.fronts]


class Front:
    """A pool of workers and nginx before it."""

    def __init__(self, cluster, number, options):
        self.cluster = cluster
        self.folder = os.path.join(cluster.folder, f"f{number}")
        os.mkdir(self.folder)
        nodes = cluster.nodes[number:] + cluster.nodes[:number]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        self.installation = Installation(self.folder, cluster.nodes[number], {"host": hosts}, cluster.password)
        self.workers = Workers(self.folder, self.installation.config, **options)
        self.nginx = None

    def start(self):
        self.installation.write_config()
        self.workers.start()
        self.nginx = Nginx(self.folder, self.workers.socket).start()

    def stop(self):
        for server in (self.nginx, self.workers):
            if server is not None:
                server.stop()

    def client(self, key):
        return Client(self.nginx.url, key)
