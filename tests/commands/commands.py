"""Runs what the documents print, where their comments say, and prints TAP. See run and documents.py.

SPDX-License-Identifier: MIT
"""

import concurrent.futures
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from documents import SOURCE, Block, all_blocks, read  # noqa: E402
from judge import MACHINES, MANNERS, fault, programs  # noqa: E402
from machine import LIMIT, Machine, MachineError, make_base  # noqa: E402

# What stands for what an earlier command has printed: the text, and what is taken.
SUBSTITUTIONS = {
    "mer_...": r"\bmer_[0-9a-z]{26}\b",
    "mer_01kb...": r"\bmer_[0-9a-z]{26}\b",
}
running = []  # the machines
BASE_URL = "http://127.0.0.1:8080/v1"
SITE = "/etc/nginx/conf.d/payment-api.conf"
CONFIG = "/etc/payment-api/payment-api.conf"
PROCESSOR = r"\n[processor stripe]\ntype = stripe\nsecret_key = sk_test_0\n"


class Failure(Exception):
    """What came of a command is not what the text says."""


def packages_of_quickstart():
    return re.search(r"^packages=\((.*?)\)$", read("conf/quickstart"), re.M | re.S).group(1).split()


def packages(blocks):
    """What Debian's packages the blocks' commands install, all together."""
    found = set(packages_of_quickstart())
    for _, prepare in MACHINES.values():
        blocks = [*blocks, Block("", 0, "sh", prepare, "run: x")]
    for block in blocks:
        if block.kind == "run":
            for names in re.findall(r"^apt-get (?:-y )?install (?:-y )?((?:.*\\\n)*.*)", block.text, re.M):
                found |= {name for name in names.replace("\\\n", " ").split() if re.fullmatch("[a-z0-9][a-z0-9.+-]+", name)}
    return sorted(found)


