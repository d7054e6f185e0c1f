"""Packages of npm, as a lock file of the tests pins them.

SPDX-License-Identifier: MIT
"""

import fcntl
import os
import shutil
import subprocess

import pytest

from harness.servers import BUILD, SOURCE


def packages(place, files):
    """A folder in the build folder with the packages of tests/PLACE and these of its files."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on this machine")
    folder = os.path.join(BUILD, f"tests/{place}-node")
    os.makedirs(folder, exist_ok=True)
    # Tests of another file may want them at the same time.
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(place, folder)
        for name in files:
            # Not its mode: the source tree may be read-only.
            shutil.copyfile(os.path.join(SOURCE, "tests", place, name), os.path.join(folder, name))
    return folder


def install(place, folder):
    with open(os.path.join(SOURCE, f"tests/{place}/package-lock.json"), encoding="utf-8") as file:
        wanted = file.read()
    mark = os.path.join(folder, "installed")
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            if file.read() == wanted:
                return
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(os.path.join(SOURCE, "tests", place, name), os.path.join(folder, name))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode != 0:
        pytest.skip(f"npm ci failed: {result.stderr.strip().splitlines()[-1:]}")
    shutil.copyfile(os.path.join(folder, "package-lock.json"), mark)
