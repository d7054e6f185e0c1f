"""Webhook endpoints: made, changed, rotated and deleted by a merchant; their secrets are shown once.

SPDX-License-Identifier: MIT
"""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client
from harness.stack import Stack

URL = "https://shop.example/hooks?of=payments"
NOT_FOUND = (404, '{"error":"Webhook endpoint not found"}')


@pytest.fixture(scope="module")
def stack():
    with Stack(key_cache_seconds=0, webhooks="yes") as running:
        yield running


@pytest.fixture(name="client")
def a_client(stack):
    """Of a merchant that has no endpoint yet."""
    return Client(stack.web.url, stack.new_merchant("A shop with hooks")[1])


def make(client, **members):
    return client.post("/webhook_endpoints", {"url": URL, "events": ["*"], **members})


def shown(answer):
    return {name: value for name, value in answer.json().items() if name != "secret"}


def secrets(stack, endpoint):
    """What signs for it: the bytes, and whether they end."""
    rows = stack.database.sql(
        "SELECT HEX(s.secret), s.expires_at > UTC_TIMESTAMP(3), s.expires_at FROM webhook_secrets s JOIN"
        f" webhook_endpoints e ON e.id = s.endpoint_id WHERE e.description = '{endpoint}' ORDER BY s.id")
    return [(bytes.fromhex(row[0]), row[1]) for row in rows]


def test_one_is_made_and_shown(client):
    answer = make(client, events=["payment.succeeded", "refund.failed"], description="The shop")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert list(made) == ["id", "url", "events", "description", "status", "created_at", "secret"]
    assert answer.headers["Location"] == f"/v1/webhook_endpoints/{made['id']}" and made["id"].startswith("we_")
    assert (made["url"], made["events"]) == (URL, ["payment.succeeded", "refund.failed"])
    assert (made["description"], made["status"]) == ("The shop", "enabled")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    read = client.get(f"/webhook_endpoints/{made['id']}")
    assert (read.status_code, read.json()) == (200, shown(answer))
    second = make(client)
    assert second.json()["events"] == ["*"] and second.json()["description"] is None
    assert second.json()["secret"] != made["secret"]
    assert client.get("/webhook_endpoints").json() == {"data": [shown(answer), shown(second)], "has_more": False}


@pytest.mark.parametrize("members, message", [
    ({"url": "http://shop.example/"}, "Invalid URL"), ({"url": None}, "Invalid URL"),
    ({"url": "https://user@shop.example/"}, "Invalid URL"), ({"url": "https://shop.example/#x"}, "Invalid URL"),
    ({"url": "https://" + "a" * 505}, "Invalid URL"), ({"url": "https://s.example/4242424242424242"}, "Invalid URL"),
    ({"url": "http://localhost/"}, "Invalid URL"), ({"events": []}, "Invalid events"),
    ({"events": "*"}, "Invalid events"), ({"events": ["*", "payment.failed"]}, "Invalid events"),
    ({"events": ["payment.failed,refund.failed"]}, "Invalid events"), ({"events": ["payment"]}, "Invalid events"),
    ({"events": [7]}, "Invalid events"), ({"description": 7}, "Invalid description"),
    ({"description": "4242 4242 4242 4242"}, "Invalid description"), ({"description": "x" * 256}, "Invalid description"),
])
def test_what_is_wrong_is_told(client, members, message):
    answer = make(client, **members)
    assert (answer.status_code, answer.text) == (400, json.dumps({"error": message}, separators=(",", ":")))
    assert client.get("/webhook_endpoints").json()["data"] == []


def test_one_is_changed(client):
    made = make(client, description="Before")
    path = f"/webhook_endpoints/{made.json()['id']}"
    same = client.post(path, {})
    assert (same.status_code, same.json()) == (200, shown(made))
    changes = {"url": "https://other.example/", "events": ["payment.failed"], "description": None, "status": "disabled"}
    expected = shown(made)
    for name, value in changes.items():
        expected[name] = value
        if value == "disabled":
            expected["disabled_by"] = "merchant"
        assert client.post(path, {name: value}).json() == expected
    assert client.get(path).json() == expected
    for name, value, message in (("status", "off", "Invalid status"), ("url", "ftp://x", "Invalid URL"),
                                 ("events", [], "Invalid events")):
        assert client.post(path, {name: value}).json() == {"error": message}
    del expected["disabled_by"]
    assert client.post(path, {"status": "enabled"}).json() == {**expected, "status": "enabled"}


