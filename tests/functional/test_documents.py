"""What the API serves of itself, byte for byte, through each web server: the OpenAPI document, and the
reference page with its files. What is in them is the matter of test_openapi.py and test_reference.py.

SPDX-License-Identifier: MIT
"""

import os

import pytest
from harness.servers import SOURCE

FILES = {
    "/openapi.json": ("openapi.json", "application/json"),
    "/docs/": ("reference/index.html", "text/html; charset=utf-8"),
    "/docs/style.css": ("reference/style.css", "text/css; charset=utf-8"),
    "/docs/script.js": ("reference/script.js", "text/javascript; charset=utf-8"),
    "/docs/icon.svg": ("reference/icon.svg", "image/svg+xml"),
}


@pytest.mark.parametrize("path", FILES)
def test_it_is_served_as_it_stands(api, path):
    name, media_type = FILES[path]
    answer = api.get(path, key=False)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("max-age=300", "nosniff")
    with open(os.path.join(SOURCE, "conf", name), "rb") as file:
        assert answer.content == file.read()


@pytest.mark.parametrize("path", FILES)
def test_head_has_the_size(api, path):
    answer = api.request("HEAD", path, key=False)
    assert answer.status_code == 200 and answer.content == b""
    with open(os.path.join(SOURCE, "conf", FILES[path][0]), "rb") as file:
        assert answer.headers.get("Content-Length") in (None, str(len(file.read())))  # Apache may leave it out


def test_docs_leads_to_the_page(api):
    answer = api.get("/docs", key=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, "/v1/docs/")


@pytest.mark.parametrize("path", ["/docs/other.css", "/docs/style.css/", "/openapi.json/"])
def test_there_is_nothing_else(api, path):
    answer = api.get(path, key=False)
    assert (answer.status_code, answer.text) == (404, '{"error":"Not found"}')


def test_its_policy_lets_nothing_of_others_in(api):
    header = api.get("/docs/", key=False).headers["Content-Security-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in header.split(";"))
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
