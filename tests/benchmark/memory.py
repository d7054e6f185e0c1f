# SPDX-License-Identifier: MIT
"""Memory of the workers: idle, with many requests in hand, and over very many requests.

It is the proportional set size (PSS): pages of its own, and its share of those that several processes have.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import resource
import socket
import time

from generators import closed
from harness.client import Client, fastcgi_params, fastcgi_request
from harness.process import wait_until

FEW = 20  # requests
IN_HAND = 256  # requests that a worker may have read and not answered
HOLD = 15  # seconds that the table is locked at most: a worker accepts some at a time, and waits in between
BODY = b'{"amount":1.00,"currency":"USD","source":"tok_visa"}'


def pss(pid):
    """KiB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1))


def pool_memory(workers):
    """PSS of the parent and of its workers together, in KiB."""
    return sum(pss(pid) for pid in {workers.pid, *workers.worker_pids()})


def connections(pid):
    """The sockets that a worker has open."""
    count = 0
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{entry}").startswith("socket:")
        except FileNotFoundError:
            pass
    return count


def fresh(api):
    """Of each worker of a new pool that has served a few requests."""
    api.stop()
    api.start()
    for _ in range(FEW):
        assert Client(api.url, api.key).pay().status_code == 201
    return idle(api)


def idle(api):
    """Of each worker that has served and is at rest."""
    time.sleep(1)
    return [pss(pid) for pid in sorted(api.worker_pids())]


def in_hand(api, database):
    """The table of payments is locked, and more is asked for than the workers may hold. What each had in hand at
    most, and its PSS then: [(requests, KiB)]. The connections it has when nothing is asked of it do not count."""
    pids = sorted(api.worker_pids())
    before = {pid: connections(pid) for pid in pids}
    request = fastcgi_request(fastcgi_params("POST", "/payments", api.key, BODY), BODY)
    seen = {pid: (0, 0) for pid in pids}
    clients = []
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))  # the workers have theirs already
    with database.session(api.schema) as lock:
        lock.run("LOCK TABLES payments WRITE")
        end = time.monotonic() + HOLD
        try:
            while time.monotonic() < end:
                while len(clients) < 2 * IN_HAND * len(pids):
                    client = socket.socket(socket.AF_UNIX)
                    client.setblocking(False)
                    try:
                        client.connect(api.sockets[0])
                        client.send(request)
                    except OSError:  # the backlog is full: some are accepted soon
                        client.close()
                        break
                    clients.append(client)
                for pid in pids:
                    held = connections(pid) - before[pid]
                    if held >= seen[pid][0]:
                        seen[pid] = (held, max(pss(pid), seen[pid][1] if held == seen[pid][0] else 0))
                if all(held >= IN_HAND for held, _ in seen.values()):
                    break
                time.sleep(0.02)
        finally:
            lock.run("UNLOCK TABLES")
            for client in clients:
                client.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    # All that they took up is brought to its end.
    wait_until(lambda: all(connections(pid) <= before[pid] for pid in pids), 60, "the workers' rest")
    return sorted(seen.values(), reverse=True)


def over_many(arena, row, number, progress):
    """PSS of the workers after each tenth of so many payments: flat, or not."""
    samples, done = [], 0
    while done < number:
        result = closed(row.subject.url, row.kind, row.subject.key, seconds=max(2, number / 100_000))
        done += result["requests"]
        time.sleep(0.5)
        samples.append((done, [pss(pid) for pid in sorted(row.subject.worker_pids())]))
        progress(f"{done} requests: PSS of the workers {json.dumps(samples[-1][1])} KiB")
    return samples
