"""Short fault runs, by the command that makes long ones.

SPDX-License-Identifier: MIT
"""

import os
import subprocess
import sys

import pytest

from harness.servers import SOURCE


@pytest.mark.parametrize("options", [[], ["--processor"]], ids=["sandbox", "processor"])
def test_nothing_is_lost_doubled_or_over_refunded(options):
    program = os.path.join(SOURCE, "tests", "faults", "fault_run.py")
    arguments = ["--seconds", "16", "--clients", "8", *options]
    if "PAYMENT_API_SEED" in os.environ:
        arguments += ["--seed", os.environ["PAYMENT_API_SEED"]]
    result = subprocess.run(
        [sys.executable, program, *arguments], capture_output=True, text=True, timeout=400, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "violations                                 0" in result.stdout
