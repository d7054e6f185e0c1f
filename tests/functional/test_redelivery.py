"""Events that are sent once more because somebody asks, and what was sent: the rows that the courier works on, and
what is shown of its attempts.

SPDX-License-Identifier: MIT
"""

import datetime

import pytest
from harness.client import Client, value_of
from harness.stack import Stack

URL = "https://shop.example/hooks"
NO_EVENT = (404, '{"error":"Event not found"}')
NO_ENDPOINT = (404, '{"error":"Webhook endpoint not found"}')
UNWANTED = (409, '{"error":"No webhook endpoint wants this event"}')


@pytest.fixture(scope="module")
def stack():
    """Without a courier: what is asked for stands in the tables."""
    with Stack(key_cache_seconds=0) as running:
        yield running


class Shop:
    def __init__(self, stack):
        self.stack = stack
        self.merchant, key = stack.new_merchant("A shop with hooks")
        self.client = Client(stack.web.url, key)

    def endpoint(self, *events):
        return self.stack.admin("webhook", "create", "--merchant", self.merchant, "--url", URL, "--events",
                                ",".join(events) or "*")["id"]

    def event(self):
        self.client.pay()
        return self.client.get("/events").json()["data"][0]["id"]

    def redeliver(self, event, body=None):
        return self.client.post(f"/events/{event}/redeliver", body)

    def redeliver_range(self, endpoint, **times):
        return self.client.post(f"/webhook_endpoints/{endpoint}/redeliver", times)


@pytest.fixture(name="shop")
def a_shop(stack):
    return Shop(stack)


def unhex(identifier):
    return f"UNHEX('{value_of(identifier):032x}')"


def deliveries(stack, event):
    """{endpoint's number: (state, tries, whether it is due now)}"""
    rows = stack.database.sql("SELECT HEX(endpoint_id), state, tries, IFNULL(due_at <= UTC_TIMESTAMP(3), 'never') FROM"
                              f" webhook_deliveries WHERE event_id = {unhex(event)}")
    return {int(row[0], 16): tuple(row[1:]) for row in rows}


def told(answer):
    return answer.status_code, answer.text


DUE = ("pending", "0", "1")


@pytest.mark.parametrize("body", [None, {}])
def test_an_event_is_due_at_all_that_want_it(stack, shop, body):
    every, one = shop.endpoint(), shop.endpoint("payment.succeeded", "payment.failed")
    shop.endpoint("refund.succeeded")
    disabled = shop.endpoint()
    shop.client.post(f"/webhook_endpoints/{disabled}", {"status": "disabled"})
    shop.client.delete(f"/webhook_endpoints/{shop.endpoint()}")
    event = shop.event()
    answer = shop.redeliver(event, body)
    assert (answer.status_code, answer.json()) == (202, {"id": event, "deliveries": 2})
    assert deliveries(stack, event) == {value_of(every): DUE, value_of(one): DUE}


@pytest.mark.parametrize("state, due_at", [("delivered", "NULL"), ("failed", "NULL"),
                                           ("pending", "UTC_TIMESTAMP(3) + INTERVAL 1 HOUR")])
def test_whatever_became_of_it_before(stack, shop, state, due_at):
    endpoint, other = shop.endpoint(), shop.endpoint()
    event, before = shop.event(), shop.event()
    for which in (event, before):
        for to in (endpoint, other):
            stack.database.sql("INSERT INTO webhook_deliveries (endpoint_id, event_id, state, tries, due_at) VALUES"
                               f" ({unhex(to)}, {unhex(which)}, '{state}', 7, {due_at})")
    answer = shop.redeliver(event, {"endpoint": endpoint})
    assert (answer.status_code, answer.json()) == (202, {"id": event, "deliveries": 1})
    as_it_was = (state, "7", "never" if due_at == "NULL" else "0")
    assert deliveries(stack, event) == {value_of(endpoint): DUE, value_of(other): as_it_was}
    assert set(deliveries(stack, before).values()) == {as_it_was}


def test_what_an_event_cannot_be_sent_to(stack, shop):
    refunds = shop.endpoint("refund.succeeded")
    event = shop.event()
    stranger = Shop(stack)
    foreign = stranger.endpoint()
    for path in (event, "evt_1", event.replace("evt_", "pay_")):
        assert told(stranger.redeliver(path)) == NO_EVENT
    assert told(shop.redeliver(event)) == UNWANTED
    assert told(shop.redeliver(event, {"endpoint": refunds})) == UNWANTED
    for endpoint in (foreign, "we_1", ""):
        assert told(shop.redeliver(event, {"endpoint": endpoint})) == NO_ENDPOINT
    assert told(shop.redeliver(event, {"endpoint": 7})) == (400, '{"error":"Invalid endpoint"}')
    assert told(shop.redeliver(event, "[")) == (400, '{"error":"Invalid JSON"}')
    wanting = shop.endpoint()
    shop.client.post(f"/webhook_endpoints/{wanting}", {"status": "disabled"})
    assert told(shop.redeliver(event, {"endpoint": wanting})) == UNWANTED
    assert deliveries(stack, event) == {}
    reader = Client(stack.web.url, stack.admin("key", "create", shop.merchant, "--read-only")["key"])
    assert reader.post(f"/events/{event}/redeliver", None).status_code == 403


