"""Signed deliveries as Stripe posts them, each of its own event, ready to go over the wire."""

import hashlib
import hmac
import json
import random
import re
import struct
import time
from pathlib import Path

TEMPLATE = Path(__file__).parents[2] / "testdata/events/charge.succeeded.2020-08-27.json"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
ACCOUNT = "T5vkQXp9LrWm2Hc8"
CUSTOMERS = 1000
FIRST_CREATED = 1_700_000_000
SECONDS_BETWEEN = 7

# The customer who has exactly a thousand transactions, with 10 thousand stored as with a million.
THOUSAND = "cus_BenchThousand0"
THOUSAND_WITHIN = 10_000


def customer(number):
    """The customer of the event: every tenth of the first 10,000 is of one customer."""
    if number < THOUSAND_WITHIN and number % 10 == 0:
        return THOUSAND
    return f"cus_BenchOther{1 + number % (CUSTOMERS - 1):04d}"


class Deliveries:
    """A series of `charge.succeeded` events of about 3 KB; `write` goes on where it left off."""

    def __init__(self, secret, seed=1):
        self._secret = secret.encode()
        self._random = random.Random(seed)
        self._next = 0
        self._pieces, self._slots = self._cut(TEMPLATE.read_text())

    @staticmethod
    def _cut(text):
        """The template's text between the values that are an event's own, and which those are."""
        event = json.loads(text)
        charge = event["data"]["object"]
        own = {
            event["id"]: "event",
            charge["id"]: "charge",
            charge["payment_intent"]: "intent",
            charge["balance_transaction"]: "balance",
            charge["payment_method"]: "method",
            charge["receipt_url"]: "receipt",
            charge["customer"]: "customer",
            str(charge["created"]): "created",
            event["request"]["id"]: "request",
            event["request"]["idempotency_key"]: "idempotency",
        }
        pattern = "|".join(re.escape(value) for value in sorted(own, key=len, reverse=True))
        parts = re.split(f"({pattern})", text)
        return parts[0::2], [own[value] for value in parts[1::2]]

    def _token(self, pairs):
        bits = self._random.getrandbits(12 * pairs)
        return "".join(PAIRS[(bits >> 12 * i) % 3844] for i in range(pairs))

    def _identity(self, seconds):
        """As in Stripe's ids: what comes first grows with time, what comes last is random."""
        digits = ""
        for _ in range(6):
            seconds, digit = divmod(seconds, 62)
            digits = ALPHABET[digit] + digits
        return f"_3{digits}{ACCOUNT}0{self._token(4)}"

    def _body(self, number):
        created = FIRST_CREATED + SECONDS_BETWEEN * number
        # The objects of one payment share the part that tells the time.
        values = {
            "event": "evt" + self._identity(created),
            "charge": "ch" + self._identity(created),
            "intent": "pi" + self._identity(created),
            "balance": "txn" + self._identity(created),
            "method": "pm" + self._identity(created),
            "receipt": "https://pay.stripe.com/receipts/payment/" + self._token(30),
            "customer": customer(number),
            "created": str(created),
            "request": "req_" + self._token(7),
            "idempotency": self._token(18),
        }
        text = self._pieces[0]
        for slot, piece in zip(self._slots, self._pieces[1:]):
            text += values[slot] + piece
        return text.encode()

    def _request(self, number):
        body = self._body(number)
        signed_at = int(time.time())
        signature = hmac.digest(self._secret, b"%d." % signed_at + body, hashlib.sha256).hex()
        return (
            b"POST /v1/stripe-webhook HTTP/1.1\r\n"
            b"Host: 127.0.0.1\r\n"
            b"Accept: */*; q=0.5, application/xml\r\n"
            b"Cache-Control: no-cache\r\n"
            b"Content-Length: %d\r\n"
            b"Content-Type: application/json; charset=utf-8\r\n"
            b"Stripe-Signature: t=%d,v1=%s\r\n"
            b"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
            b"\r\n%s" % (len(body), signed_at, signature.encode(), body)
        )

    def write(self, path, count):
        """Writes the next `count` deliveries, signed now: they are good for five minutes."""
        with open(path, "wb") as file:
            for number in range(self._next, self._next + count):
                write_request(file, self._request(number))
        self._next += count


def write_request(file, request):
    file.write(struct.pack("<I", len(request)))
    file.write(request)


def write_page_request(path, key, customer_id=None):
    """One request for a page of 50 rows of the feed."""
    query = "limit=50" + (f"&customer={customer_id}" if customer_id else "")
    with open(path, "wb") as file:
        write_request(
            file,
            f"GET /v1/transactions?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {key}\r\n\r\n".encode(),
        )
