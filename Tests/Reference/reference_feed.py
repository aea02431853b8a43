#!/usr/bin/env python3
"""The transactions feed, derived the plain way: a second opinion on the service.

    reference_feed.py EVENTS.jsonl…                prints the rows of these events as JSON, newest first ("-" reads standard input)
    reference_feed.py --check testdata/scenarios   compares every story with its feed.json, in several orders
    reference_feed.py --cases FOLDER               runs every case file (events and the rows they must make), in several orders

The script shares no code with the service. It collects every snapshot of every object that the events show, sorts the
snapshots of each object, and derives the rows from them. Rows carry no receipt.url (the server signs those) and no bonus.
"""

import argparse
import datetime
import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

# ---------------------------------------------------------------- what the API versions can say

CL = "https://docs.stripe.com/changelog"  # abbreviation in the comments below: CL/2022-11-15/… is a page of Stripe's changelog
BASIL = "2025-03-31"

# A field that is not in this table can be said by every body. The columns are:
# the day Stripe added the field to every version, the first version that has it, the first version that lacks it.
# "openapi HASH" is a commit of https://github.com/stripe/openapi, the first whose Charge, Invoice, … has the field;
# "node X" is a release in https://github.com/stripe/stripe-node/blob/master/CHANGELOG.md.
FIELDS = {
    # openapi fad96617dc
    ("charge", "payment_method_details"): ("2019-03-18", None, None),
    # openapi be6b85518f
    ("charge", "disputed"): ("2019-11-06", None, None),
    # CL/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
    ("charge", "invoice"): (None, None, BASIL),
    # CL/basil/2025-03-31/add_presentment_details; node 18.0.0 lists Charge, PaymentIntent, Session and Refund
    ("charge", "presentment_details"): (None, BASIL, None),
    ("payment_intent", "presentment_details"): (None, BASIL, None),
    ("checkout.session", "presentment_details"): (None, BASIL, None),
    ("refund", "presentment_details"): (None, BASIL, None),
    # CL/2022-11-15/removes-charges-attribute-paymentintent
    ("payment_intent", "latest_charge"): (None, "2022-11-15", None),
    ("payment_intent", "charges"): (None, None, "2022-11-15"),
    # openapi 2477dd9dd1; CL/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
    ("payment_intent", "invoice"): ("2019-04-02", None, BASIL),
    # CL/2019-02-11/renames-next-source-action-next-action
    ("payment_intent", "next_action"): (None, "2019-02-11", None),
    ("payment_intent", "next_source_action"): (None, None, "2019-02-11"),
    # openapi 625551b503; node 14.10.0
    ("refund", "destination_details"): ("2023-12-21", None, None),
    # CL/dahlia/2026-07-29/adds-customer-and-payment-method-details-to-the-refunds-api
    ("refund", "customer"): (None, "2026-07-29", None),
    # openapi df0ebe73be
    ("checkout.session", "amount_total"): ("2020-07-15", None, None),
    ("checkout.session", "currency"): ("2020-07-15", None, None),
    # openapi dd2806425f
    ("checkout.session", "payment_status"): ("2020-09-02", None, None),
    # openapi 21065d43b6
    ("checkout.session", "status"): ("2021-11-10", None, None),
    # openapi f65e6bde04
    ("checkout.session", "invoice"): ("2022-12-08", None, None),
    # CL/2019-03-14 (`date` becomes `created`)
    ("invoice", "created"): (None, "2019-03-14", None),
    ("invoice", "date"): (None, None, "2019-03-14"),
    # CL/2018-11-08 (`status` replaces `closed` and `forgiven`)
    ("invoice", "status"): (None, "2018-11-08", None),
    # openapi 8241e4c03c
    ("invoice", "number"): ("2018-01-10", None, None),
    # openapi 18be41c44e; node 8.80.0
    ("invoice", "total_discount_amounts"): ("2020-07-28", None, None),
    # openapi 28e1e6d457 and node 8.197.0 (added), 2477dd9dd1 (payment_intent added);
    # CL/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices (all removed)
    ("invoice", "paid_out_of_band"): ("2022-01-12", None, BASIL),
    ("invoice", "payment_intent"): ("2019-04-02", None, BASIL),
    ("invoice", "charge"): (None, None, BASIL),
    ("invoice", "paid"): (None, None, BASIL),
}
# Not in the table: charge.amount_captured (openapi 3c6f846d2e, 2020-09-21; node 8.97.0), because a captured charge always
# has more than 0 of it where the body can say it, and invoice.payments and amount_paid_off_stripe (CL/dahlia/2026-05-27/
# invoice-object-amount-paid-off-stripe-property), which are there only when expanded: their absence says nothing.

# CL/2019-02-11/renames-several-statuses-payment-intents; requires_authorization stands in openapi of 2019-03 only
OLD_INTENT_STATUS = {
    "requires_source": "requires_payment_method",
    "requires_source_action": "requires_action",
    "requires_authorization": "requires_action",
}
OLD_CHARGE_STATUS = {"paid": "succeeded"}  # CL/2015-02-18
OLD_REFUND_STATUS = {"cancelled": "canceled"}  # openapi of 2017-11

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

# For each kind of object: its amounts, its references, and where another object may stand expanded inside it.
SHAPES = {
    "charge": (
        ["amount", "amount_captured", "amount_refunded"],
        ["payment_intent", "customer", "invoice", "dispute"],
        ["payment_intent", "invoice", "dispute", "refunds", "refunds.data"],  # a list before 2014-06-17: CL/2014-06-17
    ),
    "payment_intent": (
        ["amount", "amount_received"],
        ["latest_charge", "customer", "invoice"],
        ["latest_charge", "invoice", "charges.data", "last_payment_error.charge"],
    ),
    "refund": (["amount"], ["charge", "payment_intent", "customer"], ["charge", "payment_intent"]),
    "dispute": (["amount"], ["charge", "payment_intent"], ["charge", "payment_intent"]),
    "checkout.session": (["amount_total"], ["payment_intent", "invoice", "customer"], ["payment_intent", "invoice"]),
    "invoice": (
        ["amount_paid"],
        ["payment_intent", "charge", "customer"],
        ["charge", "payment_intent", "payments.data"],
    ),
    "invoice_payment": (
        ["amount_paid"],
        ["invoice", "payment.payment_intent", "payment.charge", "payment.payment_record"],
        ["invoice", "payment.payment_intent", "payment.charge"],
    ),
    "customer": ([], [], []),
}


