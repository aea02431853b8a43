#!/usr/bin/env python3
"""The transactions feed, derived the plain way: a second opinion on the Swift projection.

    reference_feed.py EVENTS.jsonl…           prints the feed of these events as JSON ("-" reads standard input)
    reference_feed.py --check testdata/scenarios   compares every story's feed.json, in several orders

It shares no code with the service and does nothing clever: it takes the *set* of events, writes down every
snapshot of every object in them, and derives the rows from that. Rows carry no receipt.url; the server signs those.
"""

import argparse
import json
import random
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

INT64_MAX = 2**63 - 1
BASIL = "2025-03-31"

# ---------------------------------------------------------------- events and what is quarantined

# The longest prefix decides: `charge.refund.updated` holds a refund although `charge.refunded` holds a charge.
FAMILIES = [
    ("charge.dispute.", "dispute"),
    ("charge.refund.", "refund"),
    ("charge.", "charge"),
    ("refund.", "refund"),
    ("payment_intent.", "payment_intent"),
    ("checkout.session.", "checkout.session"),
    ("invoice_payment.", "invoice_payment"),
    ("invoice.", "invoice"),
]
CUSTOMER_TYPES = {"customer.created", "customer.updated", "customer.deleted"}

# Where an object we know may stand inside another one, expanded. "refunds.data" is a list.
NESTED = {
    "charge": ["payment_intent", "invoice", "dispute", "refunds.data"],
    "payment_intent": ["latest_charge", "invoice", "charges.data"],
    "refund": ["charge", "payment_intent"],
    "dispute": ["charge", "payment_intent"],
    "checkout.session": ["payment_intent", "invoice"],
    "invoice": ["charge", "payment_intent", "payments.data"],
    "invoice_payment": ["invoice", "payment.payment_intent", "payment.charge"],
    "customer": [],
}

AMOUNTS = {
    "charge": ["amount", "amount_captured", "amount_refunded"],
    "payment_intent": ["amount", "amount_received"],
    "refund": ["amount"],
    "dispute": ["amount"],
    "checkout.session": ["amount_total"],
    "invoice": ["amount_paid"],
    "invoice_payment": ["amount_paid"],
    "customer": [],
}

REFERENCES = {
    "charge": ["payment_intent", "customer", "invoice", "dispute"],
    "payment_intent": ["latest_charge", "customer", "invoice"],
    "refund": ["charge", "payment_intent", "customer"],
    "dispute": ["charge", "payment_intent"],
    "checkout.session": ["payment_intent", "invoice", "customer"],
    "invoice": ["payment_intent", "charge", "customer"],
    "invoice_payment": ["invoice", "payment.payment_intent", "payment.charge", "payment.payment_record"],
    "customer": [],
}


def kind_held_by(event_type):
    """The kind of object that events of this type hold, or None when the type is not ours."""
    if event_type in CUSTOMER_TYPES:
        return "customer"
    for prefix, kind in FAMILIES:
        if event_type.startswith(prefix):
            return kind
    return None


def at(value, path):
    """The value at a dotted path; None wherever something is absent."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def ref(value):
    """The id in a reference, which is a string, an expanded object or null."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def is_readable_id(value):
    return isinstance(value, str) and 0 < len(value) <= 255 and all("!" <= c <= "~" for c in value)


