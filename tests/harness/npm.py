"""Packages of npm, as a lock file of the tests pins them.

SPDX-License-Identifier: MIT
"""

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
    with open(os.path.join(SOURCE, f"tests/{place}/package-lock.json"), encoding="utf-8") as file:
        wanted = file.read()
    mark = os.path.join(folder, "installed")
    installed = ""
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            installed = file.read()
    for name in ("package.json", "package-lock.json", *files):
        # Not its mode: the source tree may be read-only.
        shutil.copyfile(os.path.join(SOURCE, "tests", place, name), os.path.join(folder, name))
    if installed != wanted:
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if result.returncode != 0:
            pytest.skip(f"npm ci failed: {result.stderr.strip().splitlines()[-1:]}")
        shutil.copyfile(os.path.join(folder, "package-lock.json"), mark)
    return folder
