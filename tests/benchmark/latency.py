# SPDX-License-Identifier: MIT
"""How long a payment takes: at a fixed rate that all are asked for, and for a client that is alone.

SPDX-License-Identifier: MIT
"""

import statistics
import time

from generators import closed, open_loop
from rates import measure, spread

# A program whose peak is not well above the rate would show its queue only.
ROOM = 1.15


def medians(results):
    """Of each figure by itself."""
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def peaks(arena, rows, results, seconds):
    """The peak of each row: as measured before, or now."""
    return {row.name: statistics.median(
        [one["rate"] for one in results.get(row.name, ())]
        or [measure(arena, row, seconds)["rate"] for _ in range(3)]) for row in rows}


def at_half_of_peak(arena, rows, results, rounds, seconds, progress):
    """rows: those that make payments. The rate is half of the insert floor's peak for all of them."""
    peak = peaks(arena, rows, results, seconds)
    rate = peak["insert"] / 2
    able = [row for row in rows if peak[row.name] > ROOM * rate]
    measured = {row.name: [] for row in able}
    for number in range(rounds):
        for row in able if number % 2 == 0 else able[::-1]:
            measured[row.name].append(open_loop(row.subject.url, row.subject.key, rate, seconds))
            time.sleep(0.5)
        progress(f"open loop, round {number + 1} of {rounds}: " + ", ".join(
            f"{name} p99 {one[-1]['p99']:.1f} ms" for name, one in measured.items()))
    return {
        "rate": rate,
        "rows": {name: {**medians(one), "failed": sum(result["failed"] for result in one),
                        "p99 of each round": [result["p99"] for result in one]} for name, one in measured.items()},
        "left out": {row.name: peak[row.name] for row in rows if row not in able},
        "p99 to insert floor's": {name: spread(
            [result["p99"] / floor["p99"] for result, floor in zip(one, measured["insert"])])
            for name, one in measured.items() if name != "insert"},
    }


def alone(arena, rows, rounds, seconds, progress):
    """One connection, its next request when it has its answer."""
    measured = {row.name: [] for row in rows}
    for number in range(rounds):
        for row in rows if number % 2 == 0 else rows[::-1]:
            measured[row.name].append(closed(
                row.subject.url, row.kind, row.subject.key,
                arena.ids_file(row.subject, row.hot) if row.needs_ids() else None, connections=1, seconds=seconds))
    progress("one client: " + ", ".join(f"{name} {medians(one)['p50']:.2f} ms" for name, one in measured.items()))
    return {name: medians(one) for name, one in measured.items()}