def is_amount(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= INT64_MAX


def unreadable(kind, obj):
    """Why this object cannot be read, or None."""
    if not is_readable_id(obj.get("id")):
        return f"{kind}: id"
    for field in [*AMOUNTS[kind], "created"]:
        if obj.get(field) is not None and not is_amount(obj[field]):
            return f"{kind}: {field}"
    if not isinstance(obj.get("currency", ""), str | None):
        return f"{kind}: currency"
    for field in REFERENCES[kind]:
        value = at(obj, field)
        identifier = value.get("id") if isinstance(value, dict) else value
        if identifier is not None and not is_readable_id(identifier):
            return f"{kind}: {field}"
    for inner_kind, inner in nested_objects(kind, obj):
        reason = unreadable(inner_kind, inner)
        if reason:
            return reason
    return None


def nested_objects(kind, obj):
    """The expanded objects directly inside this one."""
    for path in NESTED[kind]:
        value = at(obj, path)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and inner.get("object") in NESTED and ref(inner):
                yield inner["object"], inner


def quarantine_reason(event):
    """Why an event that should have meant something cannot be projected, or None."""
    kind = kind_held_by(event["type"])
    if kind is None or event.get("object") == "v2.core.event":
        return None
    obj = at(event, "data.object")
    if not isinstance(obj, dict):
        return "no object"
    if obj.get("object") not in (None, kind):
        return f"holds another kind than {kind}"
    if not is_amount(event.get("created", 0)):
        return "event: created"
    if event["type"] == "invoice.upcoming" and obj.get("id") is None:
        return None
    return unreadable(kind, obj)


# ---------------------------------------------------------------- snapshots and their total order


@dataclass(frozen=True)
class Snapshot:
    kind: str
    object: dict
    seen_at: int  # created of the event
    event_type: str
    api_version: str | None

    @property
    def id(self):
        return self.object["id"]

    def get(self, path):
        return at(self.object, path)

    def ref(self, path):
        return ref(self.get(path))


def snapshots_of(event):
    """Every snapshot an event carries: its object and what is expanded inside it."""
    kind = kind_held_by(event["type"])
    if kind is None or event.get("object") == "v2.core.event" or quarantine_reason(event):
        return
    obj = event["data"]["object"]
    if obj.get("id") is None:
        return  # invoice.upcoming
    waiting = [(kind, obj)]
    while waiting:
        kind, obj = waiting.pop()
        yield Snapshot(kind, obj, event.get("created") or 0, event["type"], event.get("api_version"))
        waiting.extend(nested_objects(kind, obj))


def charge_status(charge):
    """`status`, which bodies up to 2018 may lack."""
    if charge.get("status"):
        return charge.get("status")
    if charge.get("failure_code") or charge.get("paid") is False:
        return "failed"
    return "succeeded" if charge.get("paid") else "pending"


def is_captured(charge):
    captured = charge.get("captured")
    return bool(charge.get("paid") if captured is None else captured)


def has_captured_money(charge):
    return charge_status(charge) == "succeeded" and is_captured(charge)


def intent_status(intent):
    """`status`, in the words used since 2019-02-11."""
    old = {"requires_source": "requires_payment_method", "requires_source_action": "requires_action"}
    status = intent.get("status")
    return old.get(status, status)


def position(order, value):
    return order.index(value) if value in order else -1


def rank(snapshot):
    """How far along its life the object is; decides within one second."""
    if snapshot.kind == "payment_intent":
        status = intent_status(snapshot)
        if status == "requires_payment_method" and snapshot.get("last_payment_error"):
            status = "attempt failed"
        order = ["requires_payment_method", "requires_confirmation", "requires_action", "processing"]
        order += ["attempt failed", "requires_capture", "canceled", "succeeded"]
        return (position(order, status),)
    if snapshot.kind == "charge":
        captured_amount = snapshot.get("amount_captured")
        if captured_amount is None:
            captured_amount = (snapshot.get("amount") or 0) if is_captured(snapshot) else 0
        return (
            position(["pending", "failed", "succeeded"], charge_status(snapshot)),
            is_captured(snapshot),
            captured_amount,
            snapshot.get("amount_refunded") or 0,
            snapshot.get("balance_transaction") is not None,
        )
    if snapshot.kind == "refund":
        order = ["requires_action", "pending", "succeeded", "canceled", "failed"]
        return (position(order, refund_status(snapshot)),)
    if snapshot.kind == "dispute":
        order = ["warning_needs_response", "warning_under_review", "warning_closed", "needs_response"]
        order += ["under_review", "prevented", "lost", "won"]
        return (position(order, snapshot.get("status")),)
    if snapshot.kind == "checkout.session":
        return (
            position(["open", "expired", "complete"], snapshot.get("status")),
            position(["unpaid", "no_payment_required", "paid"], snapshot.get("payment_status")),
        )
    if snapshot.kind == "invoice":
        order = ["draft", "open", "uncollectible", "void", "paid"]
        return (position(order, snapshot.get("status")), snapshot.get("amount_paid") or 0)
    if snapshot.kind == "invoice_payment":
        return (position(["open", "canceled", "paid"], snapshot.get("status")),)
    return ()


def is_terminal(snapshot):
    if snapshot.kind == "payment_intent":
        return intent_status(snapshot) in ("succeeded", "canceled")
    if snapshot.kind == "refund":
        return snapshot.get("status") in ("failed", "canceled")
    return False


def total_order(snapshot):
    content = json.dumps(snapshot.object, sort_keys=True)
    return (is_terminal(snapshot), snapshot.seen_at, rank(snapshot), content)


def refund_status(refund):
    return refund.get("status") or "succeeded"


class World:
    """All snapshots of one account in one mode, ready to be asked."""

    def __init__(self, events):
        self.snapshots = defaultdict(list)
        for event in events:
            for snapshot in snapshots_of(event):
                self.snapshots[snapshot.kind, snapshot.id].append(snapshot)
        for known in self.snapshots.values():
            known.sort(key=total_order)

    def ids(self, kind):
        return sorted(identifier for known, identifier in self.snapshots if known == kind)

    def all(self, kind, identifier):
        """Every snapshot of an object, the best one last."""
        return self.snapshots.get((kind, identifier), [])

    def best(self, kind, identifier):
        known = self.all(kind, identifier)
        return known[-1] if known else None

    def link(self, kind, identifier, path):
        """A reference to another object; once seen in any snapshot it is never forgotten."""
        links = [snapshot.ref(path) for snapshot in self.all(kind, identifier)]
        links = [link for link in links if link]
        return links[-1] if links else None

    def created(self, kind, identifier):
        created = self.best(kind, identifier).get("created")
        return created if created is not None else min(s.seen_at for s in self.all(kind, identifier))

    def intent_of_charge(self, charge):
        """The PaymentIntent of a charge, whoever names it."""
        own = self.link("charge", charge, "payment_intent")
        if own:
            return own
        named = set()
        for (kind, identifier), known in self.snapshots.items():
            for snapshot in known:
                if kind == "payment_intent" and charge in charges_named_by_intent(snapshot):
                    named.add(identifier)
                if kind in ("refund", "dispute", "invoice") and snapshot.ref("charge") == charge:
                    named.add(snapshot.ref("payment_intent"))
        named.discard(None)
        return min(named, default=None)

    def payment_key(self, kind, identifier):
        """("payment_intent", id) or ("charge", id): the payment that a refund or dispute belongs to."""
        charge = self.link(kind, identifier, "charge")
        intent = self.link(kind, identifier, "payment_intent") or (charge and self.intent_of_charge(charge))
        if intent:
            return ("payment_intent", intent)
        return ("charge", charge) if charge else None


def charges_named_by_intent(intent):
    listed = intent.get("charges.data") or []
    return [c for c in [latest_charge(intent), intent.ref("last_payment_error.charge"), *map(ref, listed)] if c]


def latest_charge(intent):
    """`latest_charge`, or before 2022-11-15 the first of the list, which is newest first."""
    listed = intent.get("charges.data") or []
    return intent.ref("latest_charge") or (ref(listed[0]) if listed else None)


# ---------------------------------------------------------------- one payment


class Payment:
    """Everything known about one PaymentIntent, or about one charge that has none."""

    def __init__(self, world, key):
        self.world = world
        kind, self.id = key
        self.intent_id = self.id if kind == "payment_intent" else None
        self.intent = world.best("payment_intent", self.intent_id) if self.intent_id else None
        if self.intent_id:
            ids = [c for c in world.ids("charge") if world.intent_of_charge(c) == self.intent_id]
        else:
            ids = [c for c in world.ids("charge") if c == self.id]
        self.charges = [world.best("charge", c) for c in ids]
        self.charges.sort(key=lambda c: (world.created("charge", c.id), c.id))
        self.sessions = [
            world.best("checkout.session", s)
            for s in world.ids("checkout.session")
            if self.intent_id and world.link("checkout.session", s, "payment_intent") == self.intent_id
        ]
        self.refunds = [world.best("refund", r) for r in world.ids("refund") if world.payment_key("refund", r) == key]
        self.refunds.sort(key=lambda r: (world.created("refund", r.id), r.id))
        self.disputes = [d for d in world.ids("dispute") if world.payment_key("dispute", d) == key]

    # -- existence

    @property
    def completed_sessions(self):
        return [s for s in self.sessions if is_completed_payment(s)]

    @property
    def makes_a_row(self):
        seen = self.intent or self.charges or self.completed_sessions
        return bool(seen) and self.amount is not None and self.currency is not None

    # -- which charge speaks for the payment

    @property
    def deciding_charge(self):
        """The succeeded charge, else the newest; None when that one is known by its id only."""
        succeeded = [c for c in self.charges if charge_status(c) == "succeeded"]
        if succeeded:
            return succeeded[-1]
        newest = self.charges[-1] if self.charges else None
        if newest and self.intent:
            latest = latest_charge(self.intent)
            is_unseen = latest and not self.world.best("charge", latest)
            if is_unseen and self.intent.seen_at >= newest.seen_at:
                return None
        return newest

    @property
    def charge_id(self):
        if self.deciding_charge:
            return self.deciding_charge.id
        return latest_charge(self.intent) if self.intent else None

    # -- columns

    @property
    def status(self):
        intent = intent_status(self.intent) if self.intent else None
        if intent == "canceled":
            return "canceled"
        if intent == "succeeded":
            # A bank can take a debit back after the PaymentIntent succeeded, which stays as it is.
            latest = self.world.best("charge", latest_charge(self.intent))
            taken_back = latest and charge_status(latest) == "failed" and latest.seen_at >= self.intent.seen_at
            return "failed" if taken_back else "succeeded"
        if any(has_captured_money(c) for c in self.charges):
            return "succeeded"
        evidence = [(c.seen_at, self.charge_evidence(c)) for c in self.charges]
        if self.intent:
            evidence.append((self.intent.seen_at, self.intent_evidence()))
        if evidence:
            return max(evidence)[1][1]
        return "succeeded" if any(s.get("payment_status") == "paid" for s in self.sessions) else "pending"

    def charge_evidence(self, charge):
        """(how far along, row status); the first decides between evidence of the same second."""
        if charge_status(charge) == "failed":
            return (3, "failed")
        if charge_status(charge) != "succeeded":
            return (2, "pending")
        expired = any(s.event_type == "charge.expired" for s in self.world.all("charge", charge.id))
        given_back = charge.get("refunded") or charge.get("amount_refunded")
        return (5, "canceled") if given_back or expired else (4, "pending")

    def intent_evidence(self):
        status = intent_status(self.intent)
        # At a tie the intent knows better: an older attempt may travel inside its own event. Only a fresh one knows
        # of no attempt yet.
        if status == "requires_payment_method":
            return (6, "failed") if self.intent.get("last_payment_error") else (0, "pending")
        return (6, "requires_action" if status == "requires_action" else "pending")

    @property
    def money_was_captured(self):
        succeeded = self.intent and intent_status(self.intent) == "succeeded"
        return bool(succeeded) or any(has_captured_money(c) for c in self.charges)

    @property
    def captured_amount(self):
        figures = [self.intent.get("amount_received") if self.intent else None]
        figures += [c.get("amount_captured") for c in self.charges if has_captured_money(c)]
        figures = [figure for figure in figures if figure]
        if figures:
            return max(figures)
        old = [c.get("amount") for c in self.charges if has_captured_money(c)]
        return old[-1] if old else self.asked_amount

    @property
    def asked_amount(self):
        sources = [self.intent.get("amount") if self.intent else None]
        sources += [self.deciding_charge.get("amount") if self.deciding_charge else None]
        sources += [c.get("amount") for c in reversed(self.charges)]
        sources += [s.get("amount_total") for s in self.sessions]
        return first(sources)

    @property
    def amount(self):
        return self.captured_amount if self.money_was_captured else self.asked_amount

    @property
    def uncaptured_remainder(self):
        """What a partial capture left; Stripe sends it back as a refund that is none."""
        if not self.money_was_captured:
            return 0
        whole = self.deciding_charge.get("amount") if self.deciding_charge else None
        if whole is None and self.intent:
            whole = self.intent.get("amount")
        return max(0, (whole or 0) - (self.captured_amount or 0))

    def is_money_back(self, refund):
        if refund.get("reason") == "expired_uncaptured_charge":
            return False
        charge_id = self.world.link("refund", refund.id, "charge") or self.charge_id
        charge = self.world.best("charge", charge_id)
        if charge and charge_status(charge) == "succeeded" and not is_captured(charge) and not self.money_was_captured:
            return False
        if not charge and self.intent and intent_status(self.intent) == "canceled":
            return False
        remainder = self.uncaptured_remainder
        of_the_remainder = [r for r in self.refunds if remainder and r.get("amount") == remainder]
        of_the_remainder = [r for r in of_the_remainder if r.get("reason") != "expired_uncaptured_charge"]
        return not (of_the_remainder and of_the_remainder[0].id == refund.id)

    @property
    def amount_refunded(self):
        if not self.money_was_captured:
            return 0
        refunds = [r for r in self.refunds if self.is_money_back(r)]
        counting = sum(r.get("amount") or 0 for r in refunds if counts(r))

        # The charge's running total also speaks of refunds nobody sent us (charge.refunded without a list).
        charge = self.deciding_charge
        if not charge:
            return counting
        total = max(0, (charge.get("amount_refunded") or 0) - self.uncaptured_remainder)
        explained = sum(r.get("amount") or 0 for r in refunds if self.total_includes(charge, r))
        return max(0, total - explained) + counting

    def total_includes(self, charge, refund):
        """Whether the charge's running total, as last seen, already had this refund in it."""
        if self.world.created("refund", refund.id) > charge.seen_at:
            return False
        if counts(refund):
            return True
        lost_at = min(s.seen_at for s in self.world.all("refund", refund.id) if not counts(s))
        return lost_at >= charge.seen_at

    @property
    def currency(self):
        sources = [self.intent, self.deciding_charge, *reversed(self.charges), *self.sessions]
        currency = first(source.get("currency") for source in sources if source)
        return currency.lower() if currency else None

    @property
    def created(self):
        if self.intent:
            return self.world.created("payment_intent", self.intent_id)
        if self.charges:
            return min(self.world.created("charge", c.id) for c in self.charges)
        return min(self.world.created("checkout.session", s.id) for s in self.sessions)

    @property
    def customer(self):
        link = self.world.link
        charges = ([self.deciding_charge] if self.deciding_charge else []) + self.charges[::-1]
        sources = [link("payment_intent", self.intent_id, "customer")]
        sources += [link("charge", c.id, "customer") for c in charges]
        sources += [link("checkout.session", s.id, "customer") for s in self.sessions]
        sources += [link("invoice", self.invoice, "customer")]
        sources += [link("refund", r.id, "customer") for r in self.refunds]
        return first(sources)

    @property
    def invoice(self):
        link = self.world.link
        charges = ([self.deciding_charge] if self.deciding_charge else []) + self.charges[::-1]
        sources = [link("charge", c.id, "invoice") for c in charges]
        sources += [link("payment_intent", self.intent_id, "invoice")]
        sources += [i for i in self.world.ids("invoice") if self.is_named_by_invoice(i)]
        for p in self.world.ids("invoice_payment"):
            if self.is_named_by("invoice_payment", p, "payment.payment_intent", "payment.charge"):
                sources.append(link("invoice_payment", p, "invoice"))
        sources += [link("checkout.session", s.id, "invoice") for s in self.sessions]
        return first(sources)

    def is_named_by_invoice(self, invoice):
        if self.is_named_by("invoice", invoice, "payment_intent", "charge"):
            return True
        entries = [e for s in self.world.all("invoice", invoice) for e in s.get("payments.data") or []]
        named = [(ref(at(e, "payment.payment_intent")), ref(at(e, "payment.charge"))) for e in entries]
        return any(self.owns(intent, charge) for intent, charge in named)

    def is_named_by(self, kind, identifier, intent_path, charge_path):
        return any(self.owns(s.ref(intent_path), s.ref(charge_path)) for s in self.world.all(kind, identifier))

    def owns(self, intent, charge):
        is_our_intent = intent is not None and intent == self.intent_id
        is_our_charge = charge is not None and (charge == self.id or charge in [c.id for c in self.charges])
        return is_our_intent or is_our_charge

    @property
    def description(self):
        invoice = self.world.best("invoice", self.invoice)
        sources = [self.intent, self.deciding_charge, invoice]
        return first(source.get("description") for source in sources if source)

    @property
    def disputed(self):
        marked = any(c.get("disputed") or c.get("dispute") is not None for c in self.charges)
        return bool(marked or self.disputes)

    @property
    def failure(self):
        if self.status != "failed":
            return None
        failed = [c for c in self.charges if charge_status(c) == "failed"]
        charge = failed[-1] if failed else None
        error = (self.intent.get("last_payment_error") if self.intent else None) or {}
        if charge:
            is_same = ref(error.get("charge")) == charge.id
            is_superseded = error and not is_same and self.intent.seen_at > charge.seen_at
            found = {
                "code": charge.get("failure_code"),
                "decline_code": error.get("decline_code") if is_same else None,
                "message": charge.get("failure_message"),
            }
            if any(found.values()) and not is_superseded:
                return found
        found = {key: error.get(key) for key in ("code", "decline_code", "message")}
        return found if any(found.values()) else None

    @property
    def payment_method(self):
        charge = self.deciding_charge
        if charge and charge.get("payment_method_details.type"):
            return described_method(charge.get("payment_method_details"))
        if charge and isinstance(charge.get("source"), dict):
            return described_method(details_of_source(charge.get("source")))
        if self.intent:
            for path in ("last_payment_error.payment_method", "payment_method"):
                method = self.intent.get(path)
                if isinstance(method, dict) and method.get("type"):
                    return described_method(method)
        return None

    def row(self):
        receipt_number = self.deciding_charge.get("receipt_number") if self.deciding_charge else None
        return row(
            id=self.id,
            type="purchase",
            status=self.status,
            amount=self.amount,
            amount_refunded=self.amount_refunded,
            currency=self.currency,
            created=self.created,
            customer=self.customer,
            description=self.description,
            payment_method=self.payment_method,
            payment_intent=self.intent_id,
            charge=self.charge_id,
            invoice=self.invoice,
            failure=self.failure,
            disputed=self.disputed,
            receipt={"available": self.status == "succeeded", "number": receipt_number},
        )


def is_completed_payment(session):
    # `mode` and `status` came late to this object; a session told of by an event is complete unless it expired.
    mode = session.get("mode") or "payment"
    status = session.get("status") or ("expired" if session.event_type == "checkout.session.expired" else "complete")
    return mode == "payment" and status == "complete"


def counts(refund):
    return refund_status(refund) not in ("failed", "canceled")


def first(values):
    """The first value that is not null."""
    return next((value for value in values if value is not None), None)


# ---------------------------------------------------------------- refunds, disputes, invoices


def refund_row(world, refund, payment):
    failed = refund_status(refund) in ("failed", "canceled") and refund.get("failure_reason")
    failure = {"code": refund.get("failure_reason"), "decline_code": None, "message": None}
    return row(
        id=refund.id,
        type="refund",
        status=refund_status(refund),
        amount=refund.get("amount"),
        currency=refund.get("currency").lower(),
        created=world.created("refund", refund.id),
        description=refund.get("description"),
        refund=refund.id,
        failure=failure if failed else None,
        receipt={"available": has_receipt(payment), "number": refund.get("receipt_number")},
        **through_payment(world, refund, payment),
    )


def dispute_row(world, dispute, payment):
    return row(
        id=dispute.id,
        type="dispute",
        status=dispute.get("status"),
        amount=dispute.get("amount"),
        currency=dispute.get("currency").lower(),
        created=world.created("dispute", dispute.id),
        dispute=dispute.id,
        disputed=True,
        receipt={"available": has_receipt(payment), "number": None},
        **through_payment(world, dispute, payment),
    )


def through_payment(world, snapshot, payment):
    """The columns that a refund or a dispute has from its purchase."""
    own_customer = world.link(snapshot.kind, snapshot.id, "customer")
    return {
        "customer": (payment.customer if payment else None) or own_customer,
        "payment_method": payment.payment_method if payment else None,
        "invoice": payment.invoice if payment else None,
        "payment_intent": payment.intent_id if payment else None,
        "charge": world.link(snapshot.kind, snapshot.id, "charge") or (payment.charge_id if payment else None),
    }


def can_be_shown(snapshot):
    """A row needs an amount and a currency, whoever stripped them."""
    return snapshot.get("amount") is not None and snapshot.get("currency") is not None


def has_receipt(payment):
    """The receipt of a refund or dispute is that of its charge."""
    return payment is not None and (not payment.makes_a_row or payment.status == "succeeded")


def out_of_band_row(world, invoice, payments):
    """The row of an invoice that was paid outside Stripe, or None."""
    amount = invoice.get("amount_paid") or 0
    if not (invoice.get("status") == "paid" or invoice.get("paid") is True) or amount <= 0:
        return None

    entries = [e for s in world.all("invoice", invoice.id) for e in s.get("payments.data") or []]
    for p in world.ids("invoice_payment"):
        if world.link("invoice_payment", p, "invoice") == invoice.id:
            entries += [s.object for s in world.all("invoice_payment", p)]
    types = {at(e, "payment.type") for e in entries if e.get("status") != "canceled"}
    named = world.link("invoice", invoice.id, "payment_intent") or world.link("invoice", invoice.id, "charge")
    in_band = [p for p in payments if p.invoice == invoice.id]

    if invoice.get("paid_out_of_band") is True or "payment_record" in types:
        # The PaymentIntent that stood open for it was cancelled; only money that came through Stripe rules it out.
        if any(p.status == "succeeded" for p in in_band):
            return None
    else:
        is_legacy = invoice.api_version is not None and invoice.api_version < BASIL
        if not is_legacy or named or in_band or types - {None}:
            return None
    return row(
        id=invoice.id,
        type="purchase",
        status="succeeded",
        amount=amount,
        currency=invoice.get("currency").lower(),
        created=world.created("invoice", invoice.id),
        customer=world.link("invoice", invoice.id, "customer"),
        description=invoice.get("description"),
        payment_method={"type": "out_of_band", "brand": None, "last4": None, "label": "Paid outside Stripe"},
        invoice=invoice.id,
        receipt={"available": True, "number": first([invoice.get("receipt_number"), invoice.get("number")])},
    )


def credit_row(world, invoice):
    """The row of what a paid invoice gave for its coupons, or None."""
    amount = sum(entry["amount"] for entry in invoice.get("total_discount_amounts") or [])
    if not (invoice.get("status") == "paid" or invoice.get("paid") is True) or amount <= 0:
        return None
    return row(
        id=invoice.id + "_credit",
        type="credit",
        status="succeeded",
        amount=amount,
        currency=invoice.get("currency").lower(),
        created=world.created("invoice", invoice.id),
        customer=world.link("invoice", invoice.id, "customer"),
        description=first([invoice.get("description"), "Coupon"]),
        invoice=invoice.id,
        receipt={"available": False, "number": None},
    )


# ---------------------------------------------------------------- how things are shown

BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "eftpos_au": "Eftpos Australia",
    "cartes_bancaires": "Cartes Bancaires",
    "link": "Link",
}
OLD_BRANDS = {"american express": "amex", "diners club": "diners"}
DEBITS = {
    "sepa_debit": "SEPA Direct Debit",
    "bacs_debit": "Bacs Direct Debit",
    "au_becs_debit": "BECS Direct Debit",
    "acss_debit": "Pre-authorised debit",
}


