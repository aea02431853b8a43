"""Made-up users of Console, and what they pay: each payment as Stripe's events tell it, and the row that Console makes first."""

import json
import pathlib
import random
import sys
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Deploy"))
from people import address  # noqa: E402

VERSION = "2026-09-30.endive"
DAY = 86_400
# Each kind of payment, and how many of a hundred are of it.
KINDS = {"paid": 66, "refunded": 5, "refunded partly": 5, "failed": 5, "canceled": 4, "dispute lost": 1, "dispute won": 1,
         "debit": 4, "card checked": 3, "coupon": 3, "manual": 3}


class Person:
    def __init__(self, number, pick):
        self.id = str(uuid.UUID(int=pick.getrandbits(128), version=4))
        self.sub = f"auth0|{number:024d}"
        self.wallet = address(number)
        # The last is the one that Console knows; a user without any never paid.
        self.customers = [f"cus_Console{number:06d}"]
        if number % 20 == 1:
            self.customers.insert(0, f"cus_Former{number:06d}")
        elif number % 20 == 2:
            self.customers = []

    @property
    def customer(self):
        return self.customers[-1] if self.customers else None


def people(seed, count):
    pick = random.Random(seed)
    return [Person(number, pick) for number in range(count)]


def customers(people):
    """The customers at Stripe: older ones name the `sub`, newer ones the uuid."""
    for person in people:
        for number, customer in enumerate(person.customers):
            yield {"id": customer, "object": "customer", "created": 1_695_000_000, "livemode": False, "email": None,
                   "metadata": {"userId": person.sub if number == 0 else person.id}}


