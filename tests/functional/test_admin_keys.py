"""API keys: rotated, read-only, and when each was used last.

SPDX-License-Identifier: MIT
"""

import datetime
import os
import re
import subprocess

import pytest
from harness.client import PAYMENT, Client
from harness.process import wait_until
from harness.servers import FASTCGI_PROGRAM
from harness.stack import Stack

READ_ONLY = (403, '{"error":"Read-only API key"}')
INVALID = (401, '{"error":"Invalid API key"}')


@pytest.fixture(scope="module")
def stack():
    """Each request looks its key up, by the one worker."""
    with Stack(workers=1, key_cache_seconds=0) as running:
        yield running


def error(answer):
    return answer.status_code, answer.text


def new_key(stack, *options):
    """What key create printed, and a client with the key."""
    created = stack.admin("key", "create", stack.merchant, *options)
    return created, Client(stack.client.url, created["key"])


def listed(stack, key_id):
    return next(key for key in stack.admin("key", "list")["keys"] if key["id"] == key_id)


def acts(stack, *arguments):
    return [(act["act"], act["detail"], act["reason"]) for act in stack.admin("audit", "list", *arguments)["acts"]]


# Read-only keys


def test_a_read_only_key_reads_and_makes_nothing(stack):
    created, reader = new_key(stack, "--read-only")
    assert created["read_only"] is True and listed(stack, created["id"])["read_only"] is True
    payment = stack.client.pay(amount=10).json()
    refund = stack.client.refund(payment["id"], 1).json()
    before = stack.database.sql("SELECT COUNT(*) FROM payments"), stack.database.sql("SELECT COUNT(*) FROM refunds")
    for answer in (reader.pay(), reader.pay("a-key"), reader.refund(payment["id"], 1), reader.post("/payments", "{")):
        assert error(answer) == READ_ONLY
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="payment-api", error="insufficient_scope"'
    assert (stack.database.sql("SELECT COUNT(*) FROM payments"),
            stack.database.sql("SELECT COUNT(*) FROM refunds")) == before
    assert reader.get(f"/payments/{payment['id']}").json() == payment
    assert reader.get(f"/refunds/{refund['id']}").json() == refund
    assert reader.get("/payments").json()["data"][0] == payment
    assert reader.request("HEAD", "/refunds").status_code == 200
    assert reader.request("OPTIONS", "/payments").status_code == 204
    assert reader.request("DELETE", "/payments").status_code == 405
    assert stack.client.pay("a-key").status_code == 201  # it was not used up


