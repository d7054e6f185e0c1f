"""conf/hosting/README.md, run as it is printed by the owner of an account; and what goes wrong there.

PAYMENT_API_HOST_ROOT: the root folder of another system, in which Apache and the account's commands run, as
tests/portability/run has an old one.

SPDX-License-Identifier: MIT
"""

import errno
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

import pytest
from harness.apache import ApacheHost
from harness.client import Client, from_elsewhere
from harness.process import wait_until
from harness.servers import ENVIRONMENT, SOURCE, MariaDB
from harness.stack import Stack

with open(os.path.join(SOURCE, "conf/hosting/README.md"), encoding="utf-8") as file:
    TEXT = file.read()
BLOCKS = re.findall(r"^```\w+\n(.*?)^```$", TEXT, re.M | re.S)
HOSTS = {"fcgi": ["fcgid"], "cgi": ["cgid"]}
PROGRAM = "payment-api/payment-api.fcgi"
WRAPPER = "public_html/v1/payment-api.fcgi"
CONFIG = "payment-api/payment-api.conf"
PASSWORD = 'a\\b"c#d;e'
# What customers get wrong in the configuration, and the reason that they are shown.
MISTAKES = {
    "password": ("password = ", "password = not-", "Access denied for user"),
    "database": ("database = payment_api", "database = payment_apy", "Access denied for user"),
    "schema": ("database = payment_api", "database = empty", "the database has no schema"),
}


def block(word):
    """The one block that has the word in it."""
    found = [text for text in BLOCKS if word in text]
    assert len(found) == 1, word
    return found[0]


COMMAND = block("PATH_INFO=/readyz")


def run(script, folder):
    """Runs shell commands of which none may fail."""
    result = subprocess.run(["sh", "-ec", script], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                            timeout=900, check=False, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]


class Account:
    """A customer's account: what the commands of the text see."""

    def __init__(self, host):
        self.host = host
        self.environment = {"HOME": host.home, "PATH": ENVIRONMENT["PATH"]}

    def path(self, name):
        return os.path.join(self.host.home, name)

    def run(self, script):
        result = self.try_run(script)
        assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
        return result.stdout.decode()

    def try_run(self, script):
        return subprocess.run(self.host.inside(["sh", "-ec", script]), cwd=self.host.home, env=self.environment,
                              check=False, timeout=60, stdin=subprocess.DEVNULL, capture_output=True,
                              **self.host.identity())

    def says(self):
        """What the command of the text prints, whichever way it ends."""
        result = self.try_run(COMMAND)
        return (result.stdout + result.stderr).decode(errors="replace")

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def upload(self, name, content, mode):
        """A new file in place of the old one."""
        with open(self.path(name) + ".part", "wb") as file:
            file.write(content)
        os.chmod(self.path(name) + ".part", mode)
        self.host.own(self.path(name) + ".part")
        os.rename(self.path(name) + ".part", self.path(name))

    def edit(self, name, old, new):
        text = self.read(name).decode()
        assert text.count(old) == 1, old
        self.upload(name, text.replace(old, new).encode(), os.stat(self.path(name)).st_mode & 0o777)

    def workers(self):
        """The process ids of the program, and what /proc says of its file."""
        found = {}
        for path in glob.glob("/proc/[0-9]*/exe"):
            try:
                program = os.readlink(path)
            except OSError:
                continue  # it has ended, or is somebody else's
            if self.path(PROGRAM) in program:
                found[int(path.split("/")[2])] = program
        return found


