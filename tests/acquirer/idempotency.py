"""Idempotency keys as Stripe keeps them: https://docs.stripe.com/api/idempotent_requests.

A key belongs to one path and one set of parameters. The first answer stays under it, a decline and a
500 as well; what was refused before the operation began (parameters, 409, 429) is not kept.

SPDX-License-Identifier: MIT
"""

import json
from dataclasses import dataclass

from api import perform
from form import Refused

KEY_MAX = 255


@dataclass(frozen=True)
class Answer:
    """What is told to the client."""

    status: int
    body: bytes
    original: str | None = None  # of a replay: the request that was answered so first
    events: range = range(0)  # the numbers of those that it made


def encoded(value):
    return json.dumps(value, indent=2).encode()


UNKNOWN_ERROR = {"error": {"message": "An unknown error occurred", "type": "api_error"}}


def in_use(key):
    return Refused(
        409, "There is currently another in-progress request using this Idempotent Key (that probably means you submitted"
        f" twice, and the other request is still going through): {key}. Please try again later.",
        code="idempotency_key_in_use")


def _differs(text, first, second, key):
    if first is not None:
        text += f" ('{first}' vs '{second}')"
    return Refused(400, f"Keys for idempotent requests can only be used {text}. Try using a key other than '{key}' if you"
                   " meant to execute a different request.", kind="idempotency_error")


def _replayed(row, path, params):
    key = row["idempotency_key"]
    if row["path"] != path:
        raise _differs("for the same endpoint they were first used for", row["path"], path, key)
    if row["params"] != params:
        raise _differs("with the same parameters they were first used with", None, None, key)
    return Answer(row["status"], row["body"].encode(), row["request"])


def operation(endpoint, call, path, request, error_kept=None):
    """What the ledger has to do for a request: a function of the database that gives the Answer.

    error_kept: None, "acts" or "idle": a 500 is answered and kept, whether or not the thing is done.
    """
    params = json.dumps(call.params, sort_keys=True)

    def act(database):
        try:
            if error_kept != "idle":
                status, value = perform(database, endpoint, call)
            if error_kept is not None:
                status, value = 500, UNKNOWN_ERROR
        except Refused as refused:
            if not refused.kept:
                raise
            status, value = refused.status, {"error": refused.error}
        return Answer(status, encoded(value))

    def run(database):
        if call.key is None:
            return act(database)
        row = database.execute("SELECT * FROM keys WHERE idempotency_key = ?", [call.key]).fetchone()
        if row is not None:
            return _replayed(row, path, params)
        answer = act(database)
        database.execute(
            "INSERT INTO keys (idempotency_key, path, params, status, body, request, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [call.key, path, params, answer.status, answer.body.decode(), request, call.now])
        return answer

    return run
