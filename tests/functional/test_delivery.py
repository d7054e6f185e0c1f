"""Events reach the webhook endpoints of their merchant: signed, at least once, and nobody else.

SPDX-License-Identifier: MIT
"""

import itertools
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.acquirer import make_authority
from harness.client import Client
from harness.internet import Internet
from harness.npm import packages
from harness.process import wait_until
from harness.receiver import Receiver
from harness.stack import Stack

LOOPBACK = "127.0.0.0/8, ::1"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with Receiver(str(tmp_path_factory.mktemp("receiver"))) as running:
        yield running


@pytest.fixture(scope="module")
def stack(receiver):
    with Stack(webhooks="yes", allow_webhook_addresses=LOOPBACK, webhook_ca_file=receiver.ca_file,
               key_cache_seconds=0) as running:
        yield running


@pytest.fixture(name="shop")
def a_shop(stack):
    """A merchant that has no endpoint yet."""
    return Client(stack.web.url, stack.new_merchant("A shop with hooks")[1])


paths = map("/hooks/{}".format, itertools.count(1))


def endpoint(client, url, **members):
    made = client.post("/webhook_endpoints", {"url": url, "events": ["*"], **members})
    assert made.status_code == 201, made.text
    return made.json()


def event_of(client, record):
    events = client.get(f"/events?object_id={record}").json()["data"]
    return events[0]


def deliveries(stack, made):
    """State, tries and the seconds until the next one, of an endpoint's deliveries."""
    rows = stack.database.sql(
        "SELECT d.state, d.tries, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), d.due_at) FROM webhook_deliveries d JOIN"
        f" webhook_endpoints e ON e.id = d.endpoint_id WHERE e.url = '{made['url']}' ORDER BY d.event_id")
    return [(state, int(tries), None if due == "NULL" else int(due)) for state, tries, due in rows]


def attempts(stack, made):
    return stack.database.sql(
        "SELECT IFNULL(a.status, 0), a.answer, a.milliseconds FROM webhook_attempts a JOIN webhook_endpoints e"
        f" ON e.id = a.endpoint_id WHERE e.url = '{made['url']}' ORDER BY a.id")


def make_due(stack):
    stack.database.sql("UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE state = 'pending'")