def kind_held_by(event_type):
    """The kind of object that events of this type hold, or None when the feed does not read the type."""
    if event_type in CUSTOMER_TYPES:
        return "customer"
    return next((kind for prefix, kind in FAMILIES if event_type.startswith(prefix)), None)


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


def first(values):
    """The first value that is not None."""
    return next((value for value in values if value is not None), None)


def is_readable_id(value):
    return isinstance(value, str) and 0 < len(value) <= 255 and all("!" <= c <= "~" for c in value)


def is_amount(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def nested_objects(kind, obj):
    """The expanded objects directly inside this one."""
    for path in SHAPES[kind][2]:
        value = at(obj, path)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and inner.get("object") in SHAPES and ref(inner):
                yield inner["object"], inner


def unreadable(kind, obj):
    """Why this object cannot be read, or None."""
    if not is_readable_id(obj.get("id")):
        return f"{kind}: id"
    for field in [*SHAPES[kind][0], "created"]:
        if obj.get(field) is not None and not is_amount(obj[field]):
            return f"{kind}: {field}"
    if not isinstance(obj.get("currency"), str | None):
        return f"{kind}: currency"
    for field in SHAPES[kind][1]:
        value = at(obj, field)
        value = value.get("id") if isinstance(value, dict) else value
        if value is not None and not is_readable_id(value):
            return f"{kind}: {field}"
    return first(unreadable(*inner) for inner in nested_objects(kind, obj))


def quarantine_reason(event):
    """Why an event that should have meant something cannot be read, or None."""
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


# ---------------------------------------------------------------- snapshots of one object, and their order


class Snapshot:
    """One object as one event body shows it."""

    def __init__(self, kind, obj, event):
        self.kind, self.object = kind, obj
        self.at = event.get("created") or 0
        self.livemode = bool(event.get("livemode"))
        version = event.get("api_version")
        self.version = version[:10] if isinstance(version, str) else None

    def get(self, path):
        return at(self.object, path)

    def ref(self, path):
        return ref(self.get(path))

    def is_since(self, version):
        return self.version is not None and self.version >= version

    def says(self, field):
        """Whether this body tells the field's value; null and absent then both mean "none"."""
        if self.get(field) is not None:
            return True
        day, first_version, removed_in = FIELDS.get((self.kind, field), (None, None, None))
        today = datetime.datetime.fromtimestamp(min(self.at, 2**37), datetime.UTC).date().isoformat()
        return (
            (day is None or today >= day)
            and (first_version is None or self.is_since(first_version))
            and (removed_in is None or (self.version is not None and self.version < removed_in))
        )

    def order(self):
        return (is_final(self), self.at, progress(self), self.version or "", json.dumps(self.object, sort_keys=True))


def charge_status(charge):
    """`status`, which bodies up to 2018 may lack."""
    status = charge.get("status")
    if status:
        return OLD_CHARGE_STATUS.get(status, status)
    if charge.get("failure_code") or charge.get("paid") is False:
        return "failed"
    return "succeeded" if charge.get("paid") else "pending"


def is_captured(charge):
    captured = charge.get("captured")
    return bool(charge.get("paid") if captured is None else captured)


def is_paid(charge):
    return charge_status(charge) == "succeeded" and is_captured(charge)


def is_authorised(charge):
    return charge_status(charge) == "succeeded" and not is_captured(charge)


def intent_status(intent):
    status = intent.get("status")
    return OLD_INTENT_STATUS.get(status, status)


def refund_status(refund):
    status = refund.get("status") or "succeeded"
    return OLD_REFUND_STATUS.get(status, status)


def counts(refund):
    return refund_status(refund) not in ("failed", "canceled")


def is_final(snapshot):
    if snapshot.kind == "payment_intent":
        return intent_status(snapshot) in ("succeeded", "canceled")
    return snapshot.kind == "refund" and not counts(snapshot)


RANKS = {
    "charge": {"pending": 0, "failed": 1, "succeeded": 2},
    "payment_intent": {
        "requires_payment_method": 0,
        "requires_confirmation": 1,
        "requires_action": 2,
        "processing": 3,
        "attempt failed": 4,
        "requires_capture": 5,
        "canceled": 6,
        "succeeded": 7,
    },
    "refund": {"requires_action": 0, "pending": 1, "succeeded": 2, "canceled": 3, "failed": 4},
    "dispute": {
        "warning_needs_response": 0,
        "warning_under_review": 1,
        "warning_closed": 2,
        "needs_response": 3,
        "under_review": 4,
        "prevented": 5,
        "charge_refunded": 5,
        "lost": 6,
        "appeal_needs_response": 7,
        "appeal_under_review": 8,
        "won": 9,
    },
    "checkout.session": {"open": 0, "expired": 1, "complete": 2},
    "invoice": {"draft": 0, "open": 1, "uncollectible": 2, "void": 3, "paid": 4},
    "invoice_payment": {"open": 0, "canceled": 1, "paid": 2},
}
RANK_OF_UNKNOWN = {"payment_intent": 3, "refund": 1, "dispute": 4, "invoice": 1}


def progress(snapshot):
    """How far the object has come; this decides between snapshots of one second."""
    kind, get = snapshot.kind, snapshot.get
    status, details = get("status"), ()
    if kind == "charge":
        status = charge_status(snapshot)
        has_balance_transaction = get("balance_transaction") is not None
        details = (is_captured(snapshot), get("amount_captured") or 0, get("amount_refunded") or 0)
        details += (bool(get("disputed")), has_balance_transaction)
    elif kind == "payment_intent":
        status = intent_status(snapshot)
        if status == "requires_payment_method" and get("last_payment_error"):
            status = "attempt failed"
        details = (get("amount_received") or 0, named_latest_charge(snapshot) is not None)
    elif kind == "refund":
        status = refund_status(snapshot)
        details = (bank_reference(get("destination_details")) is not None,)
    elif kind == "dispute":
        details = (len(get("balance_transactions") or []),)
    elif kind == "checkout.session":
        details = (get("payment_status") == "paid",)
    elif kind == "invoice":
        status = "paid" if is_paid_invoice(snapshot) else status
        details = (get("amount_paid") or 0,)
    return (RANKS.get(kind, {}).get(status, RANK_OF_UNKNOWN.get(kind, 0)), details)


def named_latest_charge(intent):
    """The newest charge that this body of a PaymentIntent names. `charges` lists the newest first."""
    listed = intent.get("charges.data") or []
    return intent.ref("latest_charge") or (ref(listed[0]) if listed else None)


def is_paid_invoice(invoice):
    return invoice.get("status") == "paid" or invoice.get("paid") is True


class Object:
    """All snapshots of one object. `get` reads a field from the latest snapshot that can say it."""

    def __init__(self, kind, identifier):
        self.kind, self.id = kind, identifier
        self.snapshots = []  # the latest is first, once the world is built
        self.told = defaultdict(list)  # event type -> (created of the event, amount_refunded in its body), earliest first

    @property
    def latest(self):
        return self.snapshots[0]

    @property
    def at(self):
        return self.latest.at

    @property
    def created(self):
        return first([self.get("created"), self.get("date"), min(s.at for s in self.snapshots)])

    def get(self, path):
        field = path.split(".")[0]
        snapshot = next((s for s in self.snapshots if s.says(field)), None)
        return snapshot.get(path) if snapshot else None

    def ref(self, path):
        return ref(self.get(path))

    def ever(self, path):
        """A link that some snapshot names: Stripe never takes back who belongs to whom."""
        return first(s.ref(path) for s in self.snapshots)

    def first_told(self, event_type):
        return self.told[event_type][0][0] if self.told[event_type] else None


# ---------------------------------------------------------------- all objects of one account


class World:
    def __init__(self, events):
        self.objects = {}
        for event in events:
            self.add(event)
        for known in self.objects.values():
            known.snapshots.sort(key=Snapshot.order, reverse=True)
            for moments in known.told.values():
                moments.sort()
        self.link_charges()
        self.payments = {}
        for known in self.of("refund", "dispute"):
            self.payment_of(known)
        for intent in self.of("payment_intent"):
            self.payment(intent.id)
        for charge in self.of("charge"):
            self.payment(self.intent_of.get(charge.id, charge.id))
        for session in self.of("checkout.session"):
            if session.ever("payment_intent"):
                self.payment(session.ever("payment_intent"))

    def add(self, event):
        kind = kind_held_by(event["type"])
        if kind is None or event.get("object") == "v2.core.event" or quarantine_reason(event):
            return
        obj = event["data"]["object"]
        if obj.get("id") is None:
            return  # invoice.upcoming
        waiting = [(kind, obj)]
        while waiting:
            kind, obj = waiting.pop()
            known = self.objects.setdefault((kind, obj["id"]), Object(kind, obj["id"]))
            known.snapshots.append(Snapshot(kind, obj, event))
            waiting += nested_objects(kind, obj)
        top = self.objects[kind_held_by(event["type"]), event["data"]["object"]["id"]]
        top.told[event["type"]].append((event.get("created") or 0, at(event, "data.object.amount_refunded") or 0))

    def of(self, *kinds):
        return [self.objects[key] for key in sorted(self.objects) if key[0] in kinds]

    def find(self, kind, identifier):
        return self.objects.get((kind, identifier))

    def link_charges(self):
        """Finds the PaymentIntent of every charge id, also of charges that no event shows."""
        namers = defaultdict(set)
        for intent in self.of("payment_intent"):
            for s in intent.snapshots:
                named = [s.ref("latest_charge"), s.ref("last_payment_error.charge")]
                for charge in [*named, *map(ref, s.get("charges.data") or [])]:
                    namers[charge].add(intent.id)
        for known in self.of("refund", "dispute"):
            for s in known.snapshots:
                if s.ref("payment_intent"):
                    namers[s.ref("charge")].add(s.ref("payment_intent"))
        namers.pop(None, None)
        self.intent_of = {charge: min(intents) for charge, intents in namers.items()}
        self.charge_listing = {}  # refund or dispute -> the charge whose body lists it
        for charge in self.of("charge"):
            if charge.ever("payment_intent"):
                self.intent_of[charge.id] = charge.ever("payment_intent")
            for s in charge.snapshots:
                refunds = s.get("refunds") if isinstance(s.get("refunds"), list) else s.get("refunds.data") or []
                for listed in [s.ref("dispute"), *map(ref, refunds)]:
                    self.charge_listing[listed] = charge.id

    def payment(self, identifier):
        if identifier not in self.payments:
            self.payments[identifier] = Payment(self, identifier)
        return self.payments[identifier]

    def charge_of(self, known):
        """The id of the charge that a refund or dispute is about."""
        return known.ever("charge") or self.charge_listing.get(known.id)

    def payment_of(self, known):
        charge = self.charge_of(known)
        identifier = self.intent_of.get(charge, charge) or known.ever("payment_intent")
        return self.payment(identifier) if identifier else None


# ---------------------------------------------------------------- one payment


class Payment:
    """Everything known about one PaymentIntent, or about one charge that has none."""

    def __init__(self, world, identifier):
        self.world, self.id = world, identifier
        self.intent = world.find("payment_intent", identifier)
        self.charge_ids = {c for c, intent in world.intent_of.items() if intent == identifier}
        self.charges = [c for c in world.of("charge") if world.intent_of.get(c.id, c.id) == identifier]
        self.charges.sort(key=lambda c: (c.created, c.id), reverse=True)  # the newest is first
        self.sessions = [s for s in world.of("checkout.session") if s.ever("payment_intent") == identifier]
        self.intent_id = identifier if self.intent or self.sessions or self.charge_ids else None
        self.status = self.find_status()
        self.deciding = self.find_deciding_charge()

    # -- what the objects say

    @property
    def refunds(self):
        return [r for r in self.world.of("refund") if self.world.payment_of(r) is self]

    @property
    def tellers(self):
        """The objects that tell of the payment, the one that knows best first."""
        charges = [self.deciding, *self.charges]
        return [known for known in (self.intent, *charges, *self.sessions) if known]

    @property
    def makes_a_row(self):
        is_told_of = self.intent or self.charges or any(map(is_completed_payment, self.sessions))
        return bool(is_told_of) and not self.is_validation and self.amount is not None and self.currency is not None

    @property
    def is_validation(self):
        tellers = [self.intent, *self.charges]
        return any(known and known.get("metadata.type") == "payment_method_validation" for known in tellers)

    @property
    def intent_status(self):
        return intent_status(self.intent) if self.intent else None

    @property
    def received(self):
        return (self.intent.get("amount_received") if self.intent else None) or 0

    @property
    def latest_charge(self):
        """The id of the newest charge that the PaymentIntent names."""
        snapshots = self.intent.snapshots if self.intent else []
        speaks = [s for s in snapshots if named_latest_charge(s) or s.says("latest_charge") or s.says("charges")]
        return named_latest_charge(speaks[0]) if speaks else None

    @property
    def waits(self):
        return self.status in ("pending", "requires_action")

    # -- status

    def find_status(self):
        newest = self.charges[0] if self.charges else None
        has_paid_charge = any(map(is_paid, self.charges))
        if self.intent_status == "canceled" and not self.received:
            return "canceled"
        if self.intent_status == "succeeded":
            latest = self.world.find("charge", self.latest_charge)
            if self.latest_charge:
                was_taken_back = latest is not None and charge_status(latest) == "failed"
            else:
                was_taken_back = newest is not None and (failed_at(newest) or 0) > self.intent.at
            return "failed" if was_taken_back and not has_paid_charge else "succeeded"
        is_partly_received = self.intent_status in ("requires_capture", "canceled") and self.received
        if has_paid_charge or is_partly_received or any(s.get("payment_status") == "paid" for s in self.sessions):
            return "succeeded"
        return self.status_while_open(newest) if self.intent else self.status_without_intent(newest)

    def status_while_open(self, newest):
        """The PaymentIntent's own state, unless something that happened later is known."""
        own, then = self.intent_status, self.intent.at
        has_error = bool(self.intent.get("last_payment_error"))
        is_untried = own == "requires_payment_method" and not has_error

        def is_news(moment):
            return moment is not None and (moment > then or (moment == then and is_untried))

        news = []  # (time, which of one second decides, status)
        if newest and is_news(failed_at(newest)):
            news.append((failed_at(newest), 1, "failed"))
        if newest and newest.created > then and charge_status(newest) != "failed":
            news.append((newest.created, 0, "pending"))
        news += [(t, 1, "failed") for t in map(session_failed_at, self.sessions) if is_news(t)]
        news += [(t, 2, "canceled") for t in map(lapsed_at, self.charges) if t is not None and t >= then]
        if news:
            return max(news)[2]
        if own == "requires_payment_method" and has_error:
            return "failed"
        return "requires_action" if own == "requires_action" else "pending"

    def status_without_intent(self, newest):
        failures = [t for t in map(session_failed_at, self.sessions) if t is not None]
        if any(newest is None or t >= newest.created for t in failures):
            return "failed"
        if newest is None:
            return "pending"
        if charge_status(newest) == "failed":
            return "failed"
        return "canceled" if lapsed_at(newest) is not None else "pending"

    # -- which charge speaks for the payment

    def find_deciding_charge(self):
        for test in (is_paid, is_authorised):
            found = next(filter(test, self.charges), None)
            if found:
                return found
        newest = self.charges[0] if self.charges else None
        if newest and self.waits and charge_status(newest) == "failed":
            return None
        latest = self.latest_charge
        if newest and latest and not self.world.find("charge", latest) and self.intent.at >= newest.at:
            return None
        return newest

    @property
    def charge_id(self):
        if self.deciding:
            return self.deciding.id

        def is_candidate(charge):
            known = self.world.find("charge", charge)
            return not (self.waits and known and charge_status(known) == "failed")

        named = [self.latest_charge] if self.latest_charge else []
        return next(filter(is_candidate, named + sorted(self.charge_ids)), None)

    # -- money

    @property
    def captured(self):
        """How much was taken, or None when nothing was."""
        if self.status != "succeeded":
            return None
        stated = [amount for amount in (self.received, stated_capture(self.deciding)) if amount]
        return max(stated) if stated else first(self.asked(self.deciding, self.intent))

    def asked(self, *objects):
        amounts = [known.get("amount") for known in objects if known]
        return amounts + [s.get("amount_total") for s in self.sessions]

    @property
    def amount(self):
        return self.captured or first(self.asked(self.intent, self.deciding, *self.charges))

    @property
    def booked_remainder(self):
        """What a partial capture left, where Stripe booked that as a Refund; else 0.

        CL/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
        """
        authorised = first(known.get("amount") for known in (self.deciding, self.intent) if known)
        remainder = (authorised or 0) - (self.captured or 0)
        if self.captured is None or remainder <= 0:
            return 0
        capture = self.deciding.told["charge.captured"] if self.deciding else []
        if capture:
            booked = capture[-1][1] >= remainder
        elif self.refund_at_capture(remainder):
            booked = True  # the request that captured was of an older version, whatever version the bodies have
        elif self.deciding and is_paid(self.deciding):
            shown = sum(r.get("amount") or 0 for r in self.refunds if counts(r) and r.created <= self.deciding.at)
            hidden = (self.deciding.get("amount_refunded") or 0) - shown
            booked = not self.deciding.latest.is_since(BASIL) and hidden >= remainder
        else:
            booked = self.intent is not None and not self.intent.latest.is_since(BASIL)
        return remainder if booked else 0

    @property
    def captured_at(self):
        """When the capture was over at the latest: charge.captured, else the first body that shows it."""
        capture = self.deciding.told["charge.captured"] if self.deciding else []
        shown = [s.at for s in self.deciding.snapshots if is_paid(s)] if self.deciding else []
        shown += [s.at for s in self.intent.snapshots if s.get("amount_received")] if self.intent else []
        return capture[-1][0] if capture else min(shown, default=None)

    def refund_at_capture(self, remainder):
        """The Refund of this size that was made no later than the capture."""
        moment = self.captured_at
        found = [r for r in self.refunds if r.get("amount") == remainder and counts(r) and moment is not None]
        found = [r for r in found if r.created <= moment and r.get("reason") != "expired_uncaptured_charge"]
        return min(found, key=lambda r: (r.created, r.id), default=None)

    @property
    def remainder_refund(self):
        """The Refund object that only stands for the booked remainder."""
        remainder = self.booked_remainder
        return self.refund_at_capture(remainder) if remainder else None

    def gives_money_back(self, refund):
        charge = self.world.find("charge", self.world.charge_of(refund))
        if refund.get("reason") == "expired_uncaptured_charge" or refund is self.remainder_refund:
            return False
        if charge and charge_status(charge) == "failed":
            return False
        is_only_authorised = self.intent_status == "requires_capture" or any(map(is_authorised, self.charges))
        return self.status == "succeeded" or not (self.status in ("canceled", "failed") or is_only_authorised)

    @property
    def amount_refunded(self):
        refunds = [r for r in self.refunds if self.gives_money_back(r)]
        known = sum(r.get("amount") or 0 for r in refunds if counts(r))
        charge = self.deciding
        if not charge or not is_paid(charge) or self.status != "succeeded":
            return known
        # The charge's running total also tells of refunds that no event shows.
        contained = [r for r in refunds if r.created <= charge.at and (counts(r) or r.at >= charge.at)]
        total = (charge.get("amount_refunded") or 0) - self.booked_remainder
        return known + max(0, total - sum(r.get("amount") or 0 for r in contained))

    # -- the other columns

    @property
    def currency(self):
        currency = first(known.get("currency") for known in self.tellers)
        return currency.lower() if currency else None

    @property
    def created(self):
        if self.intent:
            return self.intent.created
        return min(known.created for known in self.charges or self.sessions)

    @property
    def customer(self):
        sources = [*self.tellers, self.world.find("invoice", self.invoice), *self.refunds]
        return first(known.ref("customer") for known in sources if known)

    @property
    def invoice(self):
        tellers = [self.deciding, *self.charges, self.intent]
        named = [known.ref("invoice") for known in tellers if known]
        named += [i.id for i in self.world.of("invoice") if any(map(self.is_named_by_invoice, i.snapshots))]
        for p in self.world.of("invoice_payment"):
            if self.owns(p.ever("payment.payment_intent"), p.ever("payment.charge")):
                named.append(p.ever("invoice"))
        return first(named + [s.ref("invoice") for s in self.sessions])

    def is_named_by_invoice(self, invoice):
        listed = [entry.get("payment") for entry in invoice.get("payments.data") or [] if isinstance(entry, dict)]
        return any(
            self.owns(ref(at(names, "payment_intent")), ref(at(names, "charge"))) for names in [invoice.object, *listed]
        )

    def owns(self, intent, charge):
        return self.id in (intent, charge) or (charge is not None and charge in self.charge_ids)

    @property
    def description(self):
        sources = [self.intent, self.deciding, self.world.find("invoice", self.invoice)]
        return first(known.get("description") for known in sources if known)

    @property
    def disputed(self):
        marked = any(c.get("disputed") or c.get("dispute") is not None for c in self.charges)
        return bool(marked or any(self.world.payment_of(d) is self for d in self.world.of("dispute")))

    @property
    def failure(self):
        """Why the payment failed: the newest failed charge says it, unless the PaymentIntent tells of a later attempt."""
        if self.status != "failed":
            return None
        charge = next((c for c in self.charges if charge_status(c) == "failed"), None)
        error = (self.intent.get("last_payment_error") if self.intent else None) or {}
        from_error = {key: error.get(key) for key in ("code", "decline_code", "message")}
        if charge:
            is_same = ref(error.get("charge")) == charge.id
            found = {
                "code": charge.get("failure_code"),
                "decline_code": error.get("decline_code") if is_same else None,
                "message": charge.get("failure_message"),
            }
            is_superseded = error and not is_same and self.intent.at > failed_at(charge)
            if any(found.values()) and not is_superseded:
                return found
        return from_error if any(from_error.values()) else None

    @property
    def payment_method(self):
        charge, details = self.deciding, []
        if charge:
            source = charge.get("source") or charge.get("card")
            details += [charge.get("payment_method_details"), details_of_source(source)]
        if self.intent and not self.waits:
            details.append(self.intent.get("last_payment_error.payment_method"))
        if self.intent:
            details.append(self.intent.get("payment_method"))
        return first(described_method(d) for d in details if isinstance(d, dict) and d.get("type"))

    @property
    def presentment(self):
        sources = [self.deciding, self.intent, *self.sessions]
        return first(presentment(known) for known in sources if known)

    @property
    def next_action(self):
        if self.status != "requires_action" or not self.intent:
            return None
        action = first([self.intent.get("next_action"), self.intent.get("next_source_action")])
        return described_action(action) if isinstance(action, dict) and action.get("type") else None

    @property
    def succeeded_at(self):
        """When the money was paid, if events tell it more than an hour after the payment was made."""
        telling = ((self.intent, "payment_intent.succeeded"), (self.deciding, "charge.captured"), (self.deciding, "charge.succeeded"))
        for known, event_type in telling:
            if known and known.told[event_type] and known.told[event_type][-1][0] - self.created > 3600:
                return known.told[event_type][-1][0]
        return None

    def row(self):
        later = {"succeeded_at": self.succeeded_at} if self.status == "succeeded" and self.succeeded_at else {}
        return row(
            **later,
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
            livemode=self.tellers[0].latest.livemode,
            presentment=self.presentment,
            next_action=self.next_action,
            receipt={
                "available": self.status == "succeeded",
                "number": self.deciding.get("receipt_number") if self.deciding else None,
            },
        )


def failed_at(charge):
    """When a charge failed, or None when it has not failed."""
    if charge_status(charge) != "failed":
        return None
    return first([charge.first_told("charge.failed"), charge.created])


def lapsed_at(charge):
    """When an authorisation ended without a capture, or None."""
    if not is_authorised(charge):
        return None
    expired = charge.first_told("charge.expired")
    refunded, amount = charge.get("amount_refunded") or 0, charge.get("amount") or 0
    is_given_back = charge.get("refunded") is True or refunded >= amount > 0
    return expired if expired is not None else (charge.at if is_given_back else None)


def session_failed_at(session):
    return session.first_told("checkout.session.async_payment_failed")


def stated_capture(charge):
    """What was captured of a charge, when its bodies state it; else None."""
    if not charge or not is_paid(charge):
        return None
    if charge.get("amount_captured"):
        return charge.get("amount_captured")
    # A body of before amount_captured: the Refund of the remainder, booked at the capture, tells what was not captured.
    if charge.told["charge.captured"] and charge.get("amount"):
        not_captured = charge.told["charge.captured"][-1][1]
        return charge.get("amount") - not_captured if 0 < not_captured < charge.get("amount") else None
    return None


def is_completed_payment(session):
    status = session.get("status") or ("expired" if session.told["checkout.session.expired"] else "complete")
    return (session.get("mode") or "payment") == "payment" and status == "complete"


# ---------------------------------------------------------------- refunds, disputes, invoices


def of_payment(world, known, payment):
    """The columns that a refund or a dispute takes from its purchase."""
    own_charge = world.charge_of(known)
    has_receipt = payment is not None and (not payment.makes_a_row or payment.status == "succeeded")
    return {
        "id": known.id,
        "type": known.kind,
        known.kind: known.id,
        "amount": known.get("amount"),
        "currency": known.get("currency").lower(),
        "created": known.created,
        "customer": (payment.customer if payment else None) or known.ref("customer"),
        "payment_method": payment.payment_method if payment else None,
        "invoice": payment.invoice if payment else None,
        "payment_intent": payment.intent_id if payment else None,
        "charge": own_charge or (payment.charge_id if payment else None),
        "livemode": known.latest.livemode,
        "receipt": {"available": has_receipt, "number": known.get("receipt_number")},
    }


def refund_row(world, refund, payment):
    reason = None if counts(refund) else refund.get("failure_reason")
    return row(
        **of_payment(world, refund, payment),
        status=refund_status(refund),
        description=refund.get("description"),
        failure={"code": reason, "decline_code": None, "message": None} if reason else None,
        presentment=presentment(refund),
        reference=bank_reference(refund.get("destination_details")),
    )


def dispute_row(world, dispute, payment):
    return row(**of_payment(world, dispute, payment), status=dispute.get("status"), disputed=True)


def bank_reference(details):
    """The number by which the customer's bank finds a refund (ARN or trace number), once it is there."""
    found = at(details, at(details, "type") or "")
    is_there = at(found, "reference_status") in (None, "available")
    return at(found, "reference") or None if is_there else None


def invoice_rows(world, invoice):
    outside, coupons = paid_outside(world, invoice), coupon_amount(invoice)
    shared = {
        "created": invoice.created,
        "customer": invoice.ref("customer"),
        "invoice": invoice.id,
        "livemode": invoice.latest.livemode,
    }
    if invoice.get("currency") and outside > 0:
        yield row(
            **shared,
            id=invoice.id,
            type="purchase",
            status="succeeded",
            amount=outside,
            currency=invoice.get("currency").lower(),
            description=invoice.get("description"),
            payment_method={"type": "out_of_band", "brand": None, "last4": None, "label": "Paid outside Stripe"},
            receipt={"available": True, "number": first([invoice.get("receipt_number"), invoice.get("number")])},
        )
    if invoice.get("currency") and coupons > 0:
        yield row(
            **shared,
            id=invoice.id + "_credit",
            type="credit",
            kind="coupon",
            status="granted",
            amount=coupons,
            currency=invoice.get("currency").lower(),
            description=first([invoice.get("description"), "Coupon"]),
            receipt={"available": False, "number": None},
        )


def coupon_amount(invoice):
    """What coupons took off a paid invoice."""
    if not is_paid_invoice(invoice):
        return 0
    if (invoice.get("subtotal") or 0) < 0:
        return 0
    if any(s.says("total_discount_amounts") for s in invoice.snapshots):
        entries = invoice.get("total_discount_amounts") or []
        return sum(entry.get("amount") or 0 for entry in entries)
    # A body of before: the subtotal is before discounts, the total after them, and an inclusive tax is within both.
    # https://docs.stripe.com/api/invoices/object?api-version=2020-03-02
    if invoice.get("discount") is None or invoice.get("subtotal") is None or invoice.get("total") is None:
        return 0
    taxes = invoice.get("total_tax_amounts")
    if taxes is None:
        on_top = invoice.get("tax") or 0
    else:
        on_top = sum(tax.get("amount") or 0 for tax in taxes if not tax.get("inclusive"))
    return max(0, invoice.get("subtotal") + on_top - invoice.get("total"))


def paid_outside(world, invoice):
    """What was paid of an invoice outside Stripe."""
    listed = {ref(entry) for s in invoice.snapshots for entry in s.get("payments.data") or []}
    records = 0
    for p in world.of("invoice_payment"):
        is_outside = p.get("payment.type") in ("payment_record", "out_of_band_payment")
        if (p.ever("invoice") == invoice.id or p.id in listed) and is_outside and p.get("status") == "paid":
            records += p.get("amount_paid") or 0
    old = [s for s in invoice.snapshots if not s.is_since(BASIL)]
    new = [s for s in invoice.snapshots if s.is_since(BASIL)]
    return max(records, outside_before_basil(invoice, old[0]) if old else 0, outside_since_basil(new))


def outside_before_basil(invoice, snapshot):
    """amount_paid does not contain what was paid outside Stripe in these versions."""
    due, paid = snapshot.get("amount_due") or 0, snapshot.get("amount_paid") or 0
    is_outside = snapshot.get("paid_out_of_band")
    if not is_paid_invoice(snapshot) or is_outside is False:
        return 0
    if is_outside:
        return due if not snapshot.ref("charge") else due - paid
    # Every finalized invoice names a PaymentIntent, so only the amounts tell whether it paid.
    # https://docs.stripe.com/api/invoices/object?api-version=2020-08-27
    names_a_payment = invoice.ever("charge") or invoice.ever("payment_intent")
    is_told = is_amount(snapshot.get("amount_paid")) or not names_a_payment
    return due - paid if snapshot.version and is_told else 0


def outside_since_basil(snapshots):
    """amount_paid contains what was paid outside Stripe, so the payments through Stripe are taken off."""
    for snapshot in snapshots:
        if is_amount(snapshot.get("amount_paid_off_stripe")):
            return snapshot.get("amount_paid_off_stripe")
        payments = snapshot.get("payments.data")
        if isinstance(payments, list) and not snapshot.get("payments.has_more"):
            through = [p for p in payments if at(p, "payment.type") in ("payment_intent", "charge")]
            through = [p.get("amount_paid") or 0 for p in through if p.get("status") == "paid"]
            return (snapshot.get("amount_paid") or 0) - sum(through)
    return 0


# ---------------------------------------------------------------- how things are shown

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "eftpos_au": "eftpos Australia",
    "girocard": "girocard",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "unknown": "Card",
}
OLD_BRANDS = {"american express": "amex", "diners club": "diners", "american_express": "amex", "diners_club": "diners"}
METHODS = {
    "ach_credit_transfer": "ACH credit transfer",
    "acss_debit": "Canadian pre-authorized debit",
    "affirm": "Affirm",
    "afterpay_clearpay": "Afterpay / Clearpay",
    "alipay": "Alipay",
    "alipay_account": "Alipay",
    "alma": "Alma",
    "amazon_pay": "Amazon Pay",
    "apple_pay": "Apple Pay",
    "au_becs_debit": "BECS Direct Debit",
    "bacs_debit": "Bacs Direct Debit",
    "bancontact": "Bancontact",
    "bank_account": "Bank account",
    "billie": "Billie",
    "bitcoin": "Bitcoin",
    "bitcoin_receiver": "Bitcoin",
    "bizum": "Bizum",
    "blik": "BLIK",
    "boku_promptpay": "PromptPay",
    "boleto": "Boleto",
    "capchase_pay": "Capchase Pay",
    "cartes_bancaires": "Cartes Bancaires",
    "cashapp": "Cash App Pay",
    "check_scan": "Check",
    "click_to_pay": "Click to Pay",
    "crypto": "Crypto",
    "custom": "Custom payment method",
    "customer_balance": "Bank transfer",
    "demo_pay": "Test payment",
    "duitnow": "DuitNow",
    "dummy_auth_push": "Test payment",
    "dummy_passthrough_card": "Test payment",
    "edenred": "Edenred",
    "eps": "EPS",
    "fpx": "FPX",
    "gcash": "GCash",
    "getbalance": "Balance",
    "gift_card": "Gift card",
    "giropay": "giropay",
    "google_pay": "Google Pay",
    "gopay": "GoPay",
    "grabpay": "GrabPay",
    "id_bank_transfer": "Bank transfer",
    "ideal": "iDEAL",
    "kakao_pay": "Kakao Pay",
    "klarna": "Klarna",
    "knet": "KNET",
    "konbini": "Konbini",
    "kr_card": "Korean card",
    "kr_market": "South Korean payment methods",
    "kriya": "Kriya",
    "link": "Link",
    "mb_way": "MB WAY",
    "mobilepay": "MobilePay",
    "momo": "MoMo",
    "mondu": "Mondu",
    "multibanco": "Multibanco",
    "naver_pay": "Naver Pay",
    "netbanking": "Netbanking",
    "ng_bank": "Bank (Nigeria)",
    "ng_bank_transfer": "Bank transfer",
    "ng_card": "Card",
    "ng_market": "Nigerian payment methods",
    "ng_ussd": "USSD",
    "ng_wallet": "Wallet (Nigeria)",
    "nz_bank_account": "NZ BECS Direct Debit",
    "octopus": "Octopus",
    "oxxo": "OXXO",
    "p24": "Przelewy24",
    "paper_check": "Check",
    "pay_by_bank": "Pay by bank",
    "payco": "PAYCO",
    "paynow": "PayNow",
    "paypal": "PayPal",
    "paypay": "PayPay",
    "payto": "PayTo",
    "pix": "Pix",
    "promptpay": "PromptPay",
    "qris": "QRIS",
    "rechnung": "Pay by invoice",
    "revolut_pay": "Revolut Pay",
    "samsung_pay": "Samsung Pay",
    "satispay": "Satispay",
    "scalapay": "Scalapay",
    "sepa_credit_transfer": "SEPA credit transfer",
    "sepa_debit": "SEPA Direct Debit",
    "sequra": "SeQura",
    "shop_pay": "Shop Pay",
    "shopeepay": "ShopeePay",
    "sofort": "SOFORT",
    "south_korea_market": "South Korean payment methods",
    "stripe_account": "Stripe account",
    "stripe_balance": "Stripe balance",
    "sunbit": "Sunbit",
    "swish": "Swish",
    "tamara": "Tamara",
    "test_pay": "Test payment",
    "three_d_secure": "Card",
    "touch_n_go": "Touch 'n Go",
    "truemoney": "TrueMoney",
    "twint": "TWINT",
    "upi": "UPI",
    "us_cash_voucher": "Cash voucher",
    "vipps": "Vipps",
    "wechat": "WeChat Pay",
    "wechat_pay": "WeChat Pay",
    "wero": "Wero",
    "zip": "Zip",
}


