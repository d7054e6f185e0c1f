# SPDX-License-Identifier: MIT
"""What a request costs: system calls, round trips to the database, commits, allocations.

They are counted from outside, under the load of 64 connections: system calls of the workers by the kernel's
tracepoints (perf), round trips by the server's counters, allocations by a library that is preloaded.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import struct
import subprocess
import time

from generators import Closed
from rates import measure
from subjects import PaymentApi

COUNTERS = ("Questions", "Com_stmt_execute", "Com_insert", "Com_select", "Handler_commit", "Innodb_data_fsyncs")


def counters(database):
    names = ", ".join(f"'{name}'" for name in COUNTERS)
    rows = database.sql(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})", database="mysql")
    return {name: int(value) for name, value in rows}


def round_trips(arena, row, seconds):
    """Statements, commits and writes of the server a request. A group is what one INSERT kept, or for reads, what
    one SELECT found."""
    before = counters(arena.database)
    result = measure(arena, row, seconds)
    after = counters(arena.database)
    counted = {name: after[name] - before[name] for name in COUNTERS}
    counted["Questions"] -= 2  # the two questions of this program
    groups = counted["Com_insert" if row.table else "Com_select"] or 1
    return {"a request": {name: number / result["requests"] for name, number in counted.items()},
            "round trips a group": counted["Questions"] / groups, "requests a group": result["requests"] / groups}


def system_calls(arena, row, seconds):
    """{name: calls of all workers a request}; None without perf or where the kernel gives it nothing."""
    if shutil.which("perf") is None:
        return None
    output = os.path.join(arena.folder, "perf.csv")
    pids = ",".join(map(str, sorted(row.subject.worker_pids())))
    command = ["perf", "stat", "-x;", "-o", output, "-e", "syscalls:sys_enter_*", "-p", pids]
    perf = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(2)  # it opens some hundred counters
    if perf.poll() is not None:
        return None
    load = Closed(row.subject.url, row.kind, row.subject.key,
                  arena.ids_file(row.subject, row.hot) if row.needs_ids() else None, seconds=seconds)
    result = load.result()
    time.sleep(0.3)
    perf.send_signal(2)
    perf.wait(60)
    calls = {}
    with open(output, encoding="utf-8") as file:
        for line in file:
            fields = line.split(";")
            if len(fields) > 2 and fields[0].isdigit() and int(fields[0]):
                calls[fields[2].removeprefix("syscalls:sys_enter_")] = int(fields[0]) / result["requests"]
    # Those of the pauses before and after the load, and what no request causes.
    return {name: number for name, number in sorted(calls.items(), key=lambda item: -item[1]) if number >= 0.005}


def allocations(arena, rows, seconds):
    """{name of the row: allocations of the workers a request}, from a pool of its own that has the counter in it."""
    path = os.path.join(arena.folder, "allocations")
    with open(path, "wb") as file:
        file.write(bytes(8))

    def count():
        with open(path, "rb") as file:
            return struct.unpack("=Q", file.read(8))[0]

    api = rows[0].subject
    api.stop()
    api.environment = {**os.environ, "LD_PRELOAD": arena.compiled("allocations.so"), "ALLOCATIONS_FILE": path}
    found = {}
    try:
        api.start()
        for row in rows:
            measure(arena, row, 1)  # connections and statements are made by it
            before = count()
            result = measure(arena, row, seconds)
            found[row.name] = (count() - before) / result["requests"]
    finally:
        api.stop()
        api.environment = None
        api.start()
    return found


def costs(arena, rows, seconds, progress):
    """rows: of one build of payment-api."""
    assert all(isinstance(row.subject, PaymentApi) for row in rows)
    allocated = allocations(arena, rows, seconds)
    found = {}
    for row in rows:
        found[row.name] = {"round trips": round_trips(arena, row, seconds),
                           "system calls": system_calls(arena, row, seconds), "allocations": allocated[row.name]}
        progress(f"costs of {row.name}: counted")
    return found
