"""Old attempts, deliveries and events are deleted by the courier, in small steps, and nothing else is.

SPDX-License-Identifier: MIT
"""

import itertools
import time

import pytest
from harness.process import wait_until
from harness.stack import Stack

DAY = 24 * 3600 * 1000
MANY = 2500
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def stack():
    with Stack(workers=1, webhooks="yes", webhook_days=0, event_days=0) as running:
        yield running


def an_id(days, number=None):
    """The hexadecimal digits of one that was made so many days ago."""
    made_at = int(time.time() * 1000) - days * DAY
    return f"{made_at:012x}70008000{next(numbers) if number is None else number:012x}"


class Tables:
    """Rows of all ages, each event with a name."""

    def __init__(self, stack):
        self.sql = stack.database.sql
        self.merchant = self.sql("SELECT HEX(id) FROM merchants")[0][0]
        self.events = {}
        self.endpoint, self.deleted = an_id(100), an_id(100)
        for endpoint, deleted_at in ((self.endpoint, "NULL"), (self.deleted, "UTC_TIMESTAMP(3)")):
            self.sql("INSERT INTO webhook_endpoints (id, merchant_id, mode, url, events, created_at, deleted_at) VALUES"
                     f" (X'{endpoint}', X'{self.merchant}', 'test', 'https://shop.example/', '*', UTC_TIMESTAMP(3), {deleted_at})")

    def add(self, name, days, state=None, attempt_days=None, endpoint=None):
        """An event, its delivery where it has a state, and an attempt of that."""
        event = self.events[name] = an_id(days)
        self.sql("INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at, dispatched_at) VALUES"
                 f" (X'{event}', X'{self.merchant}', 'test', 'payment.failed', X'{event}', '{{}}', UTC_TIMESTAMP(3),"
                 " UTC_TIMESTAMP(3))")
        if state:
            due_at = "UTC_TIMESTAMP(3) + INTERVAL 9 DAY" if state == "pending" else "NULL"
            self.sql("INSERT INTO webhook_deliveries (endpoint_id, event_id, state, due_at) VALUES"
                     f" (X'{endpoint or self.endpoint}', X'{event}', '{state}', {due_at})")
        if attempt_days is not None:
            self.sql("INSERT INTO webhook_attempts (id, endpoint_id, event_id, attempted_at, milliseconds, answer) VALUES"
                     f" (X'{an_id(attempt_days)}', X'{endpoint or self.endpoint}', X'{event}', UTC_TIMESTAMP(3), 1, '')")

    def add_many(self, days):
        """MANY events with a delivery and an attempt."""
        ids = f"UNHEX(CONCAT('{an_id(days, 0)[:20]}', LPAD(HEX(seq + 1000000), 12, '0')))"
        for table, columns, values in (
            ("events", "merchant_id, mode, type, object_id, body, created_at, dispatched_at, id",
             f"X'{self.merchant}', 'test', 'payment.failed', X'{self.endpoint}', '{{}}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)"),
            ("webhook_deliveries", "endpoint_id, state, event_id", f"X'{self.endpoint}', 'delivered'"),
            ("webhook_attempts", "endpoint_id, event_id, attempted_at, milliseconds, answer, id",
             f"X'{self.endpoint}', {ids}, UTC_TIMESTAMP(3), 1, ''"),
        ):
            self.sql(f"INSERT INTO {table} ({columns}) SELECT {values}, {ids} FROM seq_1_to_{MANY}")

    def names(self, table, column):
        """What is left, by its events' names, and how many without one."""
        found = [row[0].lower() for row in self.sql(f"SELECT HEX({column}) FROM {table}")]
        named = {event: name for name, event in self.events.items()}
        return {named[one] for one in found if one in named}, sum(one not in named for one in found)

    def left(self):
        return {"events": self.names("events", "id"), "deliveries": self.names("webhook_deliveries", "event_id"),
                "attempts": self.names("webhook_attempts", "event_id")}


@pytest.fixture(scope="module", name="tables")
def filled_tables(stack):
    tables = Tables(stack)
    tables.add("old", 70, "delivered")
    tables.add("old, with an old attempt", 70, "failed", 69)
    tables.add("old, with a young attempt", 70, "failed", 1)
    tables.add("old and pending", 70, "pending", 69)
    tables.add("old, for a deleted endpoint", 70, "pending", endpoint=tables.deleted)
    tables.add("old, for nobody", 70)
    tables.add("between", 40, "delivered", 40)
    tables.add("young", 20, "delivered", 20)
    tables.add_many(65)
    return tables


def restart(stack, **options):
    """A new courier begins a round at once."""
    stack.workers.stop()
    stack.workers.options.update(options)
    stack.workers.start()


def slow_log(stack, on):
    stack.database.sql(f"SET GLOBAL log_output = '{'TABLE' if on else 'FILE'}', GLOBAL long_query_time = {0 if on else 10},"
                       f" GLOBAL slow_query_log = {int(on)}")


ALL = {"old", "old, with an old attempt", "old, with a young attempt", "old and pending", "old, for a deleted endpoint",
       "old, for nobody", "between", "young"}


def test_old_rows_are_deleted_in_small_steps(stack, tables):
    before = tables.left()
    assert before["events"] == (ALL, MANY) and before["deliveries"] == (ALL - {"old, for nobody"}, MANY)
    slow_log(stack, True)
    restart(stack, webhook_days=30)
    deliveries = {"old, with a young attempt", "old and pending", "young"}
    wait_until(lambda: tables.left()["deliveries"] == (deliveries, 0), 60, "old deliveries are deleted")
    assert tables.left()["attempts"] == ({"old, with a young attempt", "young"}, 0)
    assert tables.left()["events"] == (ALL, MANY)  # they are kept for ever

    restart(stack, event_days=60)
    events = {"old, with a young attempt", "old and pending", "between", "young"}
    wait_until(lambda: tables.left()["events"] == (events, 0), 60, "old events are deleted")
    assert tables.left()["deliveries"] == (deliveries, 0)
    slow_log(stack, False)
    steps = [(int(rows), int(examined)) for rows, examined in stack.database.sql(
        "SELECT rows_affected, rows_examined FROM mysql.slow_log WHERE sql_text LIKE 'DELETE % FORCE INDEX%'")]
    assert sum(rows for rows, _ in steps) == 3 * MANY + 4 + 3 + 4, steps
    assert max(rows for rows, _ in steps) in range(900, 1001), steps
    assert max(examined for _, examined in steps) <= 5000, steps  # with what it is held against


def test_nothing_is_deleted_for_ever(stack, tables):
    """The default of events, and what an operator may choose for the others."""
    restart(stack, webhook_days=0, event_days=0)
    tables.add("old once more", 70, "delivered", 70)
    before = tables.left()
    restart(stack)
    # The courier deletes in the turns in which it looks at events, too: at those of a mode without endpoints.
    for turn in range(4):
        stack.database.sql("INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at) VALUES"
                           f" (X'{an_id(0)}', X'{tables.merchant}', 'live', 'payment.failed', X'{an_id(0)}', '{{}}', UTC_TIMESTAMP(3))")
        wait_until(lambda: stack.database.sql("SELECT COUNT(*) FROM events WHERE dispatched_at IS NULL") == [["0"]], 60, "a turn")
        time.sleep(1.1)  # there is a step a second
    left = tables.left()
    assert left["events"] == (before["events"][0], turn + 1)
    assert (left["deliveries"], left["attempts"]) == (before["deliveries"], before["attempts"])
