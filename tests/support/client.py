# SPDX-License-Identifier: MIT
"""A merchant's HTTP client: a base URL, a key, and never a second try."""

import requests

from .waiting import PATIENCE


class Client:
    """Sends requests as a merchant; the answers are requests.Response."""

    def __init__(self, base_url, key=None, timeout=20):
        self.base_url = base_url
        self.key = key
        self.timeout = timeout * PATIENCE
        self.session = requests.Session()
        # No proxy and no .netrc of the user who runs the tests.
        self.session.trust_env = False

    def request(self, method, path, body=None, **headers):
        """One request. Headers go by their names with _ for -; None leaves one out."""
        sent = {"Authorization": f"Bearer {self.key}" if self.key else None,
                "Content-Type": "application/json" if body is not None else None,
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = body.encode() if isinstance(body, str) else body
        return self.session.request(
            method, self.base_url + path, data=data, timeout=self.timeout, allow_redirects=False,
            headers={name: value for name, value in sent.items() if value is not None})

    def get(self, path, **headers):
        """GET."""
        return self.request("GET", path, **headers)

    def post(self, path, body, **headers):
        """POST with the text of a JSON body."""
        return self.request("POST", path, body, **headers)

    def close(self):
        """Closes the connections."""
        self.session.close()
