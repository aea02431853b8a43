"""The one oracle: what must hold of a database after any fault, and the sender's ledger that it is held against.

    acknowledged ⊆ stored ⊆ sent, byte for byte
    one effect per fact: the feed equals what the reference derives from the set of stored events, rows and sums
    PRAGMA integrity_check says ok
    a rebuild from the log changes nothing
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bodies
import stories
from subject import SECRET, Failure, expect

HERE = Path(__file__).resolve().parent


class Ledger:
    """A sender's record, read as it grows."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.offsets = {}
        self.sent = {}
        self.acknowledged = {}
        self.refused = []

    def read(self):
        for identifier, digest in self.lines("sent"):
            self.sent.setdefault(identifier, digest)
            expect(self.sent[identifier] == digest, f"the sender sent two bodies as {identifier}")
        for identifier, outcome, begun, ended in self.lines("acked"):
            self.acknowledged.setdefault(identifier, (outcome, float(begun), float(ended)))
        for identifier, why, begun, ended in self.lines("refused"):
            self.refused.append((identifier, why, float(begun), float(ended)))
        return self

    def lines(self, name):
        path = f"{self.prefix}.{name}"
        if not os.path.exists(path):
            return
        with open(path) as file:
            file.seek(self.offsets.get(name, 0))
            text = file.read()
            self.offsets[name] = file.tell()
        for line in text.splitlines():
            yield line.split(" ")

    # A test that sends by itself, one event at a time, writes the same ledger.

    def will_send(self, identifier, body):
        with open(self.prefix + ".sent", "a") as file:
            file.write(f"{identifier} {hashlib.sha256(body).hexdigest()}\n")

    def was_answered(self, identifier, status, answer):
        now = time.monotonic()
        with open(self.prefix + (".acked" if status == 200 else ".refused"), "a") as file:
            what = answer.get("outcome", "?") if status == 200 else status or "lost"
            file.write(f"{identifier} {what} {now:.6f} {now:.6f}\n")


