"""The limit for each API key of the sample configuration of nginx: the lines marked (4).

SPDX-License-Identifier: MIT
"""

import os
import re

import pytest

from harness.client import Client
from harness.servers import SOURCE, Nginx, free_port

PLAIN, TLS = "conf/nginx/payment-api.conf", "conf/nginx/payment-api-tls.conf"
BURST = 3


def marked(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return re.findall(r"^ *#.*# \(4\)$", file.read(), re.M)


def test_both_sites_have_it():
    assert len(marked(PLAIN)) == 7
    assert [" ".join(line.split()) for line in marked(PLAIN)] == [" ".join(line.split()) for line in marked(TLS)]


@pytest.fixture
def limited(stack):
    """Its nginx gives nothing back while a test runs, so that none depends on how fast it is."""
    if not isinstance(stack.web, Nginx):
        pytest.fail("the limit is nginx's")
    port = free_port()
    edits = {line: line.replace("#", "", 1).replace("rate=100r/s", "rate=1r/m").replace("burst=200", f"burst={BURST}")
             for line in marked(PLAIN)}
    nginx = Nginx(stack.folder, stack.workers.socket, name="limited",
                  edits={**edits, Nginx.listen_line: f"listen 127.0.0.1:{port};"})
    nginx.port = port
    nginx.start()
    yield nginx
    nginx.stop()


def statuses(client, count):
    return [client.get("/payments/x").status_code for _ in range(count)]


def test_each_key_has_its_own(stack, limited):
    first, second = (Client(limited.url, stack.new_merchant(name)[1]) for name in ("One", "Another"))
    assert statuses(first, BURST + 3) == [404] * (BURST + 1) + [429] * 2
    answer = first.pay()
    assert (answer.status_code, answer.text) == (429, '{"error":"Too many requests"}')
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["Request-Id"])
    assert second.pay().status_code == 201
    # The scheme's case and more blanks are the same key.
    for header in (f"bearer {first.key}", f"Bearer  {first.key}"):
        assert first.get("/payments/x", headers={"Authorization": header}).status_code == 429
    assert first.key not in limited.log() + stack.workers.log()


def test_what_has_no_key_counts_by_its_address(stack, limited):
    """However it varies what it sends in a key's place."""
    nobody = Client(limited.url)
    found = [nobody.get("/payments/x", headers={"Authorization": value}).status_code
             for value in (None, "Basic abc", "Bearer x", "Bearer sk_test_short", None, "Bearer y")]
    assert found == [401] * (BURST + 1) + [429] * 2
    assert Client(limited.url, stack.key).pay().status_code == 201