def asked(stack, endpoint):
    """The range that the courier is to work off: milliseconds of both ends, or None."""
    after, until = stack.database.sql(f"SELECT HEX(resend_after), HEX(resend_until) FROM webhook_endpoints WHERE id ="
                                      f" {unhex(endpoint)}")[0]
    return None if after == "NULL" else (int(after[:12], 16), int(until[:12], 16))


NOON = 1718020800000  # 2024-06-10T12:00:00Z


@pytest.mark.parametrize("since, until", [
    ("2024-06-10T12:00:00Z", "2024-06-10T13:00:00Z"), (1718020800, 1718024400),
    ("2024-06-10T14:00:00+02:00", "1718024400"),
])
def test_a_range_of_time(stack, shop, since, until):
    endpoint = shop.endpoint()
    answer = shop.redeliver_range(endpoint, since=since, until=until)
    assert (answer.status_code, answer.json()) == (
        202, {"id": endpoint, "since": "2024-06-10T12:00:00Z", "until": "2024-06-10T13:00:00Z"})
    # Behind the last id of the millisecond before, up to the first one of the end.
    assert asked(stack, endpoint) == (NOON - 1, NOON + 3600000)
    edges = stack.database.sql(f"SELECT HEX(resend_after), HEX(resend_until) FROM webhook_endpoints WHERE id = {unhex(endpoint)}")
    assert [edge[12:] for edge in edges[0]] == ["F" * 20, "0" * 20]


def test_until_now_and_a_wider_one(stack, shop):
    endpoint = shop.endpoint()
    shop.event()
    now = int(datetime.datetime.now(datetime.timezone.utc).timestamp() * 1000)
    answer = shop.redeliver_range(endpoint, since="2024-06-10T12:00:00Z")
    since, until = asked(stack, endpoint)
    assert answer.status_code == 202 and since == NOON - 1 and now < until < now + 60000
    shop.redeliver_range(endpoint, since="2024-06-10T12:30:00Z", until="2024-06-10T12:40:00Z")
    assert asked(stack, endpoint) == (since, until)
    shop.redeliver_range(endpoint, since="2024-06-10T11:00:00Z", until="2024-06-10T12:40:00Z")
    assert asked(stack, endpoint) == (NOON - 3600001, until)


def test_wrong_ranges(stack, shop):
    endpoint = shop.endpoint()
    for times, member in (
        ({}, "since"), ({"since": "yesterday"}, "since"), ({"since": None}, "since"), ({"since": "2124-06-10T12:00:00Z"}, "since"),
        ({"since": 1.5}, "since"), ({"since": "1", "until": "1"}, "until"), ({"since": "5", "until": "4"}, "until"),
        ({"since": "5", "until": None}, "until"),
    ):
        assert told(shop.redeliver_range(endpoint, **times)) == (400, f'{{"error":"Invalid {member}"}}'), times
    for one in (Shop(stack).endpoint(), "we_1"):
        assert told(shop.redeliver_range(one, since="5")) == NO_ENDPOINT
    shop.client.post(f"/webhook_endpoints/{endpoint}", {"status": "disabled"})
    assert told(shop.redeliver_range(endpoint, since="5")) == (409, '{"error":"Webhook endpoint disabled"}')
    assert asked(stack, endpoint) is None


