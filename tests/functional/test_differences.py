"""What the web server of a deployment answers where it does not let a row of the contract through.

SPDX-License-Identifier: MIT
"""


def test_differences(stack):
    for difference in stack.deployment.differences:
        try:
            difference.check(stack)
        except AssertionError as error:
            raise AssertionError(f"{difference.test} ({difference.reason}) is otherwise: {error}") from error
