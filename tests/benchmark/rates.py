# SPDX-License-Identifier: MIT
"""Requests a second of each program, in rounds that take all of them in turn, every second one backwards.

SPDX-License-Identifier: MIT
"""

import statistics
import time

from generators import CONNECTIONS, closed
from harness.client import Client
from records import count_since, moment

PAUSE = 0.2  # seconds in which the last answers are written, their rows kept


class Row:
    """One row of the table: what is sent to which program, and the table that must have grown by it."""

    def __init__(self, name, label, subject, kind, table=None, hot=False):
        self.name, self.label, self.subject, self.kind, self.table, self.hot = name, label, subject, kind, table, hot

    def needs_ids(self):
        return self.kind in ("read", "refund")


def rows_of(build):
    """The rows of a build of payment-api; those of the other build have its name in front."""
    prefix, label = ("", build.label) if build.name == "api" else (build.name + "-", build.label)
    return [
        Row(prefix + "post", f"{label}: POST /payments", build, "payment", "payments"),
        Row(prefix + "post-key", f"{label}: POST /payments with a key", build, "keyed", "payments"),
        Row(prefix + "get", f"{label}: GET /payments/ID", build, "read"),
        Row(prefix + "refunds", f"{label}: POST /refunds, many payments", build, "refund", "refunds"),
        Row(prefix + "refunds-hot", f"{label}: POST /refunds, one payment", build, "refund", "refunds", hot=True),
    ]


def all_rows(subjects, builds):
    simple = {"echo": ("payment", None), "insert": ("payment", "payments"), "select": ("read", None),
              "php": ("payment", "payments"), "node": ("payment", "payments")}
    rows = [Row(name, subjects[name].label, subjects[name], *simple[name]) for name in simple if name in subjects]
    for build in builds:
        rows += rows_of(build)
    return rows


# What is divided by what, and what the program is to reach.
RATIOS = (
    ("post", "insert", 1.8), ("post", "php", 3.3), ("post", "echo", 0.6), ("post", "node", None),
    ("post-key", "insert", 1.6), ("get", "select", 1.0), ("refunds", "insert", 0.8), ("refunds-hot", "insert", 0.3),
)


class Failure(Exception):
    """A program did not do what it is measured for."""


def check_answer(arena, row):
    """One request by a client that looks at the answer; before anything is measured."""
    client, expected = Client(row.subject.url, row.subject.key), 200 if row.kind == "read" else 201
    if row.needs_ids():
        with open(arena.ids_file(row.subject, row.hot), encoding="ascii") as file:
            payment = file.readline().strip()
        answer = client.get(f"/payments/{payment}") if row.kind == "read" else client.refund(payment, 0.01)
    else:
        answer = client.pay(idempotency_key=moment() if row.kind == "keyed" else None)
    if answer.status_code != expected or "amount" not in answer.json():
        raise Failure(f"{row.label}: {answer.status_code} {answer.text}\n{row.subject.log()}")


def settled_count(arena, row, since):
    """Rows made since then, once no more come."""
    kept, before = count_since(arena.database, row.subject.schema, row.table, since), None
    while kept != before:
        time.sleep(PAUSE)
        kept, before = count_since(arena.database, row.subject.schema, row.table, since), kept
    return kept


def measure(arena, row, seconds, connections=CONNECTIONS):
    """One run; the answers of wrk, with the rate of those that count. Refusals and missing rows are an error: nobody
    is measured for failing fast."""
    since = moment()
    result = closed(row.subject.url, row.kind, row.subject.key,
                    arena.ids_file(row.subject, row.hot) if row.needs_ids() else None,
                    connections=connections, seconds=seconds)
    if result["refused"] or result["broken"] or not result["requests"]:
        raise Failure(f"{row.label}: {result}\n{row.subject.log()[-2000:]}")
    if row.table:
        # wrk does not wait for the last answer of each connection.
        kept = settled_count(arena, row, since)
        if not result["requests"] <= kept <= result["requests"] + connections:
            raise Failure(f"{row.label}: {result['requests']} answers, {kept} rows")
    else:
        time.sleep(PAUSE)
    return {**result, "rate": result["requests"] / result["seconds"]}


def warm_up(arena, row, seconds):
    """A run that nobody looks at."""
    since = moment()
    closed(row.subject.url, row.kind, row.subject.key,
           arena.ids_file(row.subject, row.hot) if row.needs_ids() else None, seconds=row.subject.warm_up * seconds)
    if row.table:
        settled_count(arena, row, since)


def calibrate(arena, rows, seconds, progress):
    """Gives each program the number of processes that it is fastest with; payment-api keeps its default."""
    for row in rows:
        subject = row.subject
        if not subject.candidates:
            continue
        rates = {number: [] for number in subject.candidates}
        for order in (subject.candidates, subject.candidates[::-1]):
            for number in order:
                arena.use(subject, number)
                warm_up(arena, row, seconds)
                rates[number].append(measure(arena, row, seconds)["rate"])
        best = max(rates, key=lambda number: statistics.mean(rates[number]))
        arena.use(subject, best)
        progress(f"{subject.label}: " + ", ".join(
            f"{number} processes {statistics.mean(rates[number]):.0f}/s" for number in subject.candidates))


def run_rounds(arena, rows, rounds, seconds, progress):
    """{name: one result a round}, after a short run of each that is thrown away."""
    results = {row.name: [] for row in rows}
    for row in rows:
        warm_up(arena, row, seconds)
    for number in range(rounds):
        for row in rows if number % 2 == 0 else rows[::-1]:
            results[row.name].append(measure(arena, row, seconds))
        progress(f"round {number + 1} of {rounds}: " + ", ".join(
            f"{row.name} {results[row.name][-1]['rate']:.0f}" for row in rows))
    return results


def spread(values):
    """Median, least and greatest."""
    return {"median": statistics.median(values), "least": min(values), "greatest": max(values)}


def ratios_of(results, builds):
    """Each ratio is taken within a round, where both were measured under the same load of the machine; then the
    median of the rounds."""
    wanted = [*RATIOS]
    for other in (build.name for build in builds if build.name != "api"):
        wanted += [(name, f"{other}-{name}", None) for name in results if f"{other}-{name}" in results]
    ratios = []
    for above, below, target in wanted:
        if above in results and below in results:
            values = [one["rate"] / other["rate"] for one, other in zip(results[above], results[below])]
            ratios.append({"name": f"{above} / {below}", "target": target, **spread(values)})
    return ratios
