"""The acquirer itself: it must be as Stripe is before it may judge anything.

SPDX-License-Identifier: MIT
"""

import json
import os
import subprocess
import threading
import time

import pytest
import requests

from conftest import CHARGE, INTENT, Client
from harness.acquirer import SECRET, Acquirer, rule
from harness.process import wait_until


def error(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


# Stripe's own client.


@pytest.fixture(scope="module")
def sdk(stripe_of_npm):
    """What sdk.js found with Stripe's client of npm, and the acquirer's ledger after it."""
    running = Acquirer(str(stripe_of_npm / "acquirer")).start()
    result = subprocess.run(["node", "sdk.js", str(running.port), running.ca_file, SECRET], cwd=stripe_of_npm, timeout=60,
                            capture_output=True, text=True, check=False)
    running.stop()
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), running


def test_the_sdk_charges_and_replays(sdk):
    found, acquirer = sdk
    assert found["charge"]["status"] == "succeeded" and found["charge"]["amount"] == 1999
    assert found["charge"]["metadata"] == {"payment": "pay_1"}
    assert found["replay"] == found["charge"] and found["replayed"] == "true"
    assert len(acquirer.charges(idempotency_key="sdk-1")) == 1


def test_the_sdk_sees_a_key_refused_for_another_use(sdk):
    found, _ = sdk
    for name in ("otherParameters", "otherPath"):
        assert found[name]["raised"] == "StripeIdempotencyError" and found[name]["status"] == 400
    assert "for the same endpoint they were first used for ('/v1/charges' vs '/v1/payment_intents')" in \
        found["otherPath"]["message"]


def test_the_sdk_sees_declines(sdk):
    found, acquirer = sdk
    for name, code in (("declinedCharge", "insufficient_funds"), ("declinedIntent", "lost_card"),
                       ("authentication", "authentication_required")):
        assert found[name]["raised"] == "StripeCardError" and found[name]["status"] == 402
        assert found[name]["decline_code"] == code
        assert [row["status"] for row in acquirer.charges(id=found[name]["charge"])] == ["failed"]
    assert found["declinedIntent"]["payment_intent"]["status"] == "requires_payment_method"


def test_the_sdk_pays_by_an_intent_and_cancels_one(sdk):
    found, _ = sdk
    assert found["intent"]["status"] == "succeeded" and found["intent"]["amount_received"] == 2500
    assert found["expanded"]["latest_charge"]["id"] == found["intent"]["latest_charge"]
    assert found["fence"]["status"] == "requires_payment_method"
    assert found["canceled"]["status"] == "canceled"


def test_the_sdk_refunds_no_more_than_is_left(sdk):
    found, acquirer = sdk
    assert found["refund"]["status"] == "succeeded" and found["refundAgain"]["amount"] == 1000
    assert found["refundTooMuch"]["status"] == 400
    assert "greater than unrefunded amount on charge ($9.99)" in found["refundTooMuch"]["message"]
    assert found["refundOfIntent"]["amount"] == 2500
    assert [entry["id"] for entry in found["refunds"]["data"]] == [found["refund"]["id"]]
    assert found["refunded"]["amount_refunded"] == 1000 and found["refunded"]["refunded"] is False
    assert sum(row["amount"] for row in acquirer.refunds(charge=found["charge"]["id"])) == 1000


def test_the_sdk_lists_page_by_page_newest_first(sdk):
    found, acquirer = sdk
    assert found["pages"] == [row["id"] for row in reversed(acquirer.charges())] and len(found["pages"]) == 5


def test_the_sdk_reads_the_account_and_meets_errors(sdk):
    found, _ = sdk
    assert found["account"]["charges_enabled"] is True and found["balance"]["livemode"] is False
    assert {entry["currency"]: entry["amount"] for entry in found["balance"]["available"]} == {"usd": 999, "eur": 0}
    assert found["missing"]["raised"] == "StripeInvalidRequestError" and found["missing"]["status"] == 404
    assert found["wrongKey"]["raised"] == "StripeAuthenticationError"


# Requests.


