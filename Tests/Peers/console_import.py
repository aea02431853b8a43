"""The way from Console's own handler: a Console database with users and three years of transactions, the events of the
same payments from Stripe, and an import, which is killed, repeated and compared with Console's table."""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid

import service as peers

POSTGRES = "CONSOLE_BILLING_TEST_POSTGRES"
END = 1_788_000_000
YEARS = 3 * 365 * 86_400
USER_KEY = "cbk_console"

# As Console's migrations make them: apps/api/drizzle of akash-network/console, read at d84c9e93d.
TABLES = """
CREATE SCHEMA {schema}; SET search_path = {schema};
CREATE TYPE stripe_transaction_status AS ENUM
    ('created', 'pending', 'requires_action', 'succeeded', 'failed', 'refunded', 'canceled');
CREATE TYPE stripe_transaction_type AS ENUM ('payment_intent', 'coupon_claim', 'manual_credit');
CREATE TABLE "userSetting" (id uuid PRIMARY KEY, "userId" varchar(255) UNIQUE, username varchar(255) UNIQUE,
    email varchar(255), "stripeCustomerId" varchar(255), created_at timestamp DEFAULT now());
CREATE TABLE user_wallets (id serial PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES "userSetting" (id),
    address varchar UNIQUE, deployment_allowance numeric(20, 2) NOT NULL DEFAULT 0.00, trial boolean DEFAULT true,
    activated_at timestamptz, created_at timestamp NOT NULL DEFAULT now());
CREATE TABLE stripe_transactions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES "userSetting" (id),
    type stripe_transaction_type NOT NULL, status stripe_transaction_status NOT NULL DEFAULT 'created',
    amount integer NOT NULL, amount_refunded integer NOT NULL DEFAULT 0, bonus_amount integer NOT NULL DEFAULT 0,
    currency varchar(3) NOT NULL DEFAULT 'usd', stripe_payment_intent_id varchar(255),
    stripe_charge_id varchar(255), stripe_invoice_id varchar(255), description varchar(500),
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
"""


