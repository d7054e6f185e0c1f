"""conf/quickstart, from a copy of the source tree.

SPDX-License-Identifier: MIT
"""

import glob
import os
import shutil
import signal
import subprocess

import pytest
from harness.client import Client
from harness.process import wait_until
from harness.servers import SOURCE, free_port


class Checkout:
    """A fresh copy of the sources, with no build in it."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "payment-api")
        shutil.copytree(SOURCE, self.folder, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", ".test", ".quickstart", "_build", "autom4te.cache", "build-aux", "aclocal.m4", "configure",
            "configure~", "*.o", "*.a", "Makefile", "Makefile.in", "config.status"))
        subprocess.run(["chmod", "-R", "u+w", self.folder], check=True)
        self.port = free_port()

    def quickstart(self, *arguments, port=True, path=""):
        """path: a folder whose programs take the place of others."""
        options = ["--port", str(self.port)] if port else []
        return subprocess.run(
            [os.path.join(self.folder, "conf", "quickstart"), *arguments, *options], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=900, check=False,
            env={**os.environ, "PATH": path + ":" + os.environ["PATH"]} if path else None,
        )

    def files(self):
        """All that is not below .quickstart."""
        return {os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names
                if not folder.startswith(os.path.join(self.folder, ".quickstart"))}

    def env(self):
        with open(os.path.join(self.folder, ".quickstart", "env"), encoding="utf-8") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    made = Checkout(str(tmp_path_factory.mktemp("checkout")))
    yield made
    made.quickstart("--stop", port=False)


def test_from_a_checkout_to_a_payment(checkout):
    before = checkout.files()
    # As after ./configure && make in the folder itself, of another version: nothing of that is used.
    left = [os.path.join(checkout.folder, *name) for name in (("app", "libpaymentapi.a"), ("conf", "setup-database"))]
    for name in left:
        with open(name, "w", encoding="utf-8") as file:
            file.write("nothing\n")
    result = checkout.quickstart("--background")
    assert result.returncode == 0, result.stdout + result.stderr
    assert checkout.files() - before == set(left)
    for name in left:
        os.remove(name)
    assert '"status":"succeeded"' in result.stdout and '"id":"refund_' in result.stdout
    env = checkout.env()
    assert set(env) == {"BASE_URL", "API_KEY", "DB_SOCKET", "DB_NAME", "CONF"}
    assert env["BASE_URL"] == f"http://127.0.0.1:{checkout.port}/v1"
    assert os.path.exists(env["DB_SOCKET"]) and os.path.exists(env["CONF"])
    assert Client(env["BASE_URL"], env["API_KEY"]).pay().status_code == 201
    tried = subprocess.run(["bash", "-c", result.stdout.partition("Try it:\n")[2].partition("Key and")[0]], check=True,
                           cwd=checkout.folder, capture_output=True, text=True, timeout=60).stdout
    assert tried.count('"status":"succeeded"') == 2 and "Payment for order #12345" in tried


def test_a_second_start_changes_nothing(checkout):
    before = checkout.env()
    result = checkout.quickstart("--background")
    assert (result.returncode, "running already" in result.stdout) == (0, True)
    assert checkout.env() == before
    result = checkout.quickstart("--background", "--port", str(free_port()), port=False)
    assert (result.returncode, "--stop ends it" in result.stderr) == (1, True)


def test_a_start_builds_only_what_changed(checkout):
    def built():
        names = ("source/configure", "build/config.status", "build/app/payment-api.fcgi", "build/app/payment-admin")
        return [os.stat(os.path.join(checkout.folder, ".quickstart", name)).st_mtime_ns for name in names]
    assert checkout.quickstart("--stop", port=False).returncode == 0
    before = built()
    assert checkout.quickstart("--background").returncode == 0
    assert built() == before
    assert checkout.quickstart("--stop", port=False).returncode == 0
    os.utime(os.path.join(checkout.folder, "app", "main.c"))
    assert checkout.quickstart("--background").returncode == 0
    after = built()
    assert (after[:2], after[3]) == (before[:2], before[3]) and after[2] > before[2]


def test_data_outlives_a_stop_but_not_a_reset(checkout):
    env = checkout.env()
    payment = Client(env["BASE_URL"], env["API_KEY"]).pay().json()["id"]
    assert checkout.quickstart("--stop", port=False).returncode == 0
    with pytest.raises(OSError):
        Client(env["BASE_URL"], env["API_KEY"]).get("/healthz")
    assert checkout.quickstart("--background").returncode == 0
    env = checkout.env()
    assert Client(env["BASE_URL"], env["API_KEY"]).get(f"/payments/{payment}").status_code == 200
    assert checkout.quickstart("--stop", port=False).returncode == 0
    assert checkout.quickstart("--background", "--reset").returncode == 0
    assert Client(env["BASE_URL"], env["API_KEY"]).get(f"/payments/{payment}").status_code == 401
    env = checkout.env()
    assert Client(env["BASE_URL"], env["API_KEY"]).get(f"/payments/{payment}").status_code == 404


@pytest.mark.parametrize("killed", [("mariadb", "pool", "nginx"), ("pool",)])
def test_a_start_after_a_crash(checkout, killed):
    checkout.quickstart("--stop", port=False)
    assert checkout.quickstart("--background").returncode == 0
    for service in killed:
        with open(os.path.join(checkout.folder, ".quickstart", service + ".pid"), encoding="ascii") as file:
            pid = int(file.read().split()[0])
        os.killpg(pid, signal.SIGKILL)  # each is the leader of a session, and so of its group
        wait_until(lambda pid=pid: not group_lives(pid), 10, f"the end of {service}")
    result = checkout.quickstart("--background")
    assert result.returncode == 0, result.stderr
    env = checkout.env()
    assert Client(env["BASE_URL"], env["API_KEY"]).pay().status_code == 201


def group_lives(group):
    """True while a process of the group does more than wait for somebody to take note of its end."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8") as stat:
                state, _, its_group = stat.read().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