def test_the_problem_of_a_read_only_key(stack):
    _, reader = new_key(stack, "--read-only")
    answer = reader.post("/payments", PAYMENT, headers={"Accept": "application/problem+json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert answer.json() == {
        "type": "/v1/docs/#error-read_only_api_key", "title": "Read-only API key", "status": 403,
        "code": "read_only_api_key", "detail": "The API key may read, but make nothing.", "header": "Authorization"}


def test_a_worker_remembers_that_a_key_may_only_read(stack):
    _, reader = new_key(stack, "--read-only")
    stack.workers.stop()
    stack.workers.options["key_cache_seconds"] = 60
    stack.workers.start()
    try:
        assert [reader.get("/payments").status_code, error(reader.pay()), error(reader.pay())] == [
            200, READ_ONLY, READ_ONLY]
        assert stack.client.pay().status_code == 201
    finally:
        stack.workers.stop()
        stack.workers.options["key_cache_seconds"] = 0
        stack.workers.start()


# Rotation


def test_rotate(stack):
    old, client = new_key(stack, "--label", "shop")
    first = client.pay("order-1")
    new = stack.admin("key", "rotate", old["id"], "--reason", "yearly")
    assert new["key"] != old["key"] and new["id"] != old["id"]
    assert (new["merchant_id"], new["mode"], new["label"], new["read_only"], new["expires_at"]) == (
        stack.merchant, "test", "shop", False, None)
    assert new["replaces"]["id"] == old["id"]
    end = datetime.datetime.fromisoformat(new["replaces"]["expires_at"].replace("Z", "+00:00"))
    made = datetime.datetime.fromisoformat(new["created_at"].replace("Z", "+00:00"))
    assert end - made == datetime.timedelta(hours=24)
    assert listed(stack, old["id"])["expires_at"] == new["replaces"]["expires_at"]
    assert client.get("/payments").status_code == 200  # it lives on
    again = Client(client.url, new["key"]).pay("order-1")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert acts(stack, old["id"])[0] == (
        "key rotate", f"by {new['id']}, {new['prefix']}, test, shop", "yearly")
    assert new["key"] not in stack.try_admin("audit", "list").stdout
    stack.database.sql("UPDATE api_keys SET expires_at = UTC_TIMESTAMP(3) + INTERVAL 2 SECOND"
                       " WHERE expires_at IS NOT NULL")
    wait_until(lambda: error(client.get("/payments")) == INVALID, 20, "the old key is refused by itself")
    assert Client(client.url, new["key"]).get("/payments").status_code == 200


def test_rotate_at_once_and_for_people(stack):
    old, client = new_key(stack, "--read-only")
    result = stack.try_admin("key", "rotate", old["id"], "--grace", "0m", "--label", "other")
    assert result.returncode == 0 and old["id"] in result.stdout
    key = re.search(r"^ {4}(sk_test_\S+)$", result.stdout, re.M).group(1)
    assert error(client.get("/payments")) == INVALID
    new = Client(client.url, key)
    assert new.get("/payments").status_code == 200 and error(new.pay()) == READ_ONLY
    assert stack.admin("key", "list")["keys"][-1]["label"] == "other"


def test_what_expires_first(stack):
    old, _ = new_key(stack)
    stack.database.sql(f"UPDATE api_keys SET expires_at = '2099-01-01' WHERE prefix = '{old['prefix']}'")
    new = stack.admin("key", "rotate", old["id"], "--grace", "7d")
    assert new["expires_at"] == "2099-01-01T00:00:00Z" != new["replaces"]["expires_at"]
    later = stack.admin("key", "rotate", new["id"], "--grace", "30m", "--expires", "2100-01-01")
    assert later["expires_at"] == "2100-01-01T00:00:00Z"
    again = stack.admin("key", "rotate", new["id"], "--grace", "365d")  # it still ends when it would have
    assert again["replaces"]["expires_at"] == later["replaces"]["expires_at"] == again["expires_at"]


@pytest.mark.parametrize("grace", ["", "h", "24", "-1h", "1.5h", "366d", "9999999999999999999h", "1 h", "24hours"])
def test_bad_graces(stack, grace):
    key = stack.admin("key", "list")["keys"][0]["id"]
    result = stack.try_admin("key", "rotate", key, "--grace", grace)
    assert (result.returncode, result.stdout) == (1, "") and "--grace must be" in result.stderr


def test_what_cannot_be_rotated(stack):
    for key in ("key_00000000000000000000000000", "nonsense"):
        assert "no such key" in stack.try_admin("key", "rotate", key).stderr
    old, _ = new_key(stack)
    stack.admin("key", "revoke", old["id"])
    before = len(stack.admin("key", "list")["keys"])
    gone, _ = stack.new_merchant("Gone")
    stack.admin("merchant", "disable", gone)
    for key in (old["id"], stack.admin("key", "list", gone)["keys"][0]["id"]):
        result = stack.try_admin("key", "rotate", key)
        assert (result.returncode, result.stdout) == (1, "") and "revoked" in result.stderr
    assert len(stack.admin("key", "list")["keys"]) == before + 1  # of the other merchant
    assert [act for act, _, _ in acts(stack, old["id"])] == ["key revoke", "key create"]


# Last use


def last_use(stack, created):
    return listed(stack, created["id"])["last_used_at"]


def set_last_use(stack, created, minutes_ago):
    stack.database.sql(f"UPDATE api_keys SET last_used_at = UTC_TIMESTAMP(3) - INTERVAL {minutes_ago} MINUTE"
                       f" WHERE prefix = '{created['prefix']}'")
    return last_use(stack, created)


def test_the_last_use_of_a_key(stack):
    created, client = new_key(stack)
    assert last_use(stack, created) is None
    client.get("/payments")
    wait_until(lambda: last_use(stack, created) is not None, 10, "the first use is noted")
    text = stack.try_admin("key", "list").stdout
    assert "LAST USED" in text and last_use(stack, created) in text
    for minutes, noted in ((50, False), (70, True)):
        before = set_last_use(stack, created, minutes)
        client.get("/payments")
        stack.client.get("/payments")  # the worker notes before it takes the next request
        assert (last_use(stack, created) > before) is noted


def executed_updates(stack):
    return int(stack.database.sql("SHOW GLOBAL STATUS LIKE 'Com_update'")[0][1])


def test_requests_write_nothing_for_it(stack):
    created, client = new_key(stack)
    client.get("/payments")
    wait_until(lambda: last_use(stack, created) is not None, 10, "the first use is noted")
    before = executed_updates(stack)
    for _ in range(5):
        assert client.get("/payments").status_code == 200
        assert client.pay().status_code == 201
    assert executed_updates(stack) == before


def test_a_refused_key_is_not_used(stack):
    created, client = new_key(stack)
    stack.admin("key", "revoke", created["id"])
    assert error(client.get("/payments")) == INVALID
    stack.client.get("/payments")
    assert last_use(stack, created) is None


def test_what_cannot_be_noted_stops_no_request(stack):
    created, client = new_key(stack)
    client.get("/payments")
    wait_until(lambda: last_use(stack, created) is not None, 10, "the first use is noted")
    before = set_last_use(stack, created, 120)
    stack.database.sql("REVOKE UPDATE (last_used_at) ON api_keys FROM 'payment-api'@'localhost'")
    try:
        assert [client.get("/payments").status_code for _ in range(3)] == [200] * 3
        assert client.pay().status_code == 201
        assert last_use(stack, created) == before
        assert stack.workers.log().count("last use of keys") == 1  # tried once a minute
    finally:
        stack.database.sql("GRANT UPDATE (last_used_at) ON api_keys TO 'payment-api'@'localhost'")


def test_plain_cgi_notes_it_too(stack):
    created, _ = new_key(stack)
    result = subprocess.run(
        [FASTCGI_PROGRAM, "--config", stack.config], check=False, capture_output=True, text=True, timeout=30,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
             "PATH_INFO": "/payments", "HTTP_AUTHORIZATION": f"Bearer {created['key']}"})
    assert result.stdout.startswith("Status: 200"), result.stderr
    assert last_use(stack, created) is not None
