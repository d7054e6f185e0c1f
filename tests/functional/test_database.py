"""The database: index look-ups only, least privilege, and rules that hold without the program.

SPDX-License-Identifier: MIT
"""

import itertools
import os
import re
import subprocess

import pytest
from harness.servers import BUILD, SqlError
from harness.stack import Stack

ROWS = 20_000


@pytest.fixture(scope="module")
def stack():
    """Of its own: other tests look at the newest record, and here are records from all times."""
    with Stack() as running:
        yield running


@pytest.fixture(scope="module")
def filled(stack):
    """Tables large enough for a scan to show: payments of one merchant, and keys."""
    stack.database.sql(
        "INSERT INTO merchants (id, name, created_at) SELECT UNHEX(MD5(seq)), 'Filled', UTC_TIMESTAMP(3)"
        f" FROM seq_1_to_{ROWS // 10};"
        "INSERT INTO api_keys (id, merchant_id, key_hash, prefix, mode, created_at) SELECT UNHEX(MD5(seq)),"
        f" UNHEX(MD5(seq)), UNHEX(SHA2(seq, 256)), 'sk_test_', 'test', UTC_TIMESTAMP(3) FROM seq_1_to_{ROWS // 10};"
        "INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source,"
        " idempotency_key, created_at) SELECT UNHEX(MD5(seq)), (SELECT id FROM merchants WHERE"
        " name = 'Test shop'), 100, 'USD', 'succeeded', 'sandbox', 'tok_visa', CONCAT('fill-', seq),"
        f" UTC_TIMESTAMP(3) FROM seq_1_to_{ROWS};"
        "INSERT INTO webhook_endpoints (id, merchant_id, mode, url, events, created_at) SELECT UNHEX(MD5(seq)),"
        f" UNHEX(MD5(seq)), 'test', 'https://shop.example', '*', UTC_TIMESTAMP(3) FROM seq_1_to_{ROWS // 10};"
        "INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at, dispatched_at)"
        " SELECT UNHEX(MD5(-seq)), UNHEX(MD5(seq)), 'test', 'payment.succeeded', UNHEX(MD5(-seq)), '{}',"
        f" UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_{ROWS // 10};"
        "INSERT INTO webhook_deliveries (endpoint_id, event_id, state) SELECT UNHEX(MD5(seq)), UNHEX(MD5(-seq)),"
        f" 'delivered' FROM seq_1_to_{ROWS // 10};"
        " ANALYZE TABLE payments, refunds, api_keys, merchants, webhook_endpoints, events, webhook_deliveries"
    )
    return stack


