# SPDX-License-Identifier: MIT
"""Many times as much asked for as can be served.

Each payment is made to take 20 ms in the database, so that the workers have a known capacity. Requests that
waited past max_queue_seconds must be refused quickly, the accepted ones must come as fast as without the overload,
memory must not grow, and the moment the load ends, a request must be served at once.

SPDX-License-Identifier: MIT
"""

import time

from generators import Closed
from harness.installation import Installation
from harness.servers import Workers
from harness.stack import Stack
from memory import pool_memory
from subjects import source_of

WORKERS = 4
QUEUE_SECONDS = 1
DELAY = 0.02  # seconds that a payment takes in the database
MOST_CONNECTIONS = 6000  # what one nginx serves here: two descriptors each


def recovery(stack):
    """Seconds until a payment is made at the pace of an idle pool again; None: not within 30."""
    started = time.monotonic()
    while time.monotonic() - started < 30:
        before = time.monotonic()
        answer = stack.client.pay()
        if answer.status_code == 201 and time.monotonic() - before < 5 * DELAY:
            return time.monotonic() - started
    return None


def rate(result, *statuses):
    counts = result["statuses"]
    return sum(counts.get(str(status), 0) for status in statuses or counts) / result["seconds"]


def overload(build, seconds):
    """On a server and a pool of its own; the figures by name."""
    Workers.program = f"{build}/app/payment-api.fcgi"
    Installation.admin_program = f"{build}/app/payment-admin"
    Installation.source = source_of(build)
    with Stack(workers=WORKERS, max_queue_seconds=QUEUE_SECONDS, log_level="error",
               database_options=["--innodb-log-file-size=1G"]) as stack:
        stack.database.sql(
            f"CREATE TRIGGER slow BEFORE INSERT ON payments FOR EACH ROW SET @slept = SLEEP({DELAY})")

        def load(connections, length):
            return Closed(stack.nginx.url, "payment", stack.key, connections=connections, seconds=length,
                          statuses=True)

        capacity = rate(load(2 * WORKERS, seconds).result(), 201)
        # Each waits about as long before it is refused.
        number = min(MOST_CONNECTIONS, int(12 * capacity * QUEUE_SECONDS))
        before = pool_memory(stack.workers)
        running = load(number, 3 * seconds)
        samples, end = [before], time.monotonic() + 3 * seconds
        while time.monotonic() < end:
            time.sleep(0.5)
            samples.append(pool_memory(stack.workers))
        result = running.result()
        recovered = recovery(stack)
        return {
            "connections": number, "seconds": 3 * seconds, "capacity, payments per second": capacity,
            "asked for, per second": rate(result), "asked for, of the capacity": rate(result) / capacity,
            "accepted, per second": rate(result, 201), "accepted, of the capacity": rate(result, 201) / capacity,
            "refused with 503, per second": rate(result, 503),
            "other answers": sum(count for status, count in result["statuses"].items()
                                 if status not in ("201", "503")),
            "p99 of all answers, ms": result["p99"], "memory before (PSS, KiB)": before,
            "memory at most during it": max(samples), "memory after it": pool_memory(stack.workers),
            "served at once again after, s": recovered,
        }
