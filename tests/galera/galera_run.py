"""The fault run on a Galera cluster: the clients and the checker of the run on one server, other faults.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from faults import checker  # noqa: E402
from faults.fault_run import Clients, argument_parser, idle, keep, mean_group, parse_arguments, print_table, run_injectors  # noqa: E402
from faults.injector import DatabaseFaults, Injector, PoolFaults, stopped  # noqa: E402
from harness.galera import Cluster  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.servers import ADMIN_PROGRAM, SOURCE, SqlError  # noqa: E402

REQUEST_TIMEOUT = 10  # seconds, as by default
DATABASE_TIMEOUT = 3
EVICTION = 7  # seconds after which the others have closed the ranks


class ClusterFaults:
    """Faults of the nodes and of what joins them. Each ends with a whole cluster."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.refusals = 0  # answers without a quorum that were 503, as they must be

    def kill_node(self, chance):
        node = chance.choice(self.cluster.nodes)
        node.kill()
        time.sleep(chance.uniform(0, EVICTION))
        node.start_until_synced()
        self.cluster.wait_until_whole()

    def stop_node(self, chance):
        with stopped([chance.choice(self.cluster.nodes).pid]):
            time.sleep(chance.choice([0.5, EVICTION]))
        self.cluster.wait_until_whole()

    def cut_off_node(self, chance):
        """It lives, and answers its clients, but hears nothing of the others."""
        node = chance.choice(self.cluster.nodes)
        self._isolate(node, 1)
        time.sleep(chance.uniform(1, EVICTION))
        self._isolate(node, 0)
        self.cluster.wait_until_whole()

    @staticmethod
    def _isolate(node, value):
        with contextlib.suppress(SqlError):
            node.sql(f"SET GLOBAL wsrep_provider_options = 'gmcast.isolate={value}'", database="")

    def lose_quorum(self, chance):
        """Two of three are killed: the one that is left must not answer, neither yes nor no."""
        survivor = chance.choice(self.cluster.nodes)
        lost = [node for node in self.cluster.nodes if node is not survivor]
        for node in lost:
            node.kill()
        wait_until(lambda: survivor.status("wsrep_cluster_status") == "non-Primary", 30, "the loss of the quorum")
        self._must_refuse()
        for node in lost:
            node.start(wait=False)
        self._wait_or_restart(lost)

    def stop_majority(self, chance):
        survivor = chance.choice(self.cluster.nodes)
        with stopped([node.pid for node in self.cluster.nodes if node is not survivor]):
            wait_until(lambda: survivor.status("wsrep_cluster_status") == "non-Primary", 30,
                       "the loss of the quorum")
            time.sleep(chance.uniform(0, 2))
        self.cluster.wait_until_whole()

    def kill_all_nodes(self, _):
        for node in self.cluster.nodes:
            node.kill()
        for node in self.cluster.nodes:
            node.start(wait=False)
        self._wait_or_restart(self.cluster.nodes)

    def _wait_or_restart(self, nodes):
        def whole():
            for node in nodes:
                if not node.running:
                    node.start(wait=False)
            return all(node.synced() and node.status("wsrep_cluster_size") == "3" for node in self.cluster.nodes)
        wait_until(whole, 180, "the whole cluster")

    def _must_refuse(self):
        unknown = "/payments/pay_" + 26 * "0"
        for front in self.cluster.fronts:
            client = front.client(self.cluster.key)
            for answer in (client.pay(), client.get("/readyz"), client.get(unknown)):
                assert answer.status_code == 503, f"an answer without a quorum: {answer.status_code} {answer.text}"
                self.refusals += 1


def connection_faults(cluster):
    pools = [PoolFaults(front.workers, front.nginx, REQUEST_TIMEOUT) for front in cluster.fronts]
    servers = [DatabaseFaults(node, REQUEST_TIMEOUT, DATABASE_TIMEOUT) for node in cluster.nodes]

    def of(things, method):
        def inject(chance):
            thing = chance.choice(things)
            with contextlib.suppress(SqlError):
                getattr(thing, method)(chance)
        return inject

    return {
        "kill_worker": of(pools, "kill_worker"),
        "stop_worker": of(pools, "stop_worker"),
        "kill_parent": of(pools, "kill_parent"),
        "reload_parent": of(pools, "reload_parent"),
        "kill_nginx": of(pools, "kill_nginx"),
        "kill_connections": of(servers, "kill_connections"),
        "kill_queries": of(servers, "kill_queries"),
        "wait_for_locks": of(servers, "wait_for_locks"),
        "make_deadlocks": of(servers, "make_deadlocks"),
    }


