# SPDX-License-Identifier: MIT
"""What events cost a payment, and how fast deliveries that are due are worked off.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import statistics
import subprocess
import time

from arena import Arena
from harness.acquirer import make_authority
from harness.servers import ENVIRONMENT, free_port
from rates import Failure, Row, calibrate, check_answer, rows_of, run_rounds, spread
from subjects import Server

ENDPOINTS = 50
SAMPLE = 0.2  # seconds between two looks at the courier's memory


def turn_on_events(arena, subject):
    """As a merchant's first endpoint does. The pool has no courier: what is measured is the writing."""
    arena.database.sql("UPDATE merchants SET test_events = 1", database=subject.schema)
    time.sleep(3)  # key_cache_seconds


def events_written(arena, subject):
    return int(arena.database.sql("SELECT COUNT(*) FROM events", database=subject.schema)[0][0])


def writing(arena, rounds, seconds, progress):
    """POST of a merchant with events, of one without, and the insert floor with its best number of processes."""
    plain, told = arena.builds()
    rows = [row for subject in (plain, told) for row in rows_of(subject) if row.name in ("post", "before-post")]
    rows.insert(0, Row("insert", "insert floor", arena.subjects["insert"], "payment", "payments"))
    turn_on_events(arena, told)
    for row in rows:
        check_answer(arena, row)
    calibrate(arena, rows[:1], seconds, progress)
    results = run_rounds(arena, rows, rounds, seconds, progress)
    if not events_written(arena, told) or events_written(arena, plain):
        raise Failure("the events are not where they should be")
    rates = {name: [one["rate"] for one in found] for name, found in results.items()}

    def ratio(one, two):
        return spread([a / b for a, b in zip(rates[one], rates[two])])

    return {"rates": {name: spread(found) for name, found in rates.items()},
            "ratios": {f"{one} / {two}": ratio(one, two) for one, two in (
                ("before-post", "insert"), ("post", "insert"), ("before-post", "post"))}}


class Receiver:
    """nginx with TLS and HTTP/2, which answers 200 to everything."""

    def __init__(self, arena):
        self.folder = os.path.join(arena.folder, "receiver")
        os.makedirs(self.folder)
        make_authority(self.folder)
        self.port = free_port()
        config = os.path.join(self.folder, "nginx.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in (
            "client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                f"{user} daemon off; pid {self.folder}/nginx.pid; error_log stderr; worker_processes 1;\n"
                f"events {{ worker_connections 4096; }}\nhttp {{ access_log off; keepalive_requests 1000000; {temporary}\n"
                f"server {{ listen 127.0.0.1:{self.port} ssl http2; listen unix:{self.folder}/ready.sock;\n"
                f"ssl_certificate {self.folder}/server.pem; ssl_certificate_key {self.folder}/server.key;\n"
                "location / { return 200 'taken'; } } }\n")
        self.server = Server(self.folder, "receiver", 
                             [shutil.which("nginx", path=ENVIRONMENT["PATH"]), "-c", config, "-p", self.folder],
                             os.path.join(self.folder, "ready.sock"))


def fill(arena, subject, count):
    """So many deliveries that are due, of one merchant's events, shared out among the endpoints of as many shops."""
    arena.database.sql(
        "DELETE FROM webhook_attempts; DELETE FROM webhook_deliveries; DELETE FROM events;"
        "DELETE FROM webhook_secrets; DELETE FROM webhook_endpoints;"
        "INSERT INTO webhook_endpoints (id, merchant_id, mode, url, events, created_at) SELECT UNHEX(MD5(seq)),"
        f" (SELECT MIN(id) FROM merchants), 'test', CONCAT('https://localhost:{arena.receiver.port}/', seq), '*',"
        f" UTC_TIMESTAMP(3) FROM seq_1_to_{ENDPOINTS};"
        "INSERT INTO webhook_secrets (id, endpoint_id, secret) SELECT id, id, UNHEX(SHA2(url, 256)) FROM"
        " webhook_endpoints;"
        "INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at, dispatched_at)"
        " SELECT UNHEX(CONCAT('01', SUBSTR(MD5(seq), 3))), (SELECT MIN(id) FROM merchants), 'test',"
        " 'payment.succeeded', UNHEX(MD5(seq)), CONCAT('{\"id\":\"evt_', MD5(seq), '\",\"type\":\"payment.succeeded\","
        "\"created_at\":\"2024-06-10T12:00:00Z\",\"data\":{\"id\":\"pay_', MD5(seq), '\",\"amount\":100.00,"
        "\"currency\":\"USD\",\"status\":\"succeeded\",\"created_at\":\"2024-06-10T12:00:00Z\"}}'),"
        f" UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_{count};"
        "INSERT INTO webhook_deliveries (endpoint_id, event_id, state, due_at) SELECT"
        f" UNHEX(MD5(1 + CONV(HEX(SUBSTR(id, 13, 4)), 16, 10) % {ENDPOINTS})), id, 'pending', UTC_TIMESTAMP(3)"
        " FROM events; ANALYZE TABLE events, webhook_deliveries, webhook_endpoints", database=subject.schema)


def memory_of(pid):
    """Resident kilobytes: now."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def working_off(arena, subject, count, progress):
    """All that is due, by one courier; its memory over that time."""
    fill(arena, subject, count)
    courier = [subject.admin_program, "--config", subject.config, "webhook", "deliver", "--once"]
    started = time.monotonic()
    samples = []
    with subprocess.Popen(courier, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            samples.append(memory_of(process.pid))
            time.sleep(SAMPLE)
        printed, complaint = process.communicate()
    took = time.monotonic() - started
    waiting = arena.database.sql("SELECT COUNT(*) FROM webhook_deliveries WHERE state <> 'delivered'",
                                 database=subject.schema)[0][0]
    if process.returncode or waiting != "0" or f"Sent {count} " not in printed:
        raise Failure(f"deliveries: {printed} {complaint}, {waiting} are left")
    quarter = max(len(samples) // 4, 1)
    found = {"deliveries": count, "seconds": took, "rate": count / took,
             "first quarter": statistics.median(samples[:quarter]), "last quarter": statistics.median(samples[-quarter:]),
             "most": max(samples)}
    progress(f"{count} deliveries in {took:.0f} s, {max(samples)} kB")
    return found


def webhooks(build, rounds, seconds, progress, counts):
    with Arena(build, against=build, names=("insert",)) as arena:
        return measure_all(arena, rounds, seconds, progress, counts)


def measure_all(arena, rounds, seconds, progress, counts):
    plain, told = arena.builds()
    found = {"writing": writing(arena, rounds, seconds, progress)}
    arena.receiver = Receiver(arena)
    with_receiver = arena.receiver.server.start()
    try:
        plain.write_config(webhooks="yes", allow_webhook_addresses="127.0.0.0/8, ::1",
                           webhook_ca_file=os.path.join(arena.receiver.folder, "ca.pem"))
        found["working off"] = [working_off(arena, plain, count, progress) for count in counts]
    finally:
        with_receiver.stop()
    return {"environment": arena.environment(), **found}