def made(seed, users, transactions):
    """-> the users and rows of Console, and the events that Stripe sent of the same payments, each as JSON"""
    pick = random.Random(seed)
    people = []
    for number in range(users):
        identifier = str(uuid.UUID(int=pick.getrandbits(128), version=4))
        people.append({"id": identifier, "sub": f"auth0|{number:024d}", "customer": f"cus_Console{number:06d}",
                       "wallet": f"akash1{number:038d}", "paid": False})
    rows, events = [], []
    for number in range(transactions):
        person = people[number % users] if number < users else pick.choice(people)
        at = END - YEARS + number * YEARS // transactions
        kind = pick.choices(["payment_intent", "coupon_claim", "manual_credit"], [94, 3, 3])[0]
        row = {"id": str(uuid.UUID(int=pick.getrandbits(128), version=4)), "user": person["id"], "type": kind,
               "status": "succeeded", "amount": pick.randrange(500, 50_000), "refunded": 0, "bonus": 0,
               "intent": None, "invoice": None, "description": None, "at": at}
        if kind == "payment_intent":
            row["intent"] = f"pi_Console{number:08d}"
            charge = {"id": f"ch_Console{number:08d}", "object": "charge", "amount": row["amount"],
                      "amount_captured": row["amount"], "captured": True, "paid": True, "status": "succeeded",
                      "currency": "usd", "created": at, "customer": person["customer"], "livemode": False,
                      "payment_intent": row["intent"], "amount_refunded": 0, "refunded": False,
                      "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}}}
            events.append(event(number, "charge.succeeded", charge, at))
            if not person["paid"] and row["amount"] >= 1000:
                # FirstPurchaseBonusService of Console: ten per cent of the first purchase.
                person["paid"], row["bonus"] = True, row["amount"] // 10
            if pick.random() < 0.05:
                row["refunded"] = row["amount"] if pick.random() < 0.5 else row["amount"] // 3
                row["status"] = "refunded" if row["refunded"] == row["amount"] else "succeeded"
                refund = {"id": f"re_Console{number:08d}", "object": "refund", "amount": row["refunded"],
                          "charge": charge["id"], "payment_intent": row["intent"], "currency": "usd",
                          "created": at + 3600, "status": "succeeded"}
                events.append(event(f"r{number}", "refund.created", refund, at + 3600))
        else:
            row["invoice"] = f"in_Console{number:08d}"
            row["description"] = "Coupon: SPRING" if kind == "coupon_claim" else "Sorry for the outage"
            invoice = {"id": row["invoice"], "object": "invoice", "status": "paid", "currency": "usd", "created": at,
                       "customer": person["customer"], "livemode": False}
            if kind == "coupon_claim":
                invoice |= {"amount_paid": 0, "amount_due": 0, "total": 0, "subtotal": row["amount"],
                            "total_discount_amounts": [{"amount": row["amount"], "discount": "di_1"}]}
            else:
                invoice |= {"amount_paid": row["amount"], "amount_due": row["amount"], "total": row["amount"],
                            "paid": True, "paid_out_of_band": True}
            events.append(event(number, "invoice.paid", invoice, at))
        rows.append(row)
    return people, rows, events


def event(name, kind, object_, at):
    return json.dumps({"id": f"evt_console_{name}", "object": "event", "type": kind, "created": at, "livemode": False,
                       "api_version": "2024-06-20", "data": {"object": object_}})


class Console:
    """Console's database, in a schema of a private server."""

    def __init__(self, schema):
        self.server, self.schema = os.environ[POSTGRES], schema

    @property
    def url(self):
        return f"{self.server}{'&' if '?' in self.server else '?'}options=-csearch_path%3D{self.schema}"

    def run(self, script):
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", self.server], check=True,
                       input=("SET client_min_messages = warning;\n" + script).encode(), stdout=subprocess.DEVNULL)

    def fill(self, people, rows):
        def copied(table, columns, lines):
            return f"COPY {table} ({columns}) FROM STDIN;\n" + "".join(lines) + "\\.\n"

        def cells(*values):
            return "\t".join("\\N" if value is None else str(value) for value in values) + "\n"

        def moment(at):
            return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))

        begun = moment(END - YEARS - 86_400)
        self.run(
            TABLES.format(schema=self.schema)
            + copied('"userSetting"', 'id, "userId", "stripeCustomerId"',
                     [cells(p["id"], p["sub"], p["customer"]) for p in people])
            + copied("user_wallets", "user_id, address, created_at", [cells(p["id"], p["wallet"], begun) for p in people])
            + copied("stripe_transactions",
                     "id, user_id, type, status, amount, amount_refunded, bonus_amount, stripe_payment_intent_id, "
                     "stripe_invoice_id, description, created_at, updated_at",
                     [cells(r["id"], r["user"], r["type"], r["status"], r["amount"], r["refunded"], r["bonus"],
                            r["intent"], r["invoice"], r["description"], moment(r["at"]), moment(r["at"]))
                      for r in rows])
        )

    def drop(self):
        self.run(f"DROP SCHEMA {self.schema} CASCADE")


def start(executable, database, console, log):
    port = peers.free_port()
    keys = [("peers", peers.API_KEY, "feed:read+ops+customers:write"), ("console", USER_KEY, "feed:user")]
    settings = {
        "PATH": os.environ["PATH"], "PORT": str(port), "DATABASE_URL": f"sqlite:{database}",
        "STRIPE_WEBHOOK_SECRET": peers.SECRET, "SERVICE_RATE_LIMIT": "1000000000",
        "LINK_SIGNING_SECRET": "a secret of the peers that is long enough to sign links",
        "API_KEYS": ",".join(f"{n}:{hashlib.sha256(k.encode()).hexdigest()}:{s}" for n, k, s in keys),
        "CONSOLE_DATABASE_URL": console.url, "CONSOLE_SYNC_INTERVAL": "0",
    }
    process = subprocess.Popen([executable, "serve"], env=settings, stderr=open(log, "a+"))
    service = peers.Service(f"http://127.0.0.1:{port}", process, log)
    peers.wait_until_ready(service)
    return service


def stop(service):
    service.process.terminate()
    assert service.process.wait(timeout=40) == 0, "SIGTERM is not answered with exit 0"


def imported(executable, service, *flags):
    """-> the result, the exit code and the seconds of `import console`"""
    begun = time.monotonic()
    done = subprocess.run([executable, "import", "console", *flags, "--format", "json"], capture_output=True,
                          env={"PATH": os.environ["PATH"], "PUBLIC_URL": service.url,
                               "CONSOLE_BILLING_API_KEY": peers.API_KEY})
    assert done.stdout, f"import console: {done.stderr.decode()}"
    return json.loads(done.stdout), done.returncode, time.monotonic() - begun


