"""TAP for pytest: what the scripts run-tap share.

SPDX-License-Identifier: MIT
"""

import importlib.util
import os
import shutil
import sys

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
MODULES = ("pytest", "requests", "hypothesis", "xdist", "jsonschema", "prometheus_client")
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "nginx", "spawn-fcgi")


def missing(programs):
    """The programs and modules that are not there."""
    return [name for name in programs if shutil.which(name, path=PATH) is None] + [
        name for name in MODULES if importlib.util.find_spec(name) is None]


def pytest_addoption(parser):
    """The terminal plugin's, which is not there; what explains a failed assertion asks for it."""
    parser.getgroup("tap").addoption("--verbosity", dest="verbose", type=int, default=0)


class Tap:
    """A pytest plugin: one line a test, as it comes."""

    def __init__(self):
        self.count = 0
        self.seconds = {}  # of each file

    def _line(self, good, name, note=""):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name.replace('#', '_')}{note}", flush=True)

    def pytest_runtest_logreport(self, report):
        file = report.nodeid.split("::")[0]
        self.seconds[file] = self.seconds.get(file, 0) + report.duration
        if report.skipped:
            self._line(True, report.nodeid, f" # SKIP {report.longrepr[2]}")
        elif report.failed or report.when == "call":
            name = report.nodeid if report.when == "call" else f"{report.nodeid} ({report.when})"
            self._line(report.passed, name.encode("ascii", "backslashreplace").decode()[:150])
            if report.failed:
                text = report.longreprtext + "".join(f"\n--- {name}\n{body}" for name, body in report.sections)
                for line in text.splitlines():
                    print("#", line)

    def pytest_collectreport(self, report):
        if report.failed:
            self._line(False, f"collecting {report.nodeid}")
            for line in report.longreprtext.splitlines():
                print("#", line)


def run(programs, arguments, processes=0):
    """Runs pytest with TAP on standard output; the exit status. processes: so many files at once."""
    lacking = missing((*PROGRAMS, *programs))
    if lacking:
        print(f"1..0 # SKIP not on this machine: {' '.join(lacking)}")
        return 0
    import pytest

    tap = Tap()
    if processes:
        arguments = ["--numprocesses", str(processes), "--dist", "loadfile", *arguments]
    # The source tree may be read-only (make distcheck): nothing is written there.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # This module is a plugin, too, by name: so the processes that pytest-xdist starts have its option.
    status = pytest.main(["-p", __name__, "-p", "no:terminal", "-p", "no:cacheprovider",
                          # Parameters that were read from some file, and were not there any more.
                          "-o", "empty_parameter_set_mark=fail_at_collect", *arguments], plugins=[tap])
    if int(status) > 1:  # neither passed nor failed: interrupted, or broken itself
        print(f"Bail out! pytest ended with status {int(status)}")
    for file, seconds in sorted(tap.seconds.items(), key=lambda item: -item[1]):
        print(f"# {seconds:.1f} s {file}")
    print(f"1..{tap.count}")
    return int(status)
