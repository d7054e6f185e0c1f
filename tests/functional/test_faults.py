"""A short fault run, by the command that makes long ones.

SPDX-License-Identifier: MIT
"""

import os
import subprocess
import sys

from harness.servers import SOURCE


def test_nothing_is_lost_doubled_or_over_refunded():
    program = os.path.join(SOURCE, "tests", "faults", "fault_run.py")
    arguments = ["--seconds", "20", "--clients", "8"]
    if "PAYMENT_API_SEED" in os.environ:
        arguments += ["--seed", os.environ["PAYMENT_API_SEED"]]
    result = subprocess.run(
        [sys.executable, program, *arguments], capture_output=True, text=True, timeout=400, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "violations                                 0" in result.stdout