def test_by_payment_admin(stack, shop):
    endpoint = shop.endpoint()
    event = shop.event()
    assert stack.admin("webhook", "redeliver", event, "--reason", "asked") == {"id": event, "deliveries": 1}
    assert deliveries(stack, event) == {value_of(endpoint): DUE}
    stack.admin("webhook", "redeliver", endpoint, "--since", "2024-06-10", "--until", "2024-06-10T13:00:00Z")
    assert asked(stack, endpoint) == (NOON - 12 * 3600000 - 1, NOON + 3600000)
    acts = [stack.admin("audit", "list", one)["acts"][0] for one in (event, endpoint)]
    assert [(act["act"], act["detail"], act["reason"]) for act in acts] == [
        ("webhook redeliver", None, "asked"),
        ("webhook redeliver", "events from 2024-06-10T00:00:00Z until 2024-06-10T13:00:00Z", None)]
    assert "2024-06-10T00:00:00Z" in stack.try_admin("webhook", "redeliver", endpoint, "--since", "2024-06-10").stdout
    assert "1 endpoint" in stack.try_admin("webhook", "redeliver", event).stdout
    stack.admin("webhook", "set", endpoint, "--disable")
    count = stack.database.sql("SELECT COUNT(*) FROM audit")
    for status, words, arguments in (
        (1, "enabled and wants", (event,)), (1, "is disabled", (endpoint, "--since", "2024-06-10")), (2, "--since DATE", (endpoint,)),
        (2, "for an endpoint", (event, "--since", "2024-06-10")), (1, "no such event or", ("mer_1",)),
        (1, "no such event", ("evt_00000000000000000000000000",)), (1, "ends before", (endpoint, "--since", "2124-01-01")),
        (1, "no such webhook endpoint", ("we_00000000000000000000000000", "--since", "2024-06-10")),
    ):
        result = stack.try_admin("webhook", "redeliver", *arguments)
        assert (result.returncode, result.stdout) == (status, "") and words in result.stderr, result.stderr
    assert stack.database.sql("SELECT COUNT(*) FROM audit") == count


def attempt(stack, endpoint, event, number, status="NULL", answer="'none'"):
    stack.database.sql("INSERT INTO webhook_attempts (id, endpoint_id, event_id, attempted_at, milliseconds, status, answer)"
                       f" VALUES (UNHEX(LPAD(HEX({number}), 32, '0')), {unhex(endpoint)}, {unhex(event)},"
                       f" '2026-01-01' + INTERVAL {number} SECOND, {number}, {status}, {answer})")


def test_attempts(stack, shop):
    endpoint, other = shop.endpoint(), shop.endpoint()
    event, neighbour = shop.event(), shop.event()
    assert shop.client.get(f"/events/{event}/attempts").json() == {"data": [], "has_more": False}
    shop.redeliver(event, {"endpoint": endpoint})
    stack.database.sql(f"INSERT INTO webhook_deliveries (endpoint_id, event_id, state) VALUES ({unhex(other)}, {unhex(event)}, 'delivered')")
    attempt(stack, endpoint, event, 1)
    attempt(stack, other, event, 2, 200, "CONCAT('a\"b', CHAR(10), X'FF41C3A900E282')")
    attempt(stack, endpoint, event, 3, 503, "REPEAT(X'FF', 256)")
    attempt(stack, endpoint, neighbour, 4)
    expected = [
        {"endpoint": endpoint, "attempted_at": "2026-01-01T00:00:03Z", "status": 503, "milliseconds": 3,
         "answer": "�" * 256, "state": "pending"},
        {"endpoint": other, "attempted_at": "2026-01-01T00:00:02Z", "status": 200, "milliseconds": 2,
         "answer": 'a"b\n�Aé���', "state": "delivered"},
        {"endpoint": endpoint, "attempted_at": "2026-01-01T00:00:01Z", "status": None, "milliseconds": 1, "answer": "none",
         "state": "pending"}]
    assert shop.client.get(f"/events/{event}/attempts").json() == {"data": expected, "has_more": False}
    assert told(Shop(stack).client.get(f"/events/{event}/attempts")) == NO_EVENT
    assert told(shop.client.get("/events/evt_1/attempts")) == NO_EVENT

    shown = stack.admin("webhook", "attempts", event)["attempts"]
    assert [{name: row[name] for name in expected[0]} for row in shown] == expected
    assert [row["event"] for row in shown] == [event] * 3
    assert [row["milliseconds"] for row in stack.admin("webhook", "attempts", endpoint)["attempts"]] == [4, 3, 1]
    limited = stack.admin("webhook", "attempts", endpoint, "--limit", "1")["attempts"]
    assert [(row["milliseconds"], row["state"]) for row in limited] == [(4, None)]
    lines = stack.try_admin("webhook", "attempts", event).stdout.splitlines()
    assert len(lines) == 4 and 'a"b' in lines[2]  # the answer's line break is none here
    assert stack.try_admin("webhook", "attempts", "pay_1").returncode == 1


def test_a_hundred_attempts_are_shown(stack, shop):
    endpoint, event = shop.endpoint(), shop.event()
    stack.database.sql("INSERT INTO webhook_attempts (id, endpoint_id, event_id, attempted_at, milliseconds, answer) SELECT"
                       f" UNHEX(MD5(CONCAT('many', seq))), {unhex(endpoint)}, {unhex(event)}, UTC_TIMESTAMP(3), seq,"
                       " REPEAT(CHAR(1), 256) FROM seq_1_to_101")
    page = shop.client.get(f"/events/{event}/attempts").json()
    assert (len(page["data"]), page["has_more"]) == (100, True)