def details_of_source(source):
    """An old `source` in the shape of payment_method_details."""
    kind = source.get("object")
    if kind == "card":
        return {"type": "card", "card": source}
    if kind == "bank_account":
        return {"type": "ach_debit", "ach_debit": source}
    return source  # a Source object has type and a hash of that name already


def described_method(details):
    """type, brand, last4 and the label of payment_method_details or of a PaymentMethod."""
    kind = details.get("type")
    if not kind:
        return None
    fields = details.get(kind) if isinstance(details.get(kind), dict) else {}
    last4 = fields.get("last4")
    tail = f" •••• {last4}" if last4 else ""
    brand = None
    if kind in ("card", "card_present"):
        brand = fields.get("brand")
        if brand:
            brand = OLD_BRANDS.get(brand.lower(), brand.lower())
        name = BRANDS.get(brand) or (brand[0].upper() + brand[1:] if brand else "Card")
        wallet = " ".join(word.capitalize() for word in (at(fields, "wallet.type") or "").split("_"))
        label = name + tail + (f" ({wallet})" if wallet else "")
    elif kind in ("us_bank_account", "ach_debit"):
        label = (fields.get("bank_name") or "Bank account") + tail
    elif kind in DEBITS:
        label = DEBITS[kind] + tail
    else:
        label = {"ideal": "iDEAL", "link": "Link"}.get(kind, kind)
    return {"type": kind, "brand": brand, "last4": last4, "label": label}


