# SPDX-License-Identifier: MIT
"""Authorization: Bearer <api key> (RFC 6750)."""

import time

import pytest

from support import bodies, fastcgi, raw_http
from support.contract import BEARER, INVALID_TOKEN, expect_error, expect_new_payment
from support.identifiers import hexadecimal
from support.waiting import wait_until

KEY_CACHE_SECONDS = 2  # the default


def expect_missing(answer):
    """No token was sent."""
    expect_error(answer, 401, "Missing API key", WWW_Authenticate=BEARER)


def expect_invalid(answer):
    """A token was sent, but it is no good."""
    expect_error(answer, 401, "Invalid API key", WWW_Authenticate=INVALID_TOKEN)


@pytest.mark.parametrize("header", [
    None, "", "Bearer", "Bearer ", "Basic c2tfdGVzdDo=", "Digest username=x", "Token sk_test_x",
    "sk_test_x", "Bearersk_test_x",
])
def test_no_key(api, header):
    expect_missing(api.get("/payments/pay_x", Authorization=header))


@pytest.mark.parametrize("token", [
    "x", "sk_test_", "sk_test_" + "0" * 32, "sk_test_" + "z" * 5000, "a b", "'", "%00", "=",
    "sk_live_" + "0" * 32,
])
def test_an_unknown_key(api, token):
    expect_invalid(api.get("/payments/pay_x", Authorization=f"Bearer {token}"))


@pytest.mark.parametrize("change", [
    str.upper, lambda key: key + "x", lambda key: key[:-1], lambda key: f"{key}, {key}",
    lambda key: f'"{key}"', lambda key: key + " " + key,
])
def test_a_key_must_be_exact(api, merchant, change):
    expect_invalid(api.get("/payments/pay_x", Authorization=f"Bearer {change(merchant.key)}"))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_not_case_sensitive(api, merchant, payment_id, scheme):
    answer = api.get(f"/payments/{payment_id}", Authorization=f"{scheme} {merchant.key}")
    assert answer.status_code == 200


@pytest.mark.parametrize("method, path", [("POST", "/payments"), ("POST", "/refunds"),
                                          ("GET", "/payments/pay_x")])
def test_every_resource_needs_a_key(stack, method, path):
    body = bodies.payment() if method == "POST" else None
    expect_missing(stack.client().request(method, path, body))
    expect_invalid(stack.client(key="sk_test_x").request(method, path, body))


@pytest.mark.parametrize("second", ["Bearer sk_test_x", "Basic eDp5", ""])
def test_two_authorization_headers(stack, merchant, second):
    """Whichever of them a proxy has checked, the other one must not count."""
    for headers in ([f"Bearer {merchant.key}", second], [second, f"Bearer {merchant.key}"]):
        expect_invalid(fastcgi.call(stack.pool.address, "GET", "/payments/pay_x",
                                    HTTP_AUTHORIZATION=headers))
        # Some versions of nginx refuse it themselves.
        request = raw_http.request("GET", "/v1/payments/pay_x",
                                   [("Authorization", value) for value in headers])
        assert raw_http.exchange(stack.web.port, request).status_code in (400, 401)


def test_apache_may_have_renamed_the_header(stack, merchant):
    answer = fastcgi.call(stack.pool.address, "GET", "/payments/pay_x",
                          REDIRECT_HTTP_AUTHORIZATION=f"Bearer {merchant.key}")
    expect_error(answer, 404, "Payment not found")


def test_a_merchants_second_key(stack, merchant, payment_id):
    key = stack.admin.json("key", "create", merchant.id)["key"]
    assert stack.client(key=key).get(f"/payments/{payment_id}").status_code == 200


# --- keys that were good ---

def refused_for_good(client):
    """Waits until the key is refused, and that it stays so; the seconds that it took."""
    start = time.monotonic()
    wait_until(lambda: client.get("/payments/pay_x").status_code == 401, "the key is refused")
    took = time.monotonic() - start
    # Each worker has a memory of its own.
    time.sleep(max(0, KEY_CACHE_SECONDS + 0.1 - took))
    for _ in range(20):
        expect_invalid(client.get("/payments/pay_x"))
    return took


@pytest.mark.parametrize("end", [
    lambda stack, merchant: stack.admin.json("key", "revoke", merchant.key_id),
    lambda stack, merchant: stack.admin.json("merchant", "disable", merchant.id),
    lambda stack, merchant: stack.mariadb.rows(
        "UPDATE api_keys SET expires_at = UTC_TIMESTAMP(3) WHERE id = "
        + hexadecimal(merchant.key_id)),
], ids=["revoked", "disabled merchant", "expired"])
def test_a_key_ends_within_key_cache_seconds(stack, end):
    merchant = stack.new_merchant("Gone")
    client = stack.client(merchant)
    for _ in range(20):  # every worker knows the key
        expect_error(client.get("/payments/pay_x"), 404, "Payment not found")
    end(stack, merchant)
    assert refused_for_good(client) <= KEY_CACHE_SECONDS + 0.5


def test_a_key_that_will_expire_works_until_then(stack, merchant):
    key = stack.admin.json("key", "create", merchant.id, "--expires", "2999-12-31")["key"]
    expect_new_payment(stack.client(key=key).post("/payments", bodies.payment()))


def test_a_revoked_key_leaves_the_merchants_others_alone(stack):
    merchant = stack.new_merchant("Rotating")
    second = stack.admin.json("key", "create", merchant.id)["key"]
    stack.admin.json("key", "revoke", merchant.key_id)
    expect_new_payment(stack.client(key=second).post("/payments", bodies.payment()))


def test_an_unknown_key_is_not_remembered(stack, merchant):
    """A key works from the moment that it is made, even if somebody has tried it before."""
    made = stack.admin.json("key", "create", merchant.id)
    client = stack.client(key=made["key"])
    stack.admin.json("key", "revoke", made["id"])
    for _ in range(20):
        expect_invalid(client.get("/payments/pay_x"))
    stack.mariadb.rows(f"UPDATE api_keys SET revoked_at = NULL WHERE id = {hexadecimal(made['id'])}")
    for _ in range(20):
        expect_error(client.get("/payments/pay_x"), 404, "Payment not found")
