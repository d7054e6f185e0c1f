"""A receiver of webhooks: an https server of the tests that keeps what it is sent, and answers as it is told.

SPDX-License-Identifier: MIT
"""

import http.server
import os
import ssl
import threading
import time

from harness.acquirer import make_authority


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path
        with receiver.lock:
            receiver.requests.append({"path": path, "headers": {name.lower(): value for name, value in
                                                                self.headers.items()},
                                      "body": body.decode(), "at": time.time()})
            answers = receiver.answers.get(path) or [200]
            # The last one stays.
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.reply(answer)

    def do_GET(self):
        with self.server.receiver.lock:
            self.server.receiver.requests.append({"path": self.path, "body": None})
        self.reply(200)

    def reply(self, answer):
        """A status; or (status, headers, body); or seconds to wait, as a float; or "drop"."""
        if answer == "drop":
            self.close_connection = True
            self.connection.close()
            return
        if isinstance(answer, float):
            self.server.receiver.end.wait(answer)
            answer = 200
        status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"taken")
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        """Whoever hangs up is no fault of the tests."""


class Receiver:
    """Use it as a context manager. answers: by path, what is answered in turn; 200 where there is nothing."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.end = threading.Event()
        self.requests = []
        self.answers = {}
        self.server = self.thread = None
        self.ca_file = os.path.join(folder, "ca.pem")

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.exists(self.ca_file):
            make_authority(self.folder)
        self.server = Server(("127.0.0.1", 0), Handler, bind_and_activate=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder, "server.pem"), os.path.join(self.folder, "server.key"))
        # Each handshake in the connection's own thread.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.receiver = self
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path, host="localhost"):
        return f"https://{host}:{self.port}{path}"

    def got(self, path):
        with self.lock:
            return [request for request in self.requests if request["path"] == path]

    def ids(self, path):
        return [request["headers"]["webhook-id"] for request in self.got(path)]