class Sender:
    """The sending process."""

    def __init__(self, prefix, run=0, seed=1, connections=64):
        self.ledger = Ledger(prefix)
        self.process = subprocess.Popen(
            [
                sys.executable, str(HERE / "sender.py"), "--prefix", prefix, "--secret", SECRET,
                "--run", str(run), "--seed", str(seed), "--connections", str(connections),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        expect(self.process.stdout.readline() == "ready\n", "the sender did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def go(self, port):
        """Begins to send; `port` may be several, separated by commas, to be used in turn."""
        self.process.stdin.write(f"go {port}\n")
        self.process.stdin.flush()

    def stop(self):
        """-> counts since `go`; the ledger is complete then."""
        self.process.stdin.write("stop\n")
        self.process.stdin.flush()
        counts = json.loads(self.process.stdout.readline())
        self.ledger.read()
        return counts


    def complete(self, port):
        """Sends what was not acknowledged and the rest of every story, until all of it is. -> counts"""
        self.process.stdin.write(f"complete {port}\n")
        self.process.stdin.flush()
        counts = json.loads(self.process.stdout.readline())
        self.ledger.read()
        expect(not counts["left"], f"{counts['left']} events were refused again and again")
        return counts


# ---------------------------------------------------------------- the file


class Stored:
    """A database as it lies on the disk, read from a copy so that reading changes nothing."""

    def __init__(self, database):
        self.folder = tempfile.mkdtemp(prefix="faults-copy-")
        copy = os.path.join(self.folder, "copy.sqlite")
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(database + suffix):
                shutil.copyfile(database + suffix, copy + suffix)
        self.connection = sqlite3.connect(copy)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        shutil.rmtree(self.folder)

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def check_integrity(self):
        try:
            found = self.rows("PRAGMA integrity_check")
        except sqlite3.DatabaseError as error:
            raise Failure(f"the database cannot be read: {error}") from None
        expect(found == [("ok",)], f"integrity_check: {found[:3]}")

    def has_tables(self):
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = 'events'"))

    def digests(self):
        for identifier, payload in self.events():
            yield identifier, hashlib.sha256(payload).hexdigest()

    def events(self):
        """-> the id and the body of each event, in the order of the log"""
        dictionaries = self.rows("SELECT id, content FROM dictionaries")
        log = "SELECT id, payload, body_size FROM events ORDER BY sequence"
        return [(identifier, bodies.body(payload, size, dictionaries)) for identifier, payload, size in self.rows(log)]

    def payloads(self):
        return [payload for _, payload in self.events()]


def missing(database, ledger):
    """-> (how many events are stored, the acknowledged that are not). Fails for anything that was never sent."""
    with Stored(database) as stored:
        stored.check_integrity()
        return missing_in(stored, ledger)


def missing_in(stored, ledger):
    """The same of a database that is open."""
    digests = {}
    for identifier, digest in stored.digests() if stored.has_tables() else []:
        expect(identifier not in digests, f"{identifier} is stored twice")
        digests[identifier] = digest
    for identifier, digest in digests.items():
        expect(identifier in ledger.sent, f"{identifier} is stored and was never sent")
        expect(ledger.sent[identifier] == digest, f"{identifier} is stored with other bytes than were sent")
    return len(digests), [identifier for identifier in ledger.acknowledged if identifier not in digests]


def check_file(database, ledger):
    """After a crash, before anything has touched the files: acknowledged ⊆ stored ⊆ sent, and whole."""
    return expect_nothing_lost(missing(database, ledger))


def check_stored(stored, ledger):
    """The same of a database that is open."""
    return expect_nothing_lost(missing_in(stored, ledger))


def expect_nothing_lost(found):
    count, lost = found
    expect(not lost, f"{len(lost)} acknowledged events are lost, the first {lost[:1]}")
    return count


def check_file_while_idle(subject, ledger):
    """The same of a service that runs with nothing to do; a copy taken during a checkpoint would be a mixture."""
    for _ in range(200):
        if subject.process.poll() is None and subject.is_ready():
            break
        time.sleep(0.05)
    before = None
    for _ in range(100):
        files = [subject.database, subject.database + "-wal"]
        now = [os.stat(file).st_mtime_ns for file in files if os.path.exists(file)]
        if now == before:
            break
        before = now
        time.sleep(0.03)
    return check_file(subject.database, ledger)


# ---------------------------------------------------------------- the service


def check_service(subject, ledger, is_complete=True, stored=None):
    """The whole oracle, asked of the service that recovered. -> figures

    `stored` is where its database can be read, when that is not a file. Once a sender has completed its stories, every row of the feed and both sums are compared with the reference.
    """
    listed = subject.listed("/v1/events")
    identifiers = [entry["id"] for entry in listed]
    expect(len(set(identifiers)) == len(identifiers), "the log lists an event twice")
    listed_ids = set(identifiers)
    lost = [identifier for identifier in ledger.acknowledged if identifier not in listed_ids]
    expect(not lost, f"{len(lost)} acknowledged events are not listed, the first {lost[:1]}")
    expect(not listed_ids - ledger.sent.keys(), "the log lists events that were never sent")

    with stored or Stored(subject.database) as copy:
        copy.check_integrity()
        payloads = copy.payloads()
    expect(len(payloads) == len(listed_ids), f"{len(payloads)} events on disk, {len(listed_ids)} listed")
    rows = check_feed(subject, payloads, is_complete)

    rebuilt = subject.call("POST", "/v1/events/reproject", timeout=600)
    expect(rebuilt["changed"] == 0, f"a rebuild changes {rebuilt['changed']} rows")
    expect(rebuilt["events"] == len(listed_ids), f"a rebuild reads {rebuilt['events']} of {len(listed_ids)} events")
    return {
        "sent": len(ledger.sent),
        "acknowledged": len(ledger.acknowledged),
        "stored": len(listed_ids),
        "rows": len(rows),
        "amount": sum(row["amount"] for row in rows if row["type"] == "purchase"),
        "amount_refunded": sum(row["amount_refunded"] for row in rows),
    }


def check_feed(subject, payloads, is_complete):
    """The feed is what the reference derives from these events. -> its rows"""
    expected, unfinished = stories.Model().rows(payloads)
    expect(not (is_complete and unfinished), f"{len(unfinished)} stories are not complete")
    rows = subject.listed("/v1/transactions")
    expect(len({row["id"] for row in rows}) == len(rows), "the feed shows a row twice")
    length = len(stories.suffix(0, 0))
    shown = {row["id"]: without_link(row) for row in rows if row["id"][-length:] not in unfinished}
    differing = sorted(key for key in shown.keys() | expected.keys() if shown.get(key) != expected.get(key))
    expect(not differing, f"{len(differing)} rows differ from the reference, the first {differing[:1]}")
    return rows


def without_link(row):
    return row | {"receipt": {key: value for key, value in row["receipt"].items() if key != "url"}}
