"""Compares three books: the clients' journal, the database, and the ledger of the acquirer.

As the checker, it shares no code with the program. A payment or refund may be answered as processing; what
became of it the client has to learn.

SPDX-License-Identifier: MIT
"""

import collections
import json

from faults.checker import DEADLINE, Checker, decode_id, minor_units, read_database, read_journal, read_table

# What a client is told when the acquirer declines.
DECLINES = {
    "tok_chargeDeclined": "Card declined",
    "tok_chargeDeclinedInsufficientFunds": "Insufficient funds",
    "tok_chargeDeclinedExpiredCard": "Expired card",
    "pm_card_chargeDeclinedIncorrectCvc": "Incorrect CVC",
    "pm_card_chargeDeclined": "Card declined",
    "pm_card_authenticationRequired": "Card declined",
}
NEVER_DONE = "Processing error"  # the acquirer was never reached, and cannot be any more
STANDS = ("needs_response", "under_review", "lost")  # of a dispute: the money is gone, or may be


def read(answer):
    return json.loads(answer["body"], parse_float=str, parse_int=str)


class BooksChecker(Checker):
    """ledger: the rows of the acquirer's "charges", "payment_intents", "refunds", "disputes" and "events", "keys" by
    their key, and "told", its log of events; notices: what is kept of events, their states by the acquirer's id."""

    allowed = {**Checker.allowed, "refund": {201, 400, 402, 409, 503}}

    def __init__(self, operations, payments, refunds, ledger, notices, deadline=DEADLINE):
        super().__init__(operations, payments, refunds, deadline)
        self.charges, self.refunded, self.disputes = ledger["charges"], ledger["refunds"], ledger["disputes"]
        self.intents, self.keys = ledger["payment_intents"], ledger["keys"]
        self.events, self.told, self.notices = ledger["events"], ledger["told"], notices
        self.given_back = collections.Counter()  # by payment: what refunds that failed, or came back, had taken
        for row in refunds:
            if row["status"] == "failed" or row["returned"]:
                self.given_back[row["payment_id"]] += row["amount"]
        answers = [answer for operation in operations.values() for answer in operation.answers()]
        self.learnt = {read(answer)["id"] for answer in answers
                       if answer["status"] in (200, 201) and read(answer)["status"] != "processing"}
        self.learnt |= {answer["location"].rsplit("/", 1)[1] for answer in answers if answer["status"] == 402}

    def run(self):
        super().run()
        self.check_final()
        self.check_charges()
        self.check_ledger_refunds()
        self.check_disputes()
        self.check_events()
        return self.violations

    def is_from_elsewhere(self, refund):
        """Held against the ledger instead."""
        return refund["origin"] == "processor"

    # What clients were told.

    def check_agreement(self, identifier, operation):
        """Answers differ in the status alone, and only from processing to what is final."""
        kept = [answer for answer in operation.conclusive() if answer["status"] != 400]
        bodies = [read(answer) for answer in kept]
        final = {(answer["status"], body.get("status"), body.get("error")) for answer, body in zip(kept, bodies)
                 if body.get("status") != "processing"}
        rest = {json.dumps({name: value for name, value in body.items() if name != "status"})
                for answer, body in zip(kept, bodies) if answer["status"] == 201}
        if len(final) > 1 or len(rest) > 1 or len({answer["location"] for answer in kept}) > 1:
            self.complain("two different answers:", identifier, kept)
        if kept and len(kept) < len(operation.conclusive()) and not self.gave_back(operation):
            self.complain("two different answers:", identifier, operation.conclusive())
        shown = {body["id"] for body in bodies if "id" in body}
        if shown and not final and not shown <= self.learnt:
            self.complain("what became of it the client never learnt:", identifier, kept)

    def gave_back(self, operation):
        """Only where a reservation is given back, what was refused before may fit."""
        return self.given_back[decode_id(operation.sent["body"].get("payment_id", ""), "pay_")] > 0

    def check_payment_answer(self, identifier, answer, body, rows, key):
        row = self.payments.get(decode_id(answer["location"].rsplit("/", 1)[1], "pay_"))
        if row is None or row not in rows:
            self.complain("an acknowledged payment is lost:", identifier, answer)
            return
        told = read(answer)
        expected = {"amount": minor_units(body["amount"], body["currency"]), "currency": body["currency"],
                    "source": body["source"], "key": key}
        decline = DECLINES.get(body["source"])
        if answer["status"] == 402:
            expected["status"] = "failed"
            if told != {"error": decline} and told != {"error": NEVER_DONE}:
                self.complain("a false answer:", identifier, answer)
        else:
            expected["created_at"] = told["created_at"]
            if told["status"] != "processing":
                expected["status"] = "succeeded"
            if told["status"] not in ("processing", "succeeded") or (decline and told["status"] == "succeeded"):
                self.complain("a false answer:", identifier, answer)
            if decode_id(told["id"], "pay_") != row["id"] or told["currency"] != body["currency"] or \
                    minor_units(told["amount"], body["currency"]) != expected["amount"]:
                self.complain("an answer that is not what was asked for:", identifier, answer)
        self.compare("a payment", identifier, expected, row)

    def check_refused_refund(self, identifier, payment, amount, rows):
        if rows and not self.given_back[payment["id"]]:
            self.complain("a refund that was refused, and made:", identifier, rows)
        if amount <= payment["amount"] - payment["refunded"] - self.given_back[payment["id"]]:
            self.complain("a refund that was refused would have fitted:", identifier, payment)

    def check_refund_answer(self, identifier, answer, body, payment, amount, key):
        row = self.refunds.get(decode_id(answer["location"].rsplit("/", 1)[1], "refund_"))
        if row is None:
            self.complain("an acknowledged refund is lost:", identifier, answer)
            return
        told = read(answer)
        expected = {"payment_id": payment["id"], "amount": amount, "key": key}
        if answer["status"] == 402:
            expected["status"] = "failed"
            if told != {"error": NEVER_DONE}:
                self.complain("a false answer:", identifier, answer)
        else:
            expected["created_at"] = told["created_at"]
            if told["status"] != "processing":
                expected["status"] = "succeeded"
            if told["status"] not in ("processing", "succeeded"):
                self.complain("a false answer:", identifier, answer)
            if decode_id(told["id"], "refund_") != row["id"] or told["payment_id"] != body["payment_id"] or \
                    minor_units(told["amount"], payment["currency"]) != amount:
                self.complain("an answer that is not what was asked for:", identifier, answer)
        self.compare("a refund", identifier, expected, row)

    def check_read(self, identifier, operation):
        for answer in operation.conclusive():
            if answer["status"] != 200:
                continue
            told = read(answer)
            row = self.payments.get(decode_id(told["id"], "pay_")) or \
                self.refunds.get(decode_id(told["id"], "refund_"))
            if row is None:
                self.complain("what was shown is lost:", identifier, answer)
                continue
            currency = row.get("currency") or self.payments[row["payment_id"]]["currency"]
            if minor_units(told["amount"], currency) != row["amount"] or told["created_at"] != row["created_at"] or \
                    told["status"] not in ("processing", row["status"]) or \
                    not operation.sent["path"].endswith(told["id"]):
                self.complain("a payment or refund was shown wrong:", identifier, answer, row)

    # The database and the ledger.

    def check_final(self):
        for row in (*self.payments.values(), *self.refunds.values()):
            if row["status"] not in ("succeeded", "failed"):
                self.complain("still not final:", row)

    def check_charges(self):
        """Each payment that succeeded is one charge, and each charge is one payment that succeeded."""
        by_payment, by_operation = collections.defaultdict(list), collections.defaultdict(list)
        for charge in self.charges:
            by_payment[decode_id(charge["metadata"].get("payment_id", ""), "pay_")].append(charge)
            by_operation[charge["description"]].append(charge)
        for identifier, charges in by_operation.items():
            if sum(charge["status"] == "succeeded" for charge in charges) > 1:
                self.complain("charged twice for one operation:", identifier, charges)
        for identifier, charges in by_payment.items():
            row = self.payments.get(identifier)
            if row is None:
                self.complain("a charge that is not on record:", charges)
                continue
            if len(charges) > 1:
                self.complain("two charges for one payment:", row, charges)
            for charge in charges:
                self.check_charge(row, charge)
            if row["refunded"] != sum(charge["refunded"] for charge in charges):
                self.complain("another amount is refunded than at the acquirer:", row, charges)
        for row in self.payments.values():
            if row["status"] == "succeeded" and not by_payment[row["id"]]:
                self.complain("a payment that succeeded was never charged:", row)
            if row["status"] == "failed" and row["decline"] != "processing_error" and not by_payment[row["id"]]:
                self.complain("a decline that the acquirer knows nothing of:", row)

    def check_charge(self, row, charge):
        if charge["status"] == "succeeded" and row["status"] != "succeeded":
            self.complain("charged, and on record as", row["status"], row, charge)
        if charge["status"] == "failed" and row["status"] != "failed":
            self.complain("declined, and on record as", row["status"], row, charge)
        expected = {"amount": row["amount"], "currency": row["currency"].lower(), "source": row["source"],
                    "description": row["description"]}
        if any(charge[name] != value for name, value in expected.items()):
            self.complain("a charge is not what is on record:", row, charge)
        if row["status"] == "succeeded" and row["reference"] != (charge["payment_intent"] or charge["id"]):
            self.complain("a payment on record with another reference:", row, charge)

    def check_ledger_refunds(self):
        """Each refund that succeeded is one of the ledger's, of the payment's charge, and the other way round."""
        charges = {charge["id"]: charge for charge in self.charges}
        sums, by_refund, by_reference = collections.Counter(), collections.defaultdict(list), {}
        for refund in self.refunded:
            sums[refund["charge"]] += refund["amount"] if refund["status"] != "failed" else 0
            if "refund_id" in refund["metadata"]:
                by_refund[decode_id(refund["metadata"]["refund_id"], "refund_")].append(refund)
            else:
                by_reference[refund["id"]] = refund
        for charge, amount in sums.items():
            if amount > charges[charge]["amount"]:
                self.complain("refunded beyond the charge:", charges[charge], amount)
        for identifier, refunds in by_refund.items():
            row = self.refunds.get(identifier)
            if row is None:
                self.complain("a refund at the acquirer that is not on record:", refunds)
                continue
            if len(refunds) > 1:
                self.complain("refunded twice for one refund:", row, refunds)
            for refund in refunds:
                self.check_ledger_refund(row, refund, charges[refund["charge"]])
        self.check_refunds_in_pages(by_reference, charges)
        for row in self.refunds.values():
            if row["status"] == "succeeded" and not by_refund[row["id"]] and row["reference"] not in by_reference:
                self.complain("a refund that succeeded is not at the acquirer:", row)

    def check_refunds_in_pages(self, by_reference, charges):
        """One that came back before we could see it need not be on record."""
        rows = collections.defaultdict(list)
        for row in self.refunds.values():
            if self.is_from_elsewhere(row):
                rows[row["reference"]].append(row)
        for reference, refund in by_reference.items():
            if not rows[reference] and refund["status"] != "failed":
                self.complain("a refund in the acquirer's pages is not on record:", refund)
            for row in rows[reference]:
                self.check_ledger_refund(row, refund, charges[refund["charge"]])
        for reference, found in rows.items():
            if len(found) > 1:
                self.complain("a refund in the acquirer's pages is on record twice:", found)
            if found and reference not in by_reference:
                self.complain("on record as made in the acquirer's pages, and it was not:", found)

    def check_ledger_refund(self, row, refund, charge):
        status = "failed" if row["returned"] else row["status"]
        if status != refund["status"]:
            self.complain("refunded, and on record as", "returned" if row["returned"] else status, row, refund)
        if refund["amount"] != row["amount"] or row["reference"] not in (refund["id"], None) or \
                decode_id(charge["metadata"].get("payment_id", ""), "pay_") != row["payment_id"]:
            self.complain("a refund at the acquirer is not what is on record:", row, refund, charge)

    def check_disputes(self):
        charges = {charge["id"]: charge for charge in self.charges}
        stands = {decode_id(charges[dispute["charge"]]["metadata"].get("payment_id", ""), "pay_")
                  for dispute in self.disputes if dispute["status"] in STANDS}
        for row in self.payments.values():
            if row["disputed"] != (row["id"] in stands):
                self.complain("a payment is disputed at the acquirer, or on record, and not in both:", row)

    # What was told by events.

    def check_events(self):
        """Who sent one that was answered 200 sends it no more: it is kept, and in the end nothing is open."""
        for event in self.events:
            # What uses a key up moves nothing, and events of it are not kept.
            moves = "closed" not in json.loads(json.loads(event["object"])["metadata"])
            if event["answered"] is None:
                self.complain("an event that was never heard:", event)
            elif moves and event["id"] not in self.notices:
                self.complain("an event that was heard, and is not kept:", event)
        known = {event["id"] for event in self.events}
        for identifier, state in self.notices.items():
            if identifier not in known:
                self.complain("an event that nobody sent is kept:", identifier)
            if state != "done":
                self.complain("an event is", state, "in the end:", identifier)
        for line in self.told:
            if line["misbehaviour"] == "event_forged" and line["status"] not in (400, 502, 503, 504, None):
                self.complain("a wrong signature was not refused:", line)

    def figures(self):
        answers = [answer for operation in self.operations.values() for answer in operation.answers()]
        processing = {read(answer)["id"] for answer in answers
                      if answer["status"] == 201 and read(answer)["status"] == "processing"}
        return {
            **super().figures(),
            "told processing": len(processing),
            "  of these learnt": len(processing & self.learnt),
            "payments succeeded": sum(row["status"] == "succeeded" for row in self.payments.values()),
            "payments declined": sum(row["decline"] not in (None, "processing_error")
                                     for row in self.payments.values()),
            "payments never charged": sum(row["decline"] == "processing_error" for row in self.payments.values()),
            "refunds never made": sum(row["status"] == "failed" for row in self.refunds.values()),
            "charges in the ledger": sum(charge["status"] == "succeeded" for charge in self.charges),
            "refunds in the ledger": len(self.refunded),
            "  made in its pages": sum("refund_id" not in refund["metadata"] for refund in self.refunded),
            "  of these on record": sum(row["origin"] == "processor" for row in self.refunds.values()),
            "  that came back": sum(refund["status"] == "failed" for refund in self.refunded),
            "  of these seen to come back": sum(row["returned"] for row in self.refunds.values()),
            "disputes in the ledger": len(self.disputes),
            "payments disputed": sum(row["disputed"] for row in self.payments.values()),
            "events": len(self.events),
            "  tries to send them": len(self.told),
            "  wrong signatures refused": sum(line["misbehaviour"] == "event_forged" and line["status"] == 400
                                              for line in self.told),
            "notices kept": len(self.notices),
            "keys used up": sum("closed" in intent["metadata"] for intent in self.intents),
            "keys in the ledger": len(self.keys),
        }


def disputed(acquirer):
    """The payments of which there is a dispute in the ledger, whatever became of it."""
    charges = {charge["id"]: charge for charge in acquirer.charges()}
    return {decode_id(charges[dispute["charge"]]["metadata"].get("payment_id", ""), "pay_")
            for dispute in acquirer.disputes()}


def read_notices(socket):
    return dict(read_table(socket, "payment_api", "SELECT event_id, state FROM notices"))


def check(folder, socket, ledger, deadline):
    """(figures, violations)"""
    checker = BooksChecker(read_journal(folder), *read_database(socket, "payment_api"), ledger, read_notices(socket),
                           deadline)
    return checker.figures(), checker.run()
