"""The log for programs: one record a line, as JSON or as key=value, with what a request was and never what it held.

SPDX-License-Identifier: MIT
"""

import json
import os
import re
import shlex
import signal

import pytest

from harness.client import fastcgi_params, fastcgi_request, fastcgi_send
from harness.process import wait_until
from harness.servers import Workers
from harness.stack import Stack

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def stack():
    with Stack(log_format="json") as running:
        yield running


def records(stack):
    """Each line is an object, and has what all have."""
    found = [json.loads(line) for line in stack.workers.log().splitlines()]
    for one in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["time"])
        assert one["level"] in ("error", "warning", "notice", "info") and one["pid"] > 1 and one["message"]
    return found


def record_of(stack, answer):
    """The record of the request that had this answer; it is written behind the answer."""
    wanted = answer.headers["Request-Id"]

    def find():
        # The last line may be half-written.
        if not stack.workers.log().endswith("\n"):
            return None
        found = [one for one in records(stack) if one.get("request_id") == wanted and one["message"] == "request"]
        return found[0] if found else None
    return wait_until(find, 10, "the request's record")


def test_a_request(stack):
    answer = stack.client.pay()
    record = record_of(stack, answer)
    assert list(record) == ["time", "level", "pid", "request_id", "message", "method", "route", "status", "merchant",
                            "duration_us", "database_us", "bytes", "group_size"]
    assert (record["method"], record["route"], record["status"]) == ("POST", "/payments", 201)
    assert record["merchant"] == stack.merchant
    assert record["bytes"] == len(answer.content)
    assert 0 < record["database_us"] <= record["duration_us"] < 60_000_000
    assert record["group_size"] >= 1
    payment = answer.json()["id"]
    for method, length in (("GET", len(answer.content)), ("HEAD", 0)):
        record = record_of(stack, stack.client.request(method, "/payments/" + payment))
        assert (record["method"], record["route"], record["bytes"]) == (method, "/payments/{id}", length)


def test_one_that_is_refused(stack):
    record = record_of(stack, stack.client.get("/payments/x", key=False))
    assert (record["status"], record["error"]) == (401, "Missing API key")
    assert "merchant" not in record
    record = record_of(stack, stack.client.get("/no/such/path"))
    assert (record["status"], record["route"]) == (404, "-")
    assert record_of(stack, stack.client.request("PATCH", "/payments"))["method"] == "other"


@pytest.mark.parametrize("sent, noted", [
    (TRACE, TRACE),
    ("cc" + TRACE[2:] + "-more", "cc" + TRACE[2:]),
    (TRACE.upper(), None),
    (TRACE + "-more", None),
    (TRACE[:-1], None),
    ("ff" + TRACE[2:], None),
    (TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32), None),
    (TRACE.replace("00f067aa0ba902b7", "0" * 16), None),
    (TRACE.replace("-", "_"), None),
    (TRACE[:-2] + "\\\" ", None),
], ids=["good", "later version", "upper case", "too long", "too short", "ff", "no trace", "no parent", "other", "quote"])
def test_traceparent(stack, sent, noted):
    record = record_of(stack, stack.client.get("/healthz", headers={"traceparent": sent}))
    assert record.get("traceparent") == noted


def test_two_traceparents_are_none(stack):
    params = [*fastcgi_params("GET", "/healthz"), ("REQUEST_ID", "twice"), ("HTTP_TRACEPARENT", TRACE), ("HTTP_TRACEPARENT", TRACE)]
    fastcgi_send(stack.workers.socket, fastcgi_request(params))
    found = wait_until(lambda: [one for one in records(stack) if one.get("request_id") == "twice"], 10, "its record")
    assert "traceparent" not in found[0]


def test_what_a_request_held_is_in_none(stack):
    """Neither key, nor path, nor body, nor what was sent in place of a request id."""
    answer = stack.client.pay("an-idempotency-key", description="for somebody@example.com", metadata={"order": "o-1"})
    stack.client.get("/payments/somebody@example.com?limit=private", headers={"traceparent": "private"})
    record_of(stack, stack.client.get("/payments/" + answer.json()["id"]))
    log = stack.workers.log()
    for private in (stack.key, stack.key[8:20], "example.com", "idempotency-key", "o-1", answer.json()["id"], "private", "127.0.0.1"):
        assert private not in log


def test_logfmt(stack):
    workers = Workers(stack.folder, stack.config, workers=2, log_format="logfmt", log_level="info",
                      listen=os.path.join(stack.folder, "logfmt.sock"))
    workers.name = workers.log_path = os.path.join(stack.folder, "logfmt.log")
    workers.start()
    try:
        params = [*fastcgi_params("GET", "/payments/x", stack.key), ("REQUEST_ID", 'odd"=id'), ("HTTP_TRACEPARENT", TRACE)]
        assert fastcgi_send(workers.socket, fastcgi_request(params)).startswith(b"Status: 404 ")
        line = wait_until(lambda: re.search(r"^.*message=request .*\n", workers.log(), re.M), 10, "its line").group(0)
        workers.signal(signal.SIGHUP)
        wait_until(lambda: 'message="new configuration' in workers.log(), 10, "the reload, in the same form")
    finally:
        assert workers.stop() == 0
    pairs = dict(pair.split("=", 1) for pair in shlex.split(line))
    assert (pairs["request_id"], pairs["status"], pairs["route"]) == ('odd"=id', "404", "/payments/{id}")
    assert (pairs["merchant"], pairs["traceparent"], pairs["error"]) == (stack.merchant, TRACE, "Payment not found")
    for line in workers.log().splitlines():
        assert re.fullmatch(r'time=\S+ level=\w+ pid=\d+ (request_id=\S+ )?message=.*', line), line
