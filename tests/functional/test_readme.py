"""The README's clients, run as they are printed; its tables, held against the program.

SPDX-License-Identifier: MIT
"""

import os
import re
import subprocess

import pytest
from harness.servers import SOURCE

with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
    README = file.read()
with open(os.path.join(SOURCE, "app/api/error.c"), encoding="utf-8") as file:
    ERRORS = re.findall(r'\{(\d+), "([^"]+)", \d+\}', file.read())

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.M | re.S)
LOAD_ENV = "set -a; . .quickstart/env; set +a\n"


def block(language, word):
    """The one block of this language that has the word in it."""
    found = [text for kind, text in BLOCKS if kind == language and word in text]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def checkout(stack, tmp_path):
    """A folder with the file that conf/quickstart writes."""
    (tmp_path / ".quickstart").mkdir()
    (tmp_path / ".quickstart" / "env").write_text(
        f"BASE_URL={stack.nginx.url}\nAPI_KEY={stack.key}\n", encoding="utf-8"
    )
    return tmp_path


def run(checkout, command, program=None):
    """Runs a block as a reader would: after the block that loads the environment."""
    assert (("sh", LOAD_ENV)) in BLOCKS
    script = LOAD_ENV + (command if program is None else f"{command} <<'END_OF_BLOCK'\n{program}END_OF_BLOCK\n")
    result = subprocess.run(["sh", "-c", script], cwd=checkout, capture_output=True, text=True, timeout=60,
                            check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_curl(checkout):
    output = run(checkout, block("sh", "curl -X POST"))
    assert re.fullmatch(r'\{"id":"pay_.*","amount":100\.00,"currency":"USD","status":"succeeded".*\}', output)
    assert run(checkout, block("sh", "curl -X POST")) == output  # the same idempotency key


def test_python(checkout):
    payment, refund, read = run(checkout, "/usr/bin/python3 -", block("python", "requests")).splitlines()
    assert payment == read
    assert "'status': 'succeeded'" in refund and "'amount': 50.0" in refund


def test_javascript(checkout):
    output = run(checkout, "node -", block("javascript", "fetch"))
    assert len(re.findall(r"id: 'pay_", output)) == 3  # the payment twice, and in the refund
    assert output.count("status: 'succeeded'") == 3


@pytest.mark.parametrize("status, message", ERRORS)
def test_every_error_is_in_the_table(status, message):
    assert re.search(rf"^\| {status} \| [^|]*{re.escape(message)}[^|]* \|", README, re.M)


def test_every_route_is_in_the_table():
    with open(os.path.join(SOURCE, "app/api/routes.c"), encoding="utf-8") as source:
        patterns = re.findall(r'\.pattern = "([^"]+)"', source.read())
    assert len(patterns) >= 11
    for pattern in patterns:
        if pattern in ("/docs", "/docs/{file}"):
            continue  # they belong to the page
        assert re.search(rf"^\| (?:`[^`]+`, )?`\w+ /v1{re.escape(pattern)}`", README, re.M), pattern
