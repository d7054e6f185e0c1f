# SPDX-License-Identifier: MIT
"""A response, however it came: the part of requests.Response that the tests use."""

import http.client
import io
from dataclasses import dataclass, field

from requests.structures import CaseInsensitiveDict


@dataclass
class Response:
    """Status, headers and body. A header that came twice has both values, joined by a comma."""

    status_code: int
    headers: CaseInsensitiveDict = field(default_factory=CaseInsensitiveDict)
    content: bytes = b""

    @property
    def text(self):
        """The body as text."""
        return self.content.decode()


def parse_headers(data):
    """The headers of a message, from its bytes up to the empty line."""
    headers = CaseInsensitiveDict()
    for name, value in http.client.parse_headers(io.BytesIO(data)).items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