def statements():
    """Every statement that a worker can send."""
    listed = subprocess.run([os.path.join(BUILD, "tests", "unit", "statement-list")], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return listed.splitlines()


def with_values(stack, statement):
    """A SELECT or UPDATE with values for its parameters, other ones in each slot; of a compound statement the
    UPDATE. And how many slots it has."""
    if statement.startswith("BEGIN NOT ATOMIC"):
        statement = re.search(r"UPDATE payments .*?;", statement).group(0)
    numbers = itertools.count(7)
    for pattern, value in (
        (r"(idempotency_key) = \?", "'fill-%d'"), (r"(\b(?:payment_)?id) = \?", "UNHEX(MD5(%d))"),
        (r"((?:endpoint|event)_id) = \?", "UNHEX(MD5(%d))"),
        (r"(key_hash) = \?", "UNHEX(MD5(%d))"), (r"(look_at) <= \?", "'2024-06-%02d'"),
    ):
        statement = re.sub(pattern, lambda found, value=value: f"{found[1]} = {value % next(numbers)}", statement)
    merchant = stack.database.sql("SELECT HEX(id) FROM merchants WHERE name = 'Test shop'")[0][0]
    statement = re.sub(r"(merchant_id) = \?", rf"\1 = UNHEX('{merchant}')", statement)
    statement = re.sub(r"(\bmode) = \?", r"\1 = 'test'", statement)
    return statement.replace("?", "1"), statement.count(" OR ") + 1


LISTS = [statement for statement in statements() if "page_id" in statement]
EVENT_LISTS = [statement for statement in statements() if statement.startswith("SELECT body FROM events FORCE INDEX")]
ROUND = [statement for statement in statements() if "FROM webhook_endpoints FORCE INDEX (PRIMARY) WHERE id >" in statement]
QUERIES = [statement for statement in statements()
           if not statement.startswith("INSERT") and statement not in LISTS + EVENT_LISTS + ROUND]


def test_the_list_of_statements_is_whole():
    """One credential, the last use of a key, payments by id, by key, locked, locked if free, refunds by id, by key,
    locked: each for 1, 8 and 64; a refund with its currency, and what a refund updates, alone and in a group; what is due, and its claim, of
    payments and refunds; three settlements; the metadata of a payment and of a refund; of notices what is due, its
    claim, its end, whose record it is and that it is to be looked at; merchants that want events, for 1, 8 and 64; an
    event; for monitors how old unresolved payments and refunds are; of what happened at the processor a refund by its
    reference, that it came back, what is refunded, and a dispute; of webhook endpoints what turns events on
    in each mode, the list, one, one locked, its change, its end, and that of its secrets, at once and later; of
    events those that no courier has looked at, who wants them, that they were looked at, who wants some once more,
    which ones, their deliveries, and how far that came; of deliveries the texts of their events, for 1, 8 and 64,
    what is due, its claim, the secrets, what became of it, whether the endpoint works, fails or is disabled, and how
    many wait; of what is sent once more the type of the event, its deliveries, and the range of an endpoint; attempts
    of an event and of an endpoint."""
    assert len(QUERIES) == 9 * 3 + 3 + 4 + 3 + 2 + 7 + 3 + 1 + 2 + 4 + 9 + 7 + 3 + 3 + 5 + 3 + 2
    assert len(ROUND) == 1


def test_a_courier_looks_once_at_each_endpoint(filled):
    """What is due at it is one look into an index, whatever waits there or has been delivered."""
    query = ROUND[0].replace("?", "''", 1).replace("?", "UTC_TIMESTAMP(3)", 1)
    endpoints, deliveries = filled.database.sql("EXPLAIN " + query)
    assert (endpoints[5], deliveries[5], deliveries[3], int(deliveries[8])) == (
        "PRIMARY", "webhook_deliveries_due", "ref", 1)


@pytest.mark.parametrize("statement", QUERIES, ids=lambda statement: re.sub(r"\W+", "-", statement)[:60])
def test_each_query_is_an_index_look_up(filled, statement):
    query, slots = with_values(filled, statement)
    for row in filled.database.sql("EXPLAIN " + query):
        access, key, examined, extra = row[3], row[5], row[8], row[9]
        if "no matching" in extra.lower() or "impossible where" in extra.lower():
            continue  # decided by a look-up of the unique key
        assert access in ("const", "eq_ref", "ref", "range") and key != "NULL", (query, row)
        # By another index it would lock what lies between the rows that it looks for.
        assert key == "PRIMARY" or not re.match("UPDATE (payments|refunds|notices) ", query), (query, row)
        assert int(examined) <= slots + 1, (query, row)


@pytest.fixture(scope="module")
def filled_lists(filled):
    """As many refunds again, all of one payment."""
    filled.database.sql(
        "INSERT INTO refunds (id, merchant_id, payment_id, amount, status, created_at) SELECT UNHEX(MD5(seq)),"
        " (SELECT id FROM merchants WHERE name = 'Test shop'), UNHEX(MD5(1)), 1, 'succeeded', UTC_TIMESTAMP(3)"
        f" FROM seq_1_to_{ROWS}; ANALYZE TABLE refunds")
    return filled


def test_the_list_of_lists_is_whole():
    """Payments, those of a currency, refunds, those of a payment: each in both directions."""
    assert len(LISTS) == 4 * 2


LIMIT = 11  # a page of ten, and one more


@pytest.mark.parametrize("depth", [ROWS // 100, ROWS - ROWS // 100])
@pytest.mark.parametrize("statement", LISTS, ids=lambda statement: re.sub(r"\W+", "-", statement)[-60:])
def test_a_page_costs_the_same_however_deep_it_is(filled_lists, statement, depth):
    """What a page reads: a range of an index for each status, with the page's own limit, and the rows by their keys."""
    [[merchant]] = filled_lists.database.sql("SELECT HEX(id) FROM merchants WHERE name = 'Test shop'")
    [[cursor]] = filled_lists.database.sql(
        f"SELECT HEX(id) FROM refunds WHERE payment_id = UNHEX(MD5(1)) ORDER BY id LIMIT 1 OFFSET {depth}")
    query, statuses = statement, iter(("processing", "succeeded", "failed"))
    query = re.sub(r"status = \?", lambda _: f"status = '{next(statuses)}'", query)
    backward = "ASC" in statement
    for pattern, value in (
        (r"id > \?", f"id > UNHEX('{cursor}')" if backward else "id > ''"),
        (r"id < \?", "id < REPEAT(x'ff', 16)" if backward else f"id < UNHEX('{cursor}')"),
        (r"LIMIT \?", f"LIMIT {LIMIT}"), (r"merchant_id = \?", f"merchant_id = UNHEX('{merchant}')"),
        (r"payment_id = \?", "payment_id = UNHEX(MD5(1))"), (r"mode = \?", "mode = 'test'"),
        (r"currency = \?", "currency = 'USD'"),
    ):
        query = re.sub(pattern, lambda _, value=value: value, query)
    assert "?" not in query
    for row in filled_lists.database.sql("EXPLAIN " + query):
        table, access, key, extra = row[2], row[3], row[5], row[9]
        if table.startswith("<"):
            continue  # the page itself, or the union that it is merged by
        expected = ("eq_ref", "PRIMARY") if row[1] == "PRIMARY" else ("range", re.search(r"FORCE INDEX \((\w+)", query)[1])
        assert (access, key) == expected, (row, query)
        assert access == "eq_ref" or "Using index" in extra.split("; ") or "Using where; Using index" in extra, row
        assert "filesort" not in extra, row
    query = re.sub(r"^SELECT .*? FROM \(", "SELECT HEX(page_id) FROM (", query)
    output = filled_lists.database.sql(f"FLUSH STATUS; {query}; SHOW SESSION STATUS LIKE 'Handler_read%'")
    shown = [row for row in output if not row[0].startswith("Handler_read")]
    read = sum(int(row[1]) for row in output if row[0].startswith("Handler_read"))
    assert len(shown) == LIMIT
    assert read <= 10 * LIMIT, output[-10:]


@pytest.fixture(scope="module")
def filled_events(filled):
    """Events of all types in turn, one object's among them."""
    filled.database.sql(
        "INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at) SELECT UNHEX(MD5(seq)),"
        " (SELECT id FROM merchants WHERE name = 'Test shop'), 'test',"
        " ELT(1 + seq % 3, 'payment.succeeded', 'refund.succeeded', 'payment.failed'),"
        f" IF(seq % 500 = 0, UNHEX(MD5(7)), UNHEX(MD5(seq + {ROWS}))), '{{}}', UTC_TIMESTAMP(3)"
        f" FROM seq_1_to_{ROWS}; ANALYZE TABLE events")
    return filled


def test_the_list_of_lists_of_events_is_whole():
    """Events, those of a type, those of an object: each in both directions."""
    assert len(EVENT_LISTS) == 3 * 2


@pytest.mark.parametrize("statement", EVENT_LISTS, ids=lambda statement: re.sub(r"\W+", "-", statement)[22:]
                         .split("-WHERE")[0] + ("-backward" if "ASC" in statement else ""))
def test_a_page_of_events_reads_what_it_shows(filled_events, statement):
    [[merchant]] = filled_events.database.sql("SELECT HEX(id) FROM merchants WHERE name = 'Test shop'")
    [[cursor]] = filled_events.database.sql(f"SELECT HEX(id) FROM events ORDER BY id LIMIT 1 OFFSET {ROWS // 2}")
    query = statement
    for pattern, value in (
        (r"id > \?", f"id > UNHEX('{cursor}')" if "ASC" in statement else "id > ''"),
        (r"id < \?", "id < REPEAT(x'ff', 16)" if "ASC" in statement else f"id < UNHEX('{cursor}')"),
        (r"LIMIT \?", f"LIMIT {LIMIT}"), (r"merchant_id = \?", f"merchant_id = UNHEX('{merchant}')"),
        (r"object_id = \?", "object_id = UNHEX(MD5(7))"), (r"mode = \?", "mode = 'test'"),
        (r"type = \?", "type = 'payment.failed'"), (r"IFNULL\(\?", "IFNULL(NULL"),
    ):
        query = re.sub(pattern, lambda _, value=value: value, query)
    assert "?" not in query
    [row] = filled_events.database.sql("EXPLAIN " + query)
    assert (row[3], row[5]) == ("range", re.search(r"FORCE INDEX \((\w+)", query)[1]) and "filesort" not in row[9], row
    output = filled_events.database.sql(f"FLUSH STATUS; {query}; SHOW SESSION STATUS LIKE 'Handler_read%'")
    assert len([row for row in output if not row[0].startswith("Handler_read")]) == LIMIT
    assert sum(int(row[1]) for row in output if row[0].startswith("Handler_read")) <= LIMIT + 2, output[-10:]


def worker_sql(stack, text):
    return stack.database.sql(text, user="payment-api", password=stack.password)


DENIED = {1142, 1143, 1044, 1227, 1290, 1370}


@pytest.mark.parametrize("statement", [
    "DELETE FROM payments", "DELETE FROM refunds", "DELETE FROM api_keys", "TRUNCATE payments",
    "DROP TABLE payments", "ALTER TABLE payments ADD x INT", "CREATE TABLE x (id INT)",
    "CREATE INDEX x ON payments (amount)", "UPDATE payments SET amount = 1",
    "UPDATE payments SET currency = 'EUR'", "UPDATE payments SET processor = 'other'",
    "UPDATE payments SET merchant_id = id", "UPDATE refunds SET amount = 1",
    "UPDATE api_keys SET revoked_at = NULL", "UPDATE api_keys SET expires_at = NULL",
    "INSERT INTO api_keys (id) VALUES ('x')", "INSERT INTO merchants (id) VALUES ('x')",
    "UPDATE merchants SET disabled_at = NULL", "SELECT label FROM api_keys", "SELECT prefix FROM api_keys",
    "SELECT * FROM api_keys", "SELECT name FROM merchants", "UPDATE schema_version SET version = 9",
    "INSERT INTO schema_version (version) VALUES (9)", "SELECT * FROM mysql.user",
    "CREATE USER x", "GRANT SELECT ON payments TO 'payment-api'@'localhost'", "SET GLOBAL general_log = 1",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE refunds", "SELECT 1 INTO OUTFILE '/tmp/x'",
])
def test_the_workers_account_may_not(stack, statement):
    with pytest.raises(SqlError) as refused:
        worker_sql(stack, statement)
    assert refused.value.number in DENIED | {1045, 1410}, str(refused.value)


def test_the_workers_account_may_do_its_work(stack):
    assert worker_sql(stack, "SELECT COUNT(*) >= 0 FROM payments") == [["1"]]
    worker_sql(stack, "UPDATE payments SET refunded = refunded WHERE id = 'none'")
    worker_sql(stack, "SELECT version FROM schema_version")


def payment_row(**change):
    row = {
        "id": "UNHEX(MD5(RAND()))", "merchant_id": "(SELECT id FROM merchants LIMIT 1)", "amount": "100",
        "refunded": "0", "currency": "'USD'", "status": "'succeeded'", "decline": "NULL",
        "processor": "'sandbox'", "source": "'tok_visa'", "created_at": "UTC_TIMESTAMP(3)", **change,
    }
    return f"INSERT INTO payments ({', '.join(row)}) VALUES ({', '.join(row.values())})"


def test_a_good_row_is_taken(stack):
    stack.database.sql(payment_row())


@pytest.mark.parametrize("change, number", [
    ({"amount": "0"}, 4025), ({"amount": "-1"}, 4025), ({"amount": "1000000000000000"}, 4025),
    ({"refunded": "101"}, 4025), ({"refunded": "-1"}, 4025),
    ({"refunded": "1", "status": "'processing'"}, 4025),
    ({"status": "'failed'"}, 4025), ({"decline": "'card_declined'"}, 4025),
    ({"currency": "'usd'"}, 4025), ({"merchant_id": "UNHEX(MD5('nobody'))"}, 1452),
    ({"status": "'other'"}, 1265),
])
def test_rules_that_the_database_holds(stack, change, number):
    with pytest.raises(SqlError) as refused:
        stack.database.sql(payment_row(**change))
    assert refused.value.number == number, str(refused.value)


def test_a_refund_needs_its_payment(stack):
    with pytest.raises(SqlError) as refused:
        stack.database.sql(
            "INSERT INTO refunds (id, merchant_id, payment_id, amount, status, created_at) SELECT"
            " UNHEX(MD5(RAND())), id, UNHEX(MD5('none')), 1, 'succeeded', UTC_TIMESTAMP(3) FROM"
            " merchants LIMIT 1"
        )
    assert refused.value.number == 1452


def test_keys_are_kept_as_hashes_only(stack):
    rows = stack.database.sql(
        f"SELECT COUNT(*) FROM api_keys WHERE key_hash = UNHEX(SHA2('{stack.key}', 256))"
    )
    assert rows == [["1"]]
    dump = stack.database.sql("SELECT HEX(key_hash), prefix, label FROM api_keys")
    assert stack.key not in str(dump)