def details_of_source(source):
    """An old `source` in the shape of payment_method_details."""
    if not isinstance(source, dict):
        return None
    if source.get("object") == "bank_account":
        return {"type": "ach_debit", "ach_debit": source}
    if source.get("object") == "card":
        # CL/2014-06-13/renames-type-field-cards-brand
        return {"type": "card", "card": source | {"brand": source.get("brand") or source.get("type")}}
    return source


def as_words(identifier):
    """"moon_transfer" as "Moon transfer": a name for what the tables do not know."""
    words = identifier.replace("_", " ")
    return words[:1].upper() + words[1:]


def brand_of(fields):
    brand = (fields.get("brand") or "").lower()
    return OLD_BRANDS.get(brand, brand) or None


def label(details):
    """What people call a payment method. """
    kind = details["type"]
    fields = details.get(kind) if isinstance(details.get(kind), dict) else {}

    def card(fields):
        tail = f" •••• {fields['last4']}" if fields.get("last4") else ""
        return (BRANDS.get(brand_of(fields)) or as_words(brand_of(fields) or "card")) + tail

    if kind in ("card", "card_present", "interac_present"):
        wallet = " ".join(word.capitalize() for word in (at(fields, "wallet.type") or "").split("_"))
        return card(fields) + (f" ({wallet})" if wallet else "")
    if kind in ("us_bank_account", "ach_debit"):
        name = fields.get("bank_name") or "Bank account"
    else:
        name = METHODS.get(kind) or (" ".join(map(as_words, kind.split("_"))) if kind.endswith("_pay") else as_words(kind))
    funding = first([at(fields, "funding.card"), at(fields, "card")])
    if isinstance(funding, dict):
        return f"{name} · {card(funding)}"
    return name + (f" •••• {fields['last4']}" if fields.get("last4") else "")


