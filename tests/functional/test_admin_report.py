"""payment-admin report and export: the whole ledger, read back and held against the API's answers.

SPDX-License-Identifier: MIT
"""

import collections
import csv
import decimal
import io
import json
import os
import pty
import re
import subprocess
import threading

import pytest
from harness.client import Client
from harness.stack import Stack

COLUMNS = ["type", "id", "payment_id", "merchant_id", "created_at", "mode", "status", "amount", "currency",
           "failure_code", "processor", "reference", "returned_at", "description"]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://example.net\",\"x\")"]
TEXTS = ["plain", "Käse, süß", "a \"quoted\" one", "a = b", "5 - 3", "'apostrophe"]


@pytest.fixture(scope="module")
def stack():
    """One of its own, whose ledger holds what this file put there."""
    with Stack(workers=1, database_options=["--innodb-buffer-pool-size=128M"]) as running:
        running.answers = fill(running)
        yield running


def number(text):
    return decimal.Decimal(text)


def exact(answer):
    return json.loads(answer.text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)


def fill(stack):
    """Payments and refunds of two merchants: id -> (type, merchant, what the API answered)."""
    answers = {}
    other_merchant, other_key = stack.new_merchant("Another")
    other = Client(stack.client.url, other_key)

    def note(kind, merchant, answer, status=201):
        assert answer.status_code == status, answer.text
        if status == 201:
            answers[exact(answer)["id"]] = (kind, merchant, exact(answer))
        return answer.json()

    for text in FORMULAS + TEXTS:
        note("payment", stack.merchant, stack.client.pay(amount=19.99, description=text))
    for amount, currency in ((0.01, "USD"), (1250, "JPY"), (12.345, "KWD"), ("9999999999999.99", "EUR"),
                             ("9999999999999.99", "EUR")):
        body = f'{{"amount":{amount},"currency":"{currency}","source":"tok_visa"}}'
        note("payment", stack.merchant, stack.client.post("/payments", body))
    paid = note("payment", other_merchant, other.pay(amount=40))["id"]
    note("refund", other_merchant, other.refund(paid, 10.10))
    note("refund", other_merchant, other.refund(paid, 0.05))
    note("payment", stack.merchant, stack.client.pay(source="tok_chargeDeclined", amount=7), status=402)
    return answers


