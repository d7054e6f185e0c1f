"""What happens at the acquirer without any request: people refund in its own pages, refunds come back, customers dispute.

SPDX-License-Identifier: MIT
"""

import contextlib
import sqlite3
import time

MULTIPLES = {"kwd": 10}  # of minor units, where the acquirer takes no others
OPEN = ("needs_response", "warning_needs_response", "under_review")


class Pages:
    """Each picks among what is in the ledger just then, and does nothing where there is nothing."""

    def __init__(self, acquirer):
        self.acquirer = acquirer

    def things(self):
        """name -> function(chance)"""
        return {
            "refund_in_pages": self.refund,
            "refund_in_pages_comes_back": self.refund_that_comes_back,
            "refund_comes_back": self.take_back,
            "dispute": self.dispute,
            "settle_dispute": self.settle_dispute,
        }

    def _refund(self, chance):
        charges = [charge for charge in self.acquirer.charges(status="succeeded") if charge["refunded"] < charge["amount"]]
        if not charges:
            return None
        charge = chance.choice(charges)
        multiple = MULTIPLES.get(charge["currency"], 1)
        left = (charge["amount"] - charge["refunded"]) // multiple
        amount = chance.choice([left, chance.randint(1, left), chance.randint(1, max(1, left // 10))]) * multiple
        with contextlib.suppress(sqlite3.IntegrityError):  # a client was faster
            return self.acquirer.refund_in_pages(charge["id"], amount)
        return None

    def refund(self, chance):
        self._refund(chance)

    def refund_that_comes_back(self, chance):
        refund = self._refund(chance)
        if refund:
            time.sleep(chance.choice([0, 0.5, 6]))
            self.acquirer.settle_refund(refund, succeeded=False)

    def take_back(self, chance):
        refunds = self.acquirer.refunds(status="succeeded")
        if refunds:
            self.acquirer.settle_refund(chance.choice(refunds[-20:])["id"], succeeded=False)

    def dispute(self, chance):
        """A charge is disputed once."""
        disputed = {dispute["charge"] for dispute in self.acquirer.disputes()}
        charges = [charge for charge in self.acquirer.charges(status="succeeded") if charge["id"] not in disputed]
        if charges:
            self.acquirer.dispute(chance.choice(charges)["id"], chance.choice(OPEN[:2]))

    def settle_dispute(self, chance):
        disputes = [dispute for dispute in self.acquirer.disputes() if dispute["status"] in OPEN]
        if disputes:
            self.acquirer.settle_dispute(chance.choice(disputes)["id"], chance.choice(["under_review", "won", "lost"]))
