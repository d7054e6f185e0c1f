"""Webhook endpoints by payment-admin: what an operator does to them is what their merchant sees.

SPDX-License-Identifier: MIT
"""

import base64
import re

import pytest
from harness.client import Client
from harness.stack import Stack

URL = "https://shop.example/hooks"
UNKNOWN = "we_00000000000000000000000000"


@pytest.fixture(scope="module")
def stack():
    with Stack(key_cache_seconds=0) as running:
        yield running


@pytest.fixture(name="shop")
def a_merchant(stack):
    """(id, client) of one that has no endpoint yet."""
    merchant, key = stack.new_merchant("A shop with hooks")
    return merchant, Client(stack.web.url, key)


def create(stack, merchant, *options):
    return stack.admin("webhook", "create", "--merchant", merchant, "--url", URL, *options)


def listed(stack, merchant):
    return stack.admin("webhook", "list", "--merchant", merchant)["endpoints"]


def acts(stack, endpoint):
    return [(act["act"], act["detail"], act["reason"]) for act in stack.admin("audit", "list", endpoint)["acts"]]


def secrets(stack, endpoint):
    """Each secret of its in text, and whether it ends at a time to come."""
    rows = stack.database.sql(
        "SELECT HEX(s.secret), IFNULL(s.expires_at > UTC_TIMESTAMP(3), 'never') FROM webhook_secrets s JOIN"
        f" webhook_endpoints e ON e.id = s.endpoint_id WHERE e.description = '{endpoint['description']}' ORDER BY s.id")
    return [("whsec_" + base64.b64encode(bytes.fromhex(row[0])).decode(), row[1]) for row in rows]


def refused(stack, status, words, *arguments):
    result = stack.try_admin("webhook", *arguments)
    assert (result.returncode, result.stdout) == (status, "") and words in result.stderr, result.stderr


def test_one_is_made_and_the_merchant_sees_it(stack, shop):
    merchant, client = shop
    made = create(stack, merchant, "--events", "payment.failed,payment.succeeded", "--description", "made", "--reason", "asked")
    assert list(made) == ["id", "merchant_id", "mode", "url", "events", "description", "status", "disabled_by",
                          "failing_since", "created_at", "secret"]
    assert (made["merchant_id"], made["mode"], made["failing_since"]) == (merchant, "test", None)
    assert secrets(stack, made) == [(made["secret"], "never")]
    shown = {name: made[name] for name in ("id", "url", "events", "description", "status", "created_at")}
    assert shown["events"] == ["payment.succeeded", "payment.failed"]
    assert client.get("/webhook_endpoints").json()["data"] == [shown]
    assert listed(stack, merchant) == [{name: value for name, value in made.items() if name != "secret"}]
    assert acts(stack, made["id"]) == [("webhook create", f"of {merchant}, test, url: {URL}, events:"
                                        " payment.failed,payment.succeeded, description: made", "asked")]
    assert made["secret"] not in stack.try_admin("audit", "list").stdout
    paid = client.pay().json()  # the first endpoint turns events on
    assert [event["data"] for event in client.get("/events").json()["data"]] == [paid]


def test_all_events_and_live_ones(stack, shop):
    merchant, client = shop
    live, test = create(stack, merchant, "--live"), create(stack, merchant)
    assert (live["mode"], live["events"], live["description"]) == ("live", ["*"], None)
    assert [one["id"] for one in client.get("/webhook_endpoints").json()["data"]] == [test["id"]]
    assert [one["id"] for one in listed(stack, merchant)] == [live["id"], test["id"]]
    every = [one["id"] for one in stack.admin("webhook", "list")["endpoints"]]
    assert every == sorted(every) and {live["id"], test["id"]} < set(every)


def test_for_people(stack, shop):
    result = stack.try_admin("webhook", "create", "--merchant", shop[0], "--url", URL, "--description", "for people")
    endpoint = re.search(r"Created webhook endpoint (we_\w{26})\.", result.stdout).group(1)
    secret = re.search(r"^ {4}(whsec_\S+)$", result.stdout, re.M).group(1)
    assert secrets(stack, {"description": "for people"}) == [(secret, "never")]
    lines = stack.try_admin("webhook", "list").stdout.splitlines()
    assert lines[0].split()[:4] == ["ID", "MERCHANT", "MODE", "STATUS"]
    line = next(line for line in lines if line.startswith(endpoint))
    assert line.split() == [endpoint, shop[0], "test", "enabled", "-", URL, "*", "for", "people"]
    for arguments, words in ((("set", endpoint, "--disable"), "Set"), (("rotate", endpoint), "whsec_"),
                             (("delete", endpoint), "Deleted")):
        assert words in stack.try_admin("webhook", *arguments).stdout


