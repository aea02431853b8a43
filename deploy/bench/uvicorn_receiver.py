"""A receiver of webhooks as one would write it in Python first: verify, insert, commit, answer.

One database transaction an event, `synchronous=FULL`. It derives nothing from the events, so it is asked
for less than console-billing is.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import time

SECRETS = [secret.encode() for secret in os.environ["STRIPE_WEBHOOK_SECRET"].split(",")]
TOLERANCE = 300
PATH = "/v1/stripe-webhook"

database = sqlite3.connect(os.environ["RECEIVER_DATABASE"], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute(
    """
    CREATE TABLE IF NOT EXISTS events (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        created INTEGER,
        received_at INTEGER NOT NULL,
        payload BLOB NOT NULL
    ) STRICT
    """
)


class Refused(Exception):
    """The delivery is not taken, for the reason of this code."""


def verify(body, header, now):
    if header is None:
        raise Refused("signature_missing")
    pairs = [part.split("=", 1) for part in header.split(",") if "=" in part]
    times = [value for name, value in pairs if name.strip() == "t"]
    signatures = [value for name, value in pairs if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isdecimal():
        raise Refused("signature_malformed")
    signed = times[0].encode() + b"." + body
    expected = [hmac.digest(secret, signed, hashlib.sha256).hex() for secret in SECRETS]
    if not any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures):
        raise Refused("signature_mismatch")
    if abs(now - int(times[0])) > TOLERANCE:
        raise Refused("timestamp_outside_tolerance")


def record(body, now):
    try:
        event = json.loads(body)
        values = (event["id"], event["type"], event.get("created"), now, body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused("payload_invalid") from error
    # A statement on its own is a transaction: it is on the disk when this returns.
    cursor = database.execute(
        "INSERT INTO events (id, type, created, received_at, payload) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        values,
    )
    return "recorded" if cursor.rowcount else "duplicate"


async def read_body(receive):
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    status = 200
    body = await read_body(receive)
    headers = dict(scope["headers"])
    signature = headers.get(b"stripe-signature")
    now = int(time.time())
    if scope["path"] != PATH:
        status, answer = 404, {"error": {"code": "route_unknown"}}
    else:
        try:
            verify(body, signature.decode("latin-1") if signature is not None else None, now)
            answer = {"received": True, "outcome": record(body, now)}
        except Refused as refusal:
            status, answer = 400, {"error": {"code": str(refusal)}}
    text = json.dumps(answer).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(text)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": text})
