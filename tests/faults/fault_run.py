"""The fault run on one server: clients, faults, and the checker's verdict.

SPDX-License-Identifier: MIT
"""

import argparse
import collections
import os
import re
import secrets
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from faults import checker  # noqa: E402
from faults.clients import Client, Shared  # noqa: E402
from faults.injector import DatabaseFaults, Injector, PoolFaults, heal, restart_everything  # noqa: E402
from faults.journal import Journal  # noqa: E402
from harness.stack import Stack  # noqa: E402

REQUEST_TIMEOUT = 4
DATABASE_TIMEOUT = 1
QUEUE_SECONDS = 3
PATIENCE = 60  # seconds after the last fault until every outcome must be known


def parse_arguments(program, description):
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--seconds", type=int, default=60, help="how long faults are injected (60)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="of an earlier run, to repeat its choices")
    parser.add_argument("--clients", type=int, default=24, help="concurrent clients (24)")
    parser.add_argument("--keep", metavar="FOLDER", help="copy journal and logs there")
    arguments = parser.parse_args()
    if arguments.seconds < 1 or arguments.clients < 1:
        parser.error("--seconds and --clients must be above 0")
    return arguments


class Clients:
    """The clients of a run, and the folder of their journal."""

    def __init__(self, arguments, folder, addresses, api_key):
        self.folder = os.path.join(folder, "journal")
        os.mkdir(self.folder)
        self.stop = threading.Event()
        shared = Shared()
        self.threads = [
            Client(number, arguments.seed, addresses, api_key, Journal(self.folder, str(number)), shared, self.stop)
            for number in range(arguments.clients)
        ]
        for client in self.threads:
            client.start()

    def finish(self):
        """No new operations; what is open is resolved."""
        for client in self.threads:
            client.patience_ends = time.monotonic() + PATIENCE
        self.stop.set()
        for client in self.threads:
            client.join(2 * PATIENCE)
            if client.is_alive():
                raise AssertionError(f"{client.name} did not come to an end")
            if client.error:
                raise client.error


def run_injectors(injectors, stop, seconds):
    for injector in injectors:
        injector.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not any(injector.error for injector in injectors):
        time.sleep(0.2)
    stop.set()
    for injector in injectors:
        if not injector.finished.wait(300):
            raise AssertionError(f"the faults of {injector.name} did not come to an end")
        if injector.error:
            raise injector.error


def print_table(arguments, figures, injectors, violations):
    print(f"seed {arguments.seed}, {arguments.seconds} s, {arguments.clients} clients")
    for name, value in figures.items():
        print(f"  {name:34}{value:>10}")
    print("  faults")
    for injector in injectors:
        for name, count in sorted(injector.counts.items()):
            print(f"    {name.replace('_', ' '):32}{count:>10}")
    print(f"  {'violations':34}{len(violations):>10}", flush=True)
    for violation in violations[:20]:
        print(f"violation: {violation}")


def mean_group(log):
    """How many requests a worker had in hand together, in the mean over the turns: from its log."""
    sizes = collections.Counter(int(size) for size in re.findall(r" ms, (\d+) in the turn$", log, re.M))
    turns = sum(count / size for size, count in sizes.items())
    return round(sum(sizes.values()) / turns, 2) if turns else 0


def idle(figures, injectors, seconds):
    """A run that did nothing proves nothing: what is missing of it."""
    missing = ["requests that were done together"] if figures["mean group"] <= 1 else []
    missing += [name for name in ("payments kept", "refunds kept", "answers 503") if not figures.get(name)]
    if seconds >= 60:
        missing += [name for injector in injectors for name in injector.faults if not injector.counts[name]]
    return [f"the run had none of these: {name}" for name in missing]


def keep(arguments, folder):
    if arguments.keep:
        shutil.copytree(folder, arguments.keep, ignore=shutil.ignore_patterns("data*", "*.sock"),
                        dirs_exist_ok=True)


def main():
    arguments = parse_arguments("tests/faults/run", "Kills, stops and blocks everything under a load of payments "
                                "and refunds, and proves from a journal that none was lost, doubled or over-refunded.")
    with Stack(
        database_options=["--max-connections=30"], workers=2, request_timeout=REQUEST_TIMEOUT,
        database_timeout=DATABASE_TIMEOUT, body_timeout=2, max_queue_seconds=QUEUE_SECONDS, key_cache_seconds=1,
    ) as stack:
        clients = Clients(arguments, stack.folder, [("127.0.0.1", stack.nginx.port)], stack.key)
        pool = PoolFaults(stack.workers, stack.nginx, REQUEST_TIMEOUT)
        database = DatabaseFaults(stack.database, REQUEST_TIMEOUT, DATABASE_TIMEOUT)
        stop = threading.Event()
        injectors = [
            Injector("servers", arguments.seed, stop, {
                "kill_database": database.kill_database,
                "stop_database": database.stop_database,
                "kill_parent": pool.kill_parent,
                "stop_parent": pool.stop_parent,
                "reload_parent": pool.reload_parent,
                "kill_nginx": pool.kill_nginx,
                "restart_everything": restart_everything(stack, pool),
            }, (0.3, 2)),
            Injector("connections", arguments.seed, stop, {
                "kill_worker": pool.kill_worker,
                "stop_worker": pool.stop_worker,
                "kill_connections": database.kill_connections,
                "kill_queries": database.kill_queries,
                "wait_for_locks": database.wait_for_locks,
                "make_deadlocks": database.make_deadlocks,
                "fill_connections": database.fill_connections,
            }, (0.1, 1)),
        ]
        try:
            run_injectors(injectors, stop, arguments.seconds)
            heal(stack)
            clients.finish()
            # What was acknowledged must have reached the disk.
            stack.database.kill()
            stack.database.start()
        finally:
            keep(arguments, stack.folder)
        # A request may wait for a stopped worker, in the queue, and for its own deadline, one after the other.
        deadline = pool.too_long + QUEUE_SECONDS + REQUEST_TIMEOUT + 3
        figures, violations = checker.check(clients.folder, stack.database.socket, deadline=deadline)
        figures["mean group"] = mean_group(stack.workers.log())
        violations += idle(figures, injectors, arguments.seconds)
        print_table(arguments, figures, injectors, violations)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
