"""A Debian system of its own: files over a common base, started with systemd in namespaces.

SPDX-License-Identifier: MIT
"""

import os
import queue
import re
import subprocess
import threading
import time

LIMIT = 1800  # seconds for one command: a build, on a machine that is busy with other things
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What every Debian has, and the test's own tools (curl, pgrep).
PACKAGES = "init,ca-certificates,curl,dbus,iproute2,passwd,procps,sudo"

# Of whoever types: all processors are used, and a package's build does not run the unit tests once more.
ENVIRONMENT = [f"MAKEFLAGS=-j{os.cpu_count() or 1}", "DEB_BUILD_OPTIONS=nocheck"]

# $1: a folder, $2: the system's name and folder in it, $3: its cgroup, $4: the base. A cgroup of its own is what systemd sees as the whole
# hierarchy; files in proc and sys that change the kernel are not for it to write.
BOOT = r"""
cd "$1"
mkdir -p "$2/upper" "$2/work" "$2/root"
layers="lowerdir=$4,upperdir=$2/upper,workdir=$2/work"
# volatile: nothing of it has to outlive this machine's end (Linux 5.10).
mount -t overlay overlay -o "$layers,volatile" "$2/root" || mount -t overlay overlay -o "$layers" "$2/root"
mkdir -p cgroup
mount -t cgroup2 cgroup2 cgroup
mkdir "cgroup/$3"
echo $$ >"cgroup/$3/cgroup.procs"
exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child sh -euc '
    cd "$0/root"
    hostname "machine"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t tmpfs tmpfs sys/fs/cgroup
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -o remount,bind,ro sys
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=755 tmpfs dev
    for device in null zero full random urandom tty; do
        : >"dev/$device"
        mount --bind "/dev/$device" "dev/$device"
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    mount -t tmpfs tmpfs dev/shm
    ip link set lo up
    pivot_root . mnt # in a mere chroot, units could make no user namespaces
    cd /
    umount --lazy mnt
    exec env -i container=payment-api PATH=/usr/sbin:/usr/bin \
        /lib/systemd/systemd --system --show-status=no
' "$2"
"""


class MachineError(Exception):
    """A command failed, or a system did not come up."""


def make_base(base, packages):
    """A Debian of the same release as this one, with the files of packages that its systems are to install."""
    with open("/etc/os-release", encoding="utf-8") as file:
        codename = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.M).group(1)
    sources = "/etc/apt/sources.list.d/debian.sources"
    part = base + ".part"  # so that one that was broken off is none
    subprocess.run(["rm", "-rf", "--one-file-system", part], check=True)
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--aptopt=Acquire::Retries \"5\"", f"--include={PACKAGES}",
         # Nothing of these systems has to outlive the machine's end.
         "--dpkgopt=force-unsafe-io", "--skip=cleanup/apt/lists",
         f"--customize-hook=chroot \"$1\" apt-get -y --download-only install {' '.join(packages)}",
         "--skip=cleanup/apt/cache", codename, part, *([sources] if os.path.exists(sources) else [])],
        check=True, stdin=subprocess.DEVNULL)
    # The reader says yes, and Debian asks nothing else.
    with open(os.path.join(part, "etc/apt/apt.conf.d/90yes"), "w", encoding="ascii") as file:
        file.write('APT::Get::Assume-Yes "true";\nDpkg::Use-Pty "0";\n')
    os.rename(part, base)


