# SPDX-License-Identifier: MIT
"""HTTP by hand: bytes out, responses in, for what no HTTP library would send."""

import http.client
import io
import socket

from .response import Response, parse_headers
from .waiting import PATIENCE


class _Bytes:
    """What http.client reads a response from."""

    def __init__(self, stream):
        self._stream = stream

    def makefile(self, _mode):
        """The stream of the bytes."""
        return self._stream


def exchange(port, data, method="GET", timeout=20, half_close=True):
    """Sends bytes to 127.0.0.1 and reads to the end; the first response, or None without one.

    half_close tells the server that nothing follows, so that it does not wait for the rest of an
    unfinished request.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout * PATIENCE) as connection:
        received = bytearray()
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass  # the server closed before it had read all
    if not received:
        return None
    return _parse(bytes(received), method)


def _parse(data, method):
    stream = io.BytesIO(data)
    stream.close = lambda: None  # http.client closes what it has read
    parsed = http.client.HTTPResponse(_Bytes(stream), method=method)
    parsed.begin()
    head = data[data.index(b"\r\n") + 2:data.index(b"\r\n\r\n") + 4]
    return Response(parsed.status, parse_headers(head), parsed.read())


def request(method, target, headers=(), body=b""):
    """The bytes of one request, whose connection closes behind the response."""
    head = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close",
            *(f"{name}: {value}" for name, value in headers)]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body