class Reader:
    """Types the blocks of one machine, in order."""

    def __init__(self, machine):
        self.machine = machine
        self.terminal = machine.terminal()
        self.root_terminal = None

    def terminal_of(self, block):
        if "as root" not in block.words:
            return self.terminal
        self.root_terminal = self.root_terminal or self.machine.terminal("root")
        return self.root_terminal

    def run(self, block):
        """Runs a block, with the words of its comment. A word is one of these, else a check:
        as root: not as the user of the machine
        stays: its last command stays in the foreground
        instead: what an earlier block started or set up for the same purpose is gone
        without nginx: as the text says
        without the site: of nginx, which an earlier block put elsewhere
        with a processor: as the text says, until it has been run"""
        if block.language == "ini":
            self.check_configuration(block.text)
            return
        if "instead" in block.words:
            self.undo()
        if "without nginx" in block.words:
            self.machine.run("systemctl disable --now nginx")
        if "without the site" in block.words:
            self.machine.run(f"rm {SITE}")
        if "with a processor" in block.words:
            self.machine.run(f"cp -p {CONFIG} {CONFIG}.before && printf '{PROCESSOR}' >>{CONFIG}")
        stays = "stays" in block.words
        commands = list(block.commands())
        for command in commands[:-1] if stays else commands:
            self.download(command)
            output = self.terminal_of(block).type(self.substitute(command))
        if stays:
            output = self.stay(commands[-1], block)
        if "with a processor" in block.words:  # the payments of later blocks are the sandbox's
            merchant = self.substitute("mer_...")
            self.machine.run(f"""payment-admin merchant list | grep -E '^{merchant} .*stripe' &&
                payment-admin merchant set {merchant} --test-processor none && mv {CONFIG}.before {CONFIG} &&
                systemctl reload payment-api""")
        for word in block.words:
            if word not in MANNERS:
                self.check(word, output)

    def download(self, command):
        """Machines have no network: what apt-get is to install is there before it asks for it."""
        if command.startswith("conf/quickstart"):
            command = f"apt-get --no-install-recommends install {' '.join(packages_of_quickstart())}"
        if re.match(r"apt-get .*(install|build-dep|update)", command):
            more = "" if " update" in command else "--download-only "
            self.machine.run(f"cd {self.machine.home} && {command.replace('apt-get ', 'apt-get ' + more, 1)}",
                             network=False)

    def substitute(self, command):
        for text, pattern in SUBSTITUTIONS.items():
            if text in command:
                found = re.findall(pattern, self.machine.output())
                if not found:
                    raise Failure(f"nothing was printed that '{text}' could be")
                command = command.replace(text, found[-1])
        return command

    def stay(self, command, block):
        """Types it in a second window. It must still be there after what the block's checks wait for, or, without
        any, once workers have been there for a while."""
        self.download(command)
        terminal = self.machine.terminal()
        terminal.start(self.substitute(command))
        for word in block.words:
            if word.startswith("says "):
                self.wait(lambda: word[5:] in terminal.output or terminal.has_ended(), LIMIT)
        self.wait(lambda: self.processes() > 0 or terminal.has_ended(), 120)
        time.sleep(2)
        if terminal.has_ended():
            raise Failure(f"it did not stay: {command}\n{terminal.output}")
        return terminal.output

    def undo(self):
        """Ends the workers, whoever started them, and puts the sites back."""
        self.machine.run(f"""
            systemctl stop payment-api.socket payment-api.service 2>/dev/null
            pkill multiwatch
            pkill -f '^[^ ]*payment-api.fcgi'
            rm -f /run/payment-api/payment-api.sock
            a2dissite -q payment-api-proxy payment-api-fcgid 2>/dev/null
            if [ -e {SITE} ]; then cp {self.machine.home}/conf/nginx/payment-api.conf {SITE} && nginx -s reload; fi
            true""", check=False)
        self.wait(lambda: self.processes() == 0, 120)

    def processes(self):
        return int(self.machine.run("pgrep -c -f '^[^ ]*payment-api.fcgi'", check=False))

    @staticmethod
    def wait(condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.2)

    def curl(self, arguments):
        return self.machine.run(f"curl -sS --max-time 30 -w '\\n%{{http_code}}' {arguments}", check=False)

    def check(self, word, output):
        if word.startswith("says "):
            if word[5:] not in output:
                raise Failure(f"it does not say: {word[5:]}\nbut: {output}")
        elif word == "static":
            self.check_static()
        elif word == "ready":
            self.check_ready()
        elif word == "pays":
            self.check_pays()
        elif word == "tells a typo":
            self.check_typo()
        elif re.fullmatch(r"\d+ processes", word):
            self.wait(lambda: self.processes() == int(word.split()[0]), 60)
            if self.processes() != int(word.split()[0]):
                raise Failure(f"not {word}: {self.processes()}")
        else:
            raise Failure(f"an unknown word in its comment: {word}")

    def check_ready(self):
        answers = []
        self.wait(lambda: answers.append(self.curl(f"{BASE_URL}/readyz")) or answers[-1].endswith("\n200"), 120)
        if not answers[-1].endswith("\n200"):
            raise Failure(f"GET {BASE_URL}/readyz: {answers[-1]}")

    def logs(self):
        """What the system has to say."""
        return self.machine.run("journalctl --no-pager --lines=40; tail -n 10 /var/log/nginx/error.log /var/log/apache2/*error.log",
                                check=False)

    def check_configuration(self, text):
        """A configuration that is shown is one that the program takes."""
        with open(f"/proc/{self.machine.pid}/root/root/shown.conf", "w", encoding="utf-8") as file:
            file.write(text)
        self.machine.run("payment-api.fcgi --config /root/shown.conf --check")

    def check_typo(self):
        """systemd's commands fail with a wrong configuration, and the log has the reason. A reload harms nothing."""
        self.machine.run(f"cp -p {CONFIG} {CONFIG}.good && sed -i '/^.payment-api.$/a workerz = 3' {CONFIG}")
        for command in ("reload", "restart"):
            since = self.machine.run("date +'%F %T'").strip()
            ended = self.machine.run(f"systemctl {command} payment-api.service; echo ended with $?", check=False)
            told = self.machine.run(f"journalctl --sync; journalctl --no-pager --since='{since}' --unit payment-api.service")
            if ended.endswith("ended with 0\n") or "unknown option workerz" not in told:
                raise Failure(f"systemctl {command} with a typo: {ended}\n{told}")
            if command == "reload":
                self.check_pays()
        self.machine.run(f"mv {CONFIG}.good {CONFIG} && systemctl restart payment-api.service")

    def check_static(self):
        """The programs for a shared host need no library."""
        needed = self.machine.run(f"cd {self.machine.home}/upload/payment-api && ldd payment-api.fcgi payment-admin; true")
        if needed.count("not a dynamic executable") + needed.count("statically linked") != 2:
            raise Failure(needed)

    def check_pays(self):
        """A payment with the key that was printed last, through the web server."""
        self.check_ready()
        keys = re.findall(r"\bsk_test_\w+", self.machine.output())
        if not keys:
            raise Failure("no key was printed")
        answer = self.curl(f"""{BASE_URL}/payments -H 'Authorization: Bearer {keys[-1]}' \
            -H 'Content-Type: application/json' \
            -d '{{"amount":100.00,"currency":"USD","source":"tok_visa"}}'""")
        if not re.search(r'"amount":100\.00,"currency":"USD","status":"succeeded".*\n201$', answer):
            raise Failure(f"POST {BASE_URL}/payments: {answer}")


