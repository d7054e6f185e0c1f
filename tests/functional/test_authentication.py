"""The API key: what is taken, what is refused, and with which challenge.

SPDX-License-Identifier: MIT
"""

import pytest
from harness.client import Client, fastcgi_params, fastcgi_request, fastcgi_send
from harness.process import wait_until

CHALLENGE = 'Bearer realm="payment-api"'
INVALID = CHALLENGE + ', error="invalid_token"'


def authorized(api, value):
    return api.get("/payments/x", key=False, headers={"Authorization": value})


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic c2tfdGVzdDo=", "Bearerx"])
def test_missing_key(api, value):
    answer = authorized(api, value)
    assert (answer.status_code, answer.text) == (401, '{"error":"Missing API key"}')
    assert answer.headers["WWW-Authenticate"] == CHALLENGE


@pytest.mark.parametrize("value", ["Bearer x", "Bearer sk_test_00000000000000000000000000000000",
                                   "Bearer sk_live_x", "bearer  x", "Bearer " + "k" * 3000])
def test_invalid_key(api, value):
    answer = authorized(api, value)
    assert (answer.status_code, answer.text) == (401, '{"error":"Invalid API key"}')
    assert answer.headers["WWW-Authenticate"] == INVALID


def test_scheme_in_any_case(api):
    assert authorized(api, f"bearer {api.key}").status_code == 404
    assert authorized(api, f"BEARER  {api.key}").status_code == 404


def test_two_authorization_headers_are_refused(api, stack):
    params = fastcgi_params("GET", "/payments/x", api.key,
                            extra=[("HTTP_AUTHORIZATION", f"Bearer {api.key}")])
    answer = fastcgi_send(stack.workers.socket, fastcgi_request(params))
    assert answer.startswith(b"Status: 401 ")
    assert answer.endswith(b'{"error":"Invalid API key"}')


def test_authorization_after_an_internal_redirect_of_apache(api, stack):
    params = fastcgi_params("GET", "/payments/x",
                            extra=[("REDIRECT_HTTP_AUTHORIZATION", f"Bearer {api.key}")])
    assert fastcgi_send(stack.workers.socket, fastcgi_request(params)).startswith(b"Status: 404 ")


def refused(client):
    return client.get("/payments/x").status_code == 401


def test_revoked_key(stack):
    merchant, _ = stack.new_merchant("Revoked")
    created = stack.admin("key", "create", merchant)
    client = Client(stack.nginx.url, created["key"])
    assert not refused(client)
    stack.admin("key", "revoke", created["id"])
    wait_until(lambda: refused(client), 4, "the revocation")  # key_cache_seconds is 2


def test_expired_key(stack):
    merchant, _ = stack.new_merchant("Expired")
    created = stack.admin("key", "create", merchant, "--expires", "2099-01-01")
    client = Client(stack.nginx.url, created["key"])
    assert not refused(client)
    stack.database.sql("UPDATE api_keys SET expires_at = UTC_TIMESTAMP(3) WHERE expires_at IS NOT NULL")
    wait_until(lambda: refused(client), 4, "the expiry")


def test_disabled_merchant(stack):
    merchant, key = stack.new_merchant("Disabled")
    client = Client(stack.nginx.url, key)
    assert not refused(client)
    stack.admin("merchant", "disable", merchant)
    wait_until(lambda: refused(client), 4, "the end of the merchant")


def test_keys_and_card_numbers_are_not_in_the_logs(api, stack):
    card = "4000056655665556"
    api.get("/payments/" + card)
    assert api.pay(description=f"card {card}").status_code == 400
    assert api.pay(source=card).status_code == 400
    assert api.pay(idempotency_key=card).status_code == 400
    dump = "\n".join("\t".join(row) for row in stack.database.sql(
        "SELECT source, description, idempotency_key FROM payments"))
    assert card not in dump
    assert card not in stack.workers.log()
    assert api.key not in stack.logs()
    assert api.key.removeprefix("sk_test_") not in stack.logs()


def test_request_id_of_the_web_server(api, stack):
    params = fastcgi_params("GET", "/payments/x", api.key, extra=[("UNIQUE_ID", "Zk3-abc_@")])
    answer = fastcgi_send(stack.workers.socket, fastcgi_request(params))
    assert b"\r\nRequest-Id: Zk3-abc_@\r\n" in answer
    for bad in ("a b", "a\r\nX: y", "x" * 65, ""):
        params = fastcgi_params("GET", "/payments/x", api.key, extra=[("REQUEST_ID", bad)])
        answer = fastcgi_send(stack.workers.socket, fastcgi_request(params))
        made = answer.split(b"Request-Id: ")[1].split(b"\r\n")[0]
        assert len(made) == 26 and b"X: y" not in answer
