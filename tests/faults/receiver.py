#!/usr/bin/python3
"""A merchant's receiver of webhooks that misbehaves: an https server, a process that may be killed at any moment.

Usage: tests/faults/receiver.py --folder FOLDER --port PORT --seed SEED --hang SECONDS --name NAME

The folder has the certificate, and NAME.jsonl: a line for each request, written before it is answered, {"path",
"headers", "body", "at", "answer"}. The path says how the endpoint behaves: /steady/... answers 200; /moody/... as
chance has it; /gone/... 200 a few times, and then 410. Once there is a file "behave" in the folder all answer 200.

SPDX-License-Identifier: MIT
"""

import argparse
import http.server
import json
import os
import random
import socket
import ssl
import sys
import threading
import time

SHORT = 1  # seconds
BEFORE_GONE = 3  # requests
MOODS = ("ok", "ok", "ok", "ok", "500", "429", "301", "slow", "hang", "cut before", "cut after", "half")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        answer = self.server.answer_for(self.path)
        if answer == "cut before":
            self.keep(None, answer)
            self.cut()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.keep(body, answer)
        getattr(self, "do_" + answer.replace(" ", "_"))()

    def do_GET(self):
        """Nobody asks for anything but who follows a redirect."""
        self.keep(None, "GET")
        self.reply(200)

    def keep(self, body, answer):
        self.server.write({"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()},
                           "body": body, "at": time.time(), "answer": answer})

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.server.behaves():
            time.sleep(0.2)

    def do_ok(self):
        self.reply(200, b"taken")

    def do_410(self):
        self.reply(410)

    def do_500(self):
        self.reply(500, b"<html>it does not work</html>")

    def do_429(self):
        self.reply(429, b"slowly", Retry_After=self.server.chance.choice([1, 3, 900]))

    def do_301(self):
        self.reply(301, Location="/elsewhere")

    def do_slow(self):
        self.wait(SHORT)
        self.reply(200)

    def do_hang(self):
        self.wait(self.server.hang)
        self.cut()

    def do_cut_after(self):
        self.cut()

    def do_half(self):
        """An answer that ends in its head."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        self.cut()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, arguments):
        self.folder = arguments.folder
        self.chance = random.Random(f"{arguments.seed}/{arguments.name}/{os.getpid()}")
        self.hang = arguments.hang
        self.lock = threading.Lock()
        self.log = os.open(os.path.join(self.folder, f"{arguments.name}.jsonl"),
                           os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.counts = {}
        super().__init__(("127.0.0.1", arguments.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder, "server.pem"), os.path.join(self.folder, "server.key"))
        # Each handshake in the connection's own thread.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def write(self, line):
        os.write(self.log, (json.dumps(line) + "\n").encode())

    def behaves(self):
        return os.path.exists(os.path.join(self.folder, "behave"))

    def answer_for(self, path):
        kind = path.split("/")[1]
        with self.lock:
            self.counts[path] = self.counts.get(path, 0) + 1
            if kind == "steady" or self.behaves():
                return "ok"
            if kind == "gone":
                return self._gone(path)
            return self.chance.choice(MOODS)

    def _gone(self, path):
        """For ever, also when it is started again."""
        mark = os.path.join(self.folder, path.strip("/").replace("/", "-"))
        if self.counts[path] > BEFORE_GONE or os.path.exists(mark):
            with open(mark, "w", encoding="ascii"):
                return "410"
        return "ok"

    def handle_error(self, *_):
        """Whoever hangs up is no fault of the run."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--hang", type=float, required=True)
    parser.add_argument("--name", required=True)
    Server(parser.parse_args()).serve_forever()


if __name__ == "__main__":
    sys.exit(main())