def check_all_nodes(cluster, folder):
    """The checker's verdict on one node, and whether the others hold the same."""
    figures, violations = checker.check(folder, cluster.nodes[0].socket)
    first = [sorted(map(str, table)) for table in checker.read_database(cluster.nodes[0].socket, "payment_api")]
    for node in cluster.nodes[1:]:
        if [sorted(map(str, table)) for table in checker.read_database(node.socket, "payment_api")] != first:
            violations.append(f"{node.name} holds something else than {cluster.nodes[0].name}")
    return figures, violations


def verify_check(cluster):
    """payment-admin check looks at each node, and finds a setting with which commits can be lost."""
    admin = cluster.fronts[0].installation.try_admin
    result = admin("check")
    assert result.returncode == 0 and result.stdout.count("connected to MariaDB") == 3, result.stdout
    node = cluster.nodes[1]
    node.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2", database="")
    result = admin("check")
    assert result.returncode == 1 and result.stdout.count("innodb_flush_log_at_trx_commit must be 1") == 1, result.stdout
    node.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1", database="")


def verify_upgrade(cluster):
    """An upgrade that runs on one node is seen on the others, and one that died is told from it."""
    folder = os.path.join(cluster.folder, "upgrade")
    shutil.copytree(os.path.join(SOURCE, "sql"), folder)
    first = os.path.join(folder, "0001_initial.sql")
    with open(first, encoding="utf-8") as file:
        head, rest = file.read().split(";", 1)
    with open(first, "w", encoding="utf-8") as file:
        file.write(f"{head};DO SLEEP(600);{rest}")
    cluster.nodes[0].sql("CREATE DATABASE upgrades", database="mysql")
    configs = []
    for front in cluster.fronts[:2]:
        configs.append(front.installation.config + ".upgrade")
        with open(front.installation.config, encoding="utf-8") as original, \
                open(configs[-1], "w", encoding="utf-8") as copy:
            copy.write(original.read().replace("database = payment_api", "database = upgrades"))

    def upgrade(*arguments):
        return cluster.fronts[1].installation.try_admin("schema", "upgrade", *arguments, config=configs[1])

    with subprocess.Popen([ADMIN_PROGRAM, "--config", configs[0], "schema", "upgrade", "--directory", folder]) as slow:
        try:
            wait_until(lambda: cluster.nodes[0].sql(
                "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'"), 20, "the slow migration")
            result = upgrade("--resume", "--directory", os.path.join(SOURCE, "sql"))
            assert result.returncode == 1 and f"process {slow.pid}," in result.stderr, result.stderr
        finally:
            slow.kill()
    result = upgrade("--resume", "--directory", os.path.join(SOURCE, "sql"))
    assert result.returncode == 0, result.stderr
    cluster.nodes[0].sql("DROP DATABASE upgrades", database="mysql")


def main():
    arguments = parse_arguments(argument_parser(
        "tests/galera/run", "Kills, stops and cuts off the nodes of a three-node Galera cluster under payments and "
        "refunds through all nodes at once, and proves from a journal that none was lost, doubled or over-refunded."))
    with Cluster(
        workers=2, request_timeout=REQUEST_TIMEOUT, database_timeout=DATABASE_TIMEOUT, log_level="info",
    ) as cluster:
        verify_check(cluster)
        verify_upgrade(cluster)
        clients = Clients(arguments, cluster.folder, cluster.addresses, cluster.key)
        faults = ClusterFaults(cluster)
        stop = threading.Event()
        injectors = [
            Injector("nodes", arguments.seed, stop, {
                name: getattr(faults, name)
                for name in ("kill_node", "stop_node", "cut_off_node", "lose_quorum", "stop_majority",
                             "kill_all_nodes")
            }, (0.5, 3)),
            Injector("connections", arguments.seed, stop, connection_faults(cluster), (0.3, 2)),
        ]
        try:
            run_injectors(injectors, stop, arguments.seconds)
            cluster.wait_until_whole()
            clients.finish()
            cluster.wait_until_whole()
        finally:
            keep(arguments, cluster.folder)
        figures, violations = check_all_nodes(cluster, clients.folder)
        figures["mean group"] = mean_group("".join(front.workers.log() for front in cluster.fronts))
        violations += idle(figures, injectors, arguments.seconds / 3)
        figures["refusals without a quorum"] = faults.refusals
        print_table(arguments, figures, injectors, violations)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