@pytest.mark.parametrize("who", ["gone", "failing"])
def test_why_one_is_disabled_is_shown_until_it_is_enabled(stack, client, who):
    made = make(client, description=who)
    path = f"/webhook_endpoints/{made.json()['id']}"
    stack.database.sql(f"UPDATE webhook_endpoints SET disabled_at = UTC_TIMESTAMP(3), disabled_by = '{who}',"
                       f" failing_since = UTC_TIMESTAMP(3) WHERE description = '{who}'")
    for answer in (client.get(path), client.post(path, {"status": "disabled"}), client.post(path, {"events": ["*"]})):
        assert (answer.json()["status"], answer.json()["disabled_by"]) == ("disabled", who)
    assert client.post(path, {"status": "enabled"}).json() == client.get(path).json() == shown(made)
    assert stack.database.sql("SELECT disabled_at, disabled_by, failing_since FROM webhook_endpoints"
                              f" WHERE description = '{who}'") == [["NULL"] * 3]


def test_a_secret_is_replaced_and_both_sign_for_a_time(stack, client):
    made = make(client, description="rotated")
    path = f"/webhook_endpoints/{made.json()['id']}"
    first = base64.b64decode(made.json()["secret"].removeprefix("whsec_"))
    assert secrets(stack, "rotated") == [(first, "NULL")]
    answer = client.post(path + "/rotate", {})
    assert answer.status_code == 200 and shown(answer) == shown(made)
    second = base64.b64decode(answer.json()["secret"].removeprefix("whsec_"))
    assert secrets(stack, "rotated") == [(first, "1"), (second, "NULL")] and first != second
    stack.database.sql("UPDATE webhook_secrets SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR"
                       " WHERE expires_at IS NOT NULL")
    client.post(path + "/rotate", {})
    assert [ends for _, ends in secrets(stack, "rotated")] == ["0", "1", "NULL"]  # what had ended stays so


def test_one_is_deleted(stack, client):
    made, other = make(client, description="deleted"), make(client)
    path = f"/webhook_endpoints/{made.json()['id']}"
    answer = client.delete(path)
    assert (answer.status_code, answer.json()) == (200, {"id": made.json()["id"], "deleted": True})
    for again in (client.delete(path), client.get(path), client.post(path, {}), client.post(path + "/rotate", {})):
        assert (again.status_code, again.text) == NOT_FOUND
    assert client.get("/webhook_endpoints").json()["data"] == [shown(other)]
    assert secrets(stack, "deleted") == [(b"", "0")]


def test_nobody_else_sees_it(stack, client):
    made = make(client).json()["id"]
    stranger = Client(stack.web.url, stack.new_merchant("A stranger")[1])
    for path in (made, "we_1", made.replace("we_", "pay_")):
        for answer in (stranger.get(f"/webhook_endpoints/{path}"), stranger.post(f"/webhook_endpoints/{path}", {}),
                       stranger.delete(f"/webhook_endpoints/{path}"),
                       stranger.post(f"/webhook_endpoints/{path}/rotate", {})):
            assert (answer.status_code, answer.text) == NOT_FOUND, path
    assert stranger.get("/webhook_endpoints").json() == {"data": [], "has_more": False}
    assert client.get(f"/webhook_endpoints/{made}").json()["status"] == "enabled"


def test_a_key_that_may_only_read_changes_nothing(stack):
    merchant, key = stack.new_merchant("A shop with a report")
    made = make(Client(stack.web.url, key)).json()["id"]
    reader = Client(stack.web.url, stack.admin("key", "create", merchant, "--read-only")["key"])
    assert [one["id"] for one in reader.get("/webhook_endpoints").json()["data"]] == [made]
    for answer in (make(reader), reader.post(f"/webhook_endpoints/{made}", {}), reader.delete(f"/webhook_endpoints/{made}"),
                   reader.post(f"/webhook_endpoints/{made}/rotate", {})):
        assert (answer.status_code, answer.text) == (403, '{"error":"Read-only API key"}')
    assert reader.get(f"/webhook_endpoints/{made}").json()["status"] == "enabled"


def test_the_first_one_lets_events_be_written(client):
    client.pay(amount=4)
    assert client.get("/events").json()["data"] == []
    make(client)
    paid = client.pay(amount=5).json()
    assert [event["data"] for event in client.get("/events").json()["data"]] == [paid]


def test_there_are_not_more_than_a_merchant_may_have(client):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: make(client), range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] * 16 + [400] * 4
    refused = next(answer for answer in answers if answer.status_code == 400)
    assert refused.json() == {"error": "Too many webhook endpoints"}
    client.delete(f"/webhook_endpoints/{client.get('/webhook_endpoints').json()['data'][0]['id']}")
    assert make(client).status_code == 201


def test_no_secret_is_in_the_log(stack, client):
    made = make(client)
    rotated = client.post(f"/webhook_endpoints/{made.json()['id']}/rotate", {})
    log = stack.workers.log()
    assert "whsec_" not in log
    for answer in (made, rotated):
        assert answer.json()["secret"].removeprefix("whsec_") not in log


def test_an_operator_who_sends_none():
    with Stack(key_cache_seconds=0) as off:
        answer = make(off.client)
        assert (answer.status_code, answer.text) == (403, '{"error":"Webhooks not enabled"}')
        assert off.client.get("/webhook_endpoints").json() == {"data": [], "has_more": False}