def described_method(details):
    kind = details["type"]
    fields = details.get(kind) if isinstance(details.get(kind), dict) else {}
    fields = first([at(fields, "funding.card"), at(fields, "card"), fields])
    return {"type": kind, "brand": brand_of(fields), "last4": fields.get("last4"), "label": label(details)}


def described_action(action):
    """type, and where the customer goes; only a page on a host of Stripe's is named."""
    shown = {"type": action["type"]}
    details = first([action.get(action["type"]), action.get("value")])  # `value`: bodies of 2018
    for key in ("hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url", "url"):
        url = at(details, key)
        if isinstance(url, str):
            parts = urlsplit(url)
            is_stripe = parts.hostname == "stripe.com" or (parts.hostname or "").endswith(".stripe.com")
            if parts.scheme == "https" and is_stripe and parts.netloc == parts.hostname:
                return shown | {"url": url}
    return shown


def presentment(known):
    """What the customer's own statement says, where Stripe converted the currency."""
    details = known.get("presentment_details")
    amount, currency = at(details, "presentment_amount"), at(details, "presentment_currency")
    if not is_amount(amount) or not currency:
        return None
    currency = currency.lower()
    return {"amount": amount, "currency": currency, "amount_display": displayed(amount, currency)}


ZERO_DECIMAL = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = set("bhd jod kwd omr tnd".split())
SENT_TIMES_100 = {"isk", "ugx"}  # no decimals, but sent as if they had two
SYMBOLS = dict(
    pair.split("=")
    for pair in "usd=$ eur=€ gbp=£ jpy=¥ inr=₹ krw=₩ cad=CA$ aud=A$ nzd=NZ$ mxn=MX$ brl=R$ hkd=HK$ ils=₪ cny=CN¥ twd=NT$ "
    "vnd=₫".split()
)