@pytest.fixture(scope="module")
def folder():
    path = tempfile.mkdtemp(prefix="papi-", dir="/tmp")
    os.chmod(path, 0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def upload(folder):
    """Step 1 in a fresh checkout, where there is no configure."""
    checkout = os.path.join(folder, "checkout")
    shutil.copytree(SOURCE, checkout, ignore=shutil.ignore_patterns(
        ".*[!s]", "configure", "Makefile.in", "aclocal.m4", "build-aux", "autom4te.cache", "*.o", "*.a", "_build",
        "config.status", "config.log", "Makefile", "upload"))
    run("chmod -R u+w .", checkout)
    shutil.copy(os.path.join(SOURCE, "conf/hosting/v1/.htaccess"), os.path.join(checkout, "conf/hosting/v1/.htaccess"))
    run("MAKEFLAGS=-j2; export MAKEFLAGS\n" + block("--enable-static-programs"), checkout)
    return os.path.join(checkout, "upload")


@pytest.fixture(scope="module")
def database(folder):
    server = MariaDB(folder).install().start()
    quoted = PASSWORD.replace("\\", "\\\\")
    server.sql("CREATE DATABASE account_pay CHARACTER SET utf8mb4;"
               f"CREATE USER 'account_pay'@'localhost' IDENTIFIED BY '{quoted}';"
               "GRANT ALL ON account_pay.* TO 'account_pay'@'localhost';", database="mysql")
    yield server
    server.stop()


def put(host, upload):
    """Steps 3 and 4 but for the configuration."""
    account = Account(host)
    for source, name in (("payment-api", "payment-api"), ("v1", "public_html/v1")):
        shutil.copytree(os.path.join(upload, source), account.path(name))
    account.edit("public_html/v1/payment-api.fcgi", "\nhome=/home/account/payment-api\n",
                 f"\nhome={account.path('payment-api')}\n")
    account.upload("payment-api/payment-api.conf", b"", 0o644)
    for name in ("payment-api", "public_html"):
        for path, _, files in os.walk(account.path(name)):
            for file in (path, *(os.path.join(path, file) for file in files)):
                host.own(file)
    account.run(block("chmod 700 ~/payment-api"))
    return account


@pytest.fixture(scope="module", params=HOSTS)
def account(request, folder, upload, database):
    """Steps 2 to 6, and a client."""
    database.sql("DROP DATABASE IF EXISTS account_pay; CREATE DATABASE account_pay CHARACTER SET utf8mb4",
                 database="mysql")
    host = ApacheHost(os.path.join(folder, request.param), HOSTS[request.param])
    account = put(host, upload)
    config = block("[database]")
    written = PASSWORD.replace("\\", "\\\\")
    # This machine's server has its socket elsewhere.
    for old, new in (("host = localhost", f"socket = {database.socket}"), ('"the password"', f'"{written}"')):
        assert config.count(old) == 1
        config = config.replace(old, new)
    account.upload("payment-api/payment-api.conf", config.encode(), 0o600)
    assert "the database has no schema" in account.says()
    account.check = account.run(block("./payment-admin check"))
    prepare, commands = "cd ~/payment-api; PAYMENT_API_CONF=$PWD/payment-api.conf; export PAYMENT_API_CONF\n", {}
    for line in block("merchant create").splitlines():
        commands[line.split()[1]] = line
    merchant = re.search("mer_[0-9a-z]{26}", account.run(prepare + commands["merchant"])).group(0)
    key = re.search("sk_[0-9A-Za-z_]+", account.run(prepare + commands["key"].replace("mer_...", merchant))).group(0)
    host.start()
    account.client = Client(host.url, key)
    account.kind = request.param
    yield account
    host.stop()


def test_the_recipe(account):
    created = account.client.pay()
    assert created.status_code == 201
    assert account.client.get(created.headers["Location"].removeprefix("/v1")).text == created.text
    assert "Status: 200 OK" in account.says()
    for program in ("payment-api.fcgi", "payment-admin"):
        assert b"libc.so" not in subprocess.run(["ldd", account.path(f"payment-api/{program}")], check=False,
                                                capture_output=True).stdout
    for pid in account.workers():
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            assert ".so" not in maps.read()


def test_check_advises_what_the_account_can_do(account):
    assert "on shared hosting, where it is the only one, leave it so" in account.check
    assert "run sql/grants.sql" not in account.check


def test_no_library_at_all(account, folder, database):
    """In a root folder with the program, its configuration and the database's socket, and nothing else."""
    root = os.path.join(folder, "root-" + account.kind)
    os.mkdir(root)
    for name in ("payment-api.fcgi", "payment-api.conf"):
        shutil.copy(account.path("payment-api/" + name), root)
    os.link(database.socket, os.path.join(root, "db.sock"))
    config = os.path.join(root, "payment-api.conf")
    with open(config, encoding="utf-8") as file:
        text = file.read().replace(database.socket, "/db.sock")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    variables = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "PATH_INFO": "/readyz",
                 "PAYMENT_API_CONF": "/payment-api.conf", "PATH": ENVIRONMENT["PATH"]}
    result = subprocess.run(
        ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), f"--root={root}", "/payment-api.fcgi"],
        env=variables, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert result.stdout.startswith("Status: 200 OK"), result.stdout + result.stderr


