# SPDX-License-Identifier: MIT
"""Where the sources, the built programs and the installed ones are."""

import os
import shutil
from pathlib import Path

# Other programs' folders that an ordinary user's PATH may lack.
_SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def _build_folder():
    if "PAYMENT_API_BUILDDIR" in os.environ:
        return Path(os.environ["PAYMENT_API_BUILDDIR"]).resolve()
    for folder in (Path.cwd(), SOURCE, SOURCE / ".test" / "build", SOURCE / ".quickstart" / "build"):
        if (folder / "app" / "payment-api.fcgi").exists():
            return folder.resolve()
    return SOURCE


SOURCE = Path(os.environ.get("PAYMENT_API_SRCDIR", Path(__file__).parents[2])).resolve()
BUILD = _build_folder()

# What is worth keeping from one run of the tests to the next.
CACHE = BUILD / ".test"


def built(name):
    """The path of one of our own programs."""
    path = BUILD / "app" / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: build first, or set PAYMENT_API_BUILDDIR")
    return str(path)


def installed(name):
    """The path of a program that the system has."""
    path = shutil.which(name, path=_SEARCH_PATH)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path
