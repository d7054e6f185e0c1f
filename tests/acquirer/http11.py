"""HTTP/1.1 as the acquirer's clients speak it (requests with a length, answers that keep the connection), and as it sends
requests of its own: one a connection.

SPDX-License-Identifier: MIT
"""

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus

HEAD_MAX = 32768
BODY_MAX = 65536
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_LINE = re.compile(r"([A-Z]+) (/[!-~]*) HTTP/1\.1")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9]) ")


class BadRequest(Exception):
    """The connection cannot be used any more."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: dict  # by name in small letters
    body: str

    @property
    def closes(self):
        return self.headers.get("connection", "").lower() == "close"


async def read(reader, writer):
    """The next request; None at the connection's end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError, OSError):
        return None
    except asyncio.LimitOverrunError:
        raise BadRequest("the head of the request is too long") from None
    first, *lines = head[:-4].split("\r\n")
    match = _LINE.fullmatch(first)
    if match is None:
        raise BadRequest("not a request of HTTP/1.1")
    headers = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None or field[1].lower() in headers:
            raise BadRequest("a header that cannot be read or is there twice")
        headers[field[1].lower()] = field[2]
    path, _, query = match[2].partition("?")
    return Request(match[1], path, query, headers, await _body(reader, writer, headers))


async def _body(reader, writer, headers):
    if "transfer-encoding" in headers:
        raise BadRequest("a body without its length")
    length = headers.get("content-length", "0")
    if re.fullmatch("[0-9]{1,6}", length) is None or int(length) > BODY_MAX:
        raise BadRequest("a length that is none, or too much")
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        return (await reader.readexactly(int(length))).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError, OSError):
        raise BadRequest("half a body") from None


def write(status, headers, body):
    """An answer's head, and its body."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items()),
             f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body


async def post(address, headers, body, seconds):
    """Sends a body to an address (urllib.parse.SplitResult); the status of the answer, None without one in time."""
    async def exchange():
        reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
        try:
            lines = [f"POST {address.path} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {len(body)}",
                     "Connection: close", *(f"{name}: {value}" for name, value in headers.items())]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
            await writer.drain()
            answer = await reader.read()
        finally:
            writer.close()
        match = _STATUS.match(answer)
        return int(match[1]) if match else None

    try:
        return await asyncio.wait_for(exchange(), seconds)
    except (OSError, asyncio.TimeoutError):
        return None
