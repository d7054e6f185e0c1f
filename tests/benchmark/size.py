# SPDX-License-Identifier: MIT
"""Ten thousand payments against ten million: POST with a key on two databases of one server, in turn.

SPDX-License-Identifier: MIT
"""

import time

from arena import Arena
from rates import Row, check_answer, measure, spread
from records import add_payments, settle

SMALL, LARGE = 10_000, 10_000_000
BUFFER_POOL = "2G"


class Two(Arena):
    """One build, twice: before a small and before a large database, with the labels that they have in the report."""

    database_options = ("--innodb-log-file-size=2G", f"--innodb-buffer-pool-size={BUFFER_POOL}",
                        "--max-connections=100")

    def __init__(self, build, small="ten thousand payments", large="ten million payments"):
        super().__init__(build, against=build, names=())
        self.large = self.subjects["before"]
        self.api.label, self.large.label = small, large

    def add_payments(self, subject):
        """Nothing is read or refunded here."""


def refill(arena):
    """The small table is as small again before each round."""
    arena.database.sql("SET foreign_key_checks = 0; TRUNCATE payments", database=arena.api.schema)
    add_payments(arena.database, arena.api.schema, SMALL, keyed=True)


def size(build, rounds, seconds, progress, large=LARGE):
    with Two(build) as arena:
        rows = [Row("small", arena.api.label, arena.api, "keyed", "payments"),
                Row("large", arena.large.label, arena.large, "keyed", "payments")]
        started = time.monotonic()
        arena.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0", database="mysql")
        add_payments(arena.database, arena.large.schema, large, keyed=True, progress=lambda done: progress(
            f"{done} payments after {time.monotonic() - started:.0f} s") if done % 1_000_000 == 0 else None)
        arena.database.sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1", database="mysql")
        results = {row.name: [] for row in rows}
        for row in rows:
            check_answer(arena, row)
        for number in range(rounds + 1):
            refill(arena)
            settle(arena.database)
            for row in rows if number % 2 == 0 else rows[::-1]:
                result = measure(arena, row, seconds)
                if number:  # the first round warms up
                    results[row.name].append(result)
            progress(f"size, round {number} of {rounds}: small {results['small'][-1]['rate']:.0f}, "
                     f"large {results['large'][-1]['rate']:.0f}" if number else "warmed up")
        return {
            "buffer pool": BUFFER_POOL, "payments": [SMALL, large],
            "rates": {name: spread([one["rate"] for one in result]) for name, result in results.items()},
            "ratio": spread([big["rate"] / small["rate"]
                             for small, big in zip(results["small"], results["large"])]),
        }
