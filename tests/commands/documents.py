"""What the documents print: blocks of commands and of configuration, each with the comment before it.

In a README.md:            In a manual page:

  <!-- run: package -->      .\\" run: package
  ```sh                      .Dl payment-admin check
  payment-admin check
  ```

A comment says one of
  run: MACHINE[, WORD]...    it is run there; commands.py says what the words mean
  not run: REASON
  run by: FILE               that test reads the document and runs its blocks by itself

SPDX-License-Identifier: MIT
"""

import os
import re
import subprocess

SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
MANUAL = ("conf/man/payment-admin.8.in", "conf/man/payment-api.conf.5.in", "conf/man/payment-api.fcgi.8.in")
# What make puts into the manual pages where the package is built.
FOLDERS = {"@sbindir@": "/usr/sbin", "@pkgsysconfdir@": "/etc/payment-api", "@pkgdatadir@": "/usr/share/payment-api"}


class Block:
    """Some lines of a document that a reader is to type, or to write into the configuration."""

    def __init__(self, document, line, language, text, comment):
        self.place = f"{document}, line {line}"
        self.document = document
        self.language = language
        self.text = text
        kind, _, rest = (comment or "").partition(": ")
        self.kind = kind  # "run", "not run", "run by", ""
        self.rest = rest
        self.machine, *self.words = rest.split(", ") if kind == "run" else [None]

    def commands(self):
        """The block's commands, one by one: lines that belong together are one."""
        waiting = ""
        for line in self.text.splitlines():
            waiting += line + "\n"
            if not line.endswith("\\") and is_complete(waiting):
                if waiting.strip():
                    yield waiting.strip()
                waiting = ""
        if waiting.strip():
            raise ValueError(f"{self.place}: no complete command: {waiting}")


def is_complete(text):
    return subprocess.run(["bash", "-n", "-c", text], stderr=subprocess.DEVNULL, check=False).returncode == 0


def readmes():
    """Every README.md of the sources, the root's first."""
    for folder, folders, names in os.walk(SOURCE):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        if "README.md" in names:
            yield os.path.relpath(os.path.join(folder, "README.md"), SOURCE)


def read(document):
    with open(os.path.join(SOURCE, document), encoding="utf-8") as file:
        return file.read()


def blocks_of_readme(document):
    lines = read(document).split("\n")
    number = 0
    while number < len(lines):
        fence = re.fullmatch(r"```(\w+)", lines[number])
        if fence and fence.group(1) in ("sh", "bash", "ini"):
            end = lines.index("```", number)
            comment = re.fullmatch(r"<!-- (.*) -->", lines[number - 1])
            yield Block(document, number + 2, fence.group(1), "\n".join(lines[number + 1:end]) + "\n",
                        comment and comment.group(1))
            number = end
        number += 1


def blocks_of_page(document):
    """Its displays."""
    lines = read(document).split("\n")
    number = 0
    while number < len(lines):
        comment = re.fullmatch(r'\.\\" (.*)', lines[number - 1])
        comment = comment and comment.group(1)
        if lines[number].startswith(".Dl "):
            yield Block(document, number + 1, "sh", plain(lines[number][4:]) + "\n", comment)
        elif lines[number].startswith(".Bd -literal"):
            end = lines.index(".Ed", number)
            text = plain("\n".join(lines[number + 1:end]) + "\n")
            yield Block(document, number + 2, "ini" if text.startswith("[") else "sh", text, comment)
            number = end
        number += 1


def plain(text):
    """As the page shows it."""
    for name, folder in FOLDERS.items():
        text = text.replace(name, folder)
    return text.replace("\\e", "\\").replace("\\&", "").replace("\\-", "-")


def all_blocks():
    """In the order in which they are run."""
    for document in readmes():
        yield from blocks_of_readme(document)
    for document in MANUAL:
        yield from blocks_of_page(document)