def test_one_is_changed(stack, shop):
    merchant, client = shop
    made = create(stack, merchant, "--description", "changed")
    expected = listed(stack, merchant)[0]
    for options, change in (
        (("--url", "https://other.example/"), {"url": "https://other.example/"}),
        (("--events", "refund.failed"), {"events": ["refund.failed"]}), (("--description", ""), {"description": None}),
        (("--disable", "--events", "*"), {"status": "disabled", "disabled_by": "merchant", "events": ["*"]}),
        (("--enable",), {"status": "enabled", "disabled_by": None}),
    ):
        expected.update(change)
        assert stack.admin("webhook", "set", made["id"], *options, "--reason", "asked") == expected
        assert listed(stack, merchant) == [expected]
        assert client.get(f"/webhook_endpoints/{made['id']}").json()["status"] == expected["status"]
    stack.admin("webhook", "set", made["id"], "--events", "*")  # as it is: no row
    assert [(detail, reason) for act, detail, reason in acts(stack, made["id"]) if act == "webhook set"] == [
        ("enabled", "asked"), ("disabled, events: *", "asked"), ("description: ", "asked"), ("events: refund.failed", "asked"),
        ("url: https://other.example/", "asked")]


def test_one_that_fails_is_shown_and_enabled_again(stack, shop):
    merchant, _ = shop
    made = create(stack, merchant, "--description", "fails")
    stack.database.sql("UPDATE webhook_endpoints SET failing_since = '2026-01-02 03:04:05' WHERE description = 'fails'")
    assert listed(stack, merchant)[0]["failing_since"] == "2026-01-02T03:04:05Z"
    stack.database.sql("UPDATE webhook_endpoints SET disabled_at = UTC_TIMESTAMP(3), disabled_by = 'failing'"
                       " WHERE description = 'fails'")
    assert (listed(stack, merchant)[0]["status"], listed(stack, merchant)[0]["disabled_by"]) == ("disabled", "failing")
    text = stack.try_admin("webhook", "list", "--merchant", merchant).stdout
    assert "disabled: failing   2026-01-02T03:04:05Z" in text
    again = stack.admin("webhook", "set", made["id"], "--enable")
    assert (again["status"], again["disabled_by"], again["failing_since"]) == ("enabled", None, None)


@pytest.mark.parametrize("grace, lives", [((), "1"), (("--grace", "30m"), "1"), (("--grace", "0m"), "0")])
def test_a_secret_is_replaced(stack, shop, grace, lives):
    name = "rotated" + "".join(grace)
    made = create(stack, shop[0], "--description", name)
    rotated = stack.admin("webhook", "rotate", made["id"], *grace, "--reason", "lost")
    assert rotated["secret"] != made["secret"] and rotated["id"] == made["id"]
    assert secrets(stack, made) == [(made["secret"], lives), (rotated["secret"], "never")]
    act, detail, reason = acts(stack, made["id"])[0]
    assert (act, reason) == ("webhook rotate", "lost") and re.fullmatch(r"the old secret ends at 20\S+Z", detail)


def test_one_is_deleted(stack, shop):
    merchant, client = shop
    made, other = create(stack, merchant), create(stack, merchant)
    assert stack.admin("webhook", "delete", made["id"], "--reason", "gone") == {"id": made["id"], "deleted": True}
    assert [one["id"] for one in listed(stack, merchant)] == [other["id"]]
    assert client.get(f"/webhook_endpoints/{made['id']}").status_code == 404
    for arguments in (("delete",), ("rotate",), ("set", "--enable")):
        refused(stack, 1, "no such webhook endpoint", arguments[0], made["id"], *arguments[1:])
    assert [act for act, _, _ in acts(stack, made["id"])] == ["webhook delete", "webhook create"]


@pytest.mark.parametrize("status, words, arguments", [
    (2, "--merchant ID and --url URL", ("create", "--url", URL)),
    (2, "nothing to set", ("set", UNKNOWN)), (2, "not both", ("set", UNKNOWN, "--enable", "--disable")),
    (1, "no such webhook endpoint", ("set", UNKNOWN, "--enable")), (1, "no such webhook endpoint", ("rotate", "we_1")),
    (1, "no such webhook endpoint", ("delete", UNKNOWN)), (1, "no such merchant", ("list", "--merchant", "mer_1")),
    (1, "no https address", ("set", UNKNOWN, "--url", "http://shop.example/")),
    (1, "no list of types", ("set", UNKNOWN, "--events", "payment.paid")),
    (1, "no list of types", ("set", UNKNOWN, "--events", "")),
    (1, "card number", ("set", UNKNOWN, "--description", "4242 4242 4242 4242")),
    (1, "the description must be", ("set", UNKNOWN, "--description", "x" * 256)),
    (1, "--grace must be", ("rotate", UNKNOWN, "--grace", "long")),
    (1, "no such merchant", ("create", "--url", URL, "--merchant", "mer_00000000000000000000000000")),
], ids=lambda value: None if isinstance(value, tuple) else re.sub(r"\W+", "-", str(value)))
def test_what_is_wrong_is_told(stack, status, words, arguments):
    before = stack.database.sql("SELECT COUNT(*) FROM audit"), stack.admin("webhook", "list")
    refused(stack, status, words, *arguments)
    assert (stack.database.sql("SELECT COUNT(*) FROM audit"), stack.admin("webhook", "list")) == before


def test_there_are_not_more_than_a_merchant_may_have(stack, shop):
    for _ in range(16):
        create(stack, shop[0])
    refused(stack, 1, "may not have more", "create", "--merchant", shop[0], "--url", URL)
    assert create(stack, shop[0], "--live")["mode"] == "live"
