# SPDX-License-Identifier: MIT
"""What makes the load: wrk as fast as answers come, h2load at a given rate.

SPDX-License-Identifier: MIT
"""

import json
import os
import subprocess
import tempfile
import time

LOAD_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")
CONNECTIONS = 64
PAYMENT = '{"amount":100.00,"currency":"USD","source":"tok_visa","description":"Payment for order #12345"}'

# Of the open loop. Many clients, so that a slow answer holds up few of those that are due; they begin
# one after the other, since each sends at a fixed interval and all would send at the same moments.
OPEN_CLIENTS = 256
OPEN_STAGGER = 0.005  # seconds


class Closed:
    """A run of wrk: each connection sends its next request when it has its answer. statuses: count the answers by
    status, too."""

    def __init__(self, url, kind, key, ids_file=None, connections=CONNECTIONS, seconds=5.0, statuses=False):
        # wrk knows whole seconds only; it prints its summary when it is interrupted, too.
        self.end = time.monotonic() + seconds
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{int(seconds) + 60}", "--timeout", "30", "-s", LOAD_SCRIPT, url,
             "--", kind, key, *([ids_file] if ids_file else [])],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, **({"COUNT_STATUSES": "1"} if statuses else {})},
        )

    def result(self):
        try:
            self.process.wait(max(0, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.send_signal(2)
        output = self.process.communicate()[0]
        lines = [line for line in output.splitlines() if line.startswith("{")]
        assert lines, f"wrk did not measure:\n{output}"
        return json.loads(lines[-1])


def closed(*arguments, **options):
    """requests, seconds, refused (a status of 400 or above), broken (connections), p50 and p99 in ms."""
    return Closed(*arguments, **options).result()


def percentile(ordered, share):
    """Of a sorted list that is not empty."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def open_loop(url, key, rate, seconds):
    """Payments at a rate, whether or not earlier ones have been answered: p50, p99, p999 and max in ms, the rate
    that was reached, and how many answers were no success. What comes while clients begin is left out."""
    with tempfile.TemporaryDirectory(prefix="papi-", dir="/tmp") as folder:
        body, log = os.path.join(folder, "body"), os.path.join(folder, "log")
        with open(body, "w", encoding="ascii") as file:
            file.write(PAYMENT)
        beginning = OPEN_CLIENTS * OPEN_STAGGER
        number = int(rate * (seconds + beginning / 2)) // OPEN_CLIENTS * OPEN_CLIENTS
        subprocess.run(
            ["h2load", "--h1", "-t1", f"-c{OPEN_CLIENTS}", f"-n{number}", "-r1",
             f"--rate-period={OPEN_STAGGER * 1000:.0f}ms", f"--rps={rate / OPEN_CLIENTS:f}", f"--data={body}",
             "-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/json", f"--log-file={log}",
             url + "/payments"],
            stdout=subprocess.DEVNULL, check=True, timeout=seconds * 10 + 60,
        )
        with open(log, encoding="ascii") as file:
            rows = [tuple(map(int, line.split()[:3])) for line in file]
    begin = min(row[0] for row in rows) + int(beginning * 1e6)
    end = begin + int(seconds * 0.8 * 1e6)  # the clients that began first end first
    rows = [row for row in rows if begin <= row[0] < end]
    times = sorted(row[2] / 1000 for row in rows)
    return {
        "rate": len(rows) / (end - begin) * 1e6, "p50": percentile(times, 0.5), "p99": percentile(times, 0.99),
        "p999": percentile(times, 0.999), "max": times[-1], "failed": sum(not 200 <= row[1] < 300 for row in rows),
    }