@pytest.mark.parametrize("body, code", [
    ("amount=5&amount=6&currency=usd&source=tok_visa", None),
    ("amount=%GG", None),
    ("amount=500&currency=usd&source=%FF", None),
    ("amount=500&currency=usd&source=tok_visa&colour=red", "parameter_unknown"),
    ("amount=500&currency=usd", "parameter_missing"),
    ("amount=5.00&currency=usd&source=tok_visa", "parameter_invalid_integer"),
    ("amount=0&currency=usd&source=tok_visa", "parameter_invalid_integer"),
    ("amount=49&currency=usd&source=tok_visa", "amount_too_small"),
    ("amount=100000000&currency=usd&source=tok_visa", "amount_too_large"),
    ("amount=5001&currency=kwd&source=tok_visa", "parameter_invalid_integer"),
    ("amount=500&currency=xxx&source=tok_visa", None),
    ("amount=500&currency=usd&source=tok_none", "resource_missing"),
])
def test_a_wrong_request_is_refused_and_its_key_is_free(acquirer, client, body, code):
    answer = client.post("/v1/charges", body, "k", Content_Type="application/x-www-form-urlencoded")
    refused = error(answer, 400)
    assert refused["type"] == "invalid_request_error" and refused.get("code") == code
    assert acquirer.charges() == [] and acquirer.keys() == {}
    assert client.charge("k").status_code == 200


def test_a_decline_stays_under_its_key(acquirer, client):
    first = client.charge("k", source="tok_visa_chargeDeclined")
    assert error(first, 402)["decline_code"] == "generic_decline"
    again = client.charge("k", source="tok_visa_chargeDeclined")
    assert again.content == first.content and again.headers["Idempotent-Replayed"] == "true"
    assert len(acquirer.charges()) == 1


def test_an_intent_needs_a_return_url_unless_it_says_card(client):
    data = {name: value for name, value in INTENT.items() if name != "payment_method_types[]"}
    assert "return_url" in error(client.post("/v1/payment_intents", data), 400)["message"]
    assert client.post("/v1/payment_intents", data, Stripe_Version="2022-11-15").status_code == 200


@pytest.mark.parametrize("outcome, status", [("success", "succeeded"), ("fail", "requires_payment_method")])
def test_the_customer_authenticates(acquirer, client, outcome, status):
    made = client.post("/v1/payment_intents", {**INTENT, "payment_method": "pm_card_authenticationRequired",
                                               "return_url": "https://shop.example/back?a=1"}).json()
    assert made["status"] == "requires_action" and acquirer.charges() == []
    page = made["next_action"]["redirect_to_url"]["url"].removeprefix(acquirer.address)
    sent = client.get(page, outcome=outcome)
    assert sent.status_code == 302
    assert sent.headers["Location"].startswith(f"https://shop.example/back?a=1&payment_intent={made['id']}&")
    assert client.get(f"/v1/payment_intents/{made['id']}").json()["status"] == status
    assert len(acquirer.charges(status="succeeded")) == (1 if outcome == "success" else 0)


def test_a_cancelled_intent_cannot_be_paid_by_its_customer(acquirer, client):
    made = client.post("/v1/payment_intents", {**INTENT, "payment_method": "pm_card_authenticationRequired",
                                               "return_url": "https://shop.example/back"}).json()
    assert client.post(f"/v1/payment_intents/{made['id']}/cancel", {}).json()["status"] == "canceled"
    client.get(f"/authenticate/{made['id']}", outcome="success")
    assert acquirer.charges() == []
    assert error(client.post(f"/v1/payment_intents/{made['id']}/cancel", {}), 400)["code"] == \
        "payment_intent_unexpected_state"


def test_a_refund_is_settled_later(acquirer, client):
    charge = client.charge(source="tok_pendingRefund").json()["id"]
    refund = client.post("/v1/refunds", {"charge": charge, "amount": "500"}).json()
    assert refund["status"] == "pending"
    acquirer.settle_refund(refund["id"], succeeded=True)
    assert client.get(f"/v1/refunds/{refund['id']}").json()["status"] == "succeeded"
    acquirer.settle_refund(refund["id"], succeeded=False)
    assert client.get(f"/v1/refunds/{refund['id']}").json()["status"] == "failed"
    assert client.get(f"/v1/charges/{charge}").json()["amount_refunded"] == 0


