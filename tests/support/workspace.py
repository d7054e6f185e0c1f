# SPDX-License-Identifier: MIT
"""A temporary folder whose paths are short enough for Unix sockets."""

import atexit
import shutil
import tempfile
from pathlib import Path


class Workspace:
    """A folder below /tmp that only this user can enter, until it is removed."""

    def __init__(self):
        # Not $TMPDIR: a Unix socket's path has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="payment-api-test.", dir="/tmp"))
        atexit.register(self.remove)

    def remove(self):
        """Removes the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def __truediv__(self, name):
        return self.folder / name

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()