ZERO_DECIMAL = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = set("bhd jod kwd omr tnd".split())
SENT_TIMES_100 = {"isk", "ugx"}  # no decimals, but sent as if they had two
SYMBOLS = {
    "usd": "$",
    "eur": "€",
    "gbp": "£",
    "jpy": "¥",
    "inr": "₹",
    "krw": "₩",
    "cad": "CA$",
    "aud": "A$",
    "nzd": "NZ$",
    "mxn": "MX$",
    "brl": "R$",
    "hkd": "HK$",
    "ils": "₪",
    "cny": "CN¥",
    "twd": "NT$",
    "vnd": "₫",
}


def displayed(amount, currency):
    prefix = SYMBOLS.get(currency, currency.upper() + " ")
    if currency in SENT_TIMES_100:
        return f"{prefix}{amount // 100:,}"
    if currency in ZERO_DECIMAL:
        return f"{prefix}{amount:,}"
    digits = 3 if currency in THREE_DECIMAL else 2
    whole, part = divmod(amount, 10**digits)
    return f"{prefix}{whole:,}.{part:0{digits}}"


def row(**columns):
    """A transaction in the order of its columns; what is not given is null, zero or false."""
    blank = dict.fromkeys(
        "id object type status amount amount_refunded currency amount_display created customer description "
        "payment_method payment_intent charge invoice refund dispute failure disputed livemode account receipt".split()
    )
    blank |= {"object": "transaction", "amount_refunded": 0, "disputed": False}
    if columns.get("description"):
        columns["description"] = columns["description"].replace("\0", "\ufffd")
    return blank | columns | {"amount_display": displayed(columns["amount"], columns["currency"])}


