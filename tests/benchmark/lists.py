# SPDX-License-Identifier: MIT
"""Pages of GET /v1/payments: of a short list and of a long one on one server, at the front, deep and at the end.

SPDX-License-Identifier: MIT
"""

import os
import random
import re
import time

from generators import closed
from harness.client import Client
from rates import PAUSE, Failure, spread
from records import add_payments, api_id, settle
from size import BUFFER_POOL, Two

SHORT, LONG = 100_000, 10_000_000
PAGE = 10  # what a list shows when nobody says how many
DEPTHS = (1_000, 1_000_000)  # so many payments are newer, whatever the list leaves of them
ANYWHERE = 10_000  # places all over the list
WORKERS_MAX = 8
COUNTED = 50  # pages whose rows are counted

# What a list asks for, and the same for the database. The mixture is that of add_payments().
FILTERS = {
    "": "1",
    "status=failed": "status = 'failed'",
    "currency=EUR": "currency = 'EUR'",
    "currency=KWD": "currency = 'KWD'",
    "currency=EUR&status=failed": "currency = 'EUR' AND status = 'failed'",
}


class Page:
    """One page of a list of one subject, or several like it: the queries are lines of a file."""

    def __init__(self, arena, subject, asked, place, cursors):
        self.subject, self.asked, self.place = subject, asked, place
        head = "&".join(part for part in (asked, f"limit={PAGE}") if part)
        self.queries = [head + (f"&starting_after={cursor}" if cursor else "") for cursor in cursors]
        self.file = os.path.join(arena.folder, re.sub(r"\W+", "-", f"{subject.name} list {asked} {place}"))
        with open(self.file, "w", encoding="ascii") as file:
            file.write("\n".join(self.queries) + "\n")

    def check(self):
        """One answer is looked at: a full page of what was asked for, and whether there is more."""
        answer = Client(self.subject.url, self.subject.key).get("/payments?" + self.queries[0])
        body = answer.json()
        wanted = dict(part.split("=") for part in self.asked.split("&") if part)
        if (answer.status_code != 200 or len(body["data"]) != PAGE or body["has_more"] != (self.place != "end")
                or any(payment[name] != value for payment in body["data"] for name, value in wanted.items())):
            raise Failure(f"{self.asked} {self.place}: {answer.status_code} {answer.text}\n{self.subject.log()[-2000:]}")

    def rate(self, seconds):
        result = closed(self.subject.url, "list", self.subject.key, self.file, seconds=seconds)
        if result["refused"] or result["broken"] or not result["requests"]:
            raise Failure(f"{self.asked} {self.place}: {result}\n{self.subject.log()[-2000:]}")
        time.sleep(PAUSE)
        return result["requests"] / result["seconds"]

    def rows_read(self, database):
        """Entries of indexes and rows, those of temporary tables among them, that the server reads for one page."""
        client = Client(self.subject.url, self.subject.key)

        def count():
            return sum(int(value) for _, value in database.sql("SHOW GLOBAL STATUS LIKE 'Handler_read%'",
                                                               database="mysql"))

        for _ in range(WORKERS_MAX):
            client.get("/payments?" + self.queries[0])  # each worker knows the key from then on
        before = count()
        own = count() - before
        before += own
        for number in range(COUNTED):
            client.get("/payments?" + self.queries[number % len(self.queries)])
        return (count() - before - own) / COUNTED


def cursors(arena, subject, condition, count):
    """{place: ids that its pages come after}."""
    def ids(order, offset, number=1, where="1"):
        return [row[0].lower() for row in arena.database.sql(
            f"SELECT HEX(id) FROM payments WHERE {where} ORDER BY id {order} LIMIT {number} OFFSET {offset}",
            database=subject.schema)]

    found = {"front": []}
    for depth in DEPTHS:
        if depth < count:
            found[f"{depth:,} deep"] = ids("DESC", depth, 100)
    found["end"] = ids("", PAGE, where=condition)  # so many are older
    # A place is a moment: an id begins with it, and need not be there.
    oldest, newest = (int(one[:12], 16) for one in (found["end"][0], ids("DESC", 0)[0]))
    found["anywhere"] = [f"{random.randint(oldest + 1, newest):012x}7{'0' * 3}a{'0' * 15}" for _ in range(ANYWHERE)]
    return {place: [api_id(one) for one in chosen] or [None] for place, chosen in found.items()}


def fill(arena, subject, count, progress):
    started = time.monotonic()
    add_payments(arena.database, subject.schema, count, mixed=True, progress=lambda done: progress(
        f"{done:,} payments after {time.monotonic() - started:.0f} s") if done % 1_000_000 == 0 else None)
    arena.database.sql("ANALYZE TABLE payments", database=subject.schema)


def lists(build, rounds, seconds, progress, count=LONG):
    with Two(build, f"{SHORT:,} payments", f"{count:,} payments") as arena:
        short, long = arena.api, arena.large
        arena.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0", database="mysql")
        for subject, number in ((short, SHORT), (long, count)):
            fill(arena, subject, number, progress)
        arena.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1", database="mysql")
        settle(arena.database)
        pages = [Page(arena, subject, asked, place, found)
                 for asked, condition in FILTERS.items()
                 for subject, number in ((short, SHORT), (long, count))
                 for place, found in cursors(arena, subject, condition, number).items()]
        for page in pages:
            page.check()
        read = {page: page.rows_read(arena.database) for page in pages}
        results = {page: [] for page in pages}
        for number in range(rounds + 1):
            for page in pages if number % 2 == 0 else pages[::-1]:
                rate = page.rate(seconds)
                if number:  # the first round warms up
                    results[page].append(rate)
            progress(f"lists, round {number} of {rounds}, load {os.getloadavg()[0]:.1f}" if number else "warmed up")
        return {"environment": arena.environment(), "buffer pool": BUFFER_POOL, "payments": [SHORT, count],
                "pages": rows_of(pages, results, read, short, long)}


def rows_of(pages, results, read, short, long):
    """A row a filter and place. Each ratio is taken within a round."""
    by_name = {(page.subject, page.asked, page.place): page for page in pages}

    def ratio(page, other):
        return spread([one / two for one, two in zip(results[page], results[other])]) if other else None

    return [{
        "asked": page.asked, "place": page.place, "rate": spread(results[page]), "rows": read[page],
        "short": {"rate": spread(results[other]), "rows": read[other]} if other else None,
        "long / short": ratio(page, other), "page / front": ratio(page, by_name[(long, page.asked, "front")]),
    } for page in pages if page.subject is long for other in [by_name.get((short, page.asked, page.place))]]