def test_ctrl_c_leaves_nothing(checkout):
    checkout.quickstart("--stop", port=False)
    log = os.path.join(checkout.folder, "log")
    with open(log, "w", encoding="utf-8") as output, subprocess.Popen(
        [os.path.join(checkout.folder, "conf", "quickstart"), "--port", str(checkout.port)], stdin=subprocess.DEVNULL,
        stdout=output, stderr=output, start_new_session=True,
        # Whoever runs this in the background may have it ignored, and a shell does not undo that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        def serving():
            with open(log, encoding="utf-8") as file:
                return "Ctrl-C stops it" in file.read()
        try:
            wait_until(lambda: process.poll() is not None or serving(), 120, "the start")
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.terminate()
    assert checkout.quickstart("--stop", port=False).stdout == "Nothing is running.\n"
    wait_until(lambda: not group_lives(process.pid), 10, "the end of all that it started")


@pytest.mark.parametrize("service", ["mariadb", "nginx"])
def test_a_service_that_dies_at_once(checkout, tmp_path, service):
    """Many times, since what is to be seen is gone within a millisecond, or within two."""
    checkout.quickstart("--stop", port=False)
    program = tmp_path / {"mariadb": "mariadbd", "nginx": "nginx"}[service]
    program.write_text("#!/bin/sh\necho it cannot start\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    for _ in range(8 if service == "mariadb" else 3):
        result = checkout.quickstart("--background", path=str(tmp_path))
        assert (result.returncode, f"{service} ended while it was starting" in result.stderr) == (1, True), result.stderr
        assert "it cannot start" in result.stderr
    assert checkout.quickstart("--stop", port=False).stdout == "Nothing is running.\n"


def test_a_port_that_is_taken(checkout):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = checkout.quickstart("--background", "--port", str(port), port=False)
    assert result.returncode == 1
    assert f"something listens on 127.0.0.1:{port} already" in result.stderr


@pytest.mark.parametrize("arguments", [
    ("--port", "99999"), ("--port", "x"), ("--nonsense",), ("--port",), ("--reset", "--stop")])
def test_wrong_options(checkout, arguments):
    result = checkout.quickstart(*arguments, port=False)
    assert result.returncode != 0
    assert arguments[0] in result.stderr


@pytest.mark.parametrize("name", ["my shop", "shop's", "$shop"])
def test_a_folder_that_make_cannot_take(tmp_path, name):
    shutil.copytree(os.path.join(SOURCE, "conf"), tmp_path / name / "conf")
    result = subprocess.run([tmp_path / name / "conf" / "quickstart"], capture_output=True, text=True, timeout=60,
                            check=False, stdin=subprocess.DEVNULL)
    assert (result.returncode, f"a sign that make cannot take: {tmp_path}/{name}" in result.stderr) == (1, True)
    assert os.listdir(tmp_path / name) == ["conf"]


def test_not_on_debian():
    """Who has installed by hand what it names must get further the next time."""
    result = subprocess.run(["/bin/sh", os.path.join(SOURCE, "conf/install-packages"), "gcc", "libfcgi-dev"],
                            env={"PATH": "/nonexistent"}, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.endswith("called on Debian: gcc libfcgi-dev\n")


def test_a_start_by_another_user(checkout):
    """As after sudo conf/quickstart: not an error of chmod, nor of the database later."""
    checkout.quickstart("--stop", port=False)
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    made = os.path.join(checkout.folder, ".quickstart")
    os.makedirs(made, exist_ok=True)
    os.chown(made, 1, -1)
    try:
        for arguments in ((), ("--background",), ("--stop",)):
            result = checkout.quickstart(*arguments, port=False)
            assert (result.returncode, ".quickstart is daemon's" in result.stderr) == (1, True), result.stderr
    finally:
        os.chown(made, 0, -1)