# ---------------------------------------------------------------- the feed


def rows_of(world):
    seen = [("payment_intent", p) for p in world.ids("payment_intent")]
    for charge in world.ids("charge"):
        intent = world.intent_of_charge(charge)
        seen.append(("payment_intent", intent) if intent else ("charge", charge))
    for session in world.ids("checkout.session"):
        intent = world.link("checkout.session", session, "payment_intent")
        if intent and is_completed_payment(world.best("checkout.session", session)):
            seen.append(("payment_intent", intent))
    payments = [Payment(world, key) for key in sorted(set(seen))]
    payments = [payment for payment in payments if payment.makes_a_row]
    yield from (payment.row() for payment in payments)

    for refund in (world.best("refund", r) for r in world.ids("refund")):
        if not can_be_shown(refund):
            continue
        key = world.payment_key("refund", refund.id)
        payment = Payment(world, key) if key else None
        if payment.is_money_back(refund) if payment else refund.get("reason") != "expired_uncaptured_charge":
            yield refund_row(world, refund, payment)

    for dispute in (world.best("dispute", d) for d in world.ids("dispute")):
        if not can_be_shown(dispute):
            continue
        key = world.payment_key("dispute", dispute.id)
        yield dispute_row(world, dispute, Payment(world, key) if key else None)

    for invoice in (world.best("invoice", i) for i in world.ids("invoice")):
        yield from filter(None, (out_of_band_row(world, invoice, payments), credit_row(world, invoice)))


