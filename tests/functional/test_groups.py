"""What arrives while a worker is busy is done together: each request's answer is its own all the same.

One worker is kept busy by a statement that reaches the server late; what is sent meanwhile is one group.

SPDX-License-Identifier: MIT
"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from harness.client import PAYMENT, Client
from harness.database_proxy import DatabaseProxy, Fault
from harness.process import wait_until
from harness.stack import Stack

BUSY = 0.6  # seconds
SIZE = 12

INSERT = "INSERT INTO payments"
FIND = "FROM payments FORCE INDEX (PRIMARY)"
DEADLOCK = (1213, "40001", "Deadlock found when trying to get lock")
DURING_COMMIT = (1180, "HY000", "Got error 5 during COMMIT")


@pytest.fixture(scope="module")
def stack():
    with Stack(proxy=DatabaseProxy, workers=1, database_timeout=2, request_timeout=9, key_cache_seconds=60) as running:
        running.client.pay()  # its key is remembered from here on
        yield running


@pytest.fixture(autouse=True)
def no_faults_left(stack):
    yield
    stack.proxy.plan()


def call(stack, method, path, body=None, key=None):
    """A request by a client of its own; None when the connection was lost."""
    client = Client(stack.nginx.url, stack.key)
    try:
        return client.request(method, path, body, headers={"Idempotency-Key": key} if key else {})
    except requests.ConnectionError:
        return None


def pay(amount, key=None, **members):
    return "POST", "/payments", {**PAYMENT, "amount": amount, **members}, key


def refund(payment, amount, key=None):
    return "POST", "/refunds", {"payment_id": payment, "amount": amount}, key


def group(stack, calls, *faults, meanwhile=None):
    """The answers to requests that the worker takes as one group. meanwhile: called when they wait."""
    kept = call(stack, *pay(1)).json()["id"]
    stack.proxy.plan(Fault(FIND, delay=BUSY, late=True))
    with ThreadPoolExecutor(len(calls) + 1) as pool:
        busy = pool.submit(call, stack, "GET", "/payments/" + kept)
        wait_until(lambda: stack.proxy.faults[0].hits == 1, 5, "the worker to be busy")
        stack.proxy.plan(*faults)
        stack.proxy.executed.clear()
        answers = [pool.submit(call, stack, *one) for one in calls]
        if meanwhile:
            time.sleep(BUSY / 2)
            meanwhile()
        assert busy.result() is None or busy.result().status_code in (200, 502)
        return [answer.result() for answer in answers]


def statuses(answers):
    return [answer.status_code for answer in answers]


def count(stack, cents):
    return int(stack.database.sql(f"SELECT COUNT(*) FROM payments WHERE amount = {cents}")[0][0])


def executed(stack, text):
    return sum(text in statement for statement in stack.proxy.executed)


def refunded(stack, payment_amount):
    """Of the payments of this amount: what they say is refunded, and what their refunds add up to."""
    rows = stack.database.sql(
        "SELECT p.refunded, COALESCE(SUM(r.amount), 0) FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id"
        f" WHERE p.amount = {payment_amount} GROUP BY p.id")
    return [(int(said), int(summed)) for said, summed in rows]


amounts = iter(range(1000, 1_000_000))


# Payments


def test_one_statement_for_all(stack):
    amount = next(amounts)
    answers = group(stack, [pay(amount)] * SIZE)
    assert statuses(answers) == [201] * SIZE
    assert len({answer.json()["id"] for answer in answers}) == SIZE
    assert executed(stack, INSERT) == 1
    assert count(stack, amount * 100) == SIZE


def test_each_answer_is_its_own(stack):
    """The neighbours in a group differ in everything."""
    calls = [pay(next(amounts), source=source, currency=currency) for source in ("tok_visa", "tok_chargeDeclined")
             for currency in ("USD", "JPY", "KWD")]
    calls += [pay(-1), pay(5, currency="XXX"), pay(5, key="bad\tkey"), ("GET", "/payments/none"), ("GET", "/nowhere")]
    answers = group(stack, calls)
    assert statuses(answers) == [201] * 3 + [402] * 3 + [400] * 3 + [404] * 2
    for one, answer in zip(calls[:3], answers):
        assert (answer.json()["amount"], answer.json()["currency"]) == (one[2]["amount"], one[2]["currency"])
        again = stack.client.get(answer.headers["Location"].removeprefix("/v1"))
        assert again.json() == answer.json()


def test_reads_in_one_statement(stack):
    created = [stack.client.pay(amount=next(amounts)) for _ in range(SIZE)]
    other = Client(stack.nginx.url, stack.new_merchant("Other shop")[1]).pay().json()["id"]
    calls = [("GET", "/payments/" + answer.json()["id"]) for answer in created] + [("GET", "/payments/" + other)]
    answers = group(stack, calls)
    assert [answer.text for answer in answers[:-1]] == [answer.text for answer in created]
    assert answers[-1].status_code == 404
    assert executed(stack, FIND) == 1


def test_keys_of_many_merchants(stack):
    """Keys that the worker does not know are looked up together, and each is its own merchant's."""
    shops = [stack.new_merchant(f"Shop {number}") for number in range(SIZE)]
    amount = next(amounts)
    kept = stack.client.pay().json()["id"]
    stack.proxy.plan(Fault(FIND, delay=BUSY, late=True))
    with ThreadPoolExecutor(SIZE + 1) as pool:
        pool.submit(call, stack, "GET", "/payments/" + kept)
        wait_until(lambda: stack.proxy.faults[0].hits == 1, 5, "the worker to be busy")
        stack.proxy.executed.clear()
        answers = list(pool.map(lambda shop: Client(stack.nginx.url, shop[1]).pay(amount=amount), shops))
    assert statuses(answers) == [201] * SIZE
    assert executed(stack, "FROM api_keys") == 1
    for (merchant, key), answer in zip(shops, answers):
        assert Client(stack.nginx.url, key).get("/payments/" + answer.json()["id"]).status_code == 200
        assert stack.client.get("/payments/" + answer.json()["id"]).status_code == 404


