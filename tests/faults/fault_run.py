"""The fault run on one server: clients, faults, and the checker's verdict.

SPDX-License-Identifier: MIT
"""

import argparse
import collections
import dataclasses
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from faults import checker, deliveries, three_books, webhooks  # noqa: E402
from faults.clients import SANDBOX, STRIPE, Client, Shared  # noqa: E402
from faults.injector import (  # noqa: E402
    AcquirerFaults, DatabaseFaults, Injector, PoolFaults, heal, restart_everything)
from faults.journal import Journal  # noqa: E402
from faults.pages import Pages  # noqa: E402
from faults.receiver import MOODS  # noqa: E402
from harness.acquirer import Acquirer  # noqa: E402
from harness.stack import Stack  # noqa: E402

REQUEST_TIMEOUT = 4
DATABASE_TIMEOUT = 1
QUEUE_SECONDS = 3
PROCESSOR_TIMEOUT = 2
PATIENCE = 60  # seconds after the last fault until every outcome must be known


def argument_parser(program, description):
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--seconds", type=int, default=60, help="how long faults are injected (60)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="of an earlier run, to repeat its choices")
    parser.add_argument("--clients", type=int, default=24, help="concurrent clients (24)")
    parser.add_argument("--keep", metavar="FOLDER", help="copy journal and logs there")
    return parser


def parse_arguments(parser):
    arguments = parser.parse_args()
    if arguments.seconds < 1 or arguments.clients < 1:
        parser.error("--seconds and --clients must be above 0")
    return arguments


class Clients:
    """The clients of a run, and the folder of their journal."""

    def __init__(self, arguments, folder, addresses, *shops):
        """shops: pairs of an API key and what is paid with it, or just keys; the clients are dealt out to them."""
        self.folder = os.path.join(folder, "journal")
        os.mkdir(self.folder)
        self.stop = threading.Event()
        shops = [(shop, SANDBOX) if isinstance(shop, str) else shop for shop in shops]
        shared = {key: Shared() for key, _ in shops}
        self.threads = []
        for number in range(arguments.clients):
            key, shop = shops[number % len(shops)]
            self.threads.append(Client(number, arguments.seed, addresses, key, Journal(self.folder, str(number)),
                                       shared[key], self.stop, shop))
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
    wanted = ["payments kept", "refunds kept", "answers 503"]
    if "events kept" in figures:
        wanted += ["events kept", "  that arrived", "  answered: 410"]
        wanted += [f"  answered: {mood}" for mood in MOODS if seconds >= 60]
        wanted += ["couriers that died"] if seconds >= 60 else []
    if "told processing" in figures and seconds >= 60:
        wanted += ["told processing", "payments declined", "payments never charged", "refunds never made",
                   "  of these on record", "  of these seen to come back", "payments disputed",
                   "  wrong signatures refused"]
    missing += [name for name in wanted if not figures.get(name)]
    if seconds >= 60:
        missing += [name for injector in injectors for name in injector.faults if not injector.counts[name]]
    return [f"the run had none of these: {name}" for name in missing]


def keep(arguments, folder):
    if arguments.keep:
        shutil.copytree(folder, arguments.keep, ignore=shutil.ignore_patterns("data*", "*.sock"),
                        dirs_exist_ok=True)


def wait_for_settlement(database, acquirer, end):
    """Nothing stays processing or open, once all is up, and nothing untold: the seconds that it took, or None when it
    lasts until the end."""
    started = time.monotonic()
    while True:
        open_records = database.sql("SELECT (SELECT COUNT(*) FROM payments WHERE status = 'processing') +"
                                    " (SELECT COUNT(*) FROM refunds WHERE status = 'processing') +"
                                    " (SELECT COUNT(*) FROM notices WHERE state = 'open')")
        if open_records == [["0"]] and not acquirer.untold():
            return round(time.monotonic() - started, 1)
        if time.monotonic() > end:
            return None
        time.sleep(0.5)


