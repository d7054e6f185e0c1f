"""What the program does under load, measured side by side in one run.

1. Throughput of each request, at full speed.
2. Overload: each payment is made to take 20 ms in the database, so that the workers have a known capacity;
   then many times as much is asked for. Requests that waited past max_queue_seconds must be refused quickly,
   the accepted ones must come as fast as without the overload, memory must not grow, and the moment the
   load ends, a request must be served at once.

SPDX-License-Identifier: MIT
"""

import argparse
import itertools
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from harness.stack import Stack  # noqa: E402

WORKERS = 4
QUEUE_SECONDS = 1
DELAY = 0.02  # seconds that a payment takes in the database, in the second part

SCRIPT = """
wrk.method = "%(method)s"
wrk.headers["Authorization"] = "Bearer %(key)s"
%(body)s
local statuses = {}
function setup(thread) thread:set("number", 0) threads = threads or {} table.insert(threads, thread) end
function init() counts = "" tally = {} end
function response(status)
   tally[status] = (tally[status] or 0) + 1
   counts = ""
   for code, count in pairs(tally) do counts = counts .. code .. "=" .. count .. " " end
end
function done(summary, latency)
   for _, thread in ipairs(threads) do io.write("statuses " .. (thread:get("counts") or "") .. "\\n") end
   io.write(string.format("seconds %%f p50 %%f p99 %%f\\n", summary.duration / 1e6, latency:percentile(50) / 1e3,
                          latency:percentile(99) / 1e3))
end
"""


class Result:
    def __init__(self, output):
        self.statuses = {int(code): int(count) for code, count in re.findall(r"(\d+)=(\d+)", output)}
        seconds, p50, p99 = re.search(r"seconds (\S+) p50 (\S+) p99 (\S+)", output).groups()
        self.seconds, self.p50, self.p99 = float(seconds), float(p50), float(p99)

    def rate(self, *statuses):
        return sum(self.statuses.get(status, 0) for status in statuses) / self.seconds

    @property
    def total(self):
        return sum(self.statuses.values()) / self.seconds


class Load:
    """wrk against one path of the stack."""

    numbers = itertools.count()

    def __init__(self, stack, method, path, body=None):
        self.url = stack.nginx.url + path
        self.script = os.path.join(stack.folder, f"load{next(self.numbers)}.lua")
        text = f"wrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'" if body else ""
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(SCRIPT % {"method": method, "key": stack.key, "body": text})

    def start(self, connections, seconds):
        return subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "-s", self.script, self.url],
            stdout=subprocess.PIPE, text=True,
        )

    def run(self, connections, seconds):
        process = self.start(connections, seconds)
        return Result(process.communicate()[0])


def memory(stack):
    """What the pool's processes have for themselves and their share of the rest (PSS), in KiB."""
    total = 0
    for pid in {stack.workers.pid, *stack.workers.worker_pids()}:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1))
    return total


PAYMENT = '{"amount":1.00,"currency":"USD","source":"tok_visa"}'


def measure_throughput(stack, seconds):
    payment = stack.client.pay(amount=9_999_999_999_999.99).json()["id"]
    rows = (
        ("POST /v1/payments", Load(stack, "POST", "/payments", PAYMENT), 201),
        ("GET /v1/payments/{id}", Load(stack, "GET", f"/payments/{payment}"), 200),
        ("POST /v1/refunds, one payment", Load(stack, "POST", "/refunds",
                                               f'{{"payment_id":"{payment}","amount":0.01}}'), 201),
        ("GET /v1/healthz", Load(stack, "GET", "/healthz"), 200),
    )
    print(f"throughput: {WORKERS} workers, 32 connections, {seconds} s each")
    print(f"  {'request':32}{'per second':>12}{'p50 ms':>10}{'p99 ms':>10}{'others':>8}")
    for name, load, good in rows:
        result = load.run(32, seconds)
        others = sum(count for status, count in result.statuses.items() if status != good)
        print(f"  {name:32}{result.rate(good):12.0f}{result.p50:10.2f}{result.p99:10.2f}{others:8}", flush=True)
    print(f"  memory of the pool: {memory(stack)} KiB (PSS)")


def measure_recovery(stack):
    """Seconds until a payment is made at the pace of an idle pool again."""
    started = time.monotonic()
    while time.monotonic() - started < 30:
        before = time.monotonic()
        answer = stack.client.pay()
        if answer.status_code == 201 and time.monotonic() - before < 5 * DELAY:
            return time.monotonic() - started
    return None


def measure_overload(stack, seconds):
    stack.database.sql(
        f"CREATE TRIGGER slow BEFORE INSERT ON payments FOR EACH ROW SET @slept = SLEEP({DELAY})"
    )
    load = Load(stack, "POST", "/payments", PAYMENT)
    peak = load.run(2 * WORKERS, seconds)
    connections = int(12 * peak.rate(201) * QUEUE_SECONDS)  # each waits about as long before it is refused
    before = memory(stack)
    process = load.start(connections, 3 * seconds)
    samples = []
    while process.poll() is None:
        time.sleep(0.5)
        samples.append(memory(stack))
    recovery = measure_recovery(stack)
    result = Result(process.communicate()[0])
    print(f"overload: a payment takes {DELAY * 1000:.0f} ms in the database; {connections} connections, "
          f"{3 * seconds} s, max_queue_seconds = {QUEUE_SECONDS}")
    for name, value in (
        ("capacity, payments per second", f"{peak.rate(201):.0f}"),
        ("asked for, per second", f"{result.total:.0f}"),
        ("  of the capacity", f"{result.total / peak.rate(201):.1f} x"),
        ("accepted, per second", f"{result.rate(201):.0f}"),
        ("  of the capacity", f"{result.rate(201) / peak.rate(201):.2f} x"),
        ("refused with 503, per second", f"{result.rate(503):.0f}"),
        ("other answers", sum(count for status, count in result.statuses.items() if status not in (201, 503))),
        ("p99 of all answers, ms", f"{result.p99:.0f}"),
        ("memory before (PSS)", f"{before} KiB"),
        ("memory at most during it", f"{max(samples)} KiB"),
        ("memory after it", f"{memory(stack)} KiB"),
        ("served at once again after", f"{recovery:.2f} s" if recovery is not None else "more than 30 s"),
    ):
        print(f"  {name:32}{value:>12}")


def main():
    parser = argparse.ArgumentParser(prog="tests/benchmark/run", description="Measures throughput, overload and "
                                     "memory. The figures are this machine's; compare those of one run only.")
    parser.add_argument("--seconds", type=int, default=10, help="for each measurement (10)")
    arguments = parser.parse_args()
    with Stack(workers=WORKERS, max_queue_seconds=QUEUE_SECONDS, log_level="error",
               database_options=["--innodb-log-file-size=1G"]) as stack:
        measure_throughput(stack, arguments.seconds)
        measure_overload(stack, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
