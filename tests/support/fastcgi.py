# SPDX-License-Identifier: MIT
"""FastCGI by hand, as the web server speaks it to the workers (FastCGI specification 1.0)."""

import socket
import struct
from dataclasses import dataclass

from .response import Response, parse_headers
from .waiting import PATIENCE

VERSION = 1
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
GET_VALUES = 9
RESPONDER = 1
REQUEST_COMPLETE = 0

_HEADER = struct.Struct(">BBHHBx")  # version, type, request id, content length, padding length
_LARGEST = 65535


def record(kind, content=b"", request_id=1, version=VERSION):
    """One record."""
    return _HEADER.pack(version, kind, request_id, len(content), 0) + content


def stream(kind, content, request_id=1):
    """The records of a whole stream, with the empty one that ends it."""
    pieces = [content[at:at + _LARGEST] for at in range(0, len(content), _LARGEST)]
    return b"".join(record(kind, piece, request_id) for piece in [*pieces, b""])


def begin(role=RESPONDER, keep=False):
    """The record that begins a request."""
    return record(BEGIN_REQUEST, struct.pack(">HB5x", role, keep))


def _length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 1 << 31)


def name_value(name, value):
    """One parameter."""
    name, value = (text if isinstance(text, bytes) else text.encode() for text in (name, value))
    return _length(len(name)) + _length(len(value)) + name + value


def parameters(method, path, body=b"", key=None, **more):
    """The parameters that a web server sets; more ones by their names.

    None leaves one out, a list repeats it.
    """
    found = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "/v1", "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "CONTENT_TYPE": "application/json" if body else "",
        "HTTP_AUTHORIZATION": f"Bearer {key}" if key else None, **more,
    }
    return [(name, value) for name, values in found.items()
            for value in (values if isinstance(values, list) else [values]) if value is not None]


def request(params, body=b"", keep=False):
    """The bytes of one whole request."""
    encoded = b"".join(name_value(name, value) for name, value in params)
    return begin(keep=keep) + stream(PARAMS, encoded) + stream(STDIN, body)


def family_of(address):
    """The address family of a path or of a pair of host and port."""
    if isinstance(address, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


@dataclass
class FastCGIResponse(Response):
    """A response with what FastCGI adds to it."""

    protocol_status: int = REQUEST_COMPLETE
    application_status: int = 0
    stderr: bytes = b""


class Connection:
    """A connection to the workers."""

    def __init__(self, address, timeout=20):
        self.socket = socket.socket(family_of(address))
        self.socket.settimeout(timeout * PATIENCE)
        self.socket.connect(address)

    def send(self, data):
        """Sends bytes, whatever they mean."""
        self.socket.sendall(data)

    def _read_exactly(self, size):
        data = bytearray()
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise EOFError(f"the worker closed the connection after {len(data)} bytes")
            data += chunk
        return bytes(data)

    def read_record(self):
        """The next record's type and content."""
        _version, kind, _id, length, padding = _HEADER.unpack(self._read_exactly(_HEADER.size))
        content = self._read_exactly(length)
        self._read_exactly(padding)
        return kind, content

    def read_response(self):
        """Reads up to the end of the request."""
        streams = {STDOUT: b"", STDERR: b""}
        while True:
            kind, content = self.read_record()
            if kind == END_REQUEST:
                break
            streams[kind] += content
        head, _, body = streams[STDOUT].partition(b"\r\n\r\n")
        headers = parse_headers(head + b"\r\n\r\n")
        status = int(headers.pop("Status", "200").split()[0])
        application_status, protocol_status = struct.unpack(">IB3x", content)
        return FastCGIResponse(status, headers, body, protocol_status, application_status,
                               streams[STDERR])

    def drain(self):
        """Says that nothing follows, and reads until the worker closes the connection."""
        received = bytearray()
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while chunk := self.socket.recv(65536):
                received += chunk
        except ConnectionError:
            pass
        return bytes(received)

    def close(self):
        """Closes the connection."""
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def call(address, method, path, body=b"", key=None, timeout=20, **more):
    """One request over a connection of its own."""
    if isinstance(body, str):
        body = body.encode()
    with Connection(address, timeout) as connection:
        connection.send(request(parameters(method, path, body, key, **more), body))
        return connection.read_response()