def resolve_refused(stack, acquirer):
    """An operator's part. A refund that the acquirer refused (one in its pages was faster), when the answer was lost, stays
    processing: its key is used, and nothing else proves what became of it. The acquirer's pages show that."""
    keys = acquirer.keys()
    resolved = 0
    for row in stack.admin("payment", "list", "--unresolved")["unresolved"]:
        if row["id"].startswith("refund_") and keys.get(row["id"], {}).get("status") == 400:
            done = stack.try_admin("payment", "resolve", row["id"], "--status", "failed", "--reason", "refused there")
            resolved += done.returncode == 0
    return resolved


class Run:
    """One server under faults; with a processor, payments go through the acquirer of the tests. Of its three merchants
    two have webhook endpoints."""

    options = {"workers": 2, "request_timeout": REQUEST_TIMEOUT, "database_timeout": DATABASE_TIMEOUT,
               "body_timeout": 2, "max_queue_seconds": QUEUE_SECONDS, "key_cache_seconds": 1}

    def __init__(self, arguments, receivers, acquirer=None):
        self.arguments = arguments
        self.receivers = receivers
        self.facts = None
        self.acquirer = acquirer
        self.call_seconds = PROCESSOR_TIMEOUT if acquirer else 0
        self.stop = threading.Event()
        self.settled_after = None
        self.resolved = 0

    def injectors(self, stack, pool, database):
        faults = [
            Injector("servers", self.arguments.seed, self.stop, {
                "kill_database": database.kill_database,
                "stop_database": database.stop_database,
                "kill_parent": pool.kill_parent,
                "stop_parent": pool.stop_parent,
                "reload_parent": pool.reload_parent,
                "kill_nginx": pool.kill_nginx,
                "restart_everything": restart_everything(stack, pool),
            }, (0.3, 2)),
            Injector("connections", self.arguments.seed, self.stop, {
                "kill_worker": pool.kill_worker,
                "stop_worker": pool.stop_worker,
                "kill_connections": database.kill_connections,
                "kill_queries": database.kill_queries,
                "wait_for_locks": database.wait_for_locks,
                "make_deadlocks": database.make_deadlocks,
                "fill_connections": database.fill_connections,
            }, (0.1, 1)),
        ]
        faults.append(Injector("webhooks", self.arguments.seed, self.stop,
                               webhooks.WebhookFaults(self.receivers, pool, stack.database).faults(), (0.1, 1)))
        if self.acquirer:
            faults.append(Injector("acquirer", self.arguments.seed, self.stop,
                                   AcquirerFaults(self.acquirer, PROCESSOR_TIMEOUT).faults(), (0.2, 1.2)))
            faults.append(Injector("pages", self.arguments.seed, self.stop, Pages(self.acquirer).things(), (0.1, 0.8)))
        return faults

    def finish(self, stack, clients):
        """All is up again: what is open is resolved, and a request that was late on its way has come."""
        heal(stack, self.acquirer)
        healed = time.monotonic()
        if self.acquirer:
            time.sleep(self.call_seconds + REQUEST_TIMEOUT + 1)  # a request that may be at work is nobody's to resolve
            self.resolved = resolve_refused(stack, self.acquirer)
        clients.finish()
        if self.acquirer:
            wait_for_settlement(stack.database, self.acquirer, healed + PATIENCE)
            self.settled_after = round(time.monotonic() - healed, 1)
            time.sleep(max(0, healed + AcquirerFaults.latest + 1 - time.monotonic()))
        self.facts = webhooks.deliver_all(stack, self.receivers)

    def check(self, stack, clients, pool):
        """(figures, violations)"""
        # A request may wait for a stopped worker, in the queue, and for its own deadline, one after the other; once
        # the processor was called, what came of it is noted within a deadline of its own.
        deadline = pool.too_long + QUEUE_SECONDS + REQUEST_TIMEOUT + 3
        if not self.acquirer:
            figures, violations = checker.check(clients.folder, stack.database.socket, deadline=deadline)
        else:
            figures, violations = three_books.check(clients.folder, stack.database.socket, {
                "charges": self.acquirer.charges(), "payment_intents": self.acquirer.payment_intents(),
                "refunds": self.acquirer.refunds(), "keys": self.acquirer.keys(), "disputes": self.acquirer.disputes(),
                "events": self.acquirer.events(), "told": self.acquirer.told(),
            }, deadline + PROCESSOR_TIMEOUT + REQUEST_TIMEOUT)
            figures["refunds that an operator resolved"] = self.resolved
            figures["all final after (s)"] = self.settled_after
        # A courier that was about to send may have been stopped for so long.
        more, wrong = deliveries.check(clients.folder, stack, self.receivers, {**self.facts, "late": pool.too_long + 3},
                                       three_books.disputed(self.acquirer) if self.acquirer else set())
        figures["couriers that died"] = len(re.findall(r"courier \d+ was ended by signal 9", stack.workers.log()))
        return {**figures, **more}, violations + wrong

    def shops(self, stack):
        """Half of the clients belong to a merchant that wants no events, and go as fast as they can."""
        shop = STRIPE if self.acquirer else SANDBOX
        slowly = dataclasses.replace(shop, pause=max(shop.pause, 0.4))
        hearing = []
        for name in ("A shop that listens", "Another shop that listens"):
            merchant, key = stack.new_merchant(name)
            if self.acquirer:
                stack.admin("merchant", "set", merchant, "--test-processor", "stripe")
            self.receivers.give_endpoints(stack, merchant, key)
            hearing.append((key, slowly))
        # Until then a worker may know a merchant without events.
        time.sleep(Run.options["key_cache_seconds"] + 0.5)
        return [(stack.key, shop), hearing[0], (stack.key, shop), hearing[1]]

    def run(self, stack):
        """(figures, injectors, violations)"""
        clients = Clients(self.arguments, stack.folder, [("127.0.0.1", stack.nginx.port)], *self.shops(stack))
        pool = PoolFaults(stack.workers, stack.nginx, REQUEST_TIMEOUT + self.call_seconds)
        injectors = self.injectors(stack, pool, DatabaseFaults(stack.database, REQUEST_TIMEOUT, DATABASE_TIMEOUT))
        try:
            run_injectors(injectors, self.stop, self.arguments.seconds)
            self.finish(stack, clients)
            # What was acknowledged must have reached the disk.
            stack.database.kill()
            stack.database.start()
        finally:
            keep(self.arguments, stack.folder)
        figures, violations = self.check(stack, clients, pool)
        figures["mean group"] = mean_group(stack.workers.log())
        return figures, injectors, violations + idle(figures, injectors, self.arguments.seconds)


