# SPDX-License-Identifier: MIT
"""Waiting for something to become true, never for a fixed time."""

import os
import time

# Multiplies every time limit, for slow machines, sanitizers and valgrind.
PATIENCE = float(os.environ.get("PAYMENT_API_TEST_PATIENCE", "1"))

_POLL_SECONDS = 0.01


def wait_until(condition, what, timeout=10.0):
    """The first true value of condition(); a TimeoutError that says what was waited for."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise TimeoutError(f"waited {timeout * PATIENCE:g} s in vain: {what}")
        time.sleep(_POLL_SECONDS)