@pytest.fixture
def as_it_was(account):
    """The files of the account come back after a test that spoils them."""
    names = ("payment-api/payment-api.fcgi", "payment-api/payment-api.conf", "public_html/v1/payment-api.fcgi")
    before = [(name, account.read(name), os.stat(account.path(name)).st_mode & 0o777) for name in names]
    yield
    for saved in before:
        account.upload(*saved)


@pytest.mark.usefixtures("as_it_was")
def test_plugins_of_the_host_are_not_loaded(account, tmp_path):
    """Made for another C library, they would end the program. The server asks for one, and takes the password, too."""
    source = tmp_path / "plugin.c"
    source.write_text("#include <unistd.h>\n__attribute__((constructor)) static void here(void)"
                      '{ if (write(2, "loaded", 6) < 0) _exit(1); }\n')
    plugins = account.path("plugins")
    os.mkdir(plugins)
    os.chmod(plugins, 0o755)
    run(f"cc -shared -fPIC -o {plugins}/client_ed25519.so {source}", tmp_path)
    for folder in (f"plugin-dir = {plugins}\n", ""):  # and the one of a host's own client
        account.edit(CONFIG, "[database]\n", f"[database]\ndefault-auth = client_ed25519\n{folder}")
        said = account.says()
        assert "Status: 200 OK" in said and "loaded" not in said
        account.edit(CONFIG, f"default-auth = client_ed25519\n{folder}", "")
    shutil.rmtree(plugins)


def dynamic(old, new):
    """A program of this machine that needs something that is nowhere."""
    with open(shutil.which("true"), "rb") as file:
        program = file.read()
    assert old in program and len(old) == len(new)
    return program.replace(old, new)


# What is spoilt, and one of the answers of the text's second table, of which each has a row.
SPOILT = {
    "nothing": (lambda account: None, "Status: 200 OK"),
    "wrapper's permissions": (lambda account: os.chmod(account.path(WRAPPER), 0o644), "Permission denied"),
    "program's permissions": (lambda account: os.chmod(account.path(PROGRAM), 0o644), "Permission denied"),
    "wrapper's line ends": (
        lambda account: account.upload(WRAPPER, account.read(WRAPPER).replace(b"\n", b"\r\n"), 0o755), "not found"),
    "wrapper's path": (
        lambda account: account.edit(WRAPPER, f"home={account.path('payment-api')}", "home=/nowhere/payment-api"),
        "payment-api/payment-api.fcgi: not found"),
    "as text": (
        lambda account: account.upload(PROGRAM, account.read(PROGRAM).replace(b"\n", b"\r\n"), 0o755),
        "Exec format error|Syntax error|Segmentation fault"),
    "other processor": (
        lambda account: account.upload(PROGRAM, account.read(PROGRAM)[:18] + b"\x08" + account.read(PROGRAM)[19:], 0o755),
        "Exec format error|Syntax error"),
    "library": (lambda account: account.upload(PROGRAM, dynamic(b"libc.so.6", b"libX.so.6"), 0o755),
                "error while loading shared libraries"),
    "C library": (lambda account: account.upload(PROGRAM, dynamic(b"GLIBC_2.34", b"GLIBC_9.34"), 0o755),
                  "GLIBC_9.34' not found"),
    "configuration": (lambda account: account.edit(CONFIG, "[database]", "[database"), "payment-api.conf line"),
    "no configuration": (lambda account: os.remove(account.path(CONFIG)),
                         "payment-api.conf: No such file"),
    "password": (lambda account: account.edit(CONFIG, 'password = "a\\\\b', 'password = "a\\b'), "Access denied for user"),
    "socket": (lambda account: account.edit(CONFIG, "socket = ", "socket = /nowhere"), "Can't connect"),
}


