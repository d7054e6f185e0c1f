"""GET /payments and GET /refunds: pages, cursors and filters, also while others make records.

SPDX-License-Identifier: MIT
"""

import datetime
import itertools
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.client import Client, text_of, value_of
from harness.process import wait_until
from harness.stack import Stack
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SETTINGS = settings(
    max_examples=int(os.environ.get("PAYMENT_API_EXAMPLES", "200")), deadline=None,
    derandomize=bool(os.environ.get("CI")), suppress_health_check=list(HealthCheck),
)
START = 1718020800  # 2024-06-10T12:00:00Z: long before anything that the API makes here
SECONDS = 40  # over which the records of the reference are spread
STATUSES = ("processing", "succeeded", "failed")
CURRENCIES = ("USD", "EUR", "JPY")
WRONG = (400, '{"error":"Invalid query parameter"}')


def new_value(unix_ms, chance):
    return unix_ms << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)


def rows_of(count, chance):
    """Records of the reference: (identifier's value, second of creation, status, currency), newest first."""
    times = sorted((START * 1000 + chance.choice((0, 1, 500, 999, chance.randrange(1000))) +
                    1000 * chance.randrange(SECONDS) for _ in range(count)), reverse=True)
    values = sorted((new_value(unix_ms, chance) for unix_ms in times), reverse=True)
    return [(value, (value >> 80) // 1000, chance.choices(STATUSES, (1, 6, 2))[0], chance.choice(CURRENCIES))
            for value in values]


def insert(database, merchant, rows):
    """Puts them into the database as payments, each with a refund of the same status and time."""
    owner = f"UNHEX('{value_of(merchant):032x}')"
    payments, refunds = [], []
    for value, second, status, currency in rows:
        created = f"FROM_UNIXTIME({(value >> 80) / 1000:.3f})"
        decline = "'card_declined'" if status == "failed" else "NULL"
        payments.append(f"(UNHEX('{value:032x}'),{owner},100,'{currency}','{status}',{decline},'sandbox','tok_visa',{created})")
        refunds.append(f"(UNHEX('{value:032x}'),{owner},UNHEX('{rows[second % 3][0]:032x}'),1,'{status}',{created})")
    database.sql(
        "SET time_zone = '+00:00'; INSERT INTO payments (id, merchant_id, amount, currency, status, decline, processor,"
        f" source, created_at) VALUES {','.join(payments)};"
        "INSERT INTO refunds (id, merchant_id, payment_id, amount, status, created_at)"
        f" VALUES {','.join(refunds)}")


class Shop:
    """A merchant whose old records are known, and for whom somebody makes new ones all the time."""

    def __init__(self, stack):
        chance = random.Random(7)
        self.merchant, key = stack.new_merchant("Lister")
        self.client = Client(stack.client.url, key)
        self.rows = rows_of(150, chance)
        insert(stack.database, self.merchant, self.rows)
        other, _ = stack.new_merchant("Neighbour")
        insert(stack.database, other, rows_of(50, chance))
        self.ended = threading.Event()
        self.made = 0

    def make_payments(self):
        client = Client(self.client.url, self.client.key)
        for number in itertools.count():
            if self.ended.wait(0.02):
                return
            payment = client.pay(source="tok_chargeDeclined" if number % 3 == 2 else "tok_visa")
            if payment.status_code == 201:
                client.refund(payment.json()["id"], 1)
            self.made += 1


@pytest.fixture(scope="module")
def shop(stack):
    running = Shop(stack)
    with ThreadPoolExecutor(2) as others:
        futures = [others.submit(running.make_payments) for _ in range(2)]
        yield running
        running.ended.set()
        for future in futures:
            future.result()
    assert running.made > 0


@pytest.fixture
def lister(stack):
    """A client whose merchant has nothing yet."""
    _, key = stack.new_merchant("New shop")
    return Client(stack.client.url, key)


def page(client, path="/payments", **parameters):
    """The answer's data and has_more; a name ending in _gte and so on is created[...]."""
    names = {f"created_{relation}": f"created[{relation}]" for relation in ("gte", "gt", "lte", "lt")}
    answer = client.session.get(
        client.url + path, params={names.get(name, name): value for name, value in parameters.items()},
        headers={"Authorization": f"Bearer {client.key}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["data", "has_more"]
    ids = [record["id"] for record in body["data"]]
    assert ids == sorted(set(ids), reverse=True)  # newest first, none twice
    return body["data"], body["has_more"]


def ids(records):
    return [record["id"] for record in records]


def test_an_empty_list(lister):
    for path in ("/payments", "/refunds"):
        answer = lister.get(path)
        assert (answer.status_code, answer.text) == (200, '{"data":[],"has_more":false}')
        assert answer.headers["Cache-Control"] == "no-store"


def test_records_look_as_when_they_are_read(lister):
    payments = [lister.pay(amount=amount).json() for amount in (1, 2.5, 3)]
    declined = lister.pay(source="tok_chargeDeclined").headers["Location"].removeprefix("/v1")
    refund = lister.refund(payments[1]["id"], 0.5).json()
    expected = [lister.get(declined).text, *(lister.get("/payments/" + payment["id"]).text
                                             for payment in sorted(payments, key=lambda one: one["id"], reverse=True))]
    listed = lister.get("/payments")
    body = listed.text.removeprefix('{"data":[').removesuffix('],"has_more":false}')
    assert sorted(body.replace("},{", "}\n{").split("\n")) == sorted(expected)
    assert listed.headers["Content-Length"] == str(len(listed.content))
    assert lister.get("/refunds").text == '{"data":[%s],"has_more":false}' % lister.get("/refunds/" + refund["id"]).text


def test_head_is_get_without_a_body(lister):
    lister.pay()
    head, get = lister.request("HEAD", "/payments"), lister.get("/payments")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_ten_are_shown_unless_asked_otherwise(shop):
    old = text_of("pay_", shop.rows[0][0])
    assert len(page(shop.client, starting_after=old)[0]) == 10
    assert len(page(shop.client, starting_after=old, limit=1)[0]) == 1
    records, more = page(shop.client, starting_after=old, limit=100)
    assert (len(records), more) == (100, True)


@pytest.mark.parametrize("path, prefix", [("/payments", "pay_"), ("/refunds", "refund_")])
def test_a_walk_meets_each_record_once(shop, path, prefix):
    """From the newest to the oldest and back, while others make more."""
    known = {text_of(prefix, row[0]) for row in shop.rows}
    met, cursor, more = [], {}, True
    while more:
        records, more = page(shop.client, path, limit=13, **cursor)
        met += ids(records)
        cursor = {"starting_after": met[-1]}
    assert met == sorted(set(met), reverse=True)
    assert known == {met_id for met_id in met if value_of(met_id) >> 80 < START * 1000 + 1000 * SECONDS}
    back, more = [met[-1]], True
    while more and len(back) < len(known):
        records, more = page(shop.client, path, limit=13, ending_before=back[-1])
        back += reversed(ids(records))
    assert set(back[:len(known)]) == known


def test_nothing_of_others(stack, shop):
    """Neither another merchant's, nor another mode's, and a foreign identifier is but a place in time."""
    foreign = stack.client.pay().json()["id"]
    _, more = page(shop.client, starting_after=foreign)
    assert more
    mine, payment = stack.client, stack.client.pay().json()["id"]
    refund = mine.refund(payment, 1).json()["id"]
    assert ids(page(mine, "/refunds", payment_id=payment)[0]) == [refund]
    assert page(shop.client, "/refunds", payment_id=payment) == ([], False)
    assert not set(ids(page(shop.client, limit=100)[0])) & {foreign, payment}


def test_live_payments_are_not_in_the_lists_of_test_keys(stack, lister):
    payment = lister.pay().json()["id"]
    other = lister.pay().json()["id"]
    stack.database.sql(f"UPDATE payments SET mode = 'live' WHERE id = UNHEX('{value_of(other):032x}')")
    assert ids(page(lister)[0]) == [payment]


@pytest.mark.parametrize("query", [
    "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=", "limit", "limit=ten", "limit=1&limit=1", "limit=5&%6cimit=5",
    "starting_after=", "starting_after=x", "starting_after=REFUND", "ending_before=pay_1",
    "starting_after=ID&ending_before=ID", "starting_after=ID&starting_after=ID",
    "created=1", "created[]=1", "created[ge]=1", "created[gte]=", "created[gte]=yesterday", "created[gte]=2024-06-10",
    "created[gte]=2024-06-10T12:00:00", "created[gte]=1&created[gte]=1", "created[gte]=1&created%5Bgte%5D=1",
    "created[GTE]=1", "status=paid", "status=", "status=Succeeded", "status=failed&status=failed",
    "currency=usd", "currency=", "currency=XXX", "currency=USD&currency=USD",
    "nothing=1", "=1", "LIMIT=1", "limit=%zz", "limit=1%", "limit=1%00", "offset=5", "page=2", "a=" + "x" * 1100,
    "&".join(f"p{number}=1" for number in range(30)),
])
def test_wrong_queries_of_payments(api, query):
    payment = api.pay().json()["id"]
    refund = api.refund(payment, 1).json()["id"]
    answer = api.get("/payments?" + query.replace("ID", payment).replace("REFUND", refund))
    assert (answer.status_code, answer.text) == WRONG


@pytest.mark.parametrize("query", ["payment_id=", "payment_id=x", "payment_id=REFUND", "currency=USD", "status=returned",
                                   "payment_id=PAY&payment_id=PAY", "starting_after=PAY"])
def test_wrong_queries_of_refunds(api, query):
    payment = api.pay().json()["id"]
    refund = api.refund(payment, 1).json()["id"]
    answer = api.get("/refunds?" + query.replace("PAY", payment).replace("REFUND", refund))
    assert (answer.status_code, answer.text) == WRONG


def test_a_wrong_query_is_told_after_the_key(api):
    assert api.request("GET", "/payments?limit=0", key=False).status_code == 401
    assert api.get("/payments?limit=0").status_code == 400
    assert api.get("/payment?limit=0").status_code == 404


def test_what_reads_and_posts_do_not_know_is_ignored(api):
    payment = api.pay().json()["id"]
    for query in ("limit=0", "%zz", "x" * 2000):
        assert api.get(f"/payments/{payment}?{query}").status_code == 200
        assert api.post(f"/payments?{query}", {"amount": 1, "currency": "USD", "source": "tok_visa"}).status_code == 201


def test_escapes_and_time_zones(shop):
    """The same moment in each way of writing it."""
    ways = ["1718020810", "2024-06-10T12:00:10Z", "2024-06-10T12%3A00%3A10Z", "2024-06-10T14:00:10+02:00",
            "2024-06-10T14%3A00%3A10%2B02%3A00", "2024-06-10T12:00:10.000Z", "2024-06-10t07:00:10-05:00"]
    answers = {shop.client.get(f"/payments?{name}={way}&limit=100").text
               for way in ways for name in ("created[lt]", "created%5Blt%5D", "created%5blt]")}
    assert len(answers) == 1
    assert answers != {'{"data":[],"has_more":false}'}


moments = st.integers(START - 2, START + SECONDS + 2)
relations = {"gte": lambda a, b: a >= b, "gt": lambda a, b: a > b, "lte": lambda a, b: a <= b, "lt": lambda a, b: a < b}
RFC = "%Y-%m-%dT%H:%M:%S"


def written(moment, way):
    """A moment as a client may write it, and the number that it is."""
    if way == "unix":
        return str(moment), moment
    text = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime(RFC)
    return (text + ".25Z", moment + 0.25) if way == "fraction" else (text + "Z", moment)


questions = st.fixed_dictionaries({}, optional={
    "limit": st.integers(1, 100),
    "status": st.sampled_from(STATUSES),
    "filter": st.integers(0, 2),  # the currency of payments, or the payment of refunds
    "created": st.dictionaries(st.sampled_from(list(relations)),
                               st.tuples(moments, st.sampled_from(["unix", "rfc", "fraction"])), max_size=3),
    "cursor": st.tuples(st.sampled_from(["starting_after", "ending_before"]), st.integers(0, 149)),
})


@SETTINGS
@given(path=st.sampled_from(["/payments", "/refunds"]), asked=questions)
@example(path="/payments", asked={"limit": 100})
@example(path="/payments", asked={"limit": 1, "cursor": ("ending_before", 149)})
@example(path="/refunds", asked={"status": "processing", "filter": 0, "created": {"lte": (START + SECONDS, "rfc")}})
def test_pages_are_what_a_reference_says(shop, path, asked):
    """Each answer against the records that are known. New ones are newer than all of them, so they stand in front of
    a page that has no end in the past, and behind one that is read from the past on."""
    prefix, is_refund = ("refund_", True) if path == "/refunds" else ("pay_", False)
    parameters, limit = {}, asked.get("limit", 10)
    wanted, has_end = list(shop.rows), False
    if "limit" in asked:
        parameters["limit"] = limit
    if "status" in asked:
        parameters["status"] = asked["status"]
        wanted = [row for row in wanted if row[2] == asked["status"]]
    if "filter" in asked and is_refund:
        parameters["payment_id"] = text_of("pay_", shop.rows[asked["filter"]][0])
        wanted = [row for row in wanted if row[1] % 3 == asked["filter"]]
        has_end = True  # nobody makes refunds of these
    elif "filter" in asked:
        parameters["currency"] = CURRENCIES[asked["filter"]]
        wanted = [row for row in wanted if row[3] == CURRENCIES[asked["filter"]]]
    for relation, (moment, way) in asked.get("created", {}).items():
        parameters[f"created_{relation}"], number = written(moment, way)
        wanted = [row for row in wanted if relations[relation](row[1], number)]
        has_end = has_end or relation in ("lt", "lte")
    backward = False
    if "cursor" in asked:
        name, place = asked["cursor"]
        cursor = shop.rows[place][0]
        parameters[name] = text_of(prefix, cursor)
        backward = name == "ending_before"
        wanted = [row for row in wanted if (row[0] > cursor if backward else row[0] < cursor)]
        has_end = has_end or not backward

    known = {text_of(prefix, row[0]) for row in shop.rows}
    expected = [text_of(prefix, row[0]) for row in (reversed(wanted) if backward else wanted)]
    records, more = page(shop.client, path, **parameters)
    shown = [record["id"] for record in (reversed(records) if backward else records)]
    old = [record_id for record_id in shown if record_id in known]
    assert len(shown) <= limit
    if backward:
        assert old == expected[:limit] and shown[:len(old)] == old
        assert more or len(expected) <= limit
    else:
        assert old == expected[:limit - (len(shown) - len(old))] and (not old or shown[-len(old):] == old)
        assert more or len(expected) <= len(old)
    if has_end:
        assert shown == old and more == (len(expected) > limit)
    for record in records:
        assert "status" not in asked or record["status"] == asked["status"]
        assert is_refund or "filter" not in asked or record["currency"] == CURRENCIES[asked["filter"]]


@pytest.fixture(scope="module")
def quick():
    """Its longest request is short: three seconds, and one for the database."""
    with Stack(request_timeout=3, database_timeout=1) as running:
        yield running


def test_a_record_that_is_kept_late_is_not_missed(quick):
    """A client that asks again and again for what is newer than what it has: a payment whose transaction commits late,
    behind others with higher identifiers, comes before them all the same."""
    client, chance = quick.client, random.Random(3)
    first = client.pay().json()["id"]
    late = new_value(time.time_ns() // 1_000_000, chance)
    met = [first]

    def read_on():
        records, _ = page(client, ending_before=met[-1], limit=2)
        met.extend(reversed(ids(records)))
        return len(met) >= 4

    session = quick.database.session()
    try:
        session.run("START TRANSACTION; INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source,"
                    f" created_at) VALUES (UNHEX('{late:032x}'), UNHEX('{value_of(quick.merchant):032x}'), 100, 'USD',"
                    " 'succeeded', 'sandbox', 'tok_visa', UTC_TIMESTAMP(3))")
        time.sleep(0.01)
        newer = [client.pay().json()["id"] for _ in range(2)]
        ends_at = time.monotonic() + 2
        while time.monotonic() < ends_at:
            read_on()
        assert met == [first]  # the newer ones are there, and are not shown yet
        assert ids(page(client)[0])[:2] == sorted(newer, reverse=True)  # but to whom asks for the newest
        session.run("COMMIT")
        wait_until(read_on, 15, "what is newer")
    finally:
        session.close()
    assert met[1] == text_of("pay_", late)
    assert sorted(met[2:]) == sorted(newer)
