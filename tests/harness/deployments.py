"""The ways in which the program is deployed: what starts its workers, and which web server serves them.

SPDX-License-Identifier: MIT
"""

import glob
import os
import shutil
import signal

from harness.apache import ApacheHost, ApacheSite
from harness.client import Client, raw_http
from harness.process import wait_until
from harness.servers import FASTCGI_PROGRAM, SOURCE, Nginx, Workers, free_port


def state(pid):
    """The state of a process as one letter of proc(5); None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


class SpawnFcgi(Workers):
    """Two processes, each one worker, that spawn-fcgi leaves behind."""

    def command(self):
        # spawn-fcgi closes the standard error of what it starts; the tests want to see it.
        return ["spawn-fcgi", "-s", self.socket, "-F", "2", "-P", self.socket + ".pid", "--", "/bin/sh", "-c",
                f'exec "$@" 2>>"{self.log_path}"', "sh", FASTCGI_PROGRAM, "--config", self.config, "--workers", "1", *self.arguments()]

    def worker_pids(self):
        try:
            with open(self.socket + ".pid", encoding="ascii") as file:
                pids = {int(line) for line in file.read().split()}
        except FileNotFoundError:
            return set()
        return {pid for pid in pids if state(pid) not in (None, "Z")}

    @property
    def running(self):
        # At first spawn-fcgi itself is what runs.
        return self.process is not None and (self.process.poll() is None or bool(self.worker_pids()))

    def stop(self, seconds=60):
        if self.process is not None:
            self.process.wait(seconds)
        for pid in self.worker_pids():
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.worker_pids(), seconds, "the workers' end")
        return 0


class Multiwatch(Workers):
    """Two processes, each one worker, that multiwatch keeps running on the socket of spawn-fcgi."""

    def command(self):
        # spawn-fcgi finds no program by PATH.
        return ["spawn-fcgi", "-n", "-s", self.socket, "--", shutil.which("multiwatch"), "-f", "2", "--",
                FASTCGI_PROGRAM, "--config", self.config, "--workers", "1", *self.arguments()]


class SocketActivated(Workers):
    """A pool on a socket that systemd opened, and that is started by the first connection."""

    def command(self):
        return ["systemd-socket-activate", "--inetd", "-l", self.socket,
                FASTCGI_PROGRAM, "--config", self.config, "--workers", "2", *self.arguments()]

    def ready(self):
        return os.path.exists(self.socket)  # a connection would start the program


class ApachesWorkers:
    """Workers that the web server starts and ends by itself."""

    def __init__(self, stack, lasting=True):
        self.stack = stack
        self.running = True
        self.lasting = lasting

    def start(self):
        return self

    def stop(self):
        return 0

    def complete(self):
        return True  # it starts them as they are needed

    def worker_pids(self):
        """The processes that run the copy of the program in the web server's folder."""
        found = set()
        for path in glob.glob("/proc/[0-9]*/exe"):
            try:
                if os.readlink(path).startswith(self.stack.web.folder):
                    found.add(int(path.split("/")[2]))
            except OSError:
                pass  # it has ended, or is somebody else's
        return found

    def log(self):
        return self.stack.web.log() if self.stack.web is not None else ""


class Difference:
    """A row of the contract that a web server does not let through: which, why, and what is so instead."""

    def __init__(self, test, reason, check):
        self.test = test  # as pytest names it, without the folder and the deployment
        self.reason = reason
        self.check = check  # takes the stack


ADDRESS = {"Define PAYMENT_API_ADDRESS 127.0.0.1:8080": "Define PAYMENT_API_ADDRESS 127.0.0.1:PORT"}


def error(answer):
    return answer.status_code, answer.text


def own_errors(stack):
    """Of a site in Apache's own configuration: the form is the API's."""
    for path, expected in (
        ("/payments%00", (404, '{"error":"Not found"}')),
        ("/payments/" + "x" * 10_000, (414, '{"error":"URI too long"}')),
    ):
        answer = stack.client.get(path)
        assert error(answer) == expected
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"


