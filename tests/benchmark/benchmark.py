# SPDX-License-Identifier: MIT
"""Measures payment-api beside what it can be compared with, in one run.

SPDX-License-Identifier: MIT
"""

import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import chart  # noqa: E402
import report  # noqa: E402
from arena import Arena  # noqa: E402
from costs import costs  # noqa: E402
from flight import flight  # noqa: E402
from harness.servers import BUILD  # noqa: E402
from latency import alone, at_half_of_peak  # noqa: E402
from lists import LONG, lists  # noqa: E402
from memory import fresh, idle, in_hand, over_many  # noqa: E402
from metrics import metrics  # noqa: E402
from overload import overload  # noqa: E402
from rates import Failure, all_rows, calibrate, check_answer, ratios_of, run_rounds, spread  # noqa: E402
from size import size  # noqa: E402
from subjects import FLOORS, OTHERS  # noqa: E402
from webhooks import webhooks  # noqa: E402

PARTS = ("rates", "latency", "alone", "memory", "costs", "overload", "flight")
NAMED = ("lists", "metrics", "webhooks")  # parts that are measured when they are named
SIMPLE = tuple(kind.name for kind in (*FLOORS, *OTHERS))
ROWS = (*SIMPLE, "post", "post-key", "get", "refunds", "refunds-hot")


def progress(text):
    print(text, file=sys.stderr, flush=True)


def parse():
    parser = argparse.ArgumentParser(
        prog="tests/benchmark/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures payment-api beside floors (the least that a FastCGI program can do), PHP-FPM and\n"
        "Fastify: throughput, latency, memory, what a request costs, overload. The figures are this\n"
        "machine's; compare those of one run only.",
        epilog="rows:  " + " ".join(ROWS) + "\nparts: " + " ".join(PARTS) + "\nand, where they are named: "
        + " ".join(NAMED))
    parser.add_argument("--build", default=BUILD, metavar="DIR", help="measure this build (default: build this tree)")
    parser.add_argument("--against", metavar="DIR", help="measure a second build of payment-api beside it")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=(*ROWS, *PARTS, *NAMED),
                        help="only these rows and parts; rows without a part: their rates")
    parser.add_argument("--quick", action="store_true", help="in about a minute: to see that it works")
    parser.add_argument("--rounds", type=int, help="12")
    parser.add_argument("--seconds", type=float, help="of each row in a round (2)")
    parser.add_argument("--processes", nargs="+", metavar="NAME=N", default=[],
                        help="how many of a program, in place of trying some: " + " ".join(SIMPLE))
    parser.add_argument("--millions", action="store_true", help="also ten thousand against ten million payments")
    parser.add_argument("--rows", type=int, metavar="N", help=f"payments of the part lists ({LONG})")
    parser.add_argument("--deliveries", type=int, nargs="+", metavar="N",
                        help="how many are due in the part webhooks (100000 1000000)")
    parser.add_argument("--requests", type=int, metavar="N", help="also the memory over so many payments")
    parser.add_argument("--svg", metavar="FILE", help="write the rates as a picture")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 12)
    options.seconds = options.seconds or (0.5 if options.quick else 2.0)
    options.deliveries = options.deliveries or ((1_000, 10_000) if options.quick else (100_000, 1_000_000))
    options.rows = options.rows or (LONG // 50 if options.quick else LONG)
    try:
        options.processes = {name: int(number) for name, number in (pair.split("=") for pair in options.processes)}
    except ValueError:
        parser.error("--processes takes NAME=N")
    if set(options.processes) - set(SIMPLE):
        parser.error("--processes is for " + " ".join(SIMPLE))
    return options


def needed_rows(only):
    """The rows to measure. The latency is given as a part of the insert floor's."""
    named = [name for name in only if name in ROWS]
    if not named and (not only or "rates" in only):
        return list(ROWS)
    if "latency" in only and not named:
        named = ["echo", "insert", "post", "php", "node"]
    if {"alone", "memory", "costs"} & set(only) and not named:
        named = ["post", "post-key", "get", "refunds", "refunds-hot"]
    return named if "latency" not in only else [*{*named, "insert", "post"}]


def measure_arena(options, parts, names, document):
    with Arena(os.path.abspath(options.build), options.against and os.path.abspath(options.against),
               names) as arena:
        document["environment"] = arena.environment()
        rows = [row for row in all_rows(arena.subjects, arena.builds()) if row.name.removeprefix("before-") in names]
        for row in rows:
            check_answer(arena, row)
            if row.name in options.processes:
                arena.use(row.subject, options.processes[row.name])
        if not options.quick:
            calibrate(arena, [row for row in rows if row.name not in options.processes], options.seconds, progress)
        results = {}
        if "rates" in parts:
            results = run_rounds(arena, rows, options.rounds, options.seconds, progress)
            document["ratios"] = ratios_of(results, arena.builds())
            document["rates"] = [{
                "name": row.name, "label": row.label, "processes": row.subject.processes,
                **spread([one["rate"] for one in results[row.name]]),
                "p50": spread([one["p50"] for one in results[row.name]])["median"],
                "p99": spread([one["p99"] for one in results[row.name]])["median"],
                "rounds": [one["rate"] for one in results[row.name]],
            } for row in rows]
        if "latency" in parts:
            payers = [row for row in rows if row.kind == "payment"]
            document["latency"] = at_half_of_peak(arena, payers, results, 1 if options.quick else 5,
                                                  2 if options.quick else 8, progress)
        if "alone" in parts:
            document["alone"] = alone(arena, rows, 1 if options.quick else 5, options.seconds / 2, progress)
        own = [row for row in rows if row.subject is arena.api]
        if "memory" in parts:
            document["memory"] = {"after the load": idle(arena.api), "idle": fresh(arena.api),
                                  "in hand": in_hand(arena.api, arena.database), "idle again": idle(arena.api)}
            if options.requests:
                document["memory"]["over many"] = over_many(
                    arena, next(row for row in own if row.name == "post"), options.requests, progress)
        if "costs" in parts:
            document["costs"] = costs(arena, own, options.seconds, progress)


def main():
    options = parse()
    only = options.only or []
    parts = [part for part in (*PARTS, *NAMED) if part in (only or PARTS)] or ["rates"]
    document = {"settings": {"rounds": options.rounds, "seconds": options.seconds}}
    try:
        if set(parts) - {"overload", "flight", *NAMED}:
            measure_arena(options, parts, needed_rows(only), document)
        if "overload" in parts:
            progress("overload")
            document["overload"] = overload(os.path.abspath(options.build), 2 if options.quick else 10)
        if "flight" in parts:
            document["flight"] = flight(os.path.abspath(options.build), 2 if options.quick else 10, progress)
        if "lists" in parts:
            document["lists"] = lists(os.path.abspath(options.build), options.rounds, max(options.seconds / 2, 0.25),
                                      progress, options.rows)
        if "metrics" in parts:
            document["metrics"] = metrics(os.path.abspath(options.build), options.rounds, options.seconds, progress)
        if "webhooks" in parts:
            document["webhooks"] = webhooks(os.path.abspath(options.build), options.rounds, options.seconds, progress,
                                            options.deliveries)
        for part in set(parts) & set(NAMED):
            document.setdefault("environment", document[part].pop("environment"))
        if options.millions:
            document["size"] = size(os.path.abspath(options.build), options.rounds, max(options.seconds, 5), progress)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    print(report.text(document))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
    if options.svg:
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(chart.svg(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
