"""Stories of payments as many times over as a test needs: testdata/scenarios with other ids.

Every story told has ids of its own, so what the service derives from it can be compared story by story with what
Tests/Reference/reference_feed.py derives.
"""

import json
import random
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Reference"))

import reference_feed  # noqa: E402

# A digit in it, so that words such as `in_transit` stay what they are.
IDENTIFIER = re.compile(
    rb"\b(?:evt|evt_test|pi|ch|py|pyr|re|du|dp|in|inpay|cs_test|cus|txn|sub|pm)_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{8,}"
)


class Template:
    """One event of a story, cut where its ids end, so that a copy with other ids is one join."""

    def __init__(self, line):
        ends = [match.end() for match in IDENTIFIER.finditer(line)]
        self.pieces = [line[a:b] for a, b in zip([0, *ends], [*ends, len(line)])]
        self.id = json.loads(line)["id"]

    def told(self, suffix):
        return self.id + suffix, suffix.encode().join(self.pieces)


def suffix(run, number):
    return f"Q{run & 0xFF:02x}{number & 0xFFFFFF:06x}"


def load():
    """The stories that can be told again: every id that the feed would show changes with the suffix."""
    stories = []
    for path in sorted((ROOT / "testdata" / "scenarios").glob("*/events.jsonl")):
        lines = {line: None for line in path.read_bytes().split(b"\n") if line.strip()}
        try:
            story = [Template(line) for line in lines]
        except (ValueError, KeyError, TypeError):
            continue  # holds what no sender signs: not an event
        if is_repeatable(story):
            stories.append(story)
    assert len(stories) > 20, "testdata/scenarios has stories"
    return stories


def is_repeatable(story):
    tag = suffix(0xFF, 0xFFFFFF)
    copies = [template.told(tag) for template in story]
    if any(json.loads(body)["id"] != identifier for identifier, body in copies):
        return False
    rows = reference_feed.feed(json.loads(body) for _, body in copies)
    plain = reference_feed.feed(json.loads(b"".join(template.pieces)) for template in story)
    return len(rows) == len(plain) and all(row["id"].endswith(tag) for row in rows)


class Teller:
    """Events without end: several stories at once, each in a random order, and some events again."""

    def __init__(self, stories, run, seed, duplicates=0.12, at_once=16):
        self.stories = stories
        self.run = run
        self.dice = random.Random(seed)
        self.duplicates = duplicates
        self.at_once = at_once
        self.number = 0
        self.open = []
        self.told = []

    def rest(self):
        """The rest of the stories that were begun."""
        events = [template.told(tag) for tag, rest in self.open for template in rest]
        self.open = []
        self.dice.shuffle(events)
        return events

    def next(self):
        """-> id, body."""
        if self.told and self.dice.random() < self.duplicates:
            return self.dice.choice(self.told)
        while len(self.open) < self.at_once:
            story = list(self.dice.choice(self.stories))
            # A third keeps the order of events; Stripe does not guarantee an order.
            if self.dice.random() < 0.67:
                self.dice.shuffle(story)
            self.open.append((suffix(self.run, self.number), story[::-1]))
            self.number += 1
        index = self.dice.randrange(len(self.open))
        tag, rest = self.open[index]
        event = rest.pop().told(tag)
        if not rest:
            self.open[index] = self.open[-1]
            self.open.pop()
        # Only what is recent: a repeat of what is under way is the harder case.
        self.told.append(event)
        if len(self.told) > 512:
            del self.told[:256]
        return event


class Model:
    """The expected feed, derived by the reference story by story."""

    def __init__(self):
        self.ids = [{template.id for template in story} for story in load()]

    def rows(self, payloads):
        """-> {id: row} of the stories whose events are all there, and the tags of the others.

        Only those are compared: what half a story means is a matter of taste, and will be mended by its other half.
        """
        groups = {}
        for payload in payloads:
            event = json.loads(payload)
            groups.setdefault(event["id"][-len(suffix(0, 0)) :], []).append(event)
        rows, unfinished = {}, set()
        for tag, events in groups.items():
            if {event["id"].removesuffix(tag) for event in events} in self.ids:
                rows |= {row["id"]: row for row in reference_feed.feed(events)}
            else:
                unfinished.add(tag)
        return rows, unfinished
