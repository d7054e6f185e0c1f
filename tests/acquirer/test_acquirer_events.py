"""The events that the acquirer sends by itself: which, signed how, and what it does wrong with them.

SPDX-License-Identifier: MIT
"""

import base64
import hashlib
import hmac
import http.server
import json
import shutil
import subprocess
import threading
import time

import pytest

from conftest import INTENT, Client
from harness.acquirer import EVENT_SECRET, Acquirer, rule
from harness.process import wait_until


class Endpoint:
    """Where events go: what came there, in that order, and what is answered."""

    def __init__(self, port=None):
        self.got = []  # (event, header, bytes)
        self.status = 200
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.got.append((json.loads(body), self.headers["Stripe-Signature"], body))
                self.send_response(endpoint.status if endpoint.is_genuine(endpoint.got[-1]) else 400)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port or 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    @staticmethod
    def is_genuine(got):
        _, header, body = got
        at, _, mac = header.removeprefix("t=").partition(",v1=")
        right = hmac.new(EVENT_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(mac, right) and abs(int(at) - time.time()) < 30

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}/v1/processors/stripe/events"

    def kinds(self):
        return [event["type"] for event, *_ in self.got]

    def wait(self, *kinds):
        """Until each of these has come; the event of the last one."""
        wait_until(lambda: set(kinds) <= set(self.kinds()), 20, f"{kinds}, not only {self.kinds()},")
        return [event for event, *_ in self.got if event["type"] == kinds[-1]][-1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def endpoint():
    running = Endpoint()
    yield running
    running.close()


@pytest.fixture
def telling(tmp_path, authority, endpoint):
    running = Acquirer(str(shutil.copytree(authority, tmp_path / "telling")), events_to=endpoint.address).start()
    yield running
    assert running.stop() in (0, -9)
    assert "Traceback" not in running.log(), running.log()


@pytest.fixture
def client(telling):
    return Client(telling)


def all_told(acquirer):
    wait_until(lambda: not acquirer.untold(), 20, "all is told")


def test_what_it_tells(telling, endpoint, client):
    charge = client.charge("k").json()
    told = endpoint.wait("charge.succeeded")
    assert told["data"]["object"] == client.get(f"/v1/charges/{charge['id']}").json()
    assert (told["object"], told["livemode"], told["request"]["idempotency_key"]) == ("event", False, "k")
    client.charge(source="tok_chargeDeclined")
    assert endpoint.wait("charge.failed")["data"]["object"]["failure_code"] == "card_declined"

    intent = client.post("/v1/payment_intents", INTENT).json()
    told = endpoint.wait("payment_intent.created", "payment_intent.succeeded")
    assert told["data"]["object"]["id"] == intent["id"] and told["data"]["object"]["status"] == "succeeded"
    client.post("/v1/payment_intents", {**INTENT, "payment_method": "pm_card_chargeDeclined"})
    told = endpoint.wait("payment_intent.payment_failed")["data"]["object"]
    assert told["status"] == "requires_payment_method" and told["last_payment_error"]["code"] == "card_declined"
    fence = client.post("/v1/payment_intents", {"amount": "100", "currency": "usd"}).json()
    client.post(f"/v1/payment_intents/{fence['id']}/cancel", {})
    assert endpoint.wait("payment_intent.canceled")["data"]["object"]["id"] == fence["id"]
    client.post("/v1/payment_intents", {**INTENT, "payment_method": "pm_card_authenticationRequired",
                                        "return_url": "https://shop.example/back"})
    told = endpoint.wait("payment_intent.requires_action")["data"]["object"]
    assert told["next_action"]["redirect_to_url"]["url"] == f"{telling.address}/authenticate/{told['id']}"

    refund = client.post("/v1/refunds", {"charge": charge["id"], "amount": "500", "metadata[a]": "b"}).json()
    assert endpoint.wait("charge.refunded", "refund.created")["data"]["object"] == refund
    all_told(telling)
    assert len(endpoint.got) == len(telling.events()) == len({event["id"] for event, *_ in endpoint.got})


def test_what_happens_in_its_pages_and_at_banks(telling, endpoint, client):
    charge = client.charge().json()["id"]
    refund = telling.refund_in_pages(charge, 700)
    assert endpoint.wait("refund.created")["data"]["object"]["id"] == refund
    telling.settle_refund(refund, succeeded=False)
    told = endpoint.wait("refund.updated", "refund.failed")["data"]["object"]
    assert (told["id"], told["status"], told["failure_reason"]) == (refund, "failed", "expired_or_canceled_card")
    dispute = telling.dispute(charge)
    assert endpoint.wait("charge.dispute.created")["data"]["object"]["status"] == "needs_response"
    telling.settle_dispute(dispute, "under_review")
    assert endpoint.wait("charge.dispute.updated")["data"]["object"]["charge"] == charge
    assert "charge.dispute.closed" not in endpoint.kinds()
    telling.settle_dispute(dispute, "won")
    assert endpoint.wait("charge.dispute.closed")["data"]["object"]["status"] == "won"
    # What an object was is told, not what it is by then.
    assert [event["data"]["object"]["status"] for event, *_ in endpoint.got
            if event["type"] == "refund.created"] == ["succeeded"]


def test_stripes_own_client_takes_them(telling, endpoint, client, stripe_of_npm):
    client.charge(description="Größe 7 €")
    endpoint.wait("charge.succeeded")
    _, header, body = endpoint.got[0]
    lines = [{"body": base64.b64encode(sent).decode(), "header": header, "secret": secret} for sent, secret in
             ((body, EVENT_SECRET), (body, EVENT_SECRET + "x"), (body + b" ", EVENT_SECRET))]
    found = subprocess.run(["node", "verify.js"], cwd=stripe_of_npm, input="".join(json.dumps(line) + "\n" for line in lines),
                           capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert found == ["charge.succeeded", "StripeSignatureVerificationError", "StripeSignatureVerificationError"]


def test_it_sends_until_it_is_heard(telling, endpoint, client):
    """Also after it was killed, and when nobody was there."""
    endpoint.status = 503
    client.charge()
    wait_until(lambda: len(endpoint.got) >= 2, 20, "a second try")
    assert len({event["id"] for event, *_ in endpoint.got}) == 1 and len({body for *_, body in endpoint.got}) == 1
    telling.kill()
    endpoint.status = 200
    before = len(endpoint.got)
    telling.start()
    all_told(telling)
    assert len(endpoint.got) > before
    endpoint.close()
    client.session.close()
    Client(telling).charge()
    telling.kill()
    charge = telling.charges()[0]["id"]
    telling.refund_in_pages(charge, 5)  # it is not there, and tells all the same
    again = Endpoint(endpoint.server.server_port)
    telling.start()
    again.wait("charge.succeeded", "refund.created")
    all_told(telling)
    again.close()


def test_an_event_comes_twice(telling, endpoint, client):
    telling.misbehave(rule("event_twice", times=1))
    client.charge()
    all_told(telling)
    assert len(endpoint.got) == 2 and endpoint.got[0][0] == endpoint.got[1][0]
    assert [line["misbehaviour"] for line in telling.told()] == ["event_twice"] * 2


def test_an_event_is_late(telling, endpoint, client):
    telling.misbehave(rule("event_late", seconds=60, kind="charge."))
    client.charge()
    client.post("/v1/payment_intents", {"amount": "100", "currency": "usd"})
    endpoint.wait("payment_intent.created")
    wait_until(lambda: [row["kind"] for row in telling.untold()] == ["charge.succeeded"], 20, "only one is held back")
    telling.behave()
    telling.kill()
    telling.start()
    endpoint.wait("charge.succeeded")


def test_events_come_out_of_order(telling, endpoint, client):
    telling.misbehave(rule("event_overtaken", seconds=60, kind="charge.", times=1))
    client.charge()
    client.post("/v1/payment_intents", {"amount": "100", "currency": "usd"})
    endpoint.wait("charge.succeeded")
    assert endpoint.kinds() == ["payment_intent.created", "charge.succeeded"]
    all_told(telling)
    assert [row["kind"] for row in telling.events()] == ["charge.succeeded", "payment_intent.created"]


def test_an_event_comes_before_the_answer(telling, endpoint, client):
    telling.misbehave(rule("event_first", method="POST", seconds=60, times=1))
    endpoint.status = 500
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.charge()))
    thread.start()
    wait_until(lambda: len(endpoint.got) > 1, 20, "two tries")
    assert answers == []
    endpoint.status = 200
    thread.join(20)
    assert answers[0].json()["id"] == endpoint.got[0][0]["data"]["object"]["id"] and telling.untold() == []


