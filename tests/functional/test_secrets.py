"""What must never be seen: API keys, the database's password, card numbers, the database's own words.

Each search has a control: something harmless in the same place that it does find.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import uuid

import pytest
from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send
from harness.process import wait_until
from harness.servers import FASTCGI_PROGRAM, Workers
from harness.stack import Stack

CARD = "4242424242424242"
FORMS = [CARD, "4242 4242 4242 4242", "4242-4242-4242-4242", "cc4242424242424242", "4242_4242.4242:4242"]
INTERNAL_ERROR = (500, '{"error":"Internal server error"}')


@pytest.fixture(scope="module")
def stack():
    """A stack of its own, which logs all that it can log."""
    with Stack(log_level="debug") as running:
        yield running


@pytest.fixture(scope="module")
def api(stack):
    return stack.client


def all_rows(database):
    """Everything in the database, as text."""
    columns = database.sql(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'payment_api' AND data_type != 'binary'"
    )
    assert ["payments", "idempotency_key"] in columns
    return "\n".join(str(database.sql(f"SELECT {column} FROM {table}")) for table, column in columns)


def is_in_files(folder, text):
    """True when the text stands in any file of the folder: tables, logs, what was deleted."""
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError), open(os.path.join(path, name), "rb") as file:
                if text.encode() in file.read():
                    return True
    return False


def processes(stack):
    return [stack.workers.pid, *stack.workers.worker_pids()]


# API keys and the password


def test_keys_are_in_no_log(stack, api):
    wrong = "sk_test_" + "0" * 32
    assert api.pay().status_code == 201
    for key in (wrong, stack.key + "x", stack.key[:-1]):
        assert Client(api.url, key).pay().status_code == 401
    for path in (f"/payments/{stack.key}", f"/{stack.key}", f"/payments/x?key={stack.key}"):
        assert api.get(path).status_code == 404
    assert api.pay(stack.key).status_code == 201  # even as an idempotency key
    assert api.pay(description=1, source=stack.key).status_code == 400
    for params in (fastcgi_params("GET", "/payments/x", stack.key) * 2, [("REQUEST_METHOD", stack.key)]):
        fastcgi_send(stack.workers.socket, fastcgi_request(params))
    last = api.get("/payments/x").headers["Request-Id"]
    wait_until(lambda: last in stack.workers.log(), 10, "the last line")  # it is written behind the answer
    log = stack.workers.log()
    assert stack.key not in log and stack.key[8:20] not in log and wrong not in log


def test_keys_are_in_no_answer(stack, api):
    for answer in (api.pay(), Client(api.url, stack.key + "x").pay(), api.get(f"/payments/{stack.key}"),
                   api.pay(source=stack.key), api.request("DELETE", "/payments")):
        assert stack.key not in answer.text + str(answer.headers)


def test_no_secret_in_process_titles(stack, api):
    assert api.pay().status_code == 201
    for pid in processes(stack):
        for name in ("cmdline", "environ", "comm"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                text = file.read()
            assert stack.key.encode() not in text and stack.password.encode() not in text
            assert name != "cmdline" or stack.config.encode() in text


def test_the_password_is_in_no_message(stack, tmp_path):
    secret = "s3cret" + secrets.token_hex(8)
    for number, section in enumerate(("[database]", "[payment-api]", "", "[database-admin]\n[database]", "[payment-api]\nlisten")):
        path = tmp_path / f"{number}.conf"
        path.write_text(f"{section}\npassword = {secret}\n[database]\nuser = payment-api\nsocket = {stack.database.socket}\n")
        for command in ([FASTCGI_PROGRAM, "--config", str(path), "--log-level=debug", f"--listen={tmp_path}/x.sock"],):
            result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
            assert result.returncode == 78 and result.stderr != ""
            assert secret not in result.stdout + result.stderr
        for arguments in (("check",), ("merchant", "list"), ("--json", "check")):
            result = stack.try_admin(*arguments, config=str(path))
            assert result.returncode != 0
            assert secret not in result.stdout + result.stderr
    assert stack.password not in stack.workers.log()


# Core dumps


class WithCores(Workers):
    """Workers that may write core dumps, as far as their parent is concerned, into a folder of their own."""

    name = "cores"

    def command(self):
        return ["sh", "-c", 'ulimit -c unlimited && cd "$1" && shift && exec "$@"', "sh", self.cores, *super().command()]


@pytest.fixture
def cores(stack, tmp_path):
    """(running workers, the folder that core dumps go to, whether this machine writes them there)."""
    workers = WithCores(stack.folder, stack.config, workers=2, listen=os.path.join(stack.folder, "cores.sock"))
    workers.cores = str(tmp_path)
    command = workers.command()
    subprocess.run([*command[:5], "sh", "-c", "kill -ABRT $$"], check=False)
    written = len(os.listdir(tmp_path)) > 0
    for name in os.listdir(tmp_path):
        os.remove(tmp_path / name)
    workers.start()
    wait_until(lambda: len(workers.worker_pids()) == 2, what="the workers")
    yield workers, tmp_path, written
    workers.stop()


def test_core_dumps_have_no_room(cores):
    workers, _, _ = cores
    for pid in (workers.pid, *workers.worker_pids()):
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            assert re.search(r"^Max core file size +0 +0 ", limits.read(), re.M)


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV])
def test_no_core_dump_is_written(cores, number):
    workers, folder, written = cores
    if not written:
        pytest.skip("core dumps go elsewhere on this machine (/proc/sys/kernel/core_pattern)")
    for pid in workers.worker_pids():
        os.kill(pid, number)
        wait_until(lambda pid=pid: pid not in workers.worker_pids(), 30, "its end")
    wait_until(lambda: len(re.findall("was ended by signal|ended with status", workers.log())) >= 2, what="the lines of the log")
    assert os.listdir(folder) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_other_processes_of_the_user_cannot_look_into_a_worker(stack):
    """Nor could a debugger: what the kernel refuses here is what it refuses there."""
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    folder = os.path.join(stack.folder, "nobody")
    os.mkdir(folder)
    config = os.path.join(folder, "payment-api.conf")
    shutil.copy(stack.config, config)
    for path in (folder, config):
        os.chown(path, 65534, 65534)
    os.chmod(stack.folder, 0o711)
    workers = Workers(folder, config, workers=2)
    workers.command = lambda: [*user, *Workers.command(workers)]
    workers.start()
    other = subprocess.Popen([*user, "sleep", "60"])
    try:
        pids = wait_until(lambda: len(workers.worker_pids()) == 2 and workers.worker_pids(), what="the workers")

        def can_read(pid):
            return subprocess.run([*user, "cat", f"/proc/{pid}/environ"], capture_output=True, check=False).returncode == 0

        wait_until(lambda: can_read(other.pid), what="the control")
        assert not any(can_read(pid) for pid in (workers.pid, *pids))
    finally:
        other.kill()
        other.wait()
        workers.stop()


# Card numbers


def bodies(card):
    payment = {"amount": 1, "currency": "USD", "source": "tok_visa"}
    return [
        {**payment, "amount": card}, {**payment, "currency": card}, {**payment, "source": card},
        {**payment, "description": card}, {**payment, "description": f"paid with {card}, 12/27"},
        {**payment, "description": f"{card} 12/27 123"}, {**payment, "description": f"1 {card}"},
        {**payment, "description": [card]}, {**payment, "card": card}, {**payment, card: 1},
        {**payment, "source": {"number": card, "cvc": "123"}}, {**payment, "x": {"y": [{"z": card}]}},
        {"payment_id": card, "amount": 1}, {"payment_id": "pay_" + card, "amount": 1},
        {"payment_id": "pay_01m853m2dqeq99aq9ppnf33t67", "amount": card},
    ]


def send_card_numbers(stack, api):
    """A card number in every place that a client can put something into."""
    for card in FORMS:
        digits = re.sub(r"\D", "", card)
        for path in ("/payments", "/refunds"):
            for body in bodies(card):
                assert api.post(path, body).status_code in (201, 400, 404)
            assert api.post(path, '{"amount":%s,"currency":"USD","source":"tok_visa"}' % digits).status_code == 400
            assert api.post(path, f"{card} is no JSON").status_code == 400
            assert api.post(path, f"card={card}", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 415
            assert api.post(f"{path}?card={card}", {"amount": 0}).status_code == 400
        for key in (card, f'"{card}"', f"order {card}", f"{card} 12/27"):
            answer = api.pay(key)
            assert (answer.status_code, answer.text) == (400, '{"error":"Invalid idempotency key"}')
        for path in (f"/payments/{card}", f"/{card}", f"/payments/pay_{card}", f"/payments/x?card={card}"):
            assert api.get(path).status_code == 404
        assert Client(api.url, card).pay().status_code == 401
        api.pay().close()
        for name in ("X-Request-Id", "Request-Id", "User-Agent", "Referer", "Cookie", "X-Card"):
            api.request("GET", "/payments/x", headers={name: card})
        escaped = "".join(f"\\u{ord(digit):04x}" for digit in card)
        assert api.post("/payments", f'{{"amount":1,"currency":"USD","source":"tok_visa","description":"{escaped}"}}').status_code == 400


def test_a_card_number_is_neither_kept_nor_logged(stack, api):
    control = "control" + str(uuid.uuid4())
    assert stack.database.sql("SELECT @@general_log, @@log_bin, @@slow_query_log") == [["0", "0", "0"]]
    assert api.pay(description=control).status_code == 201
    send_card_numbers(stack, api)
    rows = all_rows(stack.database)
    last = api.get("/payments/x").headers["Request-Id"]
    wait_until(lambda: last in stack.workers.log(), 10, "the last line")
    log = stack.workers.log()
    stack.database.stop()  # so that all of it is in the files
    try:
        assert control in rows and is_in_files(stack.database.data, control)
        for card in FORMS:
            assert card not in rows and card not in log
            assert not is_in_files(stack.database.data, card)
            assert not is_in_files(stack.folder, card), "some file of nginx or of the workers has it"
    finally:
        stack.database.start()
    wait_until(lambda: api.pay().status_code == 201, 15, "the recovery")


def test_a_card_number_is_in_no_answer(api):
    for card in FORMS:
        for body in bodies(card):
            answer = api.post("/payments", body)
            assert card not in answer.text + str(answer.headers)


@pytest.mark.parametrize("card", [
    "cc4242424242424242", "4242424242424242cd", "4242  4242  4242  4242", "4242\t4242\t4242\t4242", "4242.4242.4242.4242",
    "4242_4242_4242_4242", "4242:4242:4242:4242", "4242\u20134242\u20134242\u20134242",
    "".join(chr(ord(digit) + 0xFEE0) for digit in CARD),
])
def test_a_card_number_in_any_form(api, card):
    payment = {"amount": 1, "currency": "USD", "source": "tok_visa"}
    for member, message in (("amount", "amount"), ("currency", "currency"), ("source", "payment source"),
                            ("description", "description")):
        for value in (card, f"paid with {card}, 12/27"):
            answer = api.post("/payments", {**payment, member: value})
            assert (answer.status_code, answer.text) == (400, f'{{"error":"Invalid {message}"}}')
    for key in (card, f"order {card}"):
        answer = api.pay(key.encode())
        assert (answer.status_code, answer.text) == (400, '{"error":"Invalid idempotency key"}')


@pytest.mark.parametrize("token", [
    "b3a9e842-4242-4424-8242-42424241c0de", "order 12345678-4000-4000-8000-000000000002", "9f86d0a4242424242424242b20a4e0c1",
])
def test_random_tokens_are_no_card_numbers(api, token):
    """A UUID's digits look like a card number once in 1500."""
    for value in (token, f"x{secrets.token_hex(4)}x {token}"):
        assert api.pay(value, description=value).status_code == 201