def test_one_key_that_was_used_among_many(stack):
    amount, key, other = next(amounts), str(uuid.uuid4()), str(uuid.uuid4())
    first = stack.client.pay(key, amount=amount)
    stack.client.pay(other, amount=7)
    calls = [pay(amount)] * SIZE + [pay(amount, key), pay(amount, other)] + [pay(amount, str(uuid.uuid4()))]
    answers = group(stack, calls)
    assert statuses(answers) == [201] * SIZE + [201, 422, 201]
    assert answers[SIZE].json() == first.json()
    assert answers[SIZE].headers["Idempotent-Replayed"] == "true"
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers[:SIZE])
    assert count(stack, amount * 100) == SIZE + 2
    assert executed(stack, INSERT) == 2  # all of it, and what is left after the look-up


def test_the_same_key_twice_in_a_group(stack):
    amount, key = next(amounts), str(uuid.uuid4())
    answers = group(stack, [pay(amount)] * 3 + [pay(amount, key)] * 3 + [pay(amount + 1, key)])
    assert statuses(answers[:3]) == [201] * 3
    same = answers[3:6]
    winner = [answer for answer in answers[3:] if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in winner}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in winner) == 1
    assert statuses(same) in ([201] * 3, [422] * 3)  # whichever came first
    assert answers[6].status_code == (422 if same[0].status_code == 201 else 201)
    assert count(stack, amount * 100) + count(stack, (amount + 1) * 100) == 3 + 1


def test_one_key_that_another_transaction_holds(stack):
    amount, key = next(amounts), "held-" + str(uuid.uuid4())
    with stack.database.session() as other:
        other.run("BEGIN; INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source,"
                  f" idempotency_key, created_at) SELECT UNHEX(MD5('{key}')), id, 1, 'USD', 'succeeded', 'sandbox',"
                  f" 'tok_visa', '{key}', UTC_TIMESTAMP(3) FROM merchants WHERE name = 'Test shop'")
        answers = group(stack, [pay(amount)] * 4 + [pay(amount, key)] + [pay(amount, str(uuid.uuid4()))])
        assert statuses(answers) == [201] * 4 + [409] + [201]
        assert answers[4].text == '{"error":"Request in progress"}'
        assert answers[4].headers["Retry-After"] == "1"
        other.run("ROLLBACK")
    assert count(stack, amount * 100) == 5


