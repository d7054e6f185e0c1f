"""The configuration: what --check says of it, and where a start tells what is wrong with it.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import subprocess
import sys

import pytest
from harness.servers import ADMIN_PROGRAM, ENVIRONMENT, FASTCGI_PROGRAM, SOURCE

GOOD = "[payment-api]\nworkers = 2\n[database]\nsocket = /nonexistent.sock\nuser = x\ndatabase = y\n"
BAD = [
    (GOOD.replace("workers", "wrokers"), "line 2: unknown option wrokers"),
    (GOOD.replace("= 2", "= two"), "line 2: workers is 'two', but must be a number from 1 to 1024"),
    (GOOD.replace("socket", "sokcet"), "line 4: unknown option sokcet in [database]"),
    (GOOD.replace("workers = 2", "request_timeout = 6"), ": request_timeout (6) must be above twice"),
    (GOOD.replace("workers = 2", "listen = nonsense"), "line 2: listen is 'nonsense', but must be the path"),
    (GOOD + "[databse-admin]\n", "line 7: unknown section [databse-admin]"),
]


def run(*arguments, program=FASTCGI_PROGRAM):
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60,
                            stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout, result.stderr


@pytest.fixture
def config(tmp_path):
    """Writes a configuration; its path."""
    def write(text):
        path = tmp_path / "payment-api.conf"
        path.write_text(text)
        return str(path)
    return write


def test_a_good_configuration(config):
    """Without a socket, and whether the database is there or not."""
    assert run("--config", config(GOOD), "--check") == (0, "", "")


@pytest.mark.parametrize("text, message", BAD)
def test_what_is_wrong_is_told_by_check_and_start_alike(config, text, message):
    path = config(text)
    status, out, error = run("--config", path, "--check")
    assert (status, out) == (78, "") and path in error and message in error
    assert run("--config", path, "--log-target", "stderr")[::2] == (78, error)
    status, _, told = run("--config", path, "schema", "status", program=ADMIN_PROGRAM)
    assert status == 1 and message in told


def test_check_reads_the_command_line_as_a_start_does(config):
    status, _, error = run("--config", config(GOOD), "--check", "--workers=none")
    assert status == 78 and "workers is 'none'" in error
    assert run("--config", "/nonexistent", "--check")[2] == "payment-api.fcgi: /nonexistent: No such file or directory\n"


# Its own /dev has a syslog that keeps what it gets.
SYSLOG = """
import os, socket, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "none", "/dev"], check=True)
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
status = subprocess.run(sys.argv[1:], timeout=60).returncode
log.setblocking(False)
try:
    while True:
        print(log.recv(4096).decode())
except BlockingIOError:
    pass
sys.exit(status)
"""


def run_with_syslog(*arguments):
    """What the program wrote to syslog, and to standard error; its status."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    result = subprocess.run(
        [shutil.which("unshare"), *user, "--mount", "--propagation", "private", sys.executable, "-c", SYSLOG,
         FASTCGI_PROGRAM, *arguments],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
    return result.stdout, result.stderr, result.returncode


def test_a_bad_configuration_is_told_in_the_log_as_well(config):
    path = config(BAD[0][0])
    for arguments in ((), ("--log-target", "syslog"), ("--log-target", "nonsense")):
        log, error, status = run_with_syslog("--config", path, *arguments)
        assert status == 78 and BAD[0][1] in log and BAD[0][1] in error, (arguments, log, error)
    log, error, _ = run_with_syslog("--config", path, "--log-target", "stderr")
    assert log == "" and BAD[0][1] in error
    log, error, _ = run_with_syslog("--config", path, "--check")
    assert log == "" and BAD[0][1] in error  # whoever asks looks there


def test_a_start_that_fails_later_is_told_on_both_as_well(config):
    log, error, status = run_with_syslog("--config", config(GOOD), "--log-target", "syslog")
    assert status == 78 and "no socket to listen on" in log and "no socket to listen on" in error


def test_the_unit_checks_first():
    """systemctl start and reload end with the status and the reason of the check."""
    with open(os.path.join(SOURCE, "conf/systemd/payment-api.service.in"), encoding="utf-8") as file:
        unit = [line.split("=", 1) for line in file.read().splitlines() if line.startswith("Exec")]
    check = dict(unit)["ExecStart"] + " --check"
    assert unit == [["ExecStartPre", check], ["ExecStart", dict(unit)["ExecStart"]], ["ExecReload", check],
                    ["ExecReload", "kill -HUP $MAINPID"]]