# The database's own words


@pytest.mark.parametrize("table, column, kind", [
    ("payments", "decline", "VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL"),
    ("payments", "source", "VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL"),
    ("refunds", "status", "ENUM('processing', 'succeeded', 'failed') NOT NULL"),
    ("api_keys", "mode", "ENUM('test', 'live') NOT NULL"),
])
def test_a_broken_table(stack, api, table, column, kind):
    """A client learns that it is our fault; what is wrong stands in the log, under the request's id."""
    payment = api.pay().json()["id"]
    requests = {
        "payments": [lambda: api.pay(), lambda: api.pay(str(uuid.uuid4())), lambda: api.get("/payments/" + payment)],
        "refunds": [lambda: api.refund(payment, 1), lambda: api.refund(payment, 1, str(uuid.uuid4()))],
        "api_keys": [lambda: Client(api.url, stack.admin_made_key).pay()],
    }[table]
    stack.admin_made_key = stack.admin("key", "create", stack.merchant)["key"]  # in no worker's cache
    drop = {"payments": "payments_decline"}.get(table) if column == "decline" else None
    if drop:
        stack.database.sql(f"ALTER TABLE {table} DROP CONSTRAINT {drop}")
    stack.database.sql(f"ALTER TABLE {table} CHANGE {column} broken_{column} {kind}")
    try:
        for request in requests:
            answer = request()
            assert (answer.status_code, answer.text) == INTERNAL_ERROR
            assert set(answer.headers) <= {"Server", "Date", "Content-Type", "Content-Length", "Connection",
                                           "Cache-Control", "Request-Id"}
            lines = wait_until(lambda: [line for line in stack.workers.log().splitlines()
                                        if answer.headers["Request-Id"] in line], 10, "its lines in the log")
            assert any("error:" in line and column in line for line in lines), lines
            assert not any(stack.key in line for line in lines)
    finally:
        stack.database.sql(f"ALTER TABLE {table} CHANGE broken_{column} {column} {kind}")
        if drop:
            stack.database.sql(f"ALTER TABLE {table} ADD CONSTRAINT {drop} CHECK ((status = 'failed') = (decline IS NOT NULL))")
        grants(stack)
    assert api.pay().status_code == 201
    assert api.refund(payment, 1).status_code == 201


def grants(stack):
    """A renamed column may have taken its privileges with it."""
    from harness.servers import SOURCE

    with open(os.path.join(SOURCE, "sql/grants.sql"), encoding="utf-8") as file:
        stack.database.sql(file.read())
