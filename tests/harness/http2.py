"""nginx with HTTP/2 and TLS, as processors have it.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import socket

from harness.process import Process
from harness.servers import ENVIRONMENT, connects, free_port


class Http2(Process):
    """It hands requests to a server behind it, which answers each with "ok" unless another one is named. Its log
    has a line for each request: the connection's number, the protocol, the status."""

    name = "nginx-http2"

    def __init__(self, folder, certificate, key, behind=None):
        super().__init__(folder)
        self.port, self.short_port = free_port(), free_port()
        self.url, self.short_url = f"https://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.short_port}"
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                            ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        # A server behind it, so that nginx reads a body before it answers: libcurl 7.88 takes an answer over
        # HTTP/2 that comes before it has sent its body for an error, now and then.
        behind = behind or f"http://unix:{folder}/behind.sock"
        answers = f"location / {{ proxy_pass {behind}; proxy_http_version 1.1; proxy_ssl_server_name on; }}"
        self.config = f"{folder}/nginx.conf"
        with open(self.config, "w", encoding="ascii") as file:
            file.write(
                f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off; pid {folder}/nginx.pid; error_log stderr;\n"
                "worker_processes 1; events { worker_connections 4096; }\nhttp {\n"
                f"log_format one '$connection $server_protocol $status'; access_log {folder}/access.log one;\n"
                f'server {{ listen unix:{folder}/behind.sock; access_log off; location / {{ return 200 "ok"; }} }}\n'
                f"{temporary}\nssl_certificate {certificate}; ssl_certificate_key {key};\n"
                f"server {{ listen 127.0.0.1:{self.port} ssl http2; {answers} }}\n"
                f"server {{ listen 127.0.0.1:{self.short_port} ssl http2; keepalive_requests 10; {answers} }}\n}}\n")

    def command(self):
        return [shutil.which("nginx", path=ENVIRONMENT["PATH"]), "-e", "stderr", "-p", self.folder, "-c", self.config]

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))

    def requests(self):
        """(connection, protocol, status) of each request."""
        with open(f"{self.folder}/access.log", encoding="ascii") as file:
            return [tuple(line.split()) for line in file]
