"""Writes whose outcome the worker does not learn at first: they are carried out once, and told truly.

A proxy stands between the workers and MariaDB and breaks the write before or after the server has done it.

SPDX-License-Identifier: MIT
"""

import itertools
import time
import uuid

import pytest
from harness.client import PAYMENT
from harness.database_proxy import DatabaseProxy, Fault
from harness.stack import Stack

DURING_COMMIT = (1180, "HY000", "Got error 5 during COMMIT")
NOT_PREPARED = (1047, "08S01", "WSREP has not yet prepared node for application use")
CHANGED = (1020, "HY000", "Record has changed since last read in table 'payments'")
DEADLOCK = (1213, "40001", "Deadlock found when trying to get lock")
LOCK_WAIT = (1205, "HY000", "Lock wait timeout exceeded")
KILLED = (1927, "70100", "Connection was killed")

# What happens to the write: at the server, and on the way back.
FAULTS = {
    "connection lost before": {"forward": False},
    "connection lost after": {},
    "1180 before": {"forward": False, "error": DURING_COMMIT},
    "1180 after": {"error": DURING_COMMIT},
    "1047 before": {"forward": False, "error": NOT_PREPARED},
    "1047 after": {"error": NOT_PREPARED},
    "1927 after": {"error": KILLED},
    "answer too late": {"delay": 1.3},
    "statement too late": {"forward": False, "delay": 1.3},
    "1213": {"forward": False, "error": DEADLOCK},
    "1213 after": {"error": DEADLOCK},
    "1020": {"forward": False, "error": CHANGED},
    "1205": {"forward": False, "error": LOCK_WAIT},
}
FIND = "FROM payments FORCE INDEX (PRIMARY)"
LOOK_UPS = {"payment": FIND, "refund": "FROM refunds r FORCE INDEX (PRIMARY)"}
WRITES = {"payment": "INSERT INTO payments", "refund": "BEGIN NOT ATOMIC"}


@pytest.fixture(scope="module")
def stack():
    with Stack(proxy=DatabaseProxy, database_timeout=1, request_timeout=4, key_cache_seconds=60) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults_left(stack):
    yield
    stack.proxy.plan()


counter = itertools.count(1)


class Write:
    """A POST of either resource, each time for an amount that nobody else uses."""

    def __init__(self, stack, resource):
        self.stack = stack
        self.resource = resource
        self.cents = next(counter)
        if resource == "refund":
            self.payment = stack.client.pay(amount=100000).json()["id"]

    def send(self, key=None):
        if self.resource == "payment":
            return self.stack.client.pay(key, amount=self.cents / 100)
        return self.stack.client.refund(self.payment, self.cents / 100, key)

    def records(self):
        """How many there are of it, and what the refunds of its payment add up to."""
        table = {"payment": "payments", "refund": "refunds"}[self.resource]
        count = self.stack.database.sql(f"SELECT COUNT(*) FROM {table} WHERE amount = {self.cents}")
        return int(count[0][0])

    def refunded(self):
        rows = self.stack.database.sql(
            f"SELECT p.refunded, SUM(r.amount) FROM payments p JOIN refunds r ON r.payment_id = p.id"
            f" WHERE r.amount = {self.cents} GROUP BY p.id"
        )
        return rows


@pytest.mark.parametrize("keyed", [False, True], ids=["no key", "key"])
@pytest.mark.parametrize("resource", WRITES)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_broken_try(stack, fault, resource, keyed):
    write = Write(stack, resource)
    planned = stack.proxy.plan(Fault(WRITES[resource], **FAULTS[fault]))
    answer = write.send(str(uuid.uuid4()) if keyed else None)
    assert planned.hits == 1
    assert answer.status_code == 201, answer.text
    assert answer.json()["amount"] == write.cents / 100
    assert write.records() == 1
    if resource == "refund":
        assert write.refunded() == [[str(write.cents), str(write.cents)]]


@pytest.mark.parametrize("resource", WRITES)
@pytest.mark.parametrize("fault", ["connection lost after", "1180 after", "answer too late"])
def test_no_try_is_answered_in_time(stack, fault, resource):
    """The request ends with a 503 before its deadline; a later one under the key tells the truth."""
    write, key = Write(stack, resource), str(uuid.uuid4())
    stack.proxy.plan(Fault(WRITES[resource], 1000, **FAULTS[fault]),
                     Fault(LOOK_UPS[resource], 1000, forward=False, error=DURING_COMMIT))
    started = time.monotonic()
    answer = write.send(key)
    assert time.monotonic() - started < 5
    assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
    assert answer.headers["Retry-After"] == "1"
    stack.proxy.plan()
    again = write.send(key)
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert write.records() == 1


