"""payment-admin forget: what is personal goes, amounts stay, and no idempotency key pays or answers wrongly for it.

SPDX-License-Identifier: MIT
"""

import json

import pytest
from harness.client import PAYMENT, text_of, value_of
from harness.stack import paying_stack

pytestmark = pytest.mark.usefixtures("honest")

OLD = "018cc251f400"  # 2024-01-01, the beginning of an id
REUSED = (422, '{"error":"Idempotency key reused"}')
TEXTS = {"description": "For Ada Lovelace", "metadata": {"customer": "ada@example.net"},
         "return_url": "https://shop.example/ada"}


@pytest.fixture(scope="module")
def stack(acquirer):
    with paying_stack(acquirer, workers=1, processor_timeout=2, request_timeout=4, database_timeout=1) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_else(stack):
    """Each test has the records that it made."""
    stack.database.sql("DELETE FROM refunds; DELETE FROM payments")


def aged(record):
    """The id that a record has once it is old."""
    return text_of(record.split("_")[0] + "_", int(OLD + f"{value_of(record):032x}"[12:], 16))


def grow_old(stack):
    """All records were made in 2024."""
    old = f"CONCAT(x'{OLD}', SUBSTR(%s, 7))"
    stack.database.sql("SET foreign_key_checks = 0;"
                       f"UPDATE refunds SET id = {old % 'id'}, payment_id = {old % 'payment_id'},"
                       " created_at = '2024-01-01';"
                       f"UPDATE payments SET id = {old % 'id'}, created_at = '2024-01-01'")


def forget(stack, *options):
    return stack.admin("forget", "--before", "2024-06-01", *options)


def pay(stack, key, **members):
    answer = stack.client.post("/payments", json.dumps({**PAYMENT, **members}), headers={"Idempotency-Key": key})
    return answer


def give_back(stack, payment, key, **members):
    body = {"payment_id": payment, "amount": 1, **members}
    return stack.client.post("/refunds", json.dumps(body), headers={"Idempotency-Key": key})


def error(answer):
    return answer.status_code, answer.text


def acts(stack):
    return [(act["detail"], act["reason"]) for act in stack.admin("audit", "list", "records")["acts"]]


def count(stack):
    return stack.database.sql("SELECT COUNT(*) FROM payments UNION ALL SELECT COUNT(*) FROM refunds")


def test_texts_go_and_amounts_stay(stack):
    paid = pay(stack, "all", **TEXTS).json()["id"]
    returned = give_back(stack, paid, "all", metadata={"who": "Ada"}).json()["id"]
    pay(stack, "none")
    grow_old(stack)
    young = pay(stack, "young", **TEXTS).json()["id"]
    paid, returned = aged(paid), aged(returned)
    paths = (f"/payments/{paid}", f"/refunds/{returned}", "/payments", "/refunds")
    before = [stack.client.get(path).text for path in paths]
    totals, records = stack.try_admin("report").stdout, stack.admin("export")["records"]
    rows = len(acts(stack))

    assert forget(stack, "--reason", "two years") == {"before": "2024-06-01T00:00:00Z", "payments": 1, "refunds": 1}
    assert before == [stack.client.get(path).text for path in paths]
    assert stack.try_admin("report").stdout == totals
    after = stack.admin("export")["records"]
    assert [row["description"] for row in records] != [row["description"] for row in after]
    assert [{**row, "description": None} for row in records if row["id"] != young] == [
        row for row in after if row["id"] != young]
    full = stack.client.get(f"/payments/{paid}?view=full").json()
    assert (full["description"], full["metadata"], full["source"]) == (None, {}, "tok_visa")
    assert stack.client.get(f"/refunds/{returned}?view=full").json()["metadata"] == {}
    assert stack.client.get(f"/payments/{young}?view=full").json()["description"] == TEXTS["description"]
    assert stack.database.sql("SELECT COUNT(*) FROM payments WHERE created_at < '2024-06-01' AND"
                              " COALESCE(description, metadata, return_url, action_url) IS NOT NULL") == [["0"]]
    assert stack.database.sql("SELECT COUNT(*) FROM refunds WHERE metadata IS NOT NULL") == [["0"]]

    assert acts(stack)[: len(acts(stack)) - rows] == [
        ("before 2024-06-01T00:00:00Z: 1 payments, 1 refunds", "two years"),
        ("before 2024-06-01T00:00:00Z: begun", "two years")]
    assert forget(stack) == {"before": "2024-06-01T00:00:00Z", "payments": 0, "refunds": 0}
    assert len(acts(stack)) == rows + 2  # nothing was changed
    assert "0 payments and 0 refunds" in stack.try_admin("forget", "--before", "2024-06-01").stdout


@pytest.mark.parametrize("member", sorted(TEXTS))
def test_a_forgotten_payments_key_neither_pays_nor_answers(stack, acquirer, member):
    amount = 60 + sorted(TEXTS).index(member)
    key = f"key-of-{member}"
    assert pay(stack, key, amount=amount, **{member: TEXTS[member]}).status_code == 201
    grow_old(stack)
    replayed = pay(stack, key, amount=amount, **{member: TEXTS[member]})
    assert (replayed.status_code, replayed.headers["Idempotent-Replayed"]) == (201, "true")
    assert forget(stack)["payments"] == 1
    before = count(stack), len(acquirer.charges())
    for members in ({member: TEXTS[member]}, {}, {member: TEXTS[member], "description": "For another"}, TEXTS,
                    {"amount": 1}):
        assert error(pay(stack, key, **{"amount": amount, **members})) == REUSED
    assert (count(stack), len(acquirer.charges())) == before
    assert len(acquirer.charges(amount=amount * 100)) == 1