def export(stack, *arguments):
    """The rows of the file, as Python's module reads it."""
    result = subprocess.run([stack.admin_program, "--config", stack.config, "export", *arguments],
                            capture_output=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (0, b"")
    lines = list(csv.reader(io.StringIO(result.stdout.decode("utf-8"), newline=""), strict=True))
    assert lines[0] == COLUMNS and result.stdout.count(b"\r\n") == len(lines)
    assert all(len(line) == len(COLUMNS) for line in lines)
    return [dict(zip(COLUMNS, line)) for line in lines[1:]]


def report(stack, *arguments):
    result = stack.try_admin("--json", "report", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout, parse_float=decimal.Decimal)["totals"]


def test_the_export_is_what_the_api_answered(stack):
    rows = {row["id"]: row for row in export(stack)}
    failed = [row for row in rows.values() if row["status"] == "failed"]
    assert [(row["amount"], row["failure_code"]) for row in failed] == [("7.00", "card_declined")]
    assert set(rows) == set(stack.answers) | {failed[0]["id"]}
    for record, (kind, merchant, answer) in stack.answers.items():
        row = rows[record]
        assert (row["type"], row["merchant_id"], row["mode"]) == (kind, merchant, "test")
        assert row["amount"] == str(answer["amount"])  # its decimals, too
        assert (row["status"], row["created_at"]) == (answer["status"], answer["created_at"])
        assert row["payment_id"] == answer.get("payment_id", "")
        assert row["currency"] == answer.get("currency", "USD")
    times = [row["created_at"] for row in rows.values()]
    assert times == sorted(times)


def test_spreadsheets_run_nothing(stack):
    texts = [row["description"] for row in export(stack) if row["description"]]
    assert texts == ["'" + text for text in FORMULAS] + TEXTS
    listed = json.loads(stack.try_admin("--json", "export").stdout)["records"]
    assert [row["description"] for row in listed if row["description"]] == FORMULAS + TEXTS


@pytest.mark.parametrize("arguments, test", [
    (("--status", "failed"), lambda row: row["status"] == "failed"),
    (("--mode", "live"), lambda row: False),
    (("--since", "2020-01-01", "--until", "2100-01-01"), lambda row: True),
    (("--until", "2020-01-01"), lambda row: False),
    (("--since", "2100-01-01"), lambda row: False),
])
def test_what_is_wanted_of_it(stack, arguments, test):
    assert export(stack, *arguments) == [row for row in export(stack) if test(row)]


def test_one_merchant(stack):
    rows = export(stack, "--merchant", stack.merchant)
    assert rows == [row for row in export(stack) if row["merchant_id"] == stack.merchant]
    assert {row["type"] for row in rows} == {"payment"} and len(rows) == len(FORMULAS + TEXTS) + 6
    assert report(stack, "--merchant", stack.merchant)[-1]["refunds"] == 0


def summed(rows):
    """What a report says of the rows of an export."""
    totals = collections.defaultdict(lambda: [0, number(0), 0, number(0)])
    for row in rows:
        total = totals[row["created_at"][:10], row["mode"], row["currency"], row["status"]]
        at = 0 if row["type"] == "payment" else 2
        total[at] += 1
        total[at + 1] += number(row["amount"])
    return totals


def assert_agree(totals, rows):
    expected = summed(rows)
    assert [(row["day"], row["mode"], row["currency"], row["status"]) for row in totals] == sorted(expected)
    for row in totals:
        found = [row["payments"], number(row["payments_amount"]), row["refunds"], number(row["refunds_amount"])]
        assert found == expected[row["day"], row["mode"], row["currency"], row["status"]]


def test_a_refund_that_came_back_is_not_among_those_that_stand(stack):
    stack.database.sql("UPDATE refunds SET returned_at = UTC_TIMESTAMP(3) WHERE amount = 5")
    try:
        of_refunds = {row["status"]: row["refunds_amount"] for row in report(stack) if row["refunds"]}
        returned = [row for row in export(stack) if row["returned_at"]]
    finally:
        stack.database.sql("UPDATE refunds SET returned_at = NULL")
    assert of_refunds == {"returned": number("0.05"), "succeeded": number("10.10")}
    assert [(row["type"], row["amount"], row["status"]) for row in returned] == [("refund", "0.05", "succeeded")]


def test_the_report_is_the_exports_sums(stack):
    totals = report(stack)
    assert_agree(totals, export(stack))
    by_currency = {row["currency"]: row for row in totals if row["status"] == "succeeded"}
    assert {code: str(row["payments_amount"]) for code, row in by_currency.items() if code != "USD"} == {
        "EUR": "19999999999999.98", "JPY": "1250", "KWD": "12.345"}
    assert str(by_currency["USD"]["refunds_amount"]) == "10.15"
    text = stack.try_admin("report", "--csv").stdout
    assert list(csv.DictReader(io.StringIO(text))) == [{name: str(value) for name, value in row.items()}
                                                       for row in totals]
    table = stack.try_admin("report").stdout.splitlines()
    assert table[0].split() == ["DAY", "MODE", "CURRENCY", "STATUS", "PAYMENTS", "PAYMENTS", "AMOUNT", "REFUNDS",
                                "REFUNDS", "AMOUNT"]
    assert [line.split()[5] for line in table[1:]] == [str(row["payments_amount"]) for row in totals]


def test_an_operator_without_a_database(stack, tmp_path):
    config = tmp_path / "c.conf"
    config.write_text("[database]\nsocket = /nonexistent.sock\n")
    for command in ("report", "export"):
        assert stack.try_admin(command, config=str(config)).returncode == 3
    assert stack.try_admin("export", "--status", "x").returncode == 1
    assert stack.try_admin("export", "--csv").returncode == 2


def test_a_full_disk_is_no_success(stack):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([stack.admin_program, "--config", stack.config, "export"], stdout=full,
                                stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert result.returncode == 1 and "could not be written" in result.stderr


MANY = 22000  # of each kind: several pages of the report, many of the export


@pytest.fixture(scope="module")
def many(stack):
    """Old payments by a thousand, a day each, and as many refunds of them; ids as the program makes them."""
    stack.database.sql(f"""
        INSERT INTO payments (id, merchant_id, mode, amount, refunded, currency, status, processor, source,
                              description, created_at)
          SELECT UNHEX(CONCAT(LPAD(HEX(UNIX_TIMESTAMP(made) * 1000), 12, '0'), '70', LPAD(HEX(seq), 18, '0'))),
            (SELECT id FROM merchants ORDER BY id LIMIT 1), 'test', 999999999999999, seq,
            ELT(1 + seq MOD 3, 'USD', 'JPY', 'KWD'), 'succeeded', 'sandbox', 'tok_visa', REPEAT('ö', 255), made
          FROM (SELECT seq, '2024-01-01' + INTERVAL (seq DIV 1000) DAY + INTERVAL (seq MOD 1000) SECOND AS made
                FROM seq_1_to_{MANY}) numbers;
        INSERT INTO refunds (id, merchant_id, payment_id, mode, amount, status, created_at)
          SELECT UNHEX(CONCAT(SUBSTR(HEX(id), 1, 12), '71', SUBSTR(HEX(id), 15))), merchant_id, id, mode, refunded,
            'succeeded', created_at FROM payments WHERE created_at < '2025-01-01'""")


OLD = ("--until", "2025-01-01")


def test_many_pages_agree(stack, many):
    rows = export(stack, *OLD)
    assert len(rows) == 2 * MANY and len({row["id"] for row in rows}) == 2 * MANY
    totals = report(stack, *OLD)
    assert_agree(totals, rows)
    assert sum(row["payments"] for row in totals) == sum(row["refunds"] for row in totals) == MANY
    part = report(stack, "--since", "2024-01-10", "--until", "2024-01-12T00:08:20Z")
    assert [row["payments"] for row in part if row["currency"] == "USD"] == [334, 333, 167]


def peak_of(stack, *arguments):
    """How many bytes the program writes, and the most memory that it has meanwhile, in kilobytes. A sanitizer is
    not to keep what was freed."""
    environment = os.environ | {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
    size = peak = 0
    with subprocess.Popen([stack.admin_program, "--config", stack.config, *arguments], stdout=subprocess.PIPE,
                          env=environment) as process:
        while part := process.stdout.read(1000000):
            size += len(part)
            with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                found = re.search(r"^VmHWM:\s+(\d+) kB", status.read(), re.M)
            peak = max(peak, int(found.group(1)) if found else 0)  # none: it has ended
    assert process.returncode == 0
    return size, peak


def test_memory_is_flat(stack, many):
    few, some = peak_of(stack, "export", "--until", "2024-01-05")
    everything, peak = peak_of(stack, "export", *OLD)
    assert few > 2000000 and everything > 5 * few
    assert 0 < peak < some + 2000, (some, peak)


def on_a_terminal(stack, arguments, stdout=None):
    """What the program shows on a terminal, which is its standard error, and its output, too, for None."""
    leader, follower = pty.openpty()
    shown = []

    def read():
        try:
            while data := os.read(leader, 65536):
                shown.append(data)
        except OSError:  # nobody has the other end any more
            pass

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.run([stack.admin_program, "--config", stack.config, *arguments], check=False, timeout=60,
                             stdin=subprocess.DEVNULL, stdout=stdout or follower, stderr=follower)
    os.close(follower)
    reader.join()
    os.close(leader)
    assert process.returncode == 0
    return b"".join(shown).decode()


def test_a_bar_on_a_terminal_alone(stack, many):
    shown = on_a_terminal(stack, ("export", *OLD), subprocess.DEVNULL).split("\r")
    assert shown[-1] == "\033[K" and f"{2 * MANY} records" in shown[-2] and len(shown) > 20
    percents = [int(text.split("]")[1].split()[0]) for text in shown[1:-1]]
    assert percents == sorted(percents) and all(0 <= percent <= 100 for percent in percents)
    assert percents[0] == 0 and percents[-1] == 100 and f"[{40 * chr(35)}]" in shown[-2]
    assert "records" not in on_a_terminal(stack, ("export", "--until", "2024-01-02"))
    assert "records" in on_a_terminal(stack, ("report", *OLD))


def test_nothing_is_locked_and_nothing_waits(stack, many):
    """While a writer holds rows that it reads."""
    with stack.database.session() as writer:
        writer.run("START TRANSACTION; UPDATE payments SET description = 'x' WHERE created_at < '2024-01-02'")
        rows = export(stack, "--until", "2024-01-02")
        assert len(rows) > 1000 and "x" not in {row["description"] for row in rows}
        writer.run("ROLLBACK")
