"""Says of each block of the documents what is wrong with its comment. See documents.py.

SPDX-License-Identifier: MIT
"""

import ast
import os
import re

from documents import COMMANDS, SOURCE, read

# The systems: who types, and what they have beside a fresh Debian. Those that take the longest come first.
MACHINES = {
    "source": ("root", "true"),                # installed by make install
    "package": ("root", "apt-get install jq spawn-fcgi"),  # the Debian package, for its manual pages
    "checkout": ("reader", "true"),            # the two commands of README.md, by a user with sudo
    "hosting": ("reader", "true"),             # where programs for a shared host are built
}
# How a block is run, and what must be so afterwards; commands.py says what each means.
MANNERS = ("as root", "stays", "instead", "without nginx", "without the site", "with a processor")
CHECKS = ("static", "ready", "pays", "tells a typo", r"says .+", r"\d+ processes")
OTHER_PROGRAMS = ("python", "javascript")


def is_word(word):
    return word in MANNERS or any(re.fullmatch(check, word) for check in CHECKS)


def programs(blocks):
    """The first words of all commands that are known to be some."""
    found = {"$", "#", "sudo", "curl", "make", "apt-get", "apt", "systemctl", "payment-admin", "payment-api.fcgi"}
    for block in blocks:
        if block.language in COMMANDS:
            found |= {line.split()[0] for line in block.text.splitlines() if re.match("[a-z./]", line)}
    return found


def is_command(line, known):
    """True where a reader would take a line of what is only shown for something to type."""
    first = line.partition(" ")[0]  # "" of an indented line, as those of a table are
    return first in known or re.fullmatch(r"(\.\.?/)*(\.ci|conf|tests)/[a-z/-]+", first) is not None


def strings_of(source):
    """The texts of a Python file by which it may know a block."""
    return [node.value for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= 5]


def fault(block, known):
    """What is wrong, or None. known: as programs() has them."""
    if block.language == "ini":
        return None  # each is held against the program
    if block.language == "" and not block.kind:
        for line in block.text.splitlines():
            if is_command(line, known):
                return f"a command in a block that names no language: {line.strip()}"
        return None
    if block.language not in (*COMMANDS, *OTHER_PROGRAMS, ""):
        return f"no block is '{block.language}': a fence with sh, ini, python, javascript, or nothing where it is no command"
    if block.kind == "run":
        if block.machine not in MACHINES:
            return f"no machine '{block.machine}'"
        if block.language not in COMMANDS:
            return "only commands are run on a machine"
        unknown = [word for word in block.words if not is_word(word)]
        return f"unknown words: {', '.join(unknown)}" if unknown else None
    if block.kind == "run by":
        if not os.path.exists(os.path.join(SOURCE, block.rest)):
            return f"there is no {block.rest}"
        source = read(block.rest)
        if block.document not in source:
            return f"{block.rest} does not read {block.document}"
        if not any(text in block.text for text in strings_of(source)):
            return f"nothing in {block.rest} names a part of it"
        return None
    if block.kind == "not run" and block.rest:
        return None
    return "no comment before it says where it is run, or why not"
