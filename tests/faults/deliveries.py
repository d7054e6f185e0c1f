"""Compares what receivers of webhooks got with the records, the events and what the clients were told.

As the checker, it shares no code with the program: it reads what the receivers kept, the tables and the API, and
knows Standard Webhooks 1.0.

SPDX-License-Identifier: MIT
"""

import base64
import collections
import hashlib
import hmac
import http.client
import json
import time

from faults.checker import ALPHABET, decode_id, minor_units, read_database, read_journal, read_table

CLOCKS = 60  # seconds between signing and receiving, at most: a receiver may stand still
FINAL = {"payment.succeeded": "succeeded", "payment.failed": "failed", "refund.succeeded": "succeeded",
         "refund.failed": "failed"}


def encode_id(hexadecimal, prefix):
    value, text = int(hexadecimal, 16), ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        text = ALPHABET[digit] + text
    return prefix + text


def read_events(socket):
    """By id: as the table has them."""
    return {
        encode_id(row[0], "evt_"): {
            "id": encode_id(row[0], "evt_"), "merchant": encode_id(row[1], "mer_"), "mode": row[2], "type": row[3],
            "object": row[4], "body": row[5]}
        for row in read_table(socket, "payment_api",
                              "SELECT HEX(id), HEX(merchant_id), mode, type, HEX(object_id), body FROM events")
    }


def read_merchants(socket):
    """The merchant of each payment and refund."""
    return {row[0]: encode_id(row[1], "mer_") for row in read_table(
        socket, "payment_api", "SELECT HEX(id), HEX(merchant_id) FROM payments UNION ALL"
        " SELECT HEX(id), HEX(merchant_id) FROM refunds")}


class Reader:
    """GET of a merchant's events."""

    def __init__(self, port, key):
        self.port = port
        self.headers = {"Authorization": f"Bearer {key}"}
        self.connection = None

    def get(self, path):
        """(status, body); the pool may be finding its database again."""
        for _ in range(20):
            try:
                self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=25)
                self.connection.request("GET", path, headers=self.headers)
                answer = self.connection.getresponse()
                body = answer.read().decode()
            except (OSError, http.client.HTTPException):
                self.connection = None
                continue
            if answer.status != 503:
                return answer.status, body
            time.sleep(0.5)
        return None, ""


