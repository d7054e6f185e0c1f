"""What the documents print: blocks of commands, of configuration and of other programs, each with the comment
before it.

In a README.md:            In a manual page:

  <!-- run: package -->      .\\" run: package
  ```sh                      .Dl payment-admin check
  payment-admin check
  ```

A comment says one of
  run: MACHINE[, WORD]...    it is run there; judge.py has the machines, and commands.py what the words mean
  not run: REASON
  run by: FILE               that test reads the document and runs its blocks by itself

Debian's README, whose readers see it as it is, has none: COMMENTS has them in the order of its blocks.

SPDX-License-Identifier: MIT
"""

import glob
import os
import re
import subprocess

SOURCE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
# What make puts into the manual pages where the package is built.
FOLDERS = {"@sbindir@": "/usr/sbin", "@pkgsysconfdir@": "/etc/payment-api", "@pkgdatadir@": "/usr/share/payment-api"}
COMMANDS = ("sh", "bash")
DEBIAN = "conf/debian/README.Debian"
COMMENTS = {DEBIAN: ("run: package", "run: package", "run: package, without the site, ready", "run: package, pays")}


class Block:
    """Some lines of a document that a reader is to type, to write into the configuration, or to run elsewhere."""

    def __init__(self, document, line, language, text, comment):
        self.place = f"{document}, line {line}"
        self.document = document
        self.language = language  # "sh", "ini", "python", ...; "" of what is only shown
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
    """Every README.md of the sources but the root's."""
    for folder, folders, names in os.walk(SOURCE):
        # Nor those of a build in the sources (make distcheck has one in _build).
        folders[:] = sorted(name for name in folders if name[0] not in "._" and name != "node_modules")
        if "README.md" in names and folder != SOURCE:
            yield os.path.relpath(os.path.join(folder, "README.md"), SOURCE)


def pages():
    return sorted(os.path.relpath(path, SOURCE) for path in glob.glob(os.path.join(SOURCE, "conf/man/*.in")))


def read(document):
    with open(os.path.join(SOURCE, document), encoding="utf-8") as file:
        return file.read()


def blocks_of_readme(document, text):
    """Fenced blocks, also within a list; and what markdown takes for a block since it is indented."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        fence = re.fullmatch(r"( *)(```+|~~~+) *(.*?) *", lines[number])
        comment = re.fullmatch(r" *<!-- (.*) -->", lines[number - 1]) if number > 0 else None
        comment = comment and comment.group(1)
        end = number + 1
        if fence:
            while lines[end].strip() != fence.group(2):
                end += 1
            shown = [line.removeprefix(fence.group(1)) for line in lines[number + 1:end]]
            yield Block(document, number + 2, fence.group(3), "\n".join(shown) + "\n", comment)
        elif lines[number].startswith("    ") and (number == 0 or not lines[number - 1].strip()):
            while lines[end].startswith("    "):
                end += 1
            yield Block(document, number + 1, "indented", "\n".join(line[4:] for line in lines[number:end]) + "\n", comment)
        number = end + 1 if fence else end


def blocks_of_page(document, text):
    """Its displays."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        comment = re.fullmatch(r'\.\\" (.*)', lines[number - 1]) if number > 0 else None
        comment = comment and comment.group(1)
        if lines[number].startswith((".Dl ", ".D1 ")):
            yield Block(document, number + 1, "sh", plain(lines[number][4:]) + "\n", comment)
        elif lines[number].startswith(".Bd "):
            end = lines.index(".Ed", number)
            shown = plain("\n".join(lines[number + 1:end]) + "\n")
            yield Block(document, number + 2, "ini" if shown.startswith("[") else "sh", shown, comment)
            number = end
        number += 1


def blocks_of_text(document, text, comments):
    """Indented lines of a text without markup, and the comments on them, in their order."""
    comments = iter(comments)
    for found in re.finditer(r"(?:^ {4}.*\n)+", text, re.M):
        shown = re.sub("^ {4}", "", found.group(0), flags=re.M)
        yield Block(document, text.count("\n", 0, found.start()) + 1, "sh", shown, next(comments, None))


def plain(text):
    """As the page shows it."""
    for name, folder in FOLDERS.items():
        text = text.replace(name, folder)
    return text.replace("\\e", "\\").replace("\\&", "").replace("\\-", "-")


def all_blocks():
    """In the order in which they are run. The root's README.md says how to go on with what the others install."""
    for document in readmes():
        yield from blocks_of_readme(document, read(document))
    for document, comments in COMMENTS.items():
        yield from blocks_of_text(document, read(document), comments)
    yield from blocks_of_readme("README.md", read("README.md"))
    for document in pages():
        yield from blocks_of_page(document, read(document))
