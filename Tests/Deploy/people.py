"""Customers as Stripe and Console tell of them, and requests in their name, for the checks of who sees what.

Console's facts: a bearer token's `sub` is the Auth0 id; the `metadata.userId` of a Stripe customer is Console's own uuid
since https://github.com/akash-network/console/commit/4b4a0207f (2025-09-18), and was the `sub` before.
"""

import http.client
import json
import pathlib
import threading
import time
import urllib.parse
import uuid as uuids
from typing import NamedTuple

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "scenarios"
# Two days of the chain, both over, of 10,000 blocks each.
FIRST_DAY, LAST_DAY, BLOCKS = "2026-03-12", "2026-03-13", 10_000
CALENDAR = [
    {"date": day, "first_height": str(first), "last_height": str(first + BLOCKS - 1), "akt_usd": "0.5", "final": True}
    for day, first in ((FIRST_DAY, 1_000_000), (LAST_DAY, 1_000_000 + BLOCKS))
]


def address(number):
    """A wallet's address: bech32 of 20 bytes (https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki)."""
    letters, prefix = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", "akash"
    bits = f"{number:0160b}"
    data = [int(bits[at : at + 5], 2) for at in range(0, 160, 5)]
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = 1
    for value in [*expanded, *data, 0, 0, 0, 0, 0, 0]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    check ^= 1
    return prefix + "1" + "".join(letters[value] for value in data + [check >> 5 * (5 - at) & 31 for at in range(6)])


def lease(owner, number, dollars):
    """A lease of the first day that cost so much, in whole cents."""
    return {
        "chain_id": "akashnet-2", "owner": owner, "dseq": str(number), "gseq": 1, "oseq": 1, "bseq": 1,
        "provider": address(1), "denom": "uact", "price_per_block": str(round(dollars * 1_000_000 / BLOCKS)),
        "created_height": "1000000", "closed_height": str(1_000_000 + BLOCKS), "state": "closed", "cpu_milli": 1000,
    }  # fmt: skip


def told(scenario, *types):
    """The first event of each type of a scenario."""
    events = [json.loads(line) for line in (SCENARIOS / scenario / "events.jsonl").read_bytes().splitlines()]
    return [next(event for event in events if event["type"] == type) for type in types]


def named(event, number, account, created):
    event.update(id=f"evt_3People{number}", created=created)
    if account:
        event["account"] = account
    return event


def customer_event(customer, user, created, account=None, email="person@example.com"):
    """Stripe tells of a customer, as Console makes it for its user."""
    [event] = told("customer-events", "customer.created")
    event["data"]["object"].update(
        id=customer, created=created, email=email, metadata={"userId": user} if user else {}
    )
    return named(event, f"{customer}{account or ''}Made", account, created)


def payment_events(customer, name, amount, created, account=None, waits=False, email="person@example.com"):
    """A payment `pi_name` by card, done; or one that waits for the customer to do something on a page of Stripe's."""
    intent, charge = told("purchase", "payment_intent.succeeded", "charge.succeeded")
    shared = {"customer": customer, "amount": amount, "created": created, "description": f"Credits {name}"}
    intent["data"]["object"].update(shared, id=f"pi_{name}", amount_received=amount, latest_charge=f"ch_{name}")
    charge["data"]["object"].update(shared, id=f"ch_{name}", amount_captured=amount, payment_intent=f"pi_{name}")
    charge["data"]["object"]["billing_details"]["email"] = email
    if waits:
        page = {"hosted_voucher_url": f"https://payments.stripe.com/oxxo/voucher/{name}", "number": None}
        intent["type"] = "payment_intent.requires_action"
        intent["data"]["object"].update(
            status="requires_action", amount_received=0, latest_charge=None,
            next_action={"type": "oxxo_display_details", "oxxo_display_details": page},
        )  # fmt: skip
        return [named(intent, f"{name}Intent", account, created)]
    return [named(intent, f"{name}Intent", account, created), named(charge, f"{name}Charge", account, created)]


class Answer(NamedTuple):
    status: int
    text: str
    headers: http.client.HTTPMessage

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        """The code of a refusal in JSON."""
        return self.json["error"]["code"] if self.status >= 400 and self.text.startswith("{") else None


class Client:
    """Asks a service, over one connection for each thread; follows nothing."""

    def __init__(self, url):
        self.place = urllib.parse.urlsplit(url).netloc
        self.local = threading.local()

    def ask(self, method, path, headers=None, body=None):
        """A body that is no text is sent as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        for attempt in range(2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection(self.place, timeout=60)
            try:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                return Answer(answer.status, answer.read().decode(errors="replace"), answer.headers)
            except (ConnectionError, http.client.RemoteDisconnected):
                # It was kept for longer than the service keeps one.
                self.local.connection = None
                if attempt:
                    raise

    def insist(self, method, path, key, body=None, within=0):
        """The JSON of a good answer, waited for so many seconds."""
        end = time.monotonic() + within
        while True:
            answer = self.ask(method, path, {"x-api-key": key}, body)
            if answer.status < 300:
                return answer.json
            if time.monotonic() >= end:
                raise SystemExit(f"{method} {path}: {answer.status} {answer.text[:600]}")
            time.sleep(0.05)


class Person:
    """A customer of one account and all that is theirs, every id with the name in it."""

    def __init__(self, name, number, customer=None, account=None, uuid=None):
        self.name, self.account, self.account_json = name, account, json.dumps(account)
        self.amount, self.spent = 7319 + number * 1111, 3.21 + number
        self.customer, self.organization = customer or f"cus_{name}", f"org_{name}"
        self.email = f"{name.lower()}@example.com"
        self.sub, self.uuid = f"auth0|{name}{number:020x}", uuid or str(uuids.uuid5(uuids.NAMESPACE_DNS, self.email))
        self.payment, self.waiting = f"pi_3{name}", f"pi_3{name}Waits"
        self.address, self.dseq = address(number + 100), 910_000_000_000_000_000 + number
        self.lease = json.dumps(lease(self.address, self.dseq, self.spent))
        # Strings that must not be in an answer to others, and strings that show an answer about this person.
        self.ids = {f"3{name}", self.address, str(self.dseq), self.organization, self.email, self.sub}
        self.ids |= {self.customer, self.uuid} - {customer, uuid}
        self.proofs = [self.payment, f"{self.amount / 100}", str(self.dseq), f"{self.spent:.2f}"]

    def events(self):
        made = 1_770_000_000
        paid = {"amount": self.amount, "account": self.account, "email": self.email}
        return [
            customer_event(self.customer, self.uuid, made, self.account, self.email),
            *payment_events(self.customer, f"3{self.name}", created=made + 60, **paid),
            *payment_events(self.customer, f"3{self.name}Waits", created=made + 90, waits=True, **paid),
        ]


# A connected account chooses the ids of its customers and writes their metadata.
MINE, STRANGER, ABSENT = Person("Mine", 1), Person("Stranger", 2), Person("Nobody", 4)
CONNECTED = Person("Claimed", 3, MINE.customer, "acct_1Claimed", MINE.uuid)
EVERYBODY = [MINE, STRANGER, CONNECTED]