class Report:
    """TAP, from several threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.failed = 0

    def result(self, name, reason=None, seconds=None):
        with self.lock:
            self.count += 1
            self.failed += reason is not None
            for line in (reason or "").splitlines()[-60:]:
                print(f"# {line}")
            took = "" if seconds is None else f" ({seconds:.0f} s)"
            print(f"{'ok' if reason is None else 'not ok'} {self.count} - {name}{took}", flush=True)


def copy_sources(folder):
    """What a checkout has, and nothing that was built in it."""
    if os.path.exists(os.path.join(SOURCE, ".git")):
        names = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               cwd=SOURCE, capture_output=True, check=True).stdout
        names = b"\0".join(name for name in names.split(b"\0") if os.path.exists(os.path.join(SOURCE.encode(), name)))
    else:
        names = b"\0".join((b"app", b"conf", b"sql", b"tests", b"autogen.sh", b"configure.ac", b"Makefile.am", b"README.md"))
    os.makedirs(folder)
    tar = subprocess.run(["tar", "-cf", "-", "--null", "--no-recursion" if b"/" in names else "--recursion", "-T", "-"],
                         cwd=SOURCE, input=names, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-xf", "-", "-C", folder], input=tar, check=True)


def run_machine(work, base, fresh, name, blocks, report):
    """fresh: what the base knows of the packages is of now."""
    user, prepare = MACHINES[name]
    home = f"/home/{user}/payment-api" if user != "root" else "/root/payment-api"
    machine = None
    broken = None
    try:
        machine = Machine(work, base, name, user, home)
        running.append(machine)
        copy_sources(os.path.join(work, name, "sources"))
        shutil.copytree(os.path.join(work, name, "sources"), f"/proc/{machine.pid}/root{home}", symlinks=True)
        if user != "root":
            machine.run(f"""useradd --shell /bin/bash {user} && chown -R {user}:{user} /home/{user}
                echo '{user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/reader""")
        if not fresh:
            machine.run("apt-get update", network=False)
        machine.run(prepare, network=False)
        reader = Reader(machine)
    except (MachineError, OSError, subprocess.SubprocessError):
        broken = traceback.format_exc()
    for block in blocks:
        label = f"{name}: {block.place}: {block.text.split(chr(10))[0]}"
        started = time.monotonic()
        if broken is None:
            try:
                reader.run(block)
            except (Failure, MachineError, ValueError, subprocess.SubprocessError) as error:
                broken = f"{error}\n{reader.logs()}"
        report.result(label, broken, time.monotonic() - started)
        if broken and not broken.startswith("not tried"):
            broken = f"not tried, after: {broken.splitlines()[0]}"
    if machine is not None:
        machine.stop()
        running.remove(machine)


def where(block):
    """The machine of a block: configurations are held against the package's program."""
    return "package" if block.language == "ini" else block.machine


def judge_comments(blocks, report):
    """Every block says where it is run, or why not."""
    known = programs(blocks)
    for block in blocks:
        reason = fault(block, known)
        if reason or block.kind in ("run by", "not run"):
            report.result(f"{block.place}: {block.kind or 'no comment'} {block.rest}", reason)


def main():
    blocks = list(all_blocks())
    if sys.argv[1:] == ["--list"]:
        for block in blocks:
            print(f"{block.place}: {block.kind or '(no comment)'} {block.rest} [{block.language}]")
        return 0
    report = Report()
    if os.geteuid() != 0:
        print("1..0 # SKIP not root")
        return 0
    judge_comments(blocks, report)
    base = None
    wanted = sys.argv[1:]
    if wanted[:1] == ["--base"]:
        base = wanted[1]
        wanted = wanted[2:]
    work = tempfile.mkdtemp(prefix="payment-api-commands.", dir="/tmp")
    os.chmod(work, 0o755)  # its users must be able to get at their systems' files
    try:
        base = base or os.path.join(work, "base")
        fresh = not os.path.exists(base)
        if fresh:
            make_base(base, packages(blocks))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1)) as pool:
            futures = [pool.submit(run_machine, work, base, fresh, name, [block for block in blocks if where(block) == name],
                                   report) for name in wanted or MACHINES]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # an interrupt, too: what waits for an answer of a machine gets none
                for future in futures:
                    future.cancel()
                for machine in list(running):
                    machine.process.kill()
                raise
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", work], check=False)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"# {sum(usage.ru_utime + usage.ru_stime for usage in used):.0f} s of processors")
    print(f"1..{report.count}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