class Payments:
    """Makes one payment after the other; ids are never made twice."""

    def __init__(self, seed, people):
        self.random, self.number = random.Random(seed), 0
        self.people = [person for person in people if person.customers]

    def make(self, at, kind=None):
        """-> its kind, the row that Console makes before Stripe is asked, or None, and the events as (second, type, object)"""
        self.number += 1
        # Every user pays, and every kind is there, however few there are.
        everyone = len(self.people)
        person = self.people[self.number - 1] if self.number <= everyone else self.random.choice(self.people)
        kind = kind or (list(KINDS)[self.number] if self.number < len(KINDS) else
                        self.random.choices(list(KINDS), KINDS.values())[0])
        row = {"id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)), "user": person.id, "type": "payment_intent",
               "status": "created", "amount": self.random.randrange(500, 50_000), "refunded": 0, "bonus": 0, "intent": None,
               "charge": None, "invoice": None, "description": None, "at": at}
        # A former customer paid first.
        customer = self.random.choice(person.customers)
        if kind in ("coupon", "manual"):
            return kind, *self._given(row, customer, kind)
        return kind, *self._paid(row, customer, kind)

    def _paid(self, row, customer, kind):
        at, amount, row["intent"] = row["at"], row["amount"], f"pi_Console{self.number:08d}"
        charge_id = f"ch_Console{self.number:08d}"
        if kind == "card checked":
            amount = 100
        method = {"type": "us_bank_account", "us_bank_account": {"bank_name": "STRIPE TEST BANK", "last4": "6789"}} \
            if kind == "debit" else {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
        metadata = {"type": "payment_method_validation"} if kind == "card checked" else {"internal_transaction_id": row["id"]}

        def intent(status, **more):
            return {"id": row["intent"], "object": "payment_intent", "amount": amount, "amount_capturable": 0,
                    "amount_received": amount if status == "succeeded" else 0, "currency": "usd", "created": at,
                    "customer": customer, "livemode": False, "latest_charge": charge_id, "status": status,
                    "metadata": metadata, **more}

        def charge(status, **more):
            paid = status == "succeeded"
            return {"id": charge_id, "object": "charge", "amount": amount, "amount_captured": amount if paid else 0,
                    "captured": True, "paid": paid, "status": status, "currency": "usd", "created": at, "customer": customer,
                    "livemode": False, "payment_intent": row["intent"], "amount_refunded": 0, "refunded": False,
                    "disputed": False, "metadata": metadata, "payment_method_details": method, **more}

        if kind == "failed":
            row["status"] = "requires_action"
            error = {"code": "card_declined", "message": "Your card was declined.", "type": "card_error"}
            return row, [
                (at, "charge.failed", charge("failed", failure_code="card_declined", failure_message=error["message"])),
                (at, "payment_intent.payment_failed", intent("requires_payment_method", last_payment_error=error)),
            ]
        if kind == "canceled":
            row["status"] = "requires_action"
            none = {"latest_charge": None}
            return row, [(at, "payment_intent.created", intent("requires_payment_method", **none)),
                         (at + 60, "payment_intent.canceled", intent("canceled", canceled_at=at + 60, **none))]
        if kind == "card checked":
            held = {"captured": False, "amount_captured": 0}
            refund = self._refund(row, charge_id, amount, at + 1)
            return None, [
                (at, "payment_intent.amount_capturable_updated", intent("requires_capture", amount_capturable=amount)),
                (at, "charge.succeeded", charge("succeeded", **held)), (at + 1, "refund.created", refund),
                (at + 1, "charge.refunded", charge("succeeded", **held, amount_refunded=amount, refunded=True)),
                (at + 1, "payment_intent.canceled", intent("canceled", canceled_at=at + 1)),
            ]
        events, done = [], at
        if kind == "debit":
            row["status"], done = "pending", at + 4 * DAY
            events = [(at, "payment_intent.processing", intent("processing")), (at, "charge.pending", charge("pending"))]
        events += [(done, "charge.succeeded", charge("succeeded")), (done, "payment_intent.succeeded", intent("succeeded"))]
        if kind.startswith("refunded"):
            back = amount if kind == "refunded" else amount // 3
            events += [(done + 3600, "refund.created", self._refund(row, charge_id, back, done + 3600)),
                       (done + 3600, "charge.refunded",
                        charge("succeeded", amount_refunded=back, refunded=back == amount))]
        if kind.startswith("dispute"):
            events += self._dispute(row, charge_id, kind.split()[1], charge("succeeded", disputed=True), done)
        return row, events

    def _refund(self, row, charge, amount, at):
        return {"id": f"re_Console{self.number:08d}", "object": "refund", "amount": amount, "charge": charge,
                "payment_intent": row["intent"], "currency": "usd", "created": at, "status": "succeeded", "metadata": {}}

    def _dispute(self, row, charge_id, outcome, charge, done):
        moves = [{"id": f"txn_{self.number}{sign}", "object": "balance_transaction", "amount": sign * row["amount"],
                  "currency": "usd", "created": done + DAY, "fee": 0, "net": sign * row["amount"]} for sign in (-1, 1)]

        def dispute(status, count):
            return {"id": f"dp_Console{self.number:08d}", "object": "dispute", "amount": row["amount"], "charge": charge_id,
                    "payment_intent": row["intent"], "currency": "usd", "created": done + DAY, "livemode": False,
                    "status": status, "reason": "fraudulent", "balance_transactions": moves[:count], "metadata": {}}

        return [(done + DAY, "charge.dispute.created", dispute("needs_response", 1)), (done + DAY, "charge.updated", charge),
                (done + 3 * DAY, "charge.dispute.closed", dispute(outcome, 2 if outcome == "won" else 1))]

    def _given(self, row, customer, kind):
        at, amount = row["at"], row["amount"]
        row |= {"type": "coupon_claim" if kind == "coupon" else "manual_credit", "status": "pending",
                "invoice": f"in_Console{self.number:08d}",
                "description": "Coupon: SPRING" if kind == "coupon" else "Sorry for the outage"}
        paid = 0 if kind == "coupon" else amount
        invoice = {"id": row["invoice"], "object": "invoice", "status": "paid", "currency": "usd", "created": at,
                   "customer": customer, "livemode": False, "amount_paid": paid, "amount_due": paid, "amount_remaining": 0,
                   "total": paid, "subtotal": amount, "status_transitions": {"paid_at": at}, "metadata": {},
                   "total_discount_amounts": [{"amount": amount, "discount": "di_1"}] if kind == "coupon" else []}
        return row, [(at, "invoice.paid", invoice)]


def event(number, at, kind, told):
    """One of Stripe's events, as the bytes that are posted."""
    return json.dumps({"id": f"evt_console{number:08d}", "object": "event", "type": kind, "created": at, "livemode": False,
                       "api_version": VERSION, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
                       "data": {"object": told}}).encode()