class Terminal:
    """A shell in which commands are typed one after the other; it ends with the first that fails."""

    def __init__(self, machine, user):
        reading, writing = os.pipe()
        self.commands = writing
        self.output = ""
        self.lines = queue.Queue()
        shell = f'while IFS= read -r -d "" line <&{reading}; do eval "$line" </dev/null; echo "{self.mark()}"; done'
        self.process = subprocess.Popen(
            machine.enter() + machine.login(user) + ["bash", "-e", "-o", "pipefail", "-c", shell],
            pass_fds=[reading], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(reading)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.type(f"cd {machine.home}")

    @staticmethod
    def mark():
        return "-- the command has ended --"

    def read(self):
        for line in self.process.stdout:
            line = line.decode(errors="replace")
            if line.endswith(self.mark() + "\n"):
                self.output += line[:-len(self.mark()) - 1]  # of an output without a line end, the last
                self.lines.put(True)
            else:
                self.output += line
        self.lines.put(False)

    def start(self, command):
        os.write(self.commands, command.encode() + b"\0")

    def type(self, command, limit=LIMIT):
        """Runs a command to its end and returns what it printed."""
        before = len(self.output)
        self.start(command)
        try:
            good = self.lines.get(timeout=limit)
        except queue.Empty:
            raise MachineError(f"no end after {limit} s: {command}\n{self.output[before:]}") from None
        if not good:
            raise MachineError(f"it failed: {command}\n{self.output[before:]}")
        return self.output[before:]

    def has_ended(self):
        return self.process.poll() is not None

    def close(self):
        """After the machine has ended, and the shell with it."""
        os.close(self.commands)
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Machine:
    """A running system. user: who types; home: where."""

    def __init__(self, work, base, name, user, home):
        self.name = name
        self.user = user
        self.home = home
        self.work = work
        self.cgroup = f"payment-api-commands.{os.getpid()}.{name}"
        self.terminals = []
        with open(os.path.join(work, f"{name}.log"), "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "sh", "-euc", BOOT, "sh", work, name, self.cgroup, os.path.abspath(base)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = None
        try:
            self.come_up()
        except BaseException:
            self.stop()
            raise

    def come_up(self):
        self.pid = self.find_systemd()
        state = ""
        deadline = time.monotonic() + 300
        while state not in ("running", "degraded"):
            if time.monotonic() > deadline:
                raise MachineError(f"{self.name}: systemd does not come up: {state}")
            time.sleep(0.2)
            state = subprocess.run([*self.enter(), "systemctl", "is-system-running"], capture_output=True,
                                   text=True, check=False).stdout.strip()

    def find_systemd(self):
        """The process that is number 1 in there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
                for pid in file.read().split():
                    with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        if comm.read() == "systemd\n":
                            return int(pid)
            time.sleep(0.05)
        with open(os.path.join(self.work, f"{self.name}.log"), encoding="utf-8", errors="replace") as log:
            raise MachineError(f"{self.name}: it does not start:\n{log.read()}")

    def enter(self, network=True):
        """The start of a command line that is run in there; without its network, with the one of this machine."""
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", *(["--net"] if network else []), "--uts",
                "--ipc", "--cgroup", "--root", "--wdns=/", "env", "-i", f"PATH={PATH}", "HOME=/root", "LC_ALL=C.UTF-8",
                "DEBIAN_FRONTEND=noninteractive", "TERM=dumb", *ENVIRONMENT]

    @staticmethod
    def login(user):
        if user == "root":
            return []
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "env", f"HOME=/home/{user}", f"USER={user}"]

    def run(self, command, network=True, limit=LIMIT, check=True):
        """Runs a command of the test's own, as root; its output."""
        result = subprocess.run([*self.enter(network), "sh", "-c", command], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit, check=False)
        output = result.stdout.decode(errors="replace")
        if check and result.returncode != 0:
            raise MachineError(f"{self.name}: {command}: status {result.returncode}\n{output}")
        return output

    def terminal(self, user=None):
        """user: another one than who types there otherwise."""
        self.terminals.append(Terminal(self, user or self.user))
        return self.terminals[-1]

    def output(self):
        """All that was printed in there so far."""
        return "".join(terminal.output for terminal in self.terminals)

    def stop(self):
        """Ends it, with all that runs in there."""
        self.process.kill()
        self.process.wait()
        for terminal in self.terminals:
            terminal.close()
        subprocess.run(["unshare", "--mount", "sh", "-c",
                        'mount -t cgroup2 cgroup2 "$1" && find "$1/$2" -depth -type d -exec rmdir {} +', "sh",
                        os.path.join(self.work, "cgroup"), self.cgroup], check=False, stderr=subprocess.DEVNULL)
