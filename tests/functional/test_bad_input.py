"""Nothing that a client sends harms the service: no 5xx, no hang, no worker lost.

SPDX-License-Identifier: MIT
"""

import json
import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from harness.client import (BEGIN_REQUEST, PARAMS, STDIN, fastcgi_params, fastcgi_request, fastcgi_send,
                            name_value, raw_http, record)
from harness.process import wait_until

SETTINGS = settings(
    max_examples=int(os.environ.get("PAYMENT_API_EXAMPLES", "200")), deadline=None,
    derandomize=bool(os.environ.get("CI")), suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True, scope="module")
def no_worker_is_lost(stack):
    assert stack.client.pay().status_code == 201  # by which some ways of starting them begin
    wait_until(stack.workers.complete, what="the workers")
    before = stack.workers.worker_pids() if stack.workers.lasting else set()
    yield
    assert stack.workers.worker_pids() >= before  # Apache may have started more of them
    assert stack.client.pay().status_code == 201


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10,
)
members = st.dictionaries(
    st.sampled_from(["amount", "currency", "source", "description", "payment_id", "x"]),
    json_values | st.sampled_from(["USD", "tok_visa", 1, 1.5, 10**30]),
)


@SETTINGS
@given(path=st.sampled_from(["/payments", "/refunds"]), body=members)
def test_any_json_object(stack, path, body):
    assert stack.client.post(path, json.dumps(body)).status_code in (201, 400, 402, 404)


@SETTINGS
@given(path=st.sampled_from(["/payments", "/refunds"]), body=st.binary(max_size=2000) | st.text().map(str.encode))
def test_any_bytes_as_a_body(stack, path, body):
    assert stack.client.post(path, body).status_code == 400


@SETTINGS
@given(data=st.data())
def test_a_good_body_with_bytes_changed(stack, data):
    body = bytearray(b'{"amount":100.00,"currency":"USD","source":"tok_visa","description":"x \\u00e9"}')
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert stack.client.post("/payments", bytes(body)).status_code in (201, 400)


@SETTINGS
@given(path=st.text(st.characters(blacklist_categories=["Cs"])), query=st.text())
def test_any_path(stack, path, query):
    answer = stack.client.session.get(
        stack.client.url + "/" + path, params={"q": query}, timeout=30, allow_redirects=False,
        headers={"Authorization": f"Bearer {stack.key}"},
    )
    assert answer.status_code in (200, 400, 404, 405, 414)


header_value = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, blacklist_characters="\x7f")).map(
    lambda text: text.strip().encode("latin-1"))


@SETTINGS
@given(name=st.sampled_from(["Authorization", "Idempotency-Key", "Content-Type", "X-Request-Id"]), value=header_value)
def test_any_header_value(stack, name, value):
    answer = stack.client.pay() if not value else stack.client.post(
        "/payments", {"amount": 1, "currency": "USD", "source": "tok_visa"}, headers={name: value})
    assert answer.status_code in (201, 400, 401, 402, 415, 422)


@SETTINGS
@given(head=st.binary(max_size=300), lines=st.lists(st.binary(max_size=60), max_size=5))
def test_any_head(stack, head, lines):
    answer = raw_http(stack.nginx.port, head + b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.\d (\d)", answer)
    assert status is None or status.group(1) != b"5"


@pytest.mark.parametrize("head", [
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
    b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"TRACE /v1/payments HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/payments/\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/payments/x HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET /v1/payments/x HTTP/9.9\r\n\r\n",
])
def test_bad_heads(stack, head):
    answer = raw_http(stack.nginx.port, head)
    assert not re.match(rb"HTTP/1\.\d 5", answer) or answer.startswith(b"HTTP/1.1 501 "), answer
    if answer and stack.deployment.name.startswith("nginx"):
        assert re.match(rb"HTTP/1\.1 4", answer)
        assert b"\r\nContent-Type: application/json\r\n" in answer and answer.endswith(b'"}')
        assert b"\r\nRequest-Id: " in answer


names = st.sampled_from(["REQUEST_METHOD", "PATH_INFO", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_AUTHORIZATION",
                         "REQUEST_URI", "SCRIPT_NAME", "REQUEST_START", "REQUEST_ID", "HTTP_IDEMPOTENCY_KEY", "", "X"])
values = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=200)


@SETTINGS
@given(params=st.lists(st.tuples(names, values)), body=st.binary(max_size=300))
def test_any_parameters(stack, params, body):
    """What a careless web server could pass on: the answer is still one of the API's."""
    answer = fastcgi_send(stack.workers.socket, fastcgi_request(params, body))
    assert re.match(rb"Status: (2\d\d|4\d\d|503) ", answer), answer


@pytest.mark.parametrize("length, status", [
    ("5", b"400"), ("0", b"400"), ("1000", b"400"), ("-1", b"400"), ("x", b"400"), ("65537", b"413"),
    ("99999999999999999999", b"400"),
])
def test_content_length_that_is_not_true(stack, length, status):
    body = b'{"amount":1,"currency":"USD","source":"tok_visa"}'
    params = [("CONTENT_LENGTH", length) if name == "CONTENT_LENGTH" else (name, value)
              for name, value in fastcgi_params("POST", "/payments", stack.key, body)]
    answer = fastcgi_send(stack.workers.socket, fastcgi_request(params, body))
    assert answer.startswith(b"Status: " + status)


good = fastcgi_request(fastcgi_params("GET", "/healthz"))


@SETTINGS
@given(cut=st.integers(0, len(good) - 1))
def test_truncated_records(stack, cut):
    fastcgi_send(stack.workers.socket, good[:cut])
    assert fastcgi_send(stack.workers.socket, good).endswith(b'{"status":"ok"}')


@SETTINGS
@given(noise=st.binary(max_size=400).filter(lambda data: data[1:2] not in (b"\t", b"\x09")))
def test_any_bytes_on_the_workers_socket(stack, noise):
    # Management records (type 9, GET_VALUES) are left to a test of their own: libfcgi may abort.
    fastcgi_send(stack.workers.socket, b"\x01" + noise[1:])
    assert fastcgi_send(stack.workers.socket, good).endswith(b'{"status":"ok"}')


def test_records_out_of_order(stack):
    begin = record(BEGIN_REQUEST, b"\x00\x01\x00" + bytes(5))
    for data in (
        record(STDIN, b"x") + good, begin + record(STDIN, b"x") + record(PARAMS),
        begin + begin + record(PARAMS), begin + record(PARAMS, name_value("A", "b") * 5000) + record(PARAMS),
        begin + record(PARAMS, b"\xff\xff\xff\xff" * 10) + record(PARAMS), record(77, b"x" * 100) + good,
        record(BEGIN_REQUEST, b"\x00\x07\x00" + bytes(5)) + record(PARAMS),
    ):
        fastcgi_send(stack.workers.socket, data)
        assert fastcgi_send(stack.workers.socket, good).endswith(b'{"status":"ok"}')