def ask(service, path, user):
    request = urllib.request.Request(service.url + path, headers={"x-api-key": USER_KEY, "X-User-Id": user})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def differences(service, people, rows, sample):
    """Compares Console's own route and the balance, as a user sees them, with Console's table."""
    for person in sample:
        own = sorted((r for r in rows if r["user"] == person["id"]), key=lambda r: r["at"])
        expected = {(r["type"], r["status"], r["amount"], r["refunded"],
                     0 if r["status"] == "refunded" else r["bonus"], r["at"]) for r in own}
        for name in (person["id"], person["sub"]):
            found, offset = [], 0
            while True:
                page = ask(service, f"/v1/stripe/transactions?limit=100&offset={offset}", name)["data"]
                found += page["transactions"]
                offset += 100
                if not page["hasMore"]:
                    break
            shown = {(t["type"], t["status"], t["amount"], t["amountRefunded"], t.get("bonusAmount", 0), t["created"])
                     for t in found}
            if len(found) != len(own) or shown != expected:
                yield f"{name}: {len(found)} rows for {len(own)}, such as {sorted(shown ^ expected)[:2]}"
        cents = sum(r["amount"] - r["refunded"] + (0 if r["status"] == "refunded" else r["bonus"]) for r in own)
        balance = ask(service, "/v1/balance", person["sub"])["balances"][0]
        if balance["balance_display"].replace("$", "").replace(",", "") != f"{cents / 100:.2f}":
            yield f"{person['sub']}: {balance['balance_display']} for {cents / 100:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--transactions", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    executable, problems = os.path.abspath(arguments.service), []
    people, rows, events = made(arguments.seed, arguments.users, arguments.transactions)
    console = Console("console_" + base64.b16encode(os.urandom(6)).decode().lower())
    console.fill(people, rows)
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as folder:
        ends.callback(console.drop)
        database, log = f"{folder}/billing.sqlite", f"{folder}/log"
        service = start(executable, database, console, log)
        pathlib.Path(f"{folder}/events.jsonl").write_text("\n".join(events) + "\n")
        subprocess.run([executable, "replay", f"{folder}/events.jsonl", "--to", service.url + "/v1/stripe-webhook",
                        "--secret", peers.SECRET, "--concurrency", "64", "--format", "json"],
                       check=True, stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
        before = len(service.transactions())
        counted, code, _ = imported(executable, service, "--dry-run")
        if code != 0 or len(service.transactions()) != before:
            problems.append(f"the dry run ended with {code}, or changed rows: {counted}")
        stop(service)
        for name in ("", "-wal", "-shm"):
            if os.path.exists(database + name):
                shutil.copy(database + name, f"{folder}/killed.sqlite{name}")

        service = start(executable, database, console, log)
        first, code, seconds = imported(executable, service)
        if code != 0:
            problems.append(f"the import ended with {code}: {first}")
        for name in ("customers", "customers_linked", "wallets_added", "transactions", "credits_given"):
            if first[name] != counted[name]:
                problems.append(f"the dry run told {counted[name]} of {name}, the import {first[name]}")
        sample = random.Random(2).sample(people, min(50, len(people)))
        problems += differences(service, people, rows, sample)
        whole = service.transactions()
        again, code, _ = imported(executable, service)
        if code != 0 or again["customers_linked"] + again["wallets_added"] + again["credits_given"] != 0:
            problems.append(f"the second import ended with {code} and changed something: {again}")
        if service.transactions() != whole and [
            {**row, "receipt": None} for row in service.transactions()
        ] != [{**row, "receipt": None} for row in whole]:
            problems.append("the second import changed rows")
        stop(service)

        pick = random.Random(3)
        for _ in range(arguments.kills):
            service = start(executable, f"{folder}/killed.sqlite", console, log)
            request = urllib.request.Request(service.url + "/v1/console_imports", method="POST", data=b"",
                                             headers={"x-api-key": peers.API_KEY})
            urllib.request.urlopen(request, timeout=10).read()
            time.sleep(pick.random() * max(seconds, 0.2))
            service.process.kill()
            service.process.wait()
        service = start(executable, f"{folder}/killed.sqlite", console, log)
        _, code, _ = imported(executable, service)
        killed = service.transactions()
        strip = lambda found: [{**row, "receipt": None} for row in found]  # noqa: E731
        if code != 0 or strip(killed) != strip(whole):
            problems.append(f"after {arguments.kills} kills the import ended with {code} and {len(killed)} rows "
                            f"for {len(whole)}")
        stop(service)
    print(*problems, sep="\n") if problems else None
    print(f"{arguments.users} users and {arguments.transactions} transactions: imported in {seconds:.1f} s, "
          f"{first['credits_given']} credits, no request to Stripe; {len(sample)} users compared by two ids each, "
          f"{arguments.kills} kills, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