@pytest.mark.parametrize("what", SPOILT)
@pytest.mark.usefixtures("as_it_was")
def test_the_command_shows_the_reason(account, what):
    spoil, reason = SPOILT[what]
    for piece in reason.split("|"):
        assert re.search(rf"^\|.*`{re.escape(piece.replace('GLIBC_9', 'GLIBC_2'))}`.*\|", TEXT, re.M), piece
    spoil(account)
    said = account.says()
    assert any(piece in said for piece in reason.split("|")), said
    if account.kind == "cgi":  # mod_fcgid does not look at the files while it has a worker
        answer = account.client.pay()
        expected = (201,) if what == "nothing" else (500, 503)
        assert answer.status_code in expected
        assert ("Status: " in said) == (answer.status_code != 500)


def test_every_reason_is_tested():
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT.partition("| it says |")[2], re.M)
    tested = {piece.replace("GLIBC_9", "GLIBC_2") for _, reason in SPOILT.values() for piece in reason.split("|")}
    tested |= {reason for _, _, reason in MISTAKES.values()}
    assert len(rows) >= 10
    for row in rows:
        assert {*re.findall("`([^`]+)`", row)} & tested, row


def test_upgrade(account, upload):
    """As the text says; and what it warns of is so."""
    def serving():
        assert account.client.pay().status_code == 201
        return account.workers()

    before = serving()
    if account.kind == "fcgi":
        with pytest.raises(OSError) as refused, open(account.path(PROGRAM), "wb"):
            pass
        assert refused.value.errno == errno.ETXTBSY
    for name in ("payment-api.fcgi", "payment-admin"):
        with open(os.path.join(upload, "payment-api", name), "rb") as file:
            account.upload(f"payment-api/{name}.new", file.read(), 0o644)
    account.run(block("mv payment-api.fcgi.new payment-api.fcgi"))
    assert not glob.glob(account.path("payment-api/*.new"))
    if account.kind == "cgi":
        serving()
        return
    account.run("touch " + account.path(WRAPPER))
    old = serving()
    assert set(old) == set(before) and all(program.endswith(" (deleted)") for program in old.values())
    account.run(block("mv ~/public_html/v1/new"))
    new = {pid: program for pid, program in serving().items() if pid not in before}
    assert len(new) == 1 and all(program.endswith(account.path(PROGRAM)) for program in new.values())
    assert os.stat(account.path(WRAPPER)).st_mode & 0o777 == 0o755


PAGE = "<html"


@pytest.fixture
def host_with(folder, upload):
    """Makes a host with other Options and AllowOverride than most, for an account without a database."""
    hosts = []

    def make(**options):
        host = ApacheHost(os.path.join(folder, f"host-{len(os.listdir(folder))}"), HOSTS["cgi"], **options)
        account = put(host, upload)
        host.start()
        hosts.append(host)
        account.client = Client(host.url, "sk_test_x")
        return account

    yield make
    for host in hosts:
        host.stop()


def remove_options(account):
    """What .htaccess says of the line marked (1)."""
    account.edit("public_html/v1/.htaccess", "\nOptions +ExecCGI\n", "\n")