def displayed(amount, currency):
    prefix = SYMBOLS.get(currency, currency.upper() + " ")
    if currency in SENT_TIMES_100:
        return f"{prefix}{amount // 100:,}"
    if currency in ZERO_DECIMAL:
        return f"{prefix}{amount:,}"
    digits = 3 if currency in THREE_DECIMAL else 2
    whole, part = divmod(amount, 10**digits)
    return f"{prefix}{whole:,}.{part:0{digits}}"


COLUMNS = (
    "id object type status amount amount_refunded currency amount_display created customer description payment_method "
    "payment_intent charge invoice refund dispute failure disputed livemode account presentment next_action reference receipt"
).split()


def row(**columns):
    """A transaction in the order of its columns; what is not given is null, zero or false."""
    blank = dict.fromkeys(COLUMNS) | {"object": "transaction", "amount_refunded": 0, "disputed": False, "bonus": 0}
    if columns.get("description"):
        columns["description"] = columns["description"].replace("\0", "\ufffd")
    return blank | columns | {"amount_display": displayed(columns["amount"], columns["currency"])}


# ---------------------------------------------------------------- the feed


def rows_of(world):
    for payment in world.payments.values():
        if payment.makes_a_row:
            yield payment.row()
    for known in world.of("refund", "dispute"):
        payment = world.payment_of(known)
        if known.get("amount") is None or known.get("currency") is None or (payment and payment.is_validation):
            continue
        if known.kind == "dispute":
            yield dispute_row(world, known, payment)
        elif payment.gives_money_back(known) if payment else known.get("reason") != "expired_uncaptured_charge":
            yield refund_row(world, known, payment)
    for invoice in world.of("invoice"):
        yield from invoice_rows(world, invoice)


