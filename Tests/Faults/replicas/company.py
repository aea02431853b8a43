"""Replicas of the service on one PostgreSQL, and the oracle's view of what that holds."""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(ROOT / "deploy" / "lib"))

import bodies  # noqa: E402
import oracle  # noqa: E402
from subject import Subject, expect, wait_for  # noqa: E402


class StoredInPostgres:
    """The database as the oracle reads it: past the service, from the server itself."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def check_integrity(self):
        """Every index agrees with its table, and every table can be read."""
        self.server.run(
            "pg_amcheck", "--install-missing", "--heapallindexed",
            "-h", "127.0.0.1", "-p", str(self.server.port), "-U", "postgres", "-d", "postgres",
        )  # fmt: skip

    def has_tables(self):
        return self.server.query("SELECT to_regclass('events') IS NOT NULL") == [["t"]]

    def digests(self):
        return [(identifier, hashlib.sha256(payload).hexdigest()) for identifier, payload in self.events()]

    def events(self):
        """-> the id and the body of each event"""
        rows = self.server.query("SELECT id, encode(content, 'hex') FROM dictionaries")
        dictionaries = [(int(identifier), bytes.fromhex(content)) for identifier, content in rows]
        log = "SELECT id, encode(payload, 'hex'), body_size FROM events"
        return [
            (identifier, bodies.body(bytes.fromhex(text), int(size), dictionaries))
            for identifier, text, size in self.server.query(log)
        ]

    def payloads(self):
        return [payload for _, payload in self.events()]


class Company:
    """As many replicas as a fault needs, on one URL."""

    def __init__(self, lab, place, url, count):
        self.replicas = []
        for number in range(count):
            folder = place / f"replica-{number}"
            folder.mkdir(mode=0o700)
            self.replicas.append(Subject(lab.executable, folder, environment={"DATABASE_URL": url}))

    def __enter__(self):
        for replica in self.replicas:
            replica.launch()
        for replica in self.replicas:
            replica.wait_until_ready(60)
        return self

    def __exit__(self, *_):
        for replica in self.replicas:
            replica.finish()

    @property
    def ports(self):
        return ",".join(str(replica.port) for replica in self.replicas)

    def check_alive(self):
        """A database that is away is no reason to stop."""
        for number, replica in enumerate(self.replicas):
            expect(replica.process.poll() is None, f"replica {number} ended: {replica.output()[-600:]}")

    def wait_until_ready(self, seconds=60):
        for replica in self.replicas:
            wait_for(replica.is_ready, seconds, "a replica did not become ready again: " + replica.output()[-600:])

    def settle(self, server, sender):
        """Ends a fault: all that was begun is delivered, and the whole oracle is asked of every replica. -> figures"""
        self.wait_until_ready()
        sender.complete(self.ports)
        figures = {}
        for replica in self.replicas:
            figures = oracle.check_service(replica, sender.ledger, stored=StoredInPostgres(server))
        for replica in self.replicas:
            expect(replica.terminate() == 0, "SIGTERM is answered with exit 0")
        figures["duplicates"] = sum(outcome == "duplicate" for outcome, *_ in sender.ledger.acknowledged.values())
        return figures


def check(server, ledger):
    """acknowledged ⊆ stored ⊆ sent, byte for byte."""
    return oracle.check_stored(StoredInPostgres(server), ledger)
