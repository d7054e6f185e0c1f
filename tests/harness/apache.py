"""Apache, private to its folder, as an ordinary user: with a site of conf/apache/, or as a shared host.

SPDX-License-Identifier: MIT
"""

import os
import pwd
import re
import shutil
import socket

from harness.process import Process
from harness.servers import ENVIRONMENT, FASTCGI_PROGRAM, SOURCE, connects, edited, free_port

# What Debian's package enables.
DEFAULT_MODULES = (
    "access_compat", "alias", "auth_basic", "authn_core", "authn_file", "authz_core", "authz_host", "authz_user",
    "autoindex", "deflate", "dir", "env", "filter", "mime", "mpm_event", "negotiation", "reqtimeout", "setenvif",
    "status",
)
MODULES = "/etc/apache2/mods-available"


def load(names, loaded=()):
    """The .load files of modules, each after those that it depends on, as a2enmod does."""
    for name in names:
        path = os.path.join(MODULES, name + ".load")
        if path in loaded:
            continue
        with open(path, encoding="utf-8") as file:
            for needed in re.findall(r"^# Depends: (.*)", file.read(), re.M):
                loaded = load(needed.split(), loaded)
        loaded = (*loaded, path)
    return loaded


class Apache(Process):
    """Apache without a site. It runs as nobody where the tests run as root."""

    name = "apache"

    def __init__(self, folder):
        os.makedirs(folder)
        super().__init__(folder)
        self.port = free_port()
        self.owner = None
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.config = os.path.join(folder, "apache2.conf")

    def own(self, path):
        """Gives a file or folder to the user who runs Apache."""
        if self.owner:
            os.chown(path, self.owner["user"], self.owner["group"])
        return path

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return self.own(path)

    def configure(self, modules, site):
        """modules: beyond those that Debian enables."""
        for name in ("run", "ipc"):
            os.mkdir(os.path.join(self.folder, name))
            self.own(os.path.join(self.folder, name))
        self.own(self.folder)
        self.log_path = self.write("error.log", "")
        includes = "\n".join(f"Include {path}" for path in load([*DEFAULT_MODULES, *modules]))
        self.write("apache2.conf", f"""
ServerRoot {self.folder}
ServerName localhost
DefaultRuntimeDir {self.folder}/run
PidFile {self.folder}/run/apache2.pid
Mutex file:{self.folder}/run default
ErrorLog {self.log_path}
LogLevel info
StartServers 2
{includes}
TypesConfig {self.write("mime.types", "")}
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<IfModule mod_fcgid.c>
    FcgidIPCDir {self.folder}/ipc
    FcgidProcessTableFile {self.folder}/run/fcgid_shm
</IfModule>
{site}
""")

    def command(self):
        return [shutil.which("apache2", path=ENVIRONMENT["PATH"]), "-DFOREGROUND", "-f", self.config]

    def identity(self):
        """Who runs it, for subprocess."""
        return self.owner or {}

    def start(self, wait=True, **options):
        return super().start(wait, **self.identity(), **options)

    def ready(self):
        return connects(socket.AF_INET, ("127.0.0.1", self.port))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def copy_program(self, path):
        """A copy of the program that the user of Apache can read, wherever it was built."""
        shutil.copy(FASTCGI_PROGRAM, path)
        return self.own(path)


class ApacheSite(Apache):
    """Apache with a file of conf/apache/ and the modules that it names. Only its marked lines are changed;
    PORT in the new ones is the server's own."""

    def __init__(self, folder, site, edits, more_modules=()):
        super().__init__(folder)
        text = edited(site, {line: new.replace("PORT", str(self.port)) for line, new in edits.items()})
        snippets = os.path.join(SOURCE, "conf/apache/snippets")
        os.mkdir(os.path.join(folder, "snippets"))
        self.own(os.path.join(folder, "snippets"))
        for name in os.listdir(snippets):
            self.write(os.path.join("snippets", name), edited(os.path.join(snippets, name), {}))
        modules = re.search(r"a2enmod ([a-z0-9_ ]+) &&", text).group(1).split()
        self.configure([*modules, *more_modules], f"Include {self.write('site.conf', text)}")


class ApacheHost(Apache):
    """Apache as shared hosts run it: what a customer may change stands in .htaccess files only."""

    def __init__(self, folder, modules, options="SymLinksIfOwnerMatch",
                 override="AuthConfig FileInfo Indexes Limit Options=ExecCGI,Indexes"):
        super().__init__(folder)
        self.system = os.environ.get("PAYMENT_API_HOST_ROOT")
        self.home = os.path.join(folder, "home")
        self.root = os.path.join(self.home, "public_html")
        os.makedirs(self.root)
        self.own(self.home)
        self.own(self.root)
        self.configure(["rewrite", "headers", *modules], f"""
Listen 127.0.0.1:{self.port}
DocumentRoot {self.root}
<Directory {self.root}>
    Options {options}
    AllowOverride {override}
    Require all granted
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
""")

    def inside(self, command):
        """The command, as it is run on the host."""
        if self.system is None:
            return command
        # The folder, with its neighbours, is at the same place there.
        outside = os.path.dirname(self.folder)
        inside = os.path.join(self.system, outside.lstrip("/"))
        os.makedirs(inside, exist_ok=True)
        return ["unshare", "--mount", "sh", "-c",
                'mount --rbind "$0" "$1" && shift && exec chroot --userspec=nobody:nogroup "$@"', outside, inside,
                self.system, *command]

    def identity(self):
        return super().identity() if self.system is None else {}

    def command(self):
        return self.inside(super().command())
