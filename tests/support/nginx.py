# SPDX-License-Identifier: MIT
"""nginx in front of the pool, from the project's own conf/nginx/payment-api.conf."""

import os
import signal
import socket

from .locations import SOURCE, installed
from .server import Server, ServerFailed

SITE = SOURCE / "conf" / "nginx" / "payment-api.conf"

_LISTEN = "listen 127.0.0.1:8080;"
_BACKEND = "unix:/run/payment-api/payment-api.sock;"
_START_TRIES = 5

_OUTER = """\
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/site.conf;
}}
"""


def free_port():
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def replace_once(text, old, new):
    """Like str.replace(), but the old text must be there, and only once."""
    if text.count(old) != 1:
        raise ValueError(f"'{old}' is there {text.count(old)} times instead of once")
    return text.replace(old, new)


class Nginx(Server):
    """nginx on a port of 127.0.0.1."""

    name = "nginx"
    # A graceful stop: requests in hand are answered.
    stop_signal = signal.SIGQUIT

    def __init__(self, folder, backend, port=None):
        super().__init__(folder)
        self.backend = backend
        self.port = port
        self.access_log = self.folder / "access.log"
        self._log_start = 0

    @property
    def base_url(self):
        """The API's base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def command(self):
        return [installed("nginx"), "-e", "stderr", "-p", str(self.folder),
                "-c", str(self.folder / "nginx.conf")]

    def write_configuration(self):
        """Writes nginx.conf and the site, which differs from ours in its two addresses only."""
        site = SITE.read_text(encoding="utf-8")
        site = replace_once(site, _LISTEN, f"listen 127.0.0.1:{self.port};")
        site = replace_once(site, _BACKEND, f"unix:{self.backend};")
        (self.folder / "site.conf").write_text(site, encoding="utf-8")
        outer = _OUTER.format(folder=self.folder, user="user root;" if os.geteuid() == 0 else "")
        (self.folder / "nginx.conf").write_text(outer, encoding="utf-8")

    def launch(self):
        self.write_configuration()
        self._log_start = self.log_size()
        super().launch()

    def is_ready(self):
        # Not a connection: that could reach another program, which has just got the port.
        return "start worker process" in self.log_text(self._log_start)

    def start(self):
        if self.port is not None:
            return super().start()
        for _ in range(_START_TRIES):
            self.port = free_port()
            try:
                return super().start()
            except ServerFailed:
                # Another program took the port in between.
                if "bind() to" not in self.log_text(self._log_start):
                    raise
        raise ServerFailed("nginx found no free port")