def run_with_processor(arguments, folder, receivers):
    acquirer = Acquirer(folder, latency_ms=20).start()
    try:
        with Stack(["--max-connections=30"], processors={"stripe": acquirer}, processor_timeout=PROCESSOR_TIMEOUT,
                   **receivers.options, **Run.options) as stack:
            stack.admin("merchant", "set", stack.merchant, "--test-processor", "stripe")
            acquirer.tell(f"{stack.web.url}/processors/stripe/events")
            return Run(arguments, receivers, acquirer).run(stack)
    finally:
        acquirer.stop()
        if arguments.keep:
            shutil.copytree(folder, os.path.join(arguments.keep, "acquirer"), dirs_exist_ok=True)


def run_with_receivers(arguments, folder):
    receivers = webhooks.Receivers(folder, arguments.seed, hang=25 if arguments.seconds >= 60 else 2)
    try:
        receivers.start()
        if arguments.processor:
            with tempfile.TemporaryDirectory(prefix="papi-acquirer-") as books:
                return run_with_processor(arguments, books, receivers)
        with Stack(["--max-connections=30"], **receivers.options, **Run.options) as stack:
            return Run(arguments, receivers).run(stack)
    finally:
        receivers.stop()
        if arguments.keep:
            shutil.copytree(folder, os.path.join(arguments.keep, "receivers"), dirs_exist_ok=True)


def main():
    parser = argument_parser("tests/faults/run", "Kills, stops and blocks everything under a load of payments and "
                             "refunds, and proves from a journal that none was lost, doubled or over-refunded, and "
                             "that each was told to its merchant's webhook endpoints.")
    parser.add_argument("--processor", action="store_true",
                        help="payments move money, through an acquirer that fails as well; its ledger is compared, too")
    arguments = parse_arguments(parser)
    with tempfile.TemporaryDirectory(prefix="papi-receivers-") as folder:
        result = run_with_receivers(arguments, folder)
    print_table(arguments, *result)
    return 1 if result[-1] else 0


if __name__ == "__main__":
    sys.exit(main())