def account_of(event):
    """The account that an event is about: `account` (`user_id` before 2017-05-25), else the last part of `context`.

    CL/2017-05-25/events-connect-specify-originating-account
    """
    return event.get("account") or event.get("user_id") or (event.get("context") or "").split("/")[-1] or None


def feed(events):
    """The rows of a set of events, newest first. Accounts never mix. A repeated body changes nothing."""
    accounts = defaultdict(list)
    for event in events:
        accounts[account_of(event)].append(event)
    rows = []
    for account, members in accounts.items():
        rows += [found | {"account": account} for found in rows_of(World(members))]
    return sorted(rows, key=lambda found: (found["created"], found["id"]), reverse=True)


def are_events(values):
    """The events among some JSON values. The service refuses what has no id and type, so they are not counted."""
    return [v for v in values if isinstance(v, dict) and v.get("id") and v.get("type")]


def read_events(text):
    lines = text.split("\n")  # not splitlines(): U+2028 may stand inside a string
    return are_events(json.loads(line) for line in lines if line.strip())


# ---------------------------------------------------------------- comparing


def orders(events):
    """The events twice: as delivered, reversed, and in 20 shuffled orders."""
    yield "forward", events + events
    yield "reversed", (events + events)[::-1]
    for seed in range(20):
        shuffled = events + events
        random.Random(seed).shuffle(shuffled)
        yield f"shuffle {seed}", shuffled


