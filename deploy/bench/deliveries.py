"""Signed deliveries as Stripe posts them, each of its own event, ready to go over the wire."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time

from measuring import ROOT
from servers import API_KEY, WEBHOOK_SECRET

TEMPLATE = ROOT / "testdata/events/charge.succeeded.json"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ACCOUNT = "T5vkQXp9Lr"
CUSTOMERS = 1000
FIRST_CREATED = 1_700_000_000
SECONDS_BETWEEN = 7
# Where the time in an id begins: it differs from `created` by this many seconds in public examples of the years 2022
# to 2024, such as those of stripe/openapi and supabase/stripe-sync-engine.
ID_EPOCH = 1_342_389_380

# A tenth of the first 10,000 transactions is of a customer who never has more; another has a tenth of all.
THOUSAND = "cus_BenchThousand0"
THOUSAND_WITHIN = 10_000
TENTH = "cus_BenchTenthOfAll"
# One event in so many is a failed payment, of any customer, with a description of its own.
RARE = 199
RARE_WORD = "Quarterly"


def customer(number):
    if number < THOUSAND_WITHIN and number % 10 == 0:
        return THOUSAND
    return TENTH if number % 10 == 5 else f"cus_BenchOther{1 + number % (CUSTOMERS - 1):04d}"


def created(number):
    return FIRST_CREATED + SECONDS_BETWEEN * number


class Charges:
    """Bodies of `charge.succeeded` with all that Stripe says in them."""

    def __init__(self):
        text = TEMPLATE.read_text()
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
        # The request behind the event may be missing.
        own.pop(None, None)
        pattern = "|".join(re.escape(value) for value in sorted(own, key=len, reverse=True))
        parts = re.split(f"({pattern})", text)
        self._pieces, self._slots = parts[0::2], [own[value] for value in parts[1::2]]

    def body(self, number):
        # The objects of one payment share the part that tells the time.
        values = {
            "event": "evt" + identity(number, "event"),
            "charge": "ch" + identity(number, "charge"),
            "intent": "pi" + identity(number, "intent"),
            "balance": "txn" + identity(number, "balance"),
            "method": "pm" + identity(number, "method"),
            "receipt": "https://pay.stripe.com/receipts/payment/" + token(number, "receipt", 60),
            "customer": customer(number),
            "created": str(created(number)),
            "request": "req_" + token(number, "request", 14),
            "idempotency": token(number, "idempotency", 36),
        }
        text = self._pieces[0]
        for slot, piece in zip(self._slots, self._pieces[1:]):
            text += values[slot] + piece
        return text.encode()


class Transactions:
    """Compact bodies, one transaction each, to fill a store: charges in two currencies, refunds, a few failed payments."""

    def body(self, number):
        kind = number // 10 % 20
        if self._is_failed(number):
            return self._charge(number, "failed")
        if kind == 19 and not self._is_failed(number - 10):
            return self._refund(number, number - 10)
        return self._charge(number, "succeeded", "eur" if kind in (15, 16, 17) else "usd")

    @staticmethod
    def _is_failed(number):
        return number % RARE == 7

    def _charge(self, number, status, currency="usd"):
        paid = status == "succeeded"
        charge = {
            "id": "ch" + identity(number, "charge"), "object": "charge", "amount": 500 + number % 9500,
            "amount_captured": 500 + number % 9500 if paid else 0, "amount_refunded": 0, "captured": paid,
            "created": created(number), "currency": currency, "customer": customer(number),
            "description": "Console credits" if paid else f"{RARE_WORD} credits", "disputed": False,
            "failure_code": None if paid else "card_declined", "failure_message": None, "livemode": False, "metadata": {},
            "paid": paid, "payment_intent": "pi" + identity(number, "intent"),
            "payment_method": "pm" + identity(number, "method"),
            "payment_method_details": {"card": {"brand": "visa", "last4": f"{number % 10_000:04}"}, "type": "card"},
            "receipt_url": "https://pay.stripe.com/receipts/payment/" + token(number, "receipt", 60) if paid else None,
            "refunded": False, "status": status,
        }  # fmt: skip
        return self._event(number, f"charge.{status}", charge)

    def _refund(self, number, of):
        refund = {
            "id": "re" + identity(number, "charge"), "object": "refund", "amount": 100, "charge": "ch" + identity(of, "charge"),
            "created": created(number), "currency": "eur" if of // 10 % 20 in (15, 16, 17) else "usd", "metadata": {},
            "payment_intent": "pi" + identity(of, "intent"), "reason": None, "status": "succeeded",
        }  # fmt: skip
        return self._event(number, "refund.created", refund)

    @staticmethod
    def _event(number, kind, thing):
        event = {
            "id": "evt" + identity(number, "event"), "object": "event", "api_version": "2026-09-30.endive",
            "created": created(number), "data": {"object": thing}, "livemode": False, "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None}, "type": kind,
        }  # fmt: skip
        return json.dumps(event, separators=(",", ":")).encode()


class Deliveries:
    """A series of deliveries; `write` goes on where it left off."""

    def __init__(self, bodies):
        self._bodies = bodies
        self._next = 0

    def write(self, path, count):
        """Writes the next `count` deliveries, signed now: they are good for five minutes."""
        secret, signed_at = WEBHOOK_SECRET.encode(), int(time.time())
        with open(path, "wb") as file:
            for number in range(self._next, self._next + count):
                body = self._bodies.body(number)
                signature = hmac.digest(secret, b"%d." % signed_at + body, hashlib.sha256).hex()
                write_request(
                    file,
                    b"POST /v1/stripe-webhook HTTP/1.1\r\n"
                    b"Host: 127.0.0.1\r\n"
                    b"Accept: */*; q=0.5, application/xml\r\n"
                    b"Cache-Control: no-cache\r\n"
                    b"Content-Length: %d\r\n"
                    b"Content-Type: application/json; charset=utf-8\r\n"
                    b"Stripe-Signature: t=%d,v1=%s\r\n"
                    b"User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
                    b"\r\n%s" % (len(body), signed_at, signature.encode(), body),
                )
        self._next += count
        return path


def token(number, use, length):
    """Letters and digits that are always the same for a number and a use."""
    digest = hashlib.blake2b(b"%d %s" % (number, use.encode()), digest_size=max(8, length * 3 // 4)).digest()
    return base64.b64encode(digest, b"Ab")[:length].decode()


def identity(number, use):
    """The part of an id behind `ch` or `pi`, formed as in Stripe's ids, such as ch_3KtoMeJDPojXS6LN0igeffJ6.

    It has the time to the base 62, ten characters of the account, and ends with chance.
    """
    digits, seconds = "", created(number) - ID_EPOCH
    for _ in range(5):
        seconds, digit = divmod(seconds, 62)
        digits = ALPHABET[digit] + digits
    return f"_3{digits}{ACCOUNT}0{token(number, use, 7)}"


def write_request(file, request):
    file.write(struct.pack("<I", len(request)))
    file.write(request)


def write_question(path, target, credential=f"Authorization: Bearer {API_KEY}"):
    """Writes one GET, to be sent over and over."""
    with open(path, "wb") as file:
        write_request(file, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credential}\r\n\r\n".encode())
    return path
