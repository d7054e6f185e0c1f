"""Clients: HTTP as a merchant's program speaks it, HTTP as raw bytes, and raw FastCGI.

SPDX-License-Identifier: MIT
"""

import json
import socket
import struct

import requests

PAYMENT = {"amount": 100.00, "currency": "USD", "source": "tok_visa"}
TIMEOUT = 30
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # of identifiers: Crockford's base 32


def value_of(text):
    """An identifier's number, as the database has it."""
    value = 0
    for digit in text.split("_")[1]:
        value = value << 5 | DIGITS.index(digit)
    return value


def text_of(prefix, value):
    """The identifier with a number."""
    return prefix + "".join(DIGITS[value >> 5 * place & 31] for place in reversed(range(26)))


class Client:
    """The API under a base URL, with a key. It never tries anything twice."""

    judge = None  # called with every answer, where the tests have set one: harness/contract.py

    def __init__(self, url, key=None):
        self.url = url
        self.key = key
        self.session = requests.Session()
        self.session.trust_env = False

    def request(self, method, path, body=None, headers=None, key=True):
        """Sends body as it is when it is text or bytes, as JSON otherwise."""
        sent = {}
        if key and self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            sent["Content-Type"] = "application/json"
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        answer = self.session.request(
            method, self.url + path, data=body, headers=sent, timeout=TIMEOUT, allow_redirects=False
        )
        if self.judge:
            self.judge(answer)
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, **options):
        return self.request("POST", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def pay(self, idempotency_key=None, **members):
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {}
        return self.post("/payments", {**PAYMENT, **members}, headers=headers)

    def refund(self, payment_id, amount, idempotency_key=None):
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {}
        return self.post("/refunds", {"payment_id": payment_id, "amount": amount}, headers=headers)


def from_elsewhere(url, method="GET", **options):
    """A request from an address of this machine that is not 127.0.0.1."""
    session = requests.Session()
    session.trust_env = False
    adapter = requests.adapters.HTTPAdapter()
    adapter.init_poolmanager(1, 1, source_address=("127.0.0.2", 0))
    session.mount("http://", adapter)
    answer = session.request(method, url, timeout=TIMEOUT, **options)
    if Client.judge:
        Client.judge(answer)
    return answer


def raw_http(port, data, timeout=TIMEOUT):
    """Sends bytes and reads until the server closes; what came."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server may have seen enough already; its answer is what counts
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
        return answer


# FastCGI record types (FastCGI 1.0, section 8).
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)


def record(kind, content=b"", request_id=1, version=1):
    return struct.pack("!BBHHBB", version, kind, request_id, len(content), 0, 0) + content


def name_value(name, value):
    def size(data):
        return struct.pack("!B", len(data)) if len(data) < 128 else struct.pack("!I", len(data) | 1 << 31)

    name, value = name.encode(), value.encode()
    return size(name) + size(value) + name + value


def fastcgi_request(params, body=b""):
    """The records of a whole request; params are pairs, so that a name can come twice."""
    encoded = b"".join(name_value(name, value) for name, value in params)
    return (
        record(BEGIN_REQUEST, struct.pack("!HB5x", 1, 0))
        + record(PARAMS, encoded) + (record(PARAMS) if encoded else b"")
        + (record(STDIN, body) if body else b"") + record(STDIN)
    )


def fastcgi_send(path, data, timeout=TIMEOUT):
    """Sends bytes to a unix socket and reads until it is closed; what stood in STDOUT records."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                answer += chunk
        except OSError:
            pass
    output = b""
    while len(answer) >= 8:
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", answer[:8])
        if kind == STDOUT:
            output += answer[8 : 8 + length]
        answer = answer[8 + length + padding :]
    return output


def fastcgi_params(method, path, key=None, body=b"", extra=()):
    """The parameters that a web server would send."""
    params = [
        ("REQUEST_METHOD", method), ("PATH_INFO", path), ("SCRIPT_NAME", "/v1"),
        ("CONTENT_LENGTH", str(len(body)) if body else ""),
    ]
    if body:
        params.append(("CONTENT_TYPE", "application/json"))
    if key:
        params.append(("HTTP_AUTHORIZATION", f"Bearer {key}"))
    return params + list(extra)
