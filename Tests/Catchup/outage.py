"""The story to show: 25 days in which nothing was received, healed by `backfill`, proved by `reconcile`.

A service that got every webhook, twice and in any order, is what the others are compared with. Then one that got none
is healed from Stripe's API; one is killed again and again while it is being healed; and drift is planted on both
sides, found to the row, and mended.

Usage: outage.py --service console-billing --stand-in stripe-stand-in [--events 20000] [--kills 20]
"""

import argparse
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Faults"))

import subject  # noqa: E402
import tale  # noqa: E402
from subject import expect  # noqa: E402

KEY = "sk_test_outage"


class StandIn:
    """Our stand-in for Stripe's API, with all events in it."""

    def __init__(self, executable, file, folder):
        self.log = open(os.path.join(folder, "stand-in.log"), "wb")
        self.process = subprocess.Popen(
            [executable, "--port", "0", "--key", KEY, "--load", file], stdout=subprocess.PIPE, stderr=self.log
        )
        for line in self.process.stdout:
            if match := re.search(rb"http://127\.0\.0\.1:[0-9]+", line):
                self.url = match.group().decode()
                return
        raise SystemExit("the stand-in did not start")

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_stand-in" + path, data=data), timeout=60) as answer:
            return json.load(answer)

    @property
    def requests(self):
        return self.control("/requests")["total"]

    def show(self, collection, identifier):
        request = urllib.request.Request(
            f"{self.url}/v1/{collection}/{identifier}",
            headers={"Authorization": f"Bearer {KEY}", "Stripe-Version": "2026-09-30.endive"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def finish(self):
        self.process.kill()
        self.process.wait()


class Place:
    """A service of its own, and the commands that are given beside it."""

    all = []

    def __init__(self, arguments, folder, name, stand_in):
        self.executable = os.path.abspath(arguments.service)
        self.name = name
        os.makedirs(os.path.join(folder, name))
        self.subject = subject.Subject(
            self.executable,
            os.path.join(folder, name),
            {
                "STRIPE_SECRET_KEY": KEY,
                "STRIPE_API_BASE": stand_in.url,
                # Jobs that begin by themselves would interfere with the requested ones.
                "CATCH_UP_AFTER": "0",
                "RECONCILE_EVERY": "0",
            },
        )
        Place.all.append(self)
        self.environment = {**self.subject.environment, "CONSOLE_BILLING_API_KEY": subject.API_KEY}

    def command(self, *words):
        return subprocess.Popen(
            [self.executable, *words, "--format", "json"],
            env=self.environment,
            cwd=self.subject.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ask(self, *words, timeout=600):
        """-> exit code, the JSON printed, what was said on standard error."""
        process = self.command(*words)
        out, err = process.communicate(timeout=timeout)
        return process.returncode, json.loads(out.splitlines()[-1]) if out.strip() else None, err.decode()

    def feed(self):
        rows = self.subject.listed("/v1/transactions")
        for row in rows:
            # The link is signed anew for every answer.
            row["receipt"].pop("url", None)
        return {row["id"]: row for row in rows}


def settle(place, seconds=30):
    """Gives the jobs the time to fetch what it is asked for; what Stripe does not have it puts off."""
    end = time.monotonic() + seconds
    path = "/v1/jobs?kind=fetch&limit=100"
    while any(job["state"] != "failed" for job in place.subject.get(path)["data"]) and time.monotonic() < end:
        time.sleep(0.2)


def check_same(place, wanted, what):
    """That the feed is as it should be, at the latest when the work queue has had its time."""
    found = place.feed()
    if found != wanted:
        settle(place)
        found = place.feed()
    missing = sorted(set(wanted) - set(found))
    extra = sorted(set(found) - set(wanted))
    different = sorted(i for i in set(wanted) & set(found) if wanted[i] != found[i])
    for identifier in different[:3]:
        print("  wanted", json.dumps(wanted[identifier], sort_keys=True))
        print("  found ", json.dumps(found[identifier], sort_keys=True))
    expect(
        not (missing or extra or different),
        f"{what}: {len(missing)} rows missing {missing[:3]}, {len(extra)} too many {extra[:3]}, "
        f"{len(different)} differ {different[:3]}",
    )


def count(database, sql):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchone()[0]


def stored_events(place):
    """How many of Stripe's events are in the log; the service must not have the file."""
    return count(place.subject.database, "SELECT count(*) FROM events WHERE id LIKE 'evt_%' AND id NOT LIKE 'evt_ours%'")


def every_webhook(arguments, folder, stand_in, file, events):
    """The state of a service that got every webhook, each twice and in any order."""
    place = Place(arguments, folder, "everything", stand_in)
    place.subject.start()
    begun = time.monotonic()
    code, report, said = place.ask(
        "replay", file, "--to", place.subject.url, "--secret", subject.SECRET, "--duplicate", "2",
        "--shuffle", "7", "--concurrency", "32", timeout=1800,
    )
    expect(code == 0, f"replay ended with {code}: {said[-400:]}")
    settle(place)
    rows = place.feed()
    expect(place.subject.terminate() == 0, "SIGTERM ends the service with 0")
    expect(stored_events(place) == len(events), f"{stored_events(place)} events stored of {len(events)}")
    print(f"every webhook: {len(events)} events twice over in {time.monotonic() - begun:.0f} s, {len(rows)} rows")
    return rows


def healed(arguments, folder, stand_in, events, wanted):
    """One that got nothing, healed by one command."""
    place = Place(arguments, folder, "healed", stand_in)
    place.subject.start()
    expect(place.feed() == {}, "nothing was received")
    before, begun = stand_in.requests, time.monotonic()
    code, run, said = place.ask("backfill", "--since", "26d", "--rate", "100", timeout=1800)
    seconds = time.monotonic() - begun
    expect(code == 0, f"backfill ended with {code}: {said[-600:]} {run}")
    used, all_requests = run["requests"], stand_in.requests - before
    expect(used <= all_requests, f"{used} requests counted, {all_requests} made")
    expect(run["recorded"] == len(events), f"{run['recorded']} events recorded of {len(events)}")
    check_same(place, wanted, "after backfill")
    print(
        f"backfill: {len(events)} events in {seconds:.1f} s ({len(events) / seconds:.0f} events/s), {used} requests "
        f"({1000 * used / len(events):.1f} per thousand events); the work queue asked {all_requests - used} times"
    )
    code, again, said = place.ask("backfill", "--since", "26d", "--rate", "100", timeout=1800)
    expect(code == 0 and again["recorded"] == 0, f"a second backfill ended with {code}, {again}: {said[-300:]}")
    check_same(place, wanted, "after a second backfill")
    return place


def no_drift(place, rows):
    begun = time.monotonic()
    code, run, said = place.ask("reconcile", "--since", "26d", "--rate", "100", timeout=1800)
    found = (run or {}).get("comparison") or {}
    expect(code == 0 and found.get("drift_total", found.get("driftCount")) == 0,
           f"reconcile ended with {code}: {said[-300:]} {json.dumps(found)[:1500]}")
    expect(found["rows"] >= len(rows), f"{found['rows']} rows compared of {len(rows)}")
    print(
        f"reconcile: zero drift in {found['rows']} rows, {run['requests']} requests, "
        f"{time.monotonic() - begun:.1f} s"
    )


def planted(place, stand_in, rows, seed):
    """Drift on both sides, found to the row, and mended as far as it can be."""
    dice = random.Random(seed)
    purchases = [r for r in rows.values() if r["type"] == "purchase" and r["status"] == "succeeded" and r["charge"]
                 and r["payment_intent"] and r["amount_refunded"] == 0 and not r["disputed"] and not r["invoice"]]
    lone = [r for r in purchases if sum(other["payment_intent"] == r["payment_intent"] for other in rows.values()) == 1]
    refunds = [r for r in rows.values() if r["type"] == "refund" and r["status"] == "succeeded"]
    dice.shuffle(lone)
    dice.shuffle(refunds)
    gone_there, lost_here, dropped_row, altered_row, other_customer = lone[:5]
    changed = refunds[0]
    expected = set()

    # Stripe's side: a payment that is no more, a refund that failed since, another customer.
    for kind, field in [("charge", "charge"), ("payment_intent", "payment_intent")]:
        stand_in.control("/removals", {"object": kind, "id": gone_there[field]})
    expected.add(("missing_there", gone_there["id"], None))
    refund = stand_in.show("refunds", changed["id"])
    refund["status"] = "failed"
    stand_in.control("/objects?replace=true", refund)
    charge = stand_in.show("charges", changed["charge"])
    charge["amount_refunded"] -= changed["amount"]
    charge["refunded"] = False
    stand_in.control("/objects?replace=true", charge)
    expected.add(("differs", changed["id"], "status"))
    expected.add(("differs", changed["payment_intent"] or changed["charge"], "amount_refunded"))
    for collection, field in [("charges", "charge"), ("payment_intents", "payment_intent")]:
        body = stand_in.show(collection, other_customer[field])
        body["customer"] = "cus_SomebodyElse1"
        stand_in.control("/objects?replace=true", body)
    expected.add(("differs", other_customer["id"], "customer"))

    # Our side: a payment that was never heard of, a lost row, and a changed row.
    expect(place.subject.terminate() == 0, "SIGTERM ends the service with 0")
    with sqlite3.connect(place.subject.database) as database:
        ids = (lost_here["payment_intent"], lost_here["charge"])
        (payment,) = database.execute("SELECT payment FROM objects WHERE id = ?", ids[:1]).fetchone()
        known = [i for (i,) in database.execute("SELECT id FROM objects WHERE payment = ?", (payment,))]
        database.executemany("DELETE FROM events WHERE object_id = ?", [(i,) for i in known])
        database.execute("DELETE FROM objects WHERE payment = ?", (payment,))
        database.execute("DELETE FROM transactions WHERE id = ?", (lost_here["id"],))
        database.execute("DELETE FROM transactions WHERE id = ?", (dropped_row["id"],))
        touched = database.execute("UPDATE transactions SET amount = 1 WHERE id = ? AND amount <> 1", (altered_row["id"],))
        expect(touched.rowcount == 1, "the row was touched")
    database.close()
    expected |= {("missing_here", lost_here["id"], None), ("missing_here", dropped_row["id"], None)}
    expected.add(("differs", altered_row["id"], "amount"))

    place.subject.start()
    code, run, said = place.ask("reconcile", "--since", "26d", "--rate", "100", timeout=1800)
    found = {(d["kind"], d["id"], d.get("field")) for d in run["comparison"]["drift"]}
    expect(code == 1, f"reconcile with drift ended with {code}: {said[-300:]}")
    expect(found == expected, f"drift found and not planted {found - expected}, planted and not found {expected - found}")
    print(f"reconcile: exactly the {len(found)} differences that were planted")

    code, run, said = place.ask("reconcile", "--since", "26d", "--rate", "100", "--fix", timeout=1800)
    left = {(d["kind"], d["id"]) for d in run["comparison"]["drift"]}
    expect(code == 1 and left == {("missing_there", gone_there["id"])}, f"after --fix ({code}) there is {left}")
    code, run, said = place.ask("reconcile", "--since", "26d", "--rate", "100", timeout=1800)
    left = {(d["kind"], d["id"]) for d in run["comparison"]["drift"]}
    expect(code == 1 and left == {("missing_there", gone_there["id"])}, f"after --fix there is {left}")
    mended = place.feed()
    expect(mended[lost_here["id"]]["amount"] == lost_here["amount"], "the lost payment is back")
    expect(mended[dropped_row["id"]] == dropped_row, "the lost row is as it was")
    expect(mended[altered_row["id"]] == altered_row, "the touched row is as it was")
    expect(mended[changed["id"]]["status"] == "failed", "the failed refund is told")
    expect(mended[other_customer["id"]]["customer"] == "cus_SomebodyElse1", "the other customer is told")
    print("reconcile --fix: all mended but what Stripe no longer knows, which it says again")


def killed(arguments, folder, stand_in, events, wanted, kills, seed):
    """Killed while it is being healed, as a service and as a command without one; the end is the same."""
    place = Place(arguments, folder, "killed", stand_in)
    dice = random.Random(seed)
    died, attempts, attempt = 0, 0, 0
    begun, before = time.monotonic(), stand_in.requests
    # Paced so that the kills find it at work.
    words = ("backfill", "--since", "26d", "--rate", str(max(5, min(100, len(events) / 100 / kills * 1.5))))
    while True:
        is_served = attempt % 2 == 0
        attempt += 1
        expect(attempt < kills * 4 + 10, "it does not come to its end")
        if is_served:
            place.subject.start(timeout=60)
        process = place.command(*words)
        if died < kills:
            time.sleep(dice.uniform(0.05, 1.6))
            # The process that does the work; the watching command ends with it.
            if process.poll() is None:
                (place.subject if is_served else process).kill()
                died += 1
                process.kill()
            process.communicate()
            if is_served:
                place.subject.finish()
            continue
        out, err = process.communicate(timeout=1800)
        expect(process.returncode == 0, f"the last one ended with {process.returncode}: {err.decode()[-400:]}")
        attempts = json.loads(out)["attempts"]
        if not is_served:
            place.subject.start(timeout=60)
        break
    check_same(place, wanted, f"after {died} kills")
    expect(place.subject.terminate() == 0, "SIGTERM ends the service with 0")
    expect(stored_events(place) == len(events), f"{stored_events(place)} events stored of {len(events)}")
    expect(count(place.subject.database, "SELECT count(*) FROM events") >= len(events), "the log is whole")
    print(
        f"killed {died} times ({attempts} attempts in the last run): the end is the same, nothing doubled; "
        f"{stand_in.requests - before} requests, {time.monotonic() - begun:.0f} s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events = tale.tell(arguments.events, arguments.seed)
        file = os.path.join(folder, "events.jsonl")
        Path(file).write_text("".join(json.dumps(event) + "\n" for event in events))
        stand_in = StandIn(os.path.abspath(arguments.stand_in), file, folder)
        try:
            wanted = every_webhook(arguments, folder, stand_in, file, events)
            kinds = {kind: sum(row["type"] == kind for row in wanted.values()) for kind in ("purchase", "refund", "dispute")}
            print("  " + ", ".join(f"{number} {kind}s" for kind, number in kinds.items()))
            place = healed(arguments, folder, stand_in, events, wanted)
            no_drift(place, wanted)
            killed(arguments, folder, stand_in, events, wanted, arguments.kills, arguments.seed)
            planted(place, stand_in, wanted, arguments.seed)
        finally:
            for place in Place.all:
                place.subject.finish()
            stand_in.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
