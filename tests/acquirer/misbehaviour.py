"""What the acquirer does wrong, as a control file says it.

The file is JSON, {"rules": [RULE...]}, and is looked at for each request and each new connection; put a
new one in its place by a rename. It stays in force when the acquirer is started again. The first rule
that strikes is carried out. A rule:

    {"id": "1", "what": "drop_after", "probability": 0.1, "times": 3, "method": "POST", "path": "/v1/charges", ...}

id           unlike those of other rules; how often it struck is counted by it, from the start of the process
what         see below
probability  of each request that it fits; 1 when absent. --seed makes the choices the same each time
times        how often it strikes at most; without an end when absent
method, path which requests it fits, by the method and the path's beginning; all when absent
should_retry true or false: the answer has Stripe-Should-Retry

what            what happens                                                    members
late_arrival    the request stands still on its way, before its key is looked   seconds
                at; it acts even if the client has gone
slow            the same, with its key in use meanwhile                         seconds
drop_before     the connection is lost, nothing was done
conflict        409, as if the key were in use; nothing was done
rate_limit      429; nothing was done                                           retry_after (1)
error_before    500 that is not kept; nothing was done
error_kept      500 that stays under the key                                    acts (false): the thing was done
late_answer     done at once, answered late; the key is not in use meanwhile    seconds
drop_after      done, then the connection is lost
half            done, half of the answer, then the connection ends
empty           done, 200 with an empty body
garbage         done, 200 with a body that is no JSON
wrong_amount    done, but the answer tells one minor unit more
wrong_record    done, but the answer tells other metadata and another id
should_retry    nothing but its header
event_first     done; answered once the events that it made were answered, or   seconds (5)
                after that time
wrong_name      a new connection gets a certificate for another name; idle
                connections are closed when such a rule comes

These are about events (events.py), and may have "kind", the beginning of an event's; they strike each try:

event_late      this try is held back; no more when the process is started again    seconds
event_overtaken the same, until a later event was answered, or after that time      seconds (2)
event_lost      this try is lost on its way, and there will be another one
event_twice     sent by two requests at once
event_forged    with a wrong signature, then at once with the right one

SPDX-License-Identifier: MIT
"""

import json
import os
import random
from dataclasses import dataclass, field

WHAT = ("late_arrival", "slow", "drop_before", "conflict", "rate_limit", "error_before", "error_kept", "late_answer",
        "drop_after", "half", "empty", "garbage", "wrong_amount", "wrong_record", "should_retry", "event_first", "wrong_name")
OF_EVENTS = ("event_late", "event_overtaken", "event_lost", "event_twice", "event_forged")


@dataclass(frozen=True)
class Rule:
    id: str
    what: str
    probability: float = 1
    times: int | None = None
    method: str | None = None
    path: str = ""
    kind: str = ""
    seconds: float = 0
    retry_after: int = 1
    acts: bool = False
    should_retry: bool | None = None

    def __post_init__(self):
        if self.what not in WHAT + OF_EVENTS:
            raise ValueError(f"no such misbehaviour: {self.what}")


NOTHING = Rule("", "should_retry")


@dataclass
class Misbehaviour:
    """The rules in force."""

    path: str
    seed: int
    rules: list = field(default_factory=list)
    seen: tuple | None = None  # which file the rules are of
    counts: dict = field(default_factory=dict)

    def __post_init__(self):
        self.random = random.Random(self.seed)

    def refresh(self):
        """Reads the file if it is another than before; true when it was."""
        try:
            status = os.stat(self.path)
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        except FileNotFoundError:
            seen = None
        if seen == self.seen:
            return False
        self.rules = []
        if seen is not None:
            with open(self.path, encoding="utf-8") as file:
                self.rules = [Rule(**rule) for rule in json.load(file)["rules"]]
        self.seen = seen
        return True

    @property
    def breaks_names(self):
        return any(rule.what == "wrong_name" for rule in self.rules)

    def for_request(self, method, path):
        """The rule that strikes this request; NOTHING when none does."""
        fits = (rule for rule in self.rules if rule.what in WHAT and rule.what != "wrong_name"
                and rule.method in (None, method) and path.startswith(rule.path))
        return self._first(fits) or NOTHING

    def for_event(self, kind):
        """The rule that strikes a try to send an event of that kind; NOTHING when none does."""
        self.refresh()
        return self._first(rule for rule in self.rules if rule.what in OF_EVENTS and kind.startswith(rule.kind)) or NOTHING

    def for_connection(self):
        return self._first(rule for rule in self.rules if rule.what == "wrong_name")

    def _first(self, rules):
        for rule in rules:
            count = self.counts.get(rule.id, 0)
            if (rule.times is None or count < rule.times) and self.random.random() < rule.probability:
                self.counts[rule.id] = count + 1
                return rule
        return None
