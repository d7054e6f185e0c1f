"""What the tests of the acquirer share: one that runs, a client, and Stripe's own client.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import subprocess
import sys

import pytest
import requests

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))

from harness.acquirer import Acquirer, make_authority  # noqa: E402

CHARGE = {"amount": "1999", "currency": "usd", "source": "tok_visa", "metadata[payment]": "pay_1"}
INTENT = {"amount": "2500", "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true",
          "payment_method_types[]": "card"}


class Client:
    """Asks as a form-encoding client does, and never again by itself."""

    def __init__(self, acquirer):
        self.acquirer = acquirer
        self.session = requests.Session()
        self.session.trust_env = False  # REQUESTS_CA_BUNDLE would stand above verify
        self.session.verify = acquirer.ca_file
        self.session.headers["Authorization"] = f"Bearer {acquirer.secret}"

    def post(self, path, data, key=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.session.post(self.acquirer.address + path, data=data, headers=headers, timeout=20)

    def get(self, path, **params):
        return self.session.get(self.acquirer.address + path, params=params, timeout=20, allow_redirects=False)

    def charge(self, key=None, **changes):
        return self.post("/v1/charges", {**CHARGE, **changes}, key)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    make_authority(folder)
    return folder


@pytest.fixture
def acquirer(tmp_path, authority):
    running = Acquirer(str(shutil.copytree(authority, tmp_path / "acquirer"))).start()
    yield running
    assert running.stop() in (0, -9)
    assert "Traceback" not in running.log(), running.log()


@pytest.fixture
def client(acquirer):
    return Client(acquirer)


@pytest.fixture(scope="session")
def stripe_of_npm(tmp_path_factory):
    """A folder with Stripe's client of npm, and our programs that use it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    folder = tmp_path_factory.mktemp("sdk")
    for name in ("package.json", "package-lock.json", "sdk.js", "verify.js"):
        shutil.copy(os.path.join(HERE, "sdk", name), folder)
    installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, timeout=120,
                               capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install Stripe's client: {installed.stderr[:200]}")
    return folder
