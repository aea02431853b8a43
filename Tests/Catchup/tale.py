"""25 days of payments that happened while the service was down: testdata/scenarios many times over, moved into the last
weeks, with ids of their own and some events made twice."""

import json
import random
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Faults"))

import stories  # noqa: E402

# The types that the service asks Stripe for, from where it says so.
MEANINGFUL = set(
    re.findall(
        r'"([a-z_.]+)"',
        (ROOT / "Sources" / "Billing" / "Stripe" / "EventFamily.swift").read_text().split("projectedTypes", 1)[1],
    )
)
DAY = 86_400
OUTAGE = 25 * DAY


def moved(value, move):
    """The same JSON, every moment of 2017 to 2033 in it moved."""
    if isinstance(value, dict):
        return {key: moved(inner, move) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, move) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and 1_500_000_000 <= value < 2_000_000_000:
        return move(value)
    return value


def is_shown(events):
    """Whether each payment that is named is shown: at Stripe it exists, and the stand-in knows it from events only."""
    named, shown = set(), set()

    def look(value, name=""):
        if isinstance(value, dict):
            if "id" in value and "object" in value:
                shown.add(value["id"])
            for key, inner in value.items():
                look(inner, key)
        elif isinstance(value, list):
            for inner in value:
                look(inner, name)
        elif isinstance(value, str) and name in ("payment_intent", "charge", "latest_charge", "invoice"):
            named.add(value)

    for event in events:
        look(event["data"]["object"])
    return named <= shown


def is_ordered(events):
    """Whether the last state of every object follows from the times of its events: the stand-in knows no better."""
    states = {}
    for event in events:
        shown = event["data"]["object"]
        states.setdefault((shown.get("id"), event["created"]), set()).add(shown.get("status"))
    return all(len(state) == 1 for state in states.values())


def is_settled(events):
    """Whether a charge was shown after its refund had failed: at Stripe its total shrinks, and the stand-in only knows
    what the last event said."""
    failed, charged = {}, {}
    for event in events:
        shown = event["data"]["object"]
        if shown.get("object") == "refund" and shown.get("status") in ("failed", "canceled"):
            failed[shown.get("charge")] = max(event["created"], failed.get(shown.get("charge"), 0))
        if shown.get("object") == "charge":
            charged[shown["id"]] = max(event["created"], charged.get(shown["id"], 0))
    return all(charged.get(charge, 0) >= moment for charge, moment in failed.items())


def suitable():
    """Stories of one's own test mode, each as templates, its first moment and how long it takes."""
    found = []
    for story in stories.load():
        events = [json.loads(b"".join(template.pieces)) for template in story]
        moments = [event.get("created") for event in events]
        if any(not isinstance(moment, int) for moment in moments) or not all(event.get("object") for event in events):
            continue
        is_ours = all(event.get("account") is None and event.get("livemode") is False for event in events)
        if is_ours and is_shown(events) and is_ordered(events) and is_settled(events):
            found.append((story, min(moments), max(moments) - min(moments)))
    assert len(found) > 20, f"only {len(found)} stories fit"
    return found


def tell(count, seed, now=None):
    """-> at least `count` events, oldest first, each a dict as Stripe would list it."""
    now = int(now or time.time())
    dice = random.Random(seed)
    tales = suitable()
    events, number = [], 0
    while len(events) < count:
        story, first, span = dice.choice(tales)
        # Two months, as of a dispute, are shortened to three weeks.
        pace = min(1, 20 * DAY / max(1, span))
        begin = dice.randrange(now - OUTAGE, now - 3600 - int(span * pace))
        tag = stories.suffix(seed, number)
        number += 1
        for template in story:
            identifier, body = template.told(tag)
            event = moved(json.loads(body), lambda at: begin + int((at - first) * pace))
            # Events that say nothing about a payment are not fetched from Stripe.
            if event["type"] not in MEANINGFUL:
                continue
            event["id"] = identifier
            events.append(event)
            # Now and then Stripe makes two events of one thing.
            if dice.random() < 0.03:
                events.append({**event, "id": identifier + "twin"})
    events.sort(key=lambda event: event["created"])
    unique = {event["id"]: event for event in events}
    return list(unique.values())