def differences(expected, found, path=""):
    """What is expected and not found; members that are not listed are not compared."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from differences(value, found.get(key, "absent"), f"{path} {key}")
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{path}: expected {json.dumps(expected, ensure_ascii=False)}, found {json.dumps(found, ensure_ascii=False)}"


def mismatches(expected, events):
    """Every difference between the expected rows (by id) and the feed of these events, with the orders it is met in."""
    met = defaultdict(list)
    for name, order in orders(events):
        rows = feed(order)
        found = {r["id"]: r | {"receipt_available": r["receipt"]["available"]} for r in rows}
        texts = [text for key in expected if key in found for text in differences(expected[key], found[key], key)]
        texts += [f"{key}: no such row" for key in expected if key not in found]
        texts += [f"{r['id']}: row not expected: {r['type']} {r['status']} {r['amount']}" for r in rows if r["id"] not in expected]
        if len(found) != len(rows):
            texts.append("two rows of one id")
        for text in texts:
            met[text].append(name)
    return [text + ("" if len(names) == 22 else f" (only in: {', '.join(names)})") for text, names in met.items()]


def report(name, texts):
    for text in texts:
        print(f"{name}: {text}")
    return bool(texts)


def check(folder):
    """Compares every story with its feed.json."""
    stories = sorted(path.parent for path in Path(folder).glob("**/events.jsonl"))
    wrong = 0
    for story in stories:
        rows = json.loads((story / "feed.json").read_text("utf-8"))
        events = read_events((story / "events.jsonl").read_text("utf-8"))
        texts = mismatches({r["id"]: r for r in rows}, events)
        if not texts and rows != feed(events):
            texts = ["feed.json lacks members, or its rows are in another order"]
        wrong += report(story.name, texts)
    print(f"{len(stories)} stories, {wrong} differ")
    return wrong or not stories


def write(folder):
    """Writes every story's feed.json anew, as after a new column; the difference is to be read."""
    for events in sorted(Path(folder).glob("**/events.jsonl")):
        rows = feed(read_events(events.read_text("utf-8")))
        (events.parent / "feed.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")


def run_cases(folder):
    """Compares every case file with the rows it lists."""
    files = sorted(Path(folder).glob("*.json"))
    wrong = 0
    for file in files:
        case = json.loads(file.read_text("utf-8"))
        wrong += report(file.stem, mismatches(case["rows"], are_events(case["events"])))
    print(f"{len(files)} cases, {wrong} differ")
    return wrong or not files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="event files, one compact JSON event a line")
    parser.add_argument("--check", metavar="FOLDER", help="compare every story under this folder")
    parser.add_argument("--write", metavar="FOLDER", help="write the rows of every story under this folder anew")
    parser.add_argument("--cases", metavar="FOLDER", help="run every case file in this folder")
    arguments = parser.parse_args()
    if arguments.write:
        return write(arguments.write)
    if arguments.check or arguments.cases:
        sys.exit(bool(check(arguments.check) if arguments.check else run_cases(arguments.cases)))
    texts = [sys.stdin.read() if f == "-" else Path(f).read_text("utf-8") for f in arguments.files or ["-"]]
    rows = feed(event for text in texts for event in read_events(text))
    sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