def test_a_forgotten_refunds_key(stack):
    paid = pay(stack, "of-refunds", amount=50).json()["id"]
    first = give_back(stack, paid, "with", metadata={"who": "Ada"})
    second = give_back(stack, paid, "without")
    assert (first.status_code, second.status_code) == (201, 201)
    grow_old(stack)
    assert forget(stack) == {"before": "2024-06-01T00:00:00Z", "payments": 0, "refunds": 1}
    before = count(stack)
    paid = aged(paid)
    for members in ({"metadata": {"who": "Ada"}}, {}, {"metadata": {"who": "Eve"}}):
        assert error(give_back(stack, paid, "with", **members)) == REUSED
    again = give_back(stack, paid, "without")
    assert (again.status_code, again.json()["id"]) == (201, aged(second.json()["id"]))
    assert error(give_back(stack, paid, "without", metadata={"who": "Ada"})) == REUSED
    assert count(stack) == before
    assert stack.client.get(f"/payments/{paid}?view=full").json()["refunded_amount"] == 2


def test_what_had_nothing_to_forget_is_replayed_as_ever(stack):
    first = pay(stack, "bare")
    grow_old(stack)
    assert forget(stack)["payments"] == 0
    again = pay(stack, "bare")
    assert (again.status_code, again.json()["id"]) == (201, aged(first.json()["id"]))
    assert error(pay(stack, "bare", description="x")) == REUSED


def test_what_is_processing_waits(stack, acquirer):
    acquirer.misbehave("drop_after")
    assert pay(stack, "open", amount=77, **TEXTS).json()["status"] == "processing"
    stack.workers.stop()
    grow_old(stack)
    assert forget(stack)["payments"] == 0
    acquirer.behave()
    stack.database.sql("UPDATE payments SET status = 'succeeded', look_at = NULL")
    assert forget(stack)["payments"] == 1
    stack.workers.start()


MANY = 3000  # several steps


def left(stack):
    return int(stack.database.sql("SELECT COUNT(*) FROM payments WHERE description IS NOT NULL")[0][0])


def test_one_that_was_stopped_is_begun_again(stack):
    stack.database.sql(f"""
        INSERT INTO payments (id, merchant_id, mode, amount, currency, status, processor, source, description,
                              created_at)
          SELECT CONCAT(x'{OLD}70', UNHEX(LPAD(HEX(seq), 18, '0'))), (SELECT id FROM merchants ORDER BY id LIMIT 1),
            'test', seq, 'USD', 'succeeded', 'sandbox', 'tok_visa', 'For Ada', '2024-01-01' FROM seq_1_to_{MANY}""")
    rows = len(acts(stack))
    with stack.database.session() as writer:
        writer.run("START TRANSACTION; UPDATE payments SET refunded = 1 WHERE id ="
                   f" CONCAT(x'{OLD}70', UNHEX(LPAD(HEX(1700), 18, '0')))")
        stopped = stack.try_admin("forget", "--before", "2024-06-01")
        assert (stopped.returncode, stopped.stdout) == (1, "") or (stopped.returncode, stopped.stdout) == (3, "")
        assert 0 < left(stack) < MANY and left(stack) % 500 == 0
        writer.run("COMMIT")
    assert [detail for detail, _ in acts(stack)][: len(acts(stack)) - rows] == ["before 2024-06-01T00:00:00Z: begun"]
    rest = left(stack)
    assert forget(stack)["payments"] == rest
    assert left(stack) == 0
    assert stack.database.sql("SELECT SUM(amount), SUM(refunded), COUNT(forgotten_at) FROM payments") == [
        [str(MANY * (MANY + 1) // 2), "1", str(MANY)]]


def test_a_change_without_its_audit_row_is_none(stack):
    pay(stack, "audited", **TEXTS)
    grow_old(stack)
    stack.database.sql("RENAME TABLE audit TO audit_away")
    try:
        assert stack.try_admin("forget", "--before", "2024-06-01").returncode == 1
    finally:
        stack.database.sql("RENAME TABLE audit_away TO audit")
    assert left(stack) == 1


@pytest.mark.parametrize("arguments, status, message", [
    ((), 2, "needs --before"),
    (("--before", "2024-02-30"), 1, "neither a day"),
    (("--before", "2099-01-01"), 1, "at least 30 days ago"),
    (("--before", "2024-01-01", "--merchant", "x"), 2, "does not take"),
    (("--before", "2024-01-01", "--reason", ""), 1, "the reason must be"),
])
def test_refusals(stack, arguments, status, message):
    pay(stack, f"refused-{status}-{message}", **TEXTS)
    grow_old(stack)
    result = stack.try_admin("forget", *arguments)
    assert (result.returncode, result.stdout) == (status, "") and message in result.stderr
    assert left(stack) == 1


def test_young_records_are_never_forgotten(stack):
    """Thirty days are so many seconds, not a day of the calendar."""
    pay(stack, "young", **TEXTS)
    [[late, then]] = stack.database.sql(
        "SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL 30 DAY + INTERVAL 5 MINUTE, '%Y-%m-%dT%TZ'),"
        " DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL 30 DAY - INTERVAL 1 MINUTE, '%Y-%m-%dT%TZ')")
    assert stack.try_admin("forget", "--before", late).returncode == 1
    assert stack.admin("forget", "--before", then)["payments"] == 0
    assert left(stack) == 1