def hosts_errors(stack):
    client = Client(stack.web.url, stack.key)
    client.judge = None  # it is the host that answers, in its own way
    for path, status in (("/payments%00", 404), ("/payments/" + "x" * 10_000, 414)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")


def one_slash(stack):
    assert error(stack.client.request("DELETE", "//payments")) == (405, '{"error":"Method not allowed"}')


def short_body(stack):
    answer = raw_http(stack.web.port, b"POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert answer.endswith(b'{"error":"Internal server error"}')


def rest_of_the_site(stack):
    outside = Client(stack.web.url.removesuffix("/v1"), stack.key)
    for path in ("/", "/_error/503"):
        answer = outside.get(path)
        assert answer.status_code in (403, 404)
        assert answer.headers["Content-Type"].startswith("text/html")
    assert outside.get("/v1").status_code == 301  # to /v1/, for which there is nothing


OWN_ERRORS = Difference(
    "test_payments.py::test_what_nginx_refuses_itself", "Apache takes %00 for a path that cannot be there", own_errors)
HOSTS_ERRORS = Difference(
    "test_payments.py::test_what_nginx_refuses_itself",
    "Apache refuses such a path before it looks for .htaccess, with its own page", hosts_errors)
ONE_SLASH = Difference(
    "test_payments.py::test_no_such_path[//payments]", "Apache makes one slash of several", one_slash)
SHORT_BODY = Difference(
    r"test_bad_input.py::test_bad_heads[POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort]",
    "mod_fcgid answers a client that goes away in the middle by itself", short_body)
REST_OF_THE_SITE = Difference(
    "test_payments.py::test_path_outside_the_api", "what is not below /v1 is the account's own site", rest_of_the_site)


class Deployment:
    """nginx before a pool on a unix socket; the others differ from it in what they override."""

    request_id = "[0-9a-f]{32}"  # nginx made it
    differences = ()

    def __init__(self, name):
        self.name = name

    def workers(self, stack, options):
        return Workers(stack.folder, stack.config, **{"workers": 2, **options})

    def web(self, stack):
        return Nginx(stack.folder, stack.workers.socket)


class NginxTcp(Deployment):
    """The same on the loopback interface."""

    def workers(self, stack, options):
        return super().workers(stack, {"listen": f"127.0.0.1:{free_port()}", **options})


KEEPALIVE = {
    "#keepalive 4;": "keepalive 4;",
    "#fastcgi_keep_conn on;": "fastcgi_keep_conn on;",
}


class NginxKeepalive(Deployment):
    """Connections stay open between requests, and nginx keeps more of them than there are workers."""

    def workers(self, stack, options):
        return super().workers(stack, {"fastcgi_keepalive": "yes", **options})

    def web(self, stack):
        return keepalive_nginx(stack)


def keepalive_nginx(stack, name="nginx"):
    port = free_port()
    nginx = Nginx(stack.folder, stack.workers.socket, name=name,
                  edits={**KEEPALIVE, Nginx.listen_line: f"listen 127.0.0.1:{port};"})
    nginx.port = port
    return nginx


class Started(Deployment):
    """Something else than the program's own pool starts the workers."""

    def __init__(self, name, kind):
        super().__init__(name)
        self.kind = kind

    def workers(self, stack, options):
        return self.kind(stack.folder, stack.config, **options)


PROGRAMS_ID = "[0-7][0-9a-hjkmnp-tv-z]{25}"  # the program made it


class ApacheProxy(Deployment):
    """mod_proxy_fcgi before a pool; with mod_unique_id."""

    request_id = "[A-Za-z0-9@_-]{24,27}"
    differences = (OWN_ERRORS,)

    def workers(self, stack, options):
        os.chmod(stack.folder, 0o711)
        return super().workers(stack, {"listen_mode": "0666", **options})

    def web(self, stack):
        return ApacheSite(
            os.path.join(stack.folder, "apache"), "conf/apache/payment-api-proxy.conf",
            {**ADDRESS, "unix:/run/payment-api/payment-api.sock|": f"unix:{stack.workers.socket}|"}, ["unique_id"],
        )


class ApacheFcgid(Deployment):
    """mod_fcgid, which starts the workers; without mod_unique_id."""

    request_id = PROGRAMS_ID
    differences = (OWN_ERRORS, ONE_SLASH, SHORT_BODY)

    def workers(self, stack, options):
        os.chmod(stack.folder, 0o711)
        return ApachesWorkers(stack)

    def web(self, stack):
        folder = os.path.join(stack.folder, "apache")
        program = os.path.join(folder, "payment-api.fcgi")
        config = os.path.join(folder, "payment-api.conf")
        apache = ApacheSite(
            folder, "conf/apache/payment-api-fcgid.conf",
            {**ADDRESS, "Define PAYMENT_API_PROGRAM /usr/sbin/payment-api.fcgi": f"Define PAYMENT_API_PROGRAM {program}"},
        )
        apache.copy_program(program)
        with open(stack.config, encoding="utf-8") as file:
            apache.write("payment-api.conf", file.read(), 0o600)
        # In place of /etc/payment-api/payment-api.conf.
        with open(apache.config, "a", encoding="utf-8") as file:
            file.write(f"FcgidInitialEnv PAYMENT_API_CONF {config}\n")
        return apache


class Hosting(Deployment):
    """A shared host: the folder conf/hosting/v1 in the document root, and no right to anything else."""

    request_id = PROGRAMS_ID

    def __init__(self, name, modules, *differences):
        super().__init__(name)
        self.modules = modules
        self.differences = (HOSTS_ERRORS, ONE_SLASH, REST_OF_THE_SITE, *differences)

    def workers(self, stack, options):
        os.chmod(stack.folder, 0o711)
        return ApachesWorkers(stack, lasting="cgid" not in self.modules)

    def web(self, stack):
        host = ApacheHost(os.path.join(stack.folder, "apache"), self.modules)
        install_for_account(host, stack)
        return host


def install_for_account(host, stack):
    """What conf/hosting/README.md tells the owner of an account to do, once the database is there."""
    home = os.path.join(host.home, "payment-api")
    public = os.path.join(host.root, "v1")
    os.mkdir(home)
    host.own(home)
    host.copy_program(os.path.join(home, "payment-api.fcgi"))
    # The one account that such hosts give, with all rights to its database.
    stack.database.sql(
        f"CREATE USER 'account'@'localhost' IDENTIFIED BY '{stack.password}';"
        "GRANT ALL ON payment_api.* TO 'account'@'localhost'", database="mysql",
    )
    host.write("home/payment-api/payment-api.conf", "\n".join([
        "[database]", f"socket = {stack.database.socket}", "user = account", f"password = {stack.password}",
        "database = payment_api", ""]), 0o600)
    shutil.copytree(os.path.join(SOURCE, "conf/hosting/v1"), public)
    with open(os.path.join(public, "payment-api.fcgi"), encoding="utf-8") as file:
        wrapper = file.read()
    assert wrapper.count("\nhome=/home/account/payment-api\n") == 1
    host.write("home/public_html/v1/payment-api.fcgi",
               wrapper.replace("home=/home/account/payment-api", f"home={home}"), 0o755)
    for path in (public, os.path.join(public, ".htaccess")):
        host.own(path)
        os.chmod(path, 0o755 if os.path.isdir(path) else 0o644)  # the source tree may be read-only


DEPLOYMENTS = {deployment.name: deployment for deployment in (
    Deployment("nginx"),
    NginxTcp("nginx-tcp"),
    NginxKeepalive("nginx-keepalive"),
    Started("spawn-fcgi", SpawnFcgi),
    Started("multiwatch", Multiwatch),
    Started("socket-activation", SocketActivated),
    ApacheProxy("apache-proxy"),
    ApacheFcgid("apache-fcgid"),
    Hosting("hosting-fcgi", ["fcgid"], SHORT_BODY),
    Hosting("hosting-cgi", ["cgid"]),
)}

__all__ = ["DEPLOYMENTS", "Deployment", "Difference", "keepalive_nginx"]