def test_refunds_at_once_do_not_pass_the_charge(acquirer, client):
    charge = client.charge().json()["id"]
    statuses = []

    def refund():
        statuses.append(Client(acquirer).post("/v1/refunds", {"charge": charge, "amount": "600"}).status_code)

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 3 + [400] * 5
    assert acquirer.charges()[0]["refunded"] == 1800


# What it does wrong.


def test_it_dies_between_the_act_and_the_answer(acquirer, client):
    acquirer.misbehave(rule("late_answer", seconds=60))
    lost = []

    def send():
        with pytest.raises(requests.ConnectionError):
            lost.append(client.charge("k"))

    thread = threading.Thread(target=send)
    thread.start()
    acquirer.wait_for_charges(1)
    acquirer.kill()
    thread.join()
    assert lost == []
    kept = acquirer.charges()
    assert [row["metadata"] for row in kept] == [{"payment": "pay_1"}] and acquirer.keys()["k"]["status"] == 200
    acquirer.behave()
    acquirer.start()
    again = client.charge("k")
    assert again.json()["id"] == kept[0]["id"] and again.headers["Idempotent-Replayed"] == "true"
    assert acquirer.charges() == kept


def test_it_is_killed_again_and_again(acquirer):
    """Whatever was acknowledged is there after SIGKILL, and a key is there exactly with its charge."""
    told, ended = {}, threading.Event()

    def send(number):
        client, count = Client(acquirer), 0
        while not ended.is_set():
            key = f"{number}-{count}"
            try:
                told[key] = client.charge(key).json()["id"]
                count += 1
            except requests.ConnectionError:
                time.sleep(0.02)

    threads = [threading.Thread(target=send, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = len(told)
        wait_until(lambda: len(told) > before + 20, 30, "some charges")  # pylint: disable=cell-var-from-loop
        acquirer.kill()
        acquirer.start()
    ended.set()
    for thread in threads:
        thread.join()
    charges = {row["idempotency_key"]: row["id"] for row in acquirer.charges()}
    assert len(charges) == len(acquirer.charges()) and set(charges) == set(acquirer.keys())
    assert told.items() <= charges.items()


def test_its_connection_is_lost_before_it_acts(acquirer, client):
    acquirer.misbehave(rule("drop_before", times=1))
    with pytest.raises(requests.ConnectionError):
        client.charge("k")
    assert acquirer.charges() == [] and acquirer.keys() == {}
    assert client.charge("k").status_code == 200


def test_its_connection_is_lost_after_it_acted(acquirer, client):
    acquirer.misbehave(rule("drop_after", times=1))
    with pytest.raises(requests.ConnectionError):
        client.charge("k")
    assert len(acquirer.charges()) == 1
    assert client.charge("k").json()["id"] == acquirer.charges()[0]["id"]


def test_a_key_in_use_is_a_conflict(acquirer, client):
    acquirer.misbehave(rule("slow", seconds=1, times=1))
    first = []
    thread = threading.Thread(target=lambda: first.append(Client(acquirer).charge("k")))
    thread.start()
    wait_until(acquirer.requests, 10, "the first request")
    assert error(client.charge("k"), 409)["code"] == "idempotency_key_in_use"
    assert acquirer.charges() == []
    thread.join()
    assert client.charge("k").content == first[0].content
    assert len(acquirer.charges()) == 1


def test_a_request_arrives_after_its_client_has_gone(acquirer, client):
    acquirer.misbehave(rule("late_arrival", seconds=1.5, times=1))
    with pytest.raises(requests.ReadTimeout):
        client.session.post(f"{acquirer.address}/v1/charges", data=CHARGE, headers={"Idempotency-Key": "k"}, timeout=0.3)
    client.session.close()
    fence = client.post("/v1/payment_intents", {"amount": "100", "currency": "usd"}, "k")
    assert fence.status_code == 200, "the late request holds its key already"
    wait_until(lambda: acquirer.requests()[0].get("status"), 10, "the late answer")
    assert acquirer.requests()[0]["status"] == 400 and acquirer.charges() == []


@pytest.mark.parametrize("what, status, code", [
    ("conflict", 409, "idempotency_key_in_use"), ("rate_limit", 429, "rate_limit"), ("error_before", 500, None)])
def test_it_refuses_without_acting(acquirer, client, what, status, code):
    acquirer.misbehave(rule(what, times=1, retry_after=7, should_retry=True))
    answer = client.charge("k")
    assert error(answer, status).get("code") == code
    assert answer.headers.get("Retry-After") == ("7" if what == "rate_limit" else None)
    assert answer.headers["Stripe-Should-Retry"] == "true"
    assert acquirer.charges() == [] and acquirer.keys() == {}
    assert client.charge("k").status_code == 200


@pytest.mark.parametrize("acts", [False, True])
def test_a_500_stays_under_its_key(acquirer, client, acts):
    acquirer.misbehave(rule("error_kept", times=1, acts=acts, should_retry=False))
    first = client.charge("k")
    assert error(first, 500)["type"] == "api_error" and first.headers["Stripe-Should-Retry"] == "false"
    again = client.charge("k")
    assert again.status_code == 500 and again.headers["Idempotent-Replayed"] == "true"
    assert len(acquirer.charges()) == (1 if acts else 0)


@pytest.mark.parametrize("what", ["half", "empty", "garbage", "wrong_amount", "wrong_record"])
def test_its_answer_is_wrong(acquirer, client, what):
    acquirer.misbehave(rule(what, times=1, path="/v1/charges", method="POST"))
    assert client.get("/v1/charges").json()["data"] == []
    if what == "half":
        answer = client.charge("k")
        assert 0 < len(answer.content) < int(answer.headers["Content-Length"])
        client.session.close()  # requests does not notice, and would use the connection again
    else:
        answer = client.charge("k")
        assert answer.status_code == 200
        if what == "empty":
            assert answer.content == b""
        elif what == "garbage":
            with pytest.raises(ValueError):
                answer.json()
        else:
            truth = acquirer.charges()[0]
            assert (answer.json()["amount"], answer.json()["metadata"], answer.json()["id"] == truth["id"]) == (
                (2000, truth["metadata"], True) if what == "wrong_amount" else (1999, {"payment": "1_yap"}, False))
    assert client.charge("k").json()["amount"] == 1999
    assert len(acquirer.charges()) == 1


def test_its_certificate_is_for_another_name(acquirer, client):
    assert client.get("/v1/balance").status_code == 200
    acquirer.misbehave("wrong_name")
    time.sleep(0.2)  # it closes the connection that waits
    with pytest.raises(requests.exceptions.SSLError, match="localhost"):
        client.charge("k")
    assert acquirer.charges() == []
    acquirer.behave()
    assert client.charge("k").status_code == 200


def test_it_stands_still(acquirer, client):
    acquirer.pause()
    with pytest.raises(requests.Timeout):
        client.session.get(f"{acquirer.address}/v1/balance", timeout=0.5)
    acquirer.resume()
    assert client.get("/v1/balance").status_code == 200


def test_probabilities_repeat_with_the_seed(tmp_path):
    def lost(folder, seed):
        acquirer = Acquirer(str(tmp_path / folder), seed=seed).start()
        acquirer.misbehave(rule("error_before", probability=0.3))
        client = Client(acquirer)
        statuses = [client.get("/v1/balance").status_code for _ in range(60)]
        acquirer.stop()
        return statuses

    first = lost("a", 1)
    assert 5 < first.count(500) < 35
    assert lost("b", 1) == first and lost("c", 2) != first


def test_it_takes_its_time(tmp_path):
    acquirer = Acquirer(str(tmp_path / "slow"), latency_ms=300).start()
    started = time.monotonic()
    assert Client(acquirer).charge().status_code == 200
    assert time.monotonic() - started >= 0.3
    acquirer.stop()


def test_its_log_holds_what_it_was_asked_and_no_secret(acquirer, client):
    client.charge("k")
    asked = acquirer.requests()[0]
    assert asked["body"].startswith("amount=1999&") and asked["key"] == "k" and asked["status"] == 200
    with open(os.path.join(acquirer.folder, "requests.log"), encoding="utf-8") as log:
        assert SECRET not in log.read()