@pytest.mark.parametrize("override, logged", [
    ("Options=Indexes", "Option ExecCGI not allowed here"),
    ("", "Options not allowed here"),
])
def test_a_host_that_takes_no_options(host_with, override, logged):
    account = host_with(options="SymLinksIfOwnerMatch ExecCGI", override="AuthConfig FileInfo Indexes Limit " + override)
    account.client.judge = None  # it is the host that answers, in its own way
    for path in ("/payments/x", "/readyz"):
        answer = account.client.get(path)
        assert answer.status_code == 500 and PAGE in answer.text
    assert logged in account.host.log()
    for text in (TEXT, account.read("public_html/v1/.htaccess").decode().replace("\n# ", " ")):
        assert f'"{logged}"' in text
    remove_options(account)
    assert account.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("how", ["ignored", "missing"])
def test_without_htaccess(host_with, how):
    account = host_with(**({"override": "None"} if how == "ignored" else {}))
    if how == "missing":
        os.remove(account.path("public_html/v1/.htaccess"))
    account.client.judge = None  # it is the host that answers, in its own way
    answer = account.client.pay()
    assert answer.status_code == 404 and PAGE in answer.text


def test_only_a_request_in_clear_is_told_that_https_is_required(host_with):
    account = host_with()
    remove_options(account)  # so no program is run
    payment, hidden = account.host.url + "/payments/x", account.host.url + "/.htaccess"
    https = {"X-Forwarded-Proto": "https"}
    forbidden, in_clear = (403, '{"error":"Forbidden"}'), (403, '{"error":"HTTPS required"}')
    for url in (payment, hidden):
        answer = from_elsewhere(url, headers=https)
        assert (answer.status_code, answer.text) == forbidden
        answer = account.client.get(url.removeprefix(account.host.url))
        assert (answer.status_code, answer.text) == forbidden
        assert answer.headers["Content-Type"] == "application/json"
        answer = from_elsewhere(url)
        assert (answer.status_code, answer.text) == in_clear


@pytest.fixture(scope="module", params=["hosting-fcgi", "hosting-cgi"])
def host(request):
    with Stack(deployment=request.param) as stack:
        stack.database.sql("CREATE DATABASE empty; GRANT ALL ON empty.* TO 'account'@'localhost'", database="mysql")
        yield stack


def configuration(host):
    return os.path.join(host.web.home, "payment-api", "payment-api.conf")


def end_workers(host):
    """So that the next request starts one."""
    pids = host.workers.worker_pids()
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pids & host.workers.worker_pids(), 20, "the workers' end")


@pytest.fixture(params=MISTAKES)
def mistake(request, host):
    """The host with a mistake in its configuration; the reason. Then all is as it was."""
    right, wrong, reason = MISTAKES[request.param]
    with open(configuration(host), encoding="utf-8") as file:
        text = file.read()
    assert text.count(right) == 1
    host.web.write("home/payment-api/payment-api.conf", text.replace(right, wrong), 0o600)
    end_workers(host)
    yield reason
    host.web.write("home/payment-api/payment-api.conf", text, 0o600)


def test_a_wrong_database_is_503(host, mistake):
    """Not Apache's 500 for a program that does not start."""
    for answer in (host.client.pay(), host.client.get("/payments/x")):
        assert (answer.status_code, answer.text) == (503, '{"error":"Service unavailable"}')
        assert answer.headers["Content-Type"] == "application/json"
    assert host.client.get("/readyz").status_code == 503
    assert host.client.get("/healthz").status_code == 200
    assert mistake in host.web.log()


def test_it_works_as_soon_as_the_mistake_is_mended(host, mistake):
    assert host.client.pay().status_code == 503
    before = host.workers.worker_pids()
    with open(configuration(host), encoding="utf-8") as file:
        text = file.read()
    for right, wrong, _ in MISTAKES.values():
        text = text.replace(wrong, right)
    host.web.write("home/payment-api/payment-api.conf", text, 0o600)
    wait_until(lambda: host.client.pay().status_code == 201, 5, "a payment")
    if host.workers.lasting:
        assert host.workers.worker_pids() == before  # nobody had to start it anew