def test_one_row_that_the_database_refuses(stack):
    amount, refused = next(amounts), next(amounts)
    stack.database.sql(f"ALTER TABLE payments ADD CONSTRAINT test_refuses CHECK (amount <> {refused * 100})")
    try:
        calls = [pay(amount)] * SIZE
        calls.insert(5, pay(refused))
        answers = group(stack, calls)
    finally:
        stack.database.sql("ALTER TABLE payments DROP CONSTRAINT test_refuses")
    assert statuses(answers) == [201] * 5 + [500] + [201] * (SIZE - 5)
    assert count(stack, amount * 100) == SIZE
    request_id = answers[5].headers["Request-Id"]
    wait_until(lambda: any(request_id in line and "error:" in line and "test_refuses" in line
                           for line in stack.workers.log().splitlines()), 10, "its line in the log")


FAULTS = {
    "connection lost before": Fault(INSERT, forward=False),
    "connection lost after": Fault(INSERT),
    "1180 after": Fault(INSERT, error=DURING_COMMIT),
    "answer too late": Fault(INSERT, delay=2.5),
    "deadlock": Fault(INSERT, forward=False, error=DEADLOCK),
    "two deadlocks": Fault(INSERT, 2, forward=False, error=DEADLOCK),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_group_that_is_broken(stack, fault):
    FAULTS[fault].hits = 0
    amount = next(amounts)
    calls = [pay(amount, str(uuid.uuid4()) if number % 2 else None) for number in range(SIZE)]
    answers = group(stack, calls, FAULTS[fault])
    assert FAULTS[fault].hits >= 1
    assert statuses(answers) == [201] * SIZE
    assert len({answer.json()["id"] for answer in answers}) == SIZE
    assert count(stack, amount * 100) == SIZE


def test_a_worker_killed_in_the_middle_of_a_group(stack):
    """Nobody gets an answer; each key tells the truth afterwards."""
    amount = next(amounts)
    calls = [pay(amount, str(uuid.uuid4())) for _ in range(SIZE)]

    def kill():
        wait_until(lambda: executed(stack, INSERT), 5, "the group to be sent")
        stack.workers.process.kill()
        stack.workers.process.wait()

    answers = group(stack, calls, Fault(INSERT, delay=1), meanwhile=kill)
    assert not any(answer is not None and answer.status_code == 201 for answer in answers)
    stack.workers.start()
    again = [call(stack, *one) for one in calls]
    assert statuses(again) == [201] * SIZE
    assert count(stack, amount * 100) == SIZE


# Refunds


def payments(stack, number, amount):
    return [stack.client.pay(amount=amount).json()["id"] for _ in range(number)]


def test_refunds_of_many_payments(stack):
    amount = next(amounts)
    ids = payments(stack, SIZE, amount)
    answers = group(stack, [refund(one, amount - number) for number, one in enumerate(ids)])
    assert statuses(answers) == [201] * SIZE
    assert [answer.json()["payment_id"] for answer in answers] == ids
    assert [answer.json()["amount"] for answer in answers] == [amount - number for number in range(SIZE)]
    assert executed(stack, "INSERT INTO refunds") == 1
    assert sorted(refunded(stack, amount * 100)) == sorted(
        ((amount - number) * 100, (amount - number) * 100) for number in range(SIZE))


def test_refunds_of_one_payment(stack):
    """Together they are more than there is: as many as fit are made, in one UPDATE."""
    amount = next(amounts)
    (payment,) = payments(stack, 1, amount)
    answers = group(stack, [refund(payment, amount / 5)] * SIZE)
    assert sorted(statuses(answers)) == [201] * 5 + [400] * (SIZE - 5)
    assert refunded(stack, amount * 100) == [(amount * 100, amount * 100)]
    assert executed(stack, "SET refunded = refunded +") == 1


def test_refunds_that_are_no_refunds(stack):
    """The neighbours of what is refused are made."""
    amount = next(amounts)
    good, declined = payments(stack, 1, amount)[0], stack.client.pay(amount=amount, source="tok_chargeDeclined")
    declined = declined.headers["Location"].rsplit("/")[-1]
    other = Client(stack.nginx.url, stack.new_merchant("Other shop")[1]).pay(amount=amount).json()["id"]
    answers = group(stack, [
        refund(good, 1), refund(declined, 1), refund(other, 1), refund("pay_" + "0" * 26, 1), refund(good, 0.001),
        refund(good, amount), refund(good, 2),
    ])
    assert statuses(answers) == [201, 400, 404, 404, 400, 400, 201]
    assert (300, 300) in refunded(stack, amount * 100)


def test_refund_keys_in_a_group(stack):
    amount, used, twice = next(amounts), str(uuid.uuid4()), str(uuid.uuid4())
    ids = payments(stack, 3, amount)
    first = stack.client.refund(ids[0], amount, used)
    answers = group(stack, [
        refund(ids[0], amount, used), refund(ids[1], 1, used), refund(ids[1], 5, twice), refund(ids[1], 5, twice),
        refund(ids[2], 3),
    ])
    assert statuses(answers) == [201, 422, 201, 201, 201]
    assert answers[0].json() == first.json() and answers[0].headers["Idempotent-Replayed"] == "true"
    assert answers[2].json() == answers[3].json()
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers[2:4]) == 1
    assert sorted(refunded(stack, amount * 100)) == [(300, 300), (500, 500), (amount * 100, amount * 100)]


