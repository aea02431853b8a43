"""A receiver of webhooks as one would write it in Python first: verify, insert, commit, answer."""

import os
import sqlite3
import time

import stripe
from fastapi import FastAPI, HTTPException, Request

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]

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
app = FastAPI()


@app.post("/v1/stripe-webhook")
async def receive(request: Request):
    body = await request.body()
    try:
        event = stripe.Webhook.construct_event(body, request.headers.get("stripe-signature"), SECRET)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise HTTPException(400, str(error)) from error
    # A statement on its own is a transaction: it is on the disk when this returns.
    cursor = database.execute(
        "INSERT INTO events (id, type, created, received_at, payload) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (event.id, event.type, event.created, int(time.time()), body),
    )
    return {"received": True, "outcome": "recorded" if cursor.rowcount else "duplicate"}