class DeliveriesChecker:
    """operations: of the journal; payments, refunds: rows of the tables; facts: what deliver_all() found."""

    def __init__(self, operations, payments, refunds, receivers, facts, socket):
        self.operations = operations
        self.payments = {row["id"]: row for row in payments}
        self.records = {row["id"]: row for row in (*payments, *refunds)}
        self.endpoints = {endpoint["path"]: endpoint for endpoint in receivers.endpoints}
        self.listeners = {endpoint["merchant"]: endpoint["key"] for endpoint in receivers.endpoints}
        self.lines = receivers.lines()
        self.facts = facts
        self.events = read_events(socket)
        self.merchants = read_merchants(socket)
        self.violations = []
        self.by_record = collections.defaultdict(list)
        for event in self.events.values():
            self.by_record[event["object"]].append(event)
        self.acknowledged = 0

    def complain(self, what, *details):
        self.violations.append(" ".join([what, *(str(detail) for detail in details)]))

    def run(self, port, disputed=frozenset()):
        """disputed: the payments that the acquirer knows a dispute of."""
        for event in self.events.values():
            self.check_event(event, disputed)
        for identifier, row in self.records.items():
            if self.merchants[identifier] in self.listeners:
                self.check_record(identifier, row)
        self.check_told()
        self.check_shown(port)
        if self.facts["left"]:
            self.complain("not sent, or not seen, in the end:", self.facts["left"])
        self.check_lines()
        self.check_arrivals()
        return self.violations

    # Events and records.

    def check_event(self, event, disputed):
        """What it tells of did happen, to a record of this merchant, and as it says."""
        row = self.records.get(event["object"])
        told = json.loads(event["body"], parse_float=str, parse_int=str)
        if row is None:
            self.complain("an event of a record that is not there:", event)
            return
        payment = row if event["type"].startswith("payment.") else self.payments[row["payment_id"]]
        data = told["data"]
        if event["merchant"] not in self.listeners or self.merchants[event["object"]] != event["merchant"] or \
                event["mode"] != "test":
            self.complain("an event of somebody else, or that nobody wants:", event)
        if (told["id"], told["type"]) != (event["id"], event["type"]) or \
                decode_id(data["id"], data["id"].split("_")[0] + "_") != event["object"] or \
                minor_units(data["amount"], payment["currency"]) != row["amount"] or \
                data["created_at"] != row["created_at"]:
            self.complain("an event is not as its record:", event, row)
        if event["type"] in FINAL and (row["status"] != FINAL[event["type"]] or data["status"] != row["status"]):
            self.complain("an event of what did not happen:", event, row)
        if event["type"] == "refund.returned" and not row["returned"]:
            self.complain("an event of what did not happen:", event, row)
        if event["type"] == "payment.disputed" and event["object"] not in disputed:
            self.complain("an event of what did not happen:", event, row)

    def check_record(self, identifier, row):
        """Each outcome is told, and once."""
        types = collections.Counter(event["type"] for event in self.by_record[identifier])
        kind = "refund" if "payment_id" in row else "payment"
        wanted = []
        if row["status"] in ("succeeded", "failed"):
            wanted.append(f"{kind}.{row['status']}")
        if row.get("returned"):
            wanted.append("refund.returned")
        if row.get("disputed"):
            wanted.append("payment.disputed")
        # Money that came back before anybody had seen it go is told by the one event.
        if row.get("returned") and types["refund.returned"] and row["origin"] == "processor":
            wanted.remove(f"{kind}.{row['status']}")
        for name in wanted:
            if not types[name]:
                self.complain("a change without an event:", name, row)
        for name, count in types.items():
            if count > 1 and name != "payment.disputed":
                self.complain("a change that is told twice:", name, row)

    def check_told(self):
        """What a client was told stands in an event, in the same words."""
        for operation in self.operations.values():
            if operation.sent["kind"] == "read":
                continue
            for answer in operation.conclusive():
                if answer["status"] not in (201, 402):
                    continue
                shown = answer["location"].rsplit("/", 1)[1]
                identifier = decode_id(shown, shown.split("_")[0] + "_")
                if self.merchants.get(identifier) not in self.listeners or \
                        self.records[identifier]["status"] == "processing":  # that complaint is the other checkers'
                    continue
                self.acknowledged += 1
                told = answer["status"] == 201 and json.loads(answer["body"])["status"] == "succeeded"
                bodies = [event["body"] for event in self.by_record[identifier]]
                if not bodies or (told and not any(f',"data":{answer["body"]}}}' in body for body in bodies)):
                    self.complain("an acknowledged change without an event that says the same:", answer, bodies)

    def check_shown(self, port):
        """GET /v1/events/{id} has the table's bytes."""
        readers = {merchant: Reader(port, key) for merchant, key in self.listeners.items()}
        for event in self.events.values():
            if event["merchant"] in readers:
                answer = readers[event["merchant"]].get(f"/v1/events/{event['id']}")
                if answer != (200, event["body"]):
                    self.complain("an event is shown otherwise than it is kept:", event, answer)

    # Deliveries.

    def signature_is_right(self, line, endpoint):
        key = base64.b64decode(endpoint["secret"].removeprefix("whsec_"))
        headers = line["headers"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{line['body']}"
        expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        return headers["webhook-signature"] == f"v1,{expected}"

    def wants(self, endpoint, event):
        """The endpoint of the live mode is sent nothing: nothing live happens."""
        return endpoint["name"] != "live" and event["merchant"] == endpoint["merchant"] and \
            (endpoint["events"] == ["*"] or event["type"] in endpoint["events"])

    def check_lines(self):
        for line in self.lines:
            endpoint = self.endpoints.get(line["path"])
            identifier = line["headers"].get("webhook-id")
            event = self.events.get(identifier)
            if endpoint is None or line["answer"] == "GET":
                self.complain("sent where there is no endpoint:", line)
            elif event is None:
                self.complain("sent, and no event:", line)
            elif not self.wants(endpoint, event):
                self.complain("sent to who must not have it, or does not want it:", line, event)
            else:
                self.check_sent(line, endpoint, event)

    def check_sent(self, line, endpoint, event):
        sent_at = int(line["headers"]["webhook-timestamp"])
        if line["body"] is not None:
            if line["body"] != event["body"]:
                self.complain("sent in another form than the API shows:", line, event)
            if not self.signature_is_right(line, endpoint):
                self.complain("sent with a wrong signature:", line)
        if not -5 < line["at"] - sent_at < CLOCKS:
            self.complain("sent with a wrong time:", line)
        disabled_at = self.facts["disabled"].get(endpoint["path"])
        if disabled_at and disabled_at + self.facts["late"] < sent_at < self.facts["enabled_at"] - 1:
            self.complain("sent to an endpoint that had answered 410:", line, disabled_at)

    def check_arrivals(self):
        """Each event came to each endpoint that wants it, which said so."""
        arrived = collections.defaultdict(set)
        for line in self.lines:
            if line["answer"] in ("ok", "slow"):
                arrived[line["path"]].add(line["headers"].get("webhook-id"))
        for path, endpoint in self.endpoints.items():
            for identifier, event in self.events.items():
                if self.wants(endpoint, event) and identifier not in arrived[path]:
                    self.complain("an event that never arrived:", path, event)

    def figures(self):
        answers = collections.Counter(line["answer"] for line in self.lines)
        arrived = {(line["path"], line["headers"].get("webhook-id")) for line in self.lines
                   if line["answer"] in ("ok", "slow")}
        return {
            "events kept": len(self.events),
            "  of acknowledged changes": self.acknowledged,
            "deliveries sent": len(self.lines),
            "  that arrived": len(arrived),
            **{f"  answered: {name}": count for name, count in sorted(answers.items())},
            "all delivered after (s)": self.facts["after"],
        }


def check(folder, stack, receivers, facts, disputed):
    """(figures, violations)"""
    found = DeliveriesChecker(read_journal(folder), *read_database(stack.database.socket, "payment_api"), receivers,
                              facts, stack.database.socket)
    violations = found.run(stack.web.port, disputed)
    return found.figures(), violations
