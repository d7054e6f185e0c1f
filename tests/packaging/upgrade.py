"""Upgrades the Debian package under systemd, with workers at work: they are replaced, and stay at work
where new ones would not serve. The commands that the package then prints are run.

Usage: upgrade.py WORK BASE PACKAGE

WORK is a folder for the system's files; BASE a Debian with systemd, MariaDB, nginx and an older version
of the package; PACKAGE the newer one's path in it.

SPDX-License-Identifier: MIT
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../commands"))

from machine import Machine  # noqa: E402

CONFIGURATION = "/etc/payment-api/payment-api.conf"
COMMAND = "payment-api:     "


class Failure(Exception):
    """The package does not what it should."""


def expect(good, what):
    if not good:
        raise Failure(what)


class Upgrade:
    def __init__(self, machine, package):
        self.machine = machine
        self.package = package

    def run(self, command, check=True):
        print(f"# {command}", flush=True)
        output = self.machine.run(command, limit=180, check=check)
        print(output, flush=True)
        return output

    def install(self):
        """An upgrade, as far as the package's scripts can tell. Returns what it prints."""
        return self.run(f"apt-get -qy -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install --reinstall {self.package}")

    def process(self):
        """The parent of the workers."""
        self.run("systemctl is-active payment-api.service")
        return self.run("systemctl show --property MainPID --value payment-api.service")

    def serves(self):
        self.run("curl -fsS --retry 15 --retry-all-errors http://127.0.0.1:8080/v1/readyz")

    def replaces(self):
        before = self.process()
        output = self.install()
        expect(COMMAND not in output, "it says what to do where nothing is wrong")
        expect(self.process() != before, "the workers were not replaced")
        self.serves()

    def keeps(self, fault, reason, mend, harmless):
        """With a fault the workers stay; once it is mended, the printed commands replace them. Where they are
        harmless, they keep the workers as well as long as it is not."""
        before = self.process()
        self.run(fault)
        output = self.install()
        for text in (reason, "Those from before stay at work."):
            expect(text in output, f"it does not say: {text}")
        commands = [line.removeprefix(COMMAND) for line in output.splitlines() if line.startswith(COMMAND)]
        expect(any(command.endswith("systemctl restart payment-api") for command in commands),
               f"no restart among the commands: {commands}")
        if harmless:
            for command in commands:
                self.run(command, check=False)
            self.serves()
        expect(self.process() == before, "the workers were not kept")
        self.run(mend)
        for command in commands:
            self.run(command)
        expect(self.process() != before, "the printed commands did not replace the workers")
        self.serves()


def main():
    work, base, package = sys.argv[1:]
    machine = Machine(work, base, "upgrade", "root", "/root")
    try:
        upgrade = Upgrade(machine, package)
        # Here services are started, other than in the chroot.
        upgrade.run("rm /usr/sbin/policy-rc.d && /smoke")
        upgrade.replaces()
        upgrade.keeps(f"sed -i '/^.payment-api.$/a workerz = 3' {CONFIGURATION}", "workerz",
                      f"sed -i '/^workerz/d' {CONFIGURATION}", harmless=True)
        # Good for root, and not to be read by the workers.
        upgrade.keeps(f"dpkg-statoverride --update --add root root 600 {CONFIGURATION}", "New workers cannot start",
                      f"dpkg-statoverride --remove {CONFIGURATION} && chgrp payment-api {CONFIGURATION} && "
                      f"chmod 640 {CONFIGURATION}", harmless=True)
        upgrade.keeps("systemctl kill --signal STOP mariadb", "no answer from the database",
                      "systemctl kill --signal CONT mariadb", harmless=False)
    finally:
        machine.stop()


main()
