# SPDX-License-Identifier: MIT
"""What the metrics cost: a build beside the same one whose workers count nothing.

SPDX-License-Identifier: MIT
"""

import os
import re
import shlex
import subprocess
import tempfile

from arena import Arena
from harness.client import Client
from rates import Failure, check_answer, measure, rows_of, spread, warm_up
from subjects import HERE, source_of

NAMES = ("post", "get")


def uncounted(build, folder):
    """Builds the source of a build once more, configured alike. Its workers get no place to count in, as a process
    without a pool has none."""
    source = source_of(build)
    with open(os.path.join(folder, "log"), "wb") as log:
        def run(command):
            subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=True)

        arguments = shlex.split(subprocess.run([os.path.join(build, "config.status"), "--config"], check=True,
                                               capture_output=True, text=True).stdout)
        run([os.path.join(source, "configure"), *arguments])
        run(["gcc", "-std=c11", "-O2", f"-I{source}/app", "-c", os.path.join(HERE, "uncounted.c"), "-o", "uncounted.o"])
        with open(os.path.join(folder, "Makefile"), encoding="utf-8") as makefile:
            flags = re.search(r"^LDFLAGS = *(.*)$", makefile.read(), re.M).group(1)
        run(["make", f"-j{os.cpu_count()}", f"LDFLAGS={flags} -Wl,--wrap=metrics_take_slot {folder}/uncounted.o",
             "app/payment-api.fcgi", "app/payment-admin"])
    return folder


def processor_time(subject):
    """Nanoseconds that the workers have run, by the kernel's scheduler."""
    total = 0
    for pid in subject.worker_pids():
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def check_metrics(subject, counted):
    status = Client(subject.url, subject.key).get("/metrics").status_code
    if status != (200 if counted else 404):
        raise Failure(f"{subject.label}: /metrics is answered {status}")


def measure_both(arena, row, seconds):
    before = processor_time(row.subject)
    result = measure(arena, row, seconds)
    return {"rate": result["rate"], "time": (processor_time(row.subject) - before) / result["requests"] / 1000}


def metrics(build, rounds, seconds, progress):
    with tempfile.TemporaryDirectory(prefix="papi-", dir="/tmp") as folder, \
            Arena(build, against=uncounted(build, folder), names=()) as arena:
        with_them, without = arena.builds()
        check_metrics(with_them, True)
        check_metrics(without, False)
        pairs = {name: [row for subject in (with_them, without) for row in rows_of(subject)
                        if row.name.removeprefix("before-") == name] for name in NAMES}
        for pair in pairs.values():
            for row in pair:
                check_answer(arena, row)
                warm_up(arena, row, seconds)
        results = {row: [] for pair in pairs.values() for row in pair}
        for number in range(rounds):
            for pair in pairs.values():
                for row in pair if number % 2 == 0 else pair[::-1]:
                    results[row].append(measure_both(arena, row, seconds))
            progress(f"metrics, round {number + 1} of {rounds}: " + ", ".join(
                f"{row.name} {found[-1]['rate']:.0f}" for row, found in results.items()))
        return {"environment": arena.environment(), "rows": {
            name: {what: {"with": spread([one[what] for one in results[counted]]),
                          "without": spread([one[what] for one in results[other]]),
                          "ratio": spread([one[what] / two[what]
                                           for one, two in zip(results[counted], results[other])])}
                   for what in ("rate", "time")} for name, (counted, other) in pairs.items()}}
