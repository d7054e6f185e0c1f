# SPDX-License-Identifier: MIT
"""One nginx, with a server for each program that is measured.

Each is the sample configuration of payment-api; only what reaches the program differs.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import socket

from harness.process import Process
from harness.servers import ENVIRONMENT, Nginx, connects, edited, free_port

SITE = "conf/nginx/payment-api.conf"
SNIPPET = "snippets/payment-api.conf"  # what the site includes


def site(subject):
    """The configuration of one server: where the program listens, and how it is spoken to."""
    text = edited(SITE, {
        f"include {SNIPPET};": edited(f"conf/nginx/{SNIPPET}", {}),
        Nginx.listen_line: f"listen 127.0.0.1:{subject.port};",
        Nginx.socket_line: "".join(f"server unix:{address};" for address in subject.sockets),
    })
    text = re.sub(r"\bpayment_api\b", f"up_{subject.name}", text)
    text = re.sub(r"\bpayment_api_path\b", f"path_{subject.name}", text)
    if subject.script:
        text = text.replace("fastcgi_connect_timeout", f"fastcgi_param SCRIPT_FILENAME {subject.script};\n"
                            "    fastcgi_connect_timeout", 1)
    if subject.http:
        text = text.replace("fastcgi_pass ", "proxy_pass http://")
    return text


class Front(Process):
    """It is started again when a program listens elsewhere."""

    name = "nginx"

    def __init__(self, folder, subjects):
        super().__init__(folder)
        self.subjects = subjects
        for subject in subjects:
            subject.port = free_port()
        self.config = os.path.join(folder, "nginx.conf")

    def write(self):
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "\n".join(f"{kind}_temp_path {self.folder}/nginx-{kind};"
                              for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))
        sites = "\n".join(site(subject) for subject in self.subjects if subject.sockets)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                f"{user}\ndaemon off;\npid {self.folder}/nginx.pid;\nerror_log stderr;\nworker_processes 1;\n"
                f"worker_rlimit_nofile 20000;\nevents {{ worker_connections 8192; }}\nhttp {{\naccess_log off;\n"
                f"keepalive_requests 1000000;\n{temporary}\n{sites}\n}}\n"
            )

    def start(self, wait=True, **options):
        self.write()
        return super().start(wait, **options)

    def restart(self):
        self.stop()
        self.start()

    def command(self):
        return [shutil.which("nginx", path=ENVIRONMENT["PATH"]), "-e", "stderr", "-p", self.folder, "-c", self.config]

    def ready(self):
        return all(connects(socket.AF_INET, ("127.0.0.1", subject.port))
                   for subject in self.subjects if subject.sockets)
