"""The reference page at /docs/: as a browser shows it, and its examples as a reader types them.

SPDX-License-Identifier: MIT
"""

import html
import json
import os
import re
import shutil
import subprocess

import pytest
from harness.client import Client
from harness.contract import Contract
from harness.npm import packages
from harness.process import wait_until
from harness.servers import SOURCE

DOCUMENT = Contract().document
ON_DISK = os.path.realpath(os.path.join(SOURCE, "conf/reference/index.html"))
FILES = ("style.css", "script.js", "icon.svg")


@pytest.fixture(scope="module")
def page(stack):
    answer = Client(stack.web.url).get("/docs/")
    assert answer.status_code == 200
    return answer


@pytest.fixture(scope="module")
def visits(stack):
    """What Chromium saw as each kind of reader."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not on this machine")
    node = packages("openapi", ("page.mjs",))
    command = ["node", os.path.join(node, "page.mjs"), chromium, f"{stack.web.url}/docs/", ON_DISK]
    if "PAYMENT_API_SCREENSHOTS" in os.environ:
        command.append(os.environ["PAYMENT_API_SCREENSHOTS"])
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    return {seen["name"]: seen for seen in json.loads(result.stdout)}


def test_it_names_no_address_of_others(api, page):
    for text in [page.text, *(api.get(f"/docs/{name}", key=False).text for name in FILES)]:
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.?[\w-]*", re.sub(r"^\s*//.*$", "", text, flags=re.M)))
        # The examples'; SVG's name space.
        assert found <= {"https://your-host", "https://shop.example", "http://www.w3.org"}, found
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page.text)


def test_it_has_every_call_and_an_anchor_for_every_error(page):
    for code, example in DOCUMENT["components"]["examples"].items():
        assert f'id="error-{code}"' in page.text and example["value"]["error"] in page.text
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                assert f'id="{operation["operationId"]}"' in page.text


def test_browsers_have_nothing_to_complain_about(stack, visits):
    assert list(visits) == ["wide", "narrow", "no-script", "from-disk"]
    for name, seen in visits.items():
        assert seen["complaints"] == [], name
        if name == "from-disk":
            folder = f"file://{os.path.dirname(ON_DISK)}/"
        else:
            assert seen["status"] == 200
            folder = f"{stack.web.url}/docs/"
        assert len(seen["requests"]) >= 2 and all(url.startswith(folder) for url in seen["requests"]), seen["requests"]


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_it_fits_and_works(stack, visits, width):
    seen = visits[width]
    assert seen["wider"] <= 0
    assert seen["broken"] == []
    assert seen["base"] == [stack.web.url]
    assert seen["background"]["light"] != seen["background"]["dark"]
    # One language at a time, in all the examples, and still after the page was left.
    examples = seen["examples"]
    assert examples["tabs"] > 3
    assert set(examples["shown"].values()) == {examples["tabs"]}, examples


def test_it_is_all_there_without_its_script(visits):
    assert min(visits["no-script"]["shown"].values()) > 3


def test_it_works_without_a_server(visits):
    """Opened from the checkout, in a browser that is offline."""
    shown = visits["from-disk"]["shown"]
    assert shown["curl"] > 3 and shown["python"] == shown["javascript"] == 0


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_it_is_accessible(visits, width):
    """By the rules of axe-core: contrast in both colour schemes, names, roles, order of headings."""
    assert visits[width]["violations"] == []


def examples(text):
    """(language, code) of each example of a call, in the page's order."""
    figures = re.findall(r'<figure class="code" data-language=(\w+)>.*?<pre[^>]*><code>(.*?)</code>', text, re.S)
    return [(language, html.unescape(re.sub(r"<[^>]+>", "", code))) for language, code in figures
            if language != "base"]


def program(folder, language, codes):
    """A command that runs examples one after the other, each as it is printed."""
    if language == "javascript":
        for i, code in enumerate(codes):
            (folder / f"{i}.mjs").write_text(code, encoding="utf-8")
        imports = "".join(f'await import("./{i}.mjs");\n' for i in range(len(codes)))
        (folder / "all.mjs").write_text(imports, encoding="utf-8")
        return ["node", str(folder / "all.mjs")]
    text = "\n".join(codes)
    if language == "curl":
        text = "set -e\n" + text.replace("curl ", "curl -sS --fail-with-body -w '\\n' ")
    (folder / "all").write_text(text, encoding="utf-8")
    return ["sh" if language == "curl" else "/usr/bin/python3", str(folder / "all")]


@pytest.fixture(scope="module")
def event(stack):
    """One that the merchant is told, by its id."""
    stack.admin("merchant", "set", stack.merchant, "--test-events", "on")

    def newest():
        stack.client.pay()
        events = stack.client.get("/events").json()["data"]
        return events[0]["id"] if events else None

    yield wait_until(newest, 60, "an event")
    stack.admin("merchant", "set", stack.merchant, "--test-events", "off")


@pytest.fixture
def new_endpoint(stack):
    """Makes one for all events: its id."""
    yield lambda: stack.admin("webhook", "create", "--merchant", stack.merchant, "--url", "https://shop.example/")["id"]
    for endpoint in stack.client.get("/webhook_endpoints").json()["data"]:
        stack.client.delete(f"/webhook_endpoints/{endpoint['id']}")


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
def test_its_examples_run_as_they_are_printed(stack, api, page, event, new_endpoint, tmp_path, language):
    payment = api.pay(amount=500).json()["id"]
    refund = api.refund(payment, 1).json()["id"]
    codes = {code for kind, code in examples(page.text) if kind == language}
    assert len(codes) >= 8
    # What the document's example is called here.
    for pattern, name in ((r"pay_\w{26}", payment), (r"refund_\w{26}", refund), (r"evt_\w{26}", event)):
        codes = {re.sub(pattern, name, code) for code in codes}
    # Some of these end an endpoint, so each has its own.
    codes = {re.sub(r"we_\w{26}", new_endpoint(), code) if "we_" in code else code for code in codes}
    codes = sorted(codes)
    result = subprocess.run(program(tmp_path, language, codes), capture_output=True, text=True, timeout=300, check=False,
                            env={**os.environ, "BASE_URL": stack.web.url, "API_KEY": stack.key})
    assert result.returncode == 0, result.stdout + result.stderr
    # Each is read and listed, and both kinds of health are asked for; what was not answered has ended the run.
    assert result.stdout.count(payment) >= 2 and result.stdout.count(refund) >= 2, result.stdout
    assert len(re.findall(r"""status['"]?: ?['"]ok['"]""", result.stdout)) >= 2, result.stdout