def feed(events):
    """The rows of a set of events, newest first. Accounts and modes never mix."""
    by_id = {event["id"]: event for event in events}
    groups = defaultdict(list)
    for event in by_id.values():
        groups[event.get("account"), bool(event.get("livemode"))].append(event)
    rows = []
    for (account, livemode), members in groups.items():
        rows += [found | {"livemode": livemode, "account": account} for found in rows_of(World(members))]
    return sorted(rows, key=lambda found: (found["created"], found["id"]), reverse=True)


def read_events(text):
    """The events of a .jsonl text. What has no id and type is refused at the door, so it is not here."""
    for line in text.split("\n"):  # not splitlines(): U+2028 may stand inside a string
        if line.strip():
            event = json.loads(line)
            if isinstance(event, dict) and event.get("id") and event.get("type"):
                yield event


def written(rows):
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def check(folder):
    """Compares every story with its feed.json as delivered and in three shuffled orders, with repeats."""
    stories = sorted(path.parent for path in Path(folder).glob("*/events.jsonl"))
    wrong = 0 if stories else 1
    for story in stories:
        events = list(read_events((story / "events.jsonl").read_text("utf-8")))
        expected = (story / "feed.json").read_text("utf-8")
        orders = [("as delivered", events)]
        for seed in (1, 2, 3):
            dice = random.Random(seed)
            repeated = events + dice.sample(events, len(events) // 3)
            dice.shuffle(repeated)
            orders.append((f"shuffle {seed}", repeated))
        for name, order in orders:
            if written(feed(order)) != expected:
                print(f"{story.name}: differs ({name})", file=sys.stderr)
                wrong += 1
    print(f"{len(stories)} stories, {wrong} differences")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="event files, one compact JSON event a line")
    parser.add_argument("--check", metavar="FOLDER", help="compare every story under this folder")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check(arguments.check))
    texts = [sys.stdin.read() if f == "-" else Path(f).read_text("utf-8") for f in arguments.files or ["-"]]
    sys.stdout.write(written(feed(event for text in texts for event in read_events(text))))


if __name__ == "__main__":
    main()