def test_an_event_arrives_as_the_api_shows_it(stack, receiver, shop):
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    paid = shop.pay(amount=12.30).json()
    wait_until(lambda: receiver.got(path))
    request, = receiver.got(path)
    event = event_of(shop, paid["id"])
    assert request["body"] == shop.get(f"/events/{event['id']}").text and json.loads(request["body"])["data"] == paid
    headers = request["headers"]
    assert headers["content-type"] == "application/json" and headers["webhook-id"] == event["id"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["user-agent"].startswith("payment-api/")
    wait_until(lambda: deliveries(stack, made) == [("delivered", 1, None)])
    (status, answer, milliseconds), = attempts(stack, made)
    assert (status, answer) == ("200", "taken") and int(milliseconds) >= 0


def test_others_verify_the_signature(receiver, shop):
    """standardwebhooks and svix, with the secret that was shown; both secrets sign during a rotation."""
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    shop.pay()
    wait_until(lambda: receiver.got(path))
    rotated = shop.post(f"/webhook_endpoints/{made['id']}/rotate", {}).json()
    shop.pay(amount=3)
    wait_until(lambda: len(receiver.got(path)) == 2)
    first, second = receiver.got(path)
    assert len(first["headers"]["webhook-signature"].split()) == 1
    assert len(second["headers"]["webhook-signature"].split()) == 2
    wrong = made["secret"][:-5] + ("AAAA=" if made["secret"][-5:] != "AAAA=" else "BBBB=")
    lines = [{"headers": request["headers"], "body": body, "secret": secret} for request, body, secret in (
        (first, first["body"], made["secret"]), (second, second["body"], made["secret"]),
        (second, second["body"], rotated["secret"]), (first, first["body"], rotated["secret"]),
        (first, first["body"] + " ", made["secret"]), (first, first["body"], wrong))]
    judged = subprocess.run(["node", "verify.js"], cwd=packages("webhooks", ("verify.js",)), check=True, text=True,
                            input="".join(json.dumps(line) + "\n" for line in lines), stdout=subprocess.PIPE,
                            timeout=60).stdout.splitlines()
    good = [json.loads(line) == ["good", "good"] for line in judged]
    assert good == [True, True, True, False, False, False], judged


def test_only_what_it_wants_and_only_of_its_merchant_and_mode(stack, receiver, shop):
    path, refunds, other = next(paths), next(paths), next(paths)
    merchant, key = stack.new_merchant("Another shop")
    another = Client(stack.web.url, key)
    endpoint(shop, receiver.url(path))
    endpoint(shop, receiver.url(refunds), events=["refund.succeeded"])
    endpoint(another, receiver.url(other))
    paid = shop.pay(amount=5).json()
    shop.post("/refunds", {"payment_id": paid["id"], "amount": 2.00})
    theirs = another.pay(amount=7).json()
    wait_until(lambda: len(receiver.got(path)) == 2 and receiver.got(refunds) and receiver.got(other))
    # What would come too much would have come by now: all were made in one go.
    assert {json.loads(request["body"])["type"] for request in receiver.got(path)} == {
        "payment.succeeded", "refund.succeeded"}
    assert [json.loads(request["body"])["type"] for request in receiver.got(refunds)] == ["refund.succeeded"]
    assert [json.loads(request["body"])["data"]["id"] for request in receiver.got(other)] == [theirs["id"]]
    # Nothing of the test mode is for a live endpoint.
    stack.database.sql(f"UPDATE webhook_endpoints SET mode = 'live' WHERE url = '{receiver.url(other)}'")
    another.pay(amount=8)
    shop.pay(amount=9)
    wait_until(lambda: len(receiver.got(path)) == 3)
    assert len(receiver.got(other)) == 1 and merchant


def test_a_type_that_only_a_newer_program_knows(stack, receiver, shop):
    """It is for those who want all, and holds up nothing else."""
    path, refunds = next(paths), next(paths)
    made = endpoint(shop, receiver.url(path))
    narrow = endpoint(shop, receiver.url(refunds), events=["refund.succeeded"])
    stack.database.sql(
        f"UPDATE webhook_endpoints SET events = 'payment.captured,refund.succeeded' WHERE url = '{narrow['url']}';"
        "INSERT INTO events (id, merchant_id, mode, type, object_id, body, created_at) SELECT"
        " UNHEX(REPEAT('01', 16)), merchant_id, 'test', 'payment.captured', UNHEX(REPEAT('02', 16)), '{}',"
        f" UTC_TIMESTAMP(3) FROM webhook_endpoints WHERE url = '{made['url']}'")
    paid = shop.pay(amount=4).json()
    shop.post("/refunds", {"payment_id": paid["id"], "amount": 1.00})
    wait_until(lambda: len(receiver.got(path)) == 3 and len(receiver.got(refunds)) == 1)
    assert sorted(len(request["body"]) > 2 for request in receiver.got(path)) == [False, True, True]


@pytest.mark.parametrize("answer", [500, 404, (301, {"Location": "/elsewhere"}, b""), "drop"],
                         ids=["500", "404", "301", "drop"])
def test_what_fails_is_sent_again_under_the_same_id(stack, receiver, shop, answer):
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    receiver.answers[path] = [answer, 200]
    shop.pay()
    wait_until(lambda: [row[:2] for row in deliveries(stack, made)] == [("pending", 1)])
    assert 0 <= deliveries(stack, made)[0][2] <= 6
    failing, = stack.database.sql(
        f"SELECT failing_since IS NOT NULL FROM webhook_endpoints WHERE url = '{made['url']}'")
    assert failing == ["1"]
    make_due(stack)
    wait_until(lambda: deliveries(stack, made) == [("delivered", 2, None)])
    first, second = receiver.ids(path)
    assert first == second and not receiver.got("/elsewhere")
    expected = 0 if answer == "drop" else answer[0] if isinstance(answer, tuple) else answer
    assert [int(row[0]) for row in attempts(stack, made)] == [expected, 200]
    failing, = stack.database.sql(
        f"SELECT failing_since IS NOT NULL FROM webhook_endpoints WHERE url = '{made['url']}'")
    assert failing == ["0"]


def test_retry_after(stack, receiver, shop):
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    receiver.answers[path] = [(429, {"Retry-After": "900"}, b"slowly, please")]
    shop.pay()
    wait_until(lambda: [row[:2] for row in deliveries(stack, made)] == [("pending", 1)])
    assert 800 < deliveries(stack, made)[0][2] <= 900
    assert attempts(stack, made)[0][:2] == ["429", "slowly, please"]


def test_410_and_days_of_failure_disable_it(stack, receiver, shop):
    gone, dead = next(paths), next(paths)
    first, second = endpoint(shop, receiver.url(gone)), endpoint(shop, receiver.url(dead))
    receiver.answers[gone] = [410]
    receiver.answers[dead] = [503]
    stack.database.sql("UPDATE webhook_endpoints SET failing_since = UTC_TIMESTAMP(3) - INTERVAL 6 DAY"
                       f" WHERE url = '{second['url']}'")
    shop.pay()
    wait_until(lambda: {shop.get(f"/webhook_endpoints/{made['id']}").json()["status"] for made in (first, second)}
               == {"disabled"})
    log = stack.logs()
    assert f"webhook endpoint {first['id']} answered 410 and is disabled" in log
    assert f"webhook endpoint {second['id']} has taken nothing for five days and is disabled" in log
    shop.pay(amount=2)
    assert shop.post(f"/webhook_endpoints/{second['id']}", {"status": "enabled"}).status_code == 200
    receiver.answers[dead] = [200]
    paid = shop.pay(amount=3).json()
    wait_until(lambda: any(paid["id"] in request["body"] for request in receiver.got(dead)))
    assert len(receiver.got(gone)) == 1


def test_the_last_try_is_the_tenth(stack, receiver, shop):
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    receiver.answers[path] = [500]
    shop.pay()
    wait_until(lambda: [row[:2] for row in deliveries(stack, made)] == [("pending", 1)])
    stack.database.sql("UPDATE webhook_deliveries SET tries = 9, due_at = UTC_TIMESTAMP(3) WHERE state = 'pending'"
                       " AND tries = 1")
    wait_until(lambda: deliveries(stack, made) == [("failed", 10, None)])


def test_one_that_hangs_holds_up_nobody_else(receiver, shop):
    slow, fast = next(paths), next(paths)
    endpoint(shop, receiver.url(slow))
    endpoint(shop, receiver.url(fast))
    receiver.answers[slow] = [15.0]
    for amount in range(1, 21):
        shop.pay(amount=amount)
    wait_until(lambda: len(set(receiver.ids(fast))) == 20)
    assert len(receiver.got(slow)) <= 2


def test_without_a_pool(receiver):
    """As cron does it, by the operator."""
    with Stack(webhooks="yes", webhook_ca_file=receiver.ca_file, key_cache_seconds=0) as stack:
        # The pool may not call it; the file, which the command reads, says otherwise.
        path = next(paths)
        made = endpoint(stack.client, receiver.url(path))
        stack.client.pay()
        wait_until(lambda: attempts(stack, made))
        assert not receiver.got(path)
        stack.workers.stop()
        make_due(stack)
        stack.write_config(webhook_ca_file=receiver.ca_file, allow_webhook_addresses=LOOPBACK)
        assert stack.try_admin("webhook", "deliver").returncode == 2
        assert stack.admin("webhook", "deliver", "--once") == {"sent": 1}
        assert len(receiver.got(path)) == 1 and deliveries(stack, made) == [("delivered", 2, None)]
        assert stack.admin("webhook", "deliver", "--once") == {"sent": 0}


def test_couriers_share_the_work(receiver):
    """Three at once, as on three machines: each delivery is claimed by one of them."""
    with Stack(webhooks="yes", webhook_ca_file=receiver.ca_file, key_cache_seconds=0) as stack:
        made = [endpoint(stack.client, receiver.url(next(paths))) for _ in range(4)]
        for amount in range(1, 31):
            stack.client.pay(amount=amount)
        wait_until(lambda: sum(len(deliveries(stack, one)) for one in made) == 120)
        stack.workers.stop()
        # Whatever the pool's courier, which may not call the receiver, made of them.
        stack.database.sql("UPDATE webhook_deliveries SET state = 'pending', tries = 0, due_at = UTC_TIMESTAMP(3)")
        stack.write_config(webhook_ca_file=receiver.ca_file, allow_webhook_addresses=LOOPBACK)
        with ThreadPoolExecutor(3) as pool:
            sent = list(pool.map(lambda _: stack.admin("webhook", "deliver", "--once")["sent"], range(3)))
        assert sum(sent) == 120 and len([count for count in sent if count > 0]) > 1, sent
        for one in made:
            path = one["url"].split(str(receiver.port))[1]
            assert len(receiver.ids(path)) == len(set(receiver.ids(path))) == 30


def caller_of(stack, port):
    """The child of the pool that has a connection to the port."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if int(row[2].split(":")[1], 16) == port}
    for pid in stack.workers.worker_pids():
        open_files = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        if inodes & set(open_files):
            return pid
    raise AssertionError("no child calls the receiver")


def test_a_courier_that_dies_loses_nothing(stack, receiver, shop):
    path = next(paths)
    made = endpoint(shop, receiver.url(path))
    receiver.answers[path] = [3.0, 200]
    shop.pay()
    wait_until(lambda: receiver.got(path))
    os.kill(caller_of(stack, receiver.port), signal.SIGKILL)
    make_due(stack)  # its claim would end after a minute
    wait_until(lambda: [row[0] for row in deliveries(stack, made)] == ["delivered"])
    assert len(set(receiver.ids(path))) == 1 and len(receiver.got(path)) == 2


ADDRESSES = ["127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
             "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "2130706433", "0x7f000001",
             "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
             "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "localhost"]


def test_no_address_of_a_private_network_is_called(receiver, tmp_path):
    """Address by address, with the receiver listening on this machine, and nothing allowed."""
    assert tmp_path
    with Stack(webhooks="yes", webhook_ca_file=receiver.ca_file, key_cache_seconds=0) as stack:
        found = []
        for number in range(0, len(ADDRESSES), 16):  # as many as a merchant may have
            client = Client(stack.web.url, stack.new_merchant(f"Shop {number}")[1])
            for address in ADDRESSES[number:number + 16]:
                path = next(paths)
                made = client.post("/webhook_endpoints", {"url": receiver.url(path, address), "events": ["*"]})
                if made.status_code == 201:
                    found.append((address, made.json(), path))
            client.pay()
        assert len(found) >= len(ADDRESSES) - 3
        for address, made, path in found:
            wait_until(lambda made=made: attempts(stack, made))
            status, answer, _ = attempts(stack, made)[0]
            assert status == "0" and not receiver.got(path), address
            assert "its address is not one of the public internet" in answer, (address, answer)


@pytest.fixture(name="internet")
def an_internet(tmp_path, monkeypatch):
    """Of the pool that is started in the test."""
    internet = Internet(str(tmp_path / "internet"))
    make_authority(internet.folder)
    monkeypatch.setenv("PAYMENT_API_PREFIX", f"{internet.prefix} {os.environ.get('PAYMENT_API_PREFIX', '')}")
    return internet


def test_a_name_that_answers_differently_the_second_time(internet):
    """An address of the internet first, one of this machine behind it. The one that stays is called each time."""
    internet.names(honest=[internet.address], rebound=[internet.address, "127.0.0.1"],
                   shifty=["127.0.0.1", internet.address])
    with Stack(webhooks="yes", webhook_ca_file=os.path.join(internet.folder, "ca.pem"), key_cache_seconds=0) as stack:
        made = [endpoint(stack.client, f"https://{name}.shop.example/{name}") for name in ("honest", "rebound", "shifty")]
        honest, rebound, shifty = made
        stack.client.pay()
        wait_until(lambda: all(attempts(stack, one) for one in made))
        assert [attempts(stack, one)[0][:2] for one in made] == [
            ["200", ""], ["200", ""], ["0", "its address is not one of the public internet"]]
        # The names are looked up anew.
        stack.workers.stop()
        stack.workers.start()
        stack.client.pay(amount=2)
        make_due(stack)
        wait_until(lambda: len(attempts(stack, honest)) >= 2 and len(attempts(stack, rebound)) >= 2
                   and len(attempts(stack, shifty)) >= 2)
        assert attempts(stack, honest)[1][0] == "200"
        assert attempts(stack, rebound)[1][:2] == ["0", "its address is not one of the public internet"]
        assert attempts(stack, shifty)[1][0] == "200"
    assert [answer for name, answer in internet.lines("names.log") if name == "rebound.shop.example"][:2] == [
        internet.address, "127.0.0.1"]
    assert {address for address, _, _ in internet.lines("requests.log")} == {internet.address}
