# SPDX-License-Identifier: MIT
"""Payments that are there before anything is measured, and the count of those that a measurement made.

SPDX-License-Identifier: MIT
"""

import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LARGEST = 999_999_999_999_999  # minor units: no refund of a benchmark uses it up
CHUNK = 100_000  # rows of a transaction


def api_id(hexadecimal):
    """The API's text of a payment's id."""
    value, digits = int(hexadecimal, 16), ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        digits = ALPHABET[digit] + digits
    return "pay_" + digits


def moment():
    """Now, in the form that ids of this moment begin with."""
    return f"{int(time.time() * 1000):012x}"


def add_payments(database, schema, count, keyed=False, mixed=False, progress=lambda done: None):
    """Payments of the schema's only merchant, with ids in the order of time as those of the program. The newest is
    some seconds old. Keys (keyed) are scattered, as those that clients make. mixed: one in 101 was declined, one in ten
    is in euros, one in a thousand in dinars, each whatever the other is."""
    first = int(time.time() * 1000) - count - 10_000
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        currency, declined = "'USD'", "FALSE"
        if mixed:
            currency = "CASE WHEN seq % 1000 = 500 THEN 'KWD' WHEN seq % 10 = 3 THEN 'EUR' ELSE 'USD' END"
            declined = f"({start} + seq) % 101 = 7"
        database.sql(f"""
            INSERT INTO payments (id, merchant_id, amount, currency, status, decline, processor, source,
              description, idempotency_key, created_at)
            SELECT UNHEX(CONCAT(LPAD(HEX({first + start} + seq), 12, '0'), '7', SUBSTR(SHA1(RAND()), 1, 3), 'A',
                SUBSTR(SHA1(RAND()), 1, 15))),
              (SELECT id FROM merchants), {LARGEST}, {currency},
              IF({declined}, 'failed', 'succeeded'), IF({declined}, 'card_declined', NULL), 'sandbox', 'tok_visa',
              'Payment for order #12345', {f"SUBSTR(SHA1({first + start} + seq), 1, 36)" if keyed else "NULL"},
              FROM_UNIXTIME(({first + start} + seq) / 1000)
            FROM seq_0_to_{size - 1}""", database=schema)
        progress(start + size)


def payment_ids(database, schema, count):
    """Some of them, as 32 hexadecimal digits, in no order."""
    return [row[0].lower() for row in database.sql(
        f"SELECT HEX(id) FROM (SELECT id FROM payments LIMIT {count}) AS chosen ORDER BY RAND()", database=schema)]


def count_since(database, schema, table, since):
    """Rows whose ids were made since a moment: a range of the primary key."""
    return int(database.sql(f"SELECT COUNT(*) FROM {table} WHERE id >= X'{since}{'0' * 20}'", database=schema)[0][0])


def settle(database, seconds=120):
    """Writes what the server still holds back, so that it does not do so during the next measurement."""
    database.sql("SET GLOBAL innodb_io_capacity_max = 20000; SET GLOBAL innodb_io_capacity = 20000;"
                 "SET GLOBAL innodb_max_dirty_pages_pct = 0", database="mysql")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        dirty = int(database.sql("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'", database="mysql")[0][1])
        if dirty < 100:
            break
        time.sleep(0.2)
    database.sql("SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT; SET GLOBAL innodb_io_capacity = DEFAULT;"
                 "SET GLOBAL innodb_io_capacity_max = DEFAULT", database="mysql")