def test_an_event_is_lost_and_sent_again(telling, endpoint, client):
    telling.misbehave(rule("event_lost", times=2))
    client.charge()
    all_told(telling)
    assert len(endpoint.got) == 1
    assert [(line["misbehaviour"], line["status"]) for line in telling.told()] == [("event_lost", None)] * 2 + [(None, 200)]


def test_a_wrong_signature_and_then_the_right_one(telling, endpoint, client):
    telling.misbehave(rule("event_forged", times=1))
    client.charge()
    all_told(telling)
    assert [endpoint.is_genuine(got) for got in endpoint.got] == [False, True]
    assert endpoint.got[0][2] == endpoint.got[1][2]
    assert [(line["misbehaviour"], line["status"]) for line in telling.told()] == [("event_forged", 400), (None, 200)]


def test_without_an_address_it_tells_nothing_until_it_has_one(acquirer, endpoint):
    acquirer.misbehave(rule("event_first", seconds=60))
    assert Client(acquirer).charge().status_code == 200
    assert acquirer.events() == [] and acquirer.told() == []
    acquirer.tell(endpoint.address)
    assert Client(acquirer).charge().json()["id"] == endpoint.wait("charge.succeeded")["data"]["object"]["id"]


def test_many_events_at_once(telling, endpoint):
    """Each is heard, whatever else is being tried."""
    telling.misbehave(rule("event_lost", probability=0.3), rule("event_twice", probability=0.3))

    def send():
        client = Client(telling)
        for _ in range(15):
            client.charge()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    telling.behave()
    all_told(telling)
    assert {event["data"]["object"]["id"] for event, *_ in endpoint.got} == {row["id"] for row in telling.charges()}