REFUND_FAULTS = {
    "lost at begin": lambda: Fault("START TRANSACTION", forward=False),
    "lost at the lock": lambda: Fault("ORDER BY id FOR UPDATE"),
    "lost at the update": lambda: Fault("SET refunded = refunded +"),
    "lost at the insert": lambda: Fault("INSERT INTO refunds"),
    "lost before the commit": lambda: Fault("COMMIT", forward=False),
    "lost after the commit": lambda: Fault("COMMIT"),
    "1180 after the commit": lambda: Fault("COMMIT", error=DURING_COMMIT),
    "commit too late": lambda: Fault("COMMIT", delay=2.5),
    "deadlock at the lock": lambda: Fault("ORDER BY id FOR UPDATE", forward=False, error=DEADLOCK),
    "deadlock at the commit": lambda: Fault("COMMIT", forward=False, error=DEADLOCK),
}


@pytest.mark.parametrize("fault", REFUND_FAULTS)
def test_a_group_of_refunds_that_is_broken(stack, fault):
    planned, amount = REFUND_FAULTS[fault](), next(amounts)
    ids = payments(stack, 6, amount)
    calls = [refund(one, amount, str(uuid.uuid4()) if number % 2 else None) for number, one in enumerate(ids)]
    answers = group(stack, calls, planned)
    assert planned.hits == 1
    assert statuses(answers) == [201] * len(ids)
    assert refunded(stack, amount * 100) == [(amount * 100, amount * 100)] * len(ids)


def test_one_payment_that_another_transaction_holds(stack):
    """Its refund is refused for now; those of its neighbours are made."""
    amount, held = next(amounts), next(amounts)
    ids = payments(stack, 4, amount) + payments(stack, 1, held)
    with stack.database.session() as other:
        other.run(f"BEGIN; SELECT id INTO @held FROM payments WHERE amount = {held * 100};"
                  " SELECT refunded INTO @refunded FROM payments WHERE id = @held FOR UPDATE")
        answers = group(stack, [refund(one, 1) for one in ids])
        other.run("ROLLBACK")
    assert statuses(answers) == [201] * 4 + [503]
    assert refunded(stack, amount * 100) == [(100, 100)] * 4
    assert refunded(stack, held * 100) == [(0, 0)]
    assert stack.client.refund(ids[4], held).status_code == 201