def test_the_look_up_is_broken_too(stack):
    """The write went through, its answer is lost, and so are the first questions about it."""
    write = Write(stack, "payment")
    stack.proxy.plan(Fault(WRITES["payment"]), Fault(FIND, 2, forward=False))
    answer = write.send("lost twice")
    assert answer.status_code == 201
    assert write.records() == 1


def test_a_refund_that_used_up_the_payment(stack):
    """The second try finds nothing left to refund, since the first one took it: that is no refusal."""
    payment = stack.client.pay(amount=77).json()["id"]
    stack.proxy.plan(Fault(WRITES["refund"]))
    answer = stack.client.refund(payment, 77)
    assert answer.status_code == 201
    assert stack.client.refund(payment, 0.01).status_code == 400


@pytest.mark.parametrize("error", ["1213", "1020"])
def test_conflicts_without_end(stack, error):
    write = Write(stack, "payment")
    stack.proxy.plan(Fault(WRITES["payment"], 1000, **FAULTS[error]))
    started = time.monotonic()
    assert write.send().status_code == 503
    assert time.monotonic() - started < 5
    assert write.records() == 0


@pytest.mark.parametrize("key", [None, "not held"])
def test_lock_waits_without_end(stack, key):
    """Somebody holds something: not this request's key, so it is no request in progress."""
    stack.proxy.plan(Fault(WRITES["payment"], 1000, **FAULTS["1205"]))
    answer = stack.client.pay(key)
    assert (answer.status_code, answer.json()["error"]) == (503, "Service unavailable")
    assert answer.headers["Retry-After"] == "1"


# What the server says before it runs anything, or after it took back what it ran.
REFUSALS = {
    "1290": (1290, "HY000", "The MariaDB server is running with the --read-only option"),
    "1792": (1792, "25006", "Cannot execute statement in a READ ONLY transaction"),
    "1040": (1040, "08004", "Too many connections"),
    "1203": (1203, "42000", "User payment-api already has more than 'max_user_connections' active connections"),
    "1226": (1226, "42000", "User 'payment-api' has exceeded the 'max_updates_per_hour' resource"),
    "1969": (1969, "70100", "Query execution was interrupted (max_statement_time exceeded)"),
}


@pytest.mark.parametrize("resource", WRITES)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_no_doubt(stack, refusal, resource):
    """Asked once and not again until the deadline, on the connection that is there."""
    write, key = Write(stack, resource), str(uuid.uuid4())
    connections = stack.workers.log().count("connected to the database")
    planned = stack.proxy.plan(Fault(WRITES[resource], 1000, forward=False, error=REFUSALS[refusal]))
    answer = write.send(key)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert planned.hits == 1
    assert stack.workers.log().count("connected to the database") == connections
    stack.proxy.plan()
    again = write.send(key)
    assert again.status_code == 201 and "Idempotent-Replayed" not in again.headers
    assert write.records() == 1


def test_a_server_that_only_reads(stack):
    created = stack.client.pay()
    stack.database.sql("SET GLOBAL read_only = ON")
    try:
        assert stack.client.pay().status_code == 503
        assert "--read-only option" in stack.workers.log()
        assert stack.client.get(created.headers["Location"].removeprefix("/v1")).json() == created.json()
    finally:
        stack.database.sql("SET GLOBAL read_only = OFF")
    assert stack.client.pay().status_code == 201


def test_reads_are_tried_again(stack):
    created = stack.client.pay()
    for fault in FAULTS.values():
        stack.proxy.plan(Fault(FIND, **fault))
        assert stack.client.get(created.headers["Location"].removeprefix("/v1")).json() == created.json()


def test_what_went_wrong_is_logged(stack):
    stack.proxy.plan(Fault(WRITES["payment"], 1000, error=DURING_COMMIT, forward=False))
    assert stack.client.post("/payments", PAYMENT).status_code == 503
    assert "payment insert: Got error 5 during COMMIT (error 1180)" in stack.workers.log()


class NoHandlers(DatabaseProxy):
    """Takes the handler out of compound statements. A KILL QUERY at the wrong moment does the same: the statement
    fails with its own error, and leaves the transaction open."""

    rewrites = (("DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;", ""),)


def test_a_transaction_that_was_left_open():
    with Stack(proxy=NoHandlers, workers=1, key_cache_seconds=60) as stack:
        payment = stack.client.pay(amount=100).json()["id"]
        assert stack.client.refund(payment, 1, "key").status_code == 201
        assert stack.client.refund(payment, 1, "key").headers["Idempotent-Replayed"] == "true"
        later = stack.client.pay(amount=50)
        assert later.status_code == 201
        assert stack.client.refund(payment, 2).status_code == 201
        rows = stack.database.sql("SELECT p.refunded, SUM(r.amount) FROM payments p JOIN refunds r ON"
                                  " r.payment_id = p.id GROUP BY p.id")
        assert rows == [["300", "300"]]
        assert stack.database.sql("SELECT COUNT(*) FROM payments WHERE amount = 5000") == [["1"]]
