"""A stand-in for Console's API: its database, its handler of Stripe's webhooks and its list of transactions.

The rules are those of apps/api in akash-network/console, read at d84c9e93d: `StripeTransactionService`,
`FirstPurchaseBonusService` and the migrations in `drizzle`."""

import base64
import json
import subprocess
import time
import urllib.parse

from receiver import Handler, Receiver

TABLES = """
CREATE SCHEMA {schema}; SET search_path = {schema};
CREATE TYPE stripe_transaction_status AS ENUM
    ('created', 'pending', 'requires_action', 'succeeded', 'failed', 'refunded', 'canceled');
CREATE TYPE stripe_transaction_type AS ENUM ('payment_intent', 'coupon_claim', 'manual_credit');
CREATE TABLE "userSetting" (id uuid PRIMARY KEY, "userId" varchar(255) UNIQUE, username varchar(255) UNIQUE,
    email varchar(255), "stripeCustomerId" varchar(255), created_at timestamp DEFAULT now());
CREATE TABLE user_wallets (id serial PRIMARY KEY, user_id uuid NOT NULL UNIQUE REFERENCES "userSetting" (id),
    address varchar UNIQUE, deployment_allowance numeric(20, 2) NOT NULL DEFAULT 0.00, trial boolean DEFAULT true,
    fee_allowance numeric(20, 2) NOT NULL DEFAULT 0.00, activated_at timestamptz,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE stripe_transactions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES "userSetting" (id),
    type stripe_transaction_type NOT NULL, status stripe_transaction_status NOT NULL DEFAULT 'created',
    amount integer NOT NULL, amount_refunded integer NOT NULL DEFAULT 0, bonus_amount integer NOT NULL DEFAULT 0,
    currency varchar(3) NOT NULL DEFAULT 'usd', stripe_payment_intent_id varchar(255),
    stripe_charge_id varchar(255), stripe_invoice_id varchar(255), description varchar(500),
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE ROLE {schema}_reader LOGIN PASSWORD '{password}' IN ROLE pg_read_all_stats;
ALTER ROLE {schema}_reader SET search_path = {schema};
GRANT USAGE ON SCHEMA {schema} TO {schema}_reader;
GRANT SELECT ON "userSetting", user_wallets, stripe_transactions TO {schema}_reader;
"""
COLUMNS = {"id": "id", "user": "user_id", "type": "type", "status": "status", "amount": "amount", "refunded": "amount_refunded",
           "bonus": "bonus_amount", "intent": "stripe_payment_intent_id", "charge": "stripe_charge_id",
           "invoice": "stripe_invoice_id", "description": "description", "at": "created_at"}


def moment(at):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))


class Database:
    """Console's database, in a schema of a server; the service gets a role that may only read it."""

    def __init__(self, server, schema):
        self.server, self.schema = server, schema
        place = urllib.parse.urlsplit(server)
        self.url = place._replace(netloc=f"{schema}_reader:reader-of-{schema}@{place.hostname}:{place.port}").geturl()

    def run(self, script):
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.server], check=True, capture_output=True,
                              input=f"SET client_min_messages = warning; SET search_path = {self.schema};\n{script}".encode())
        return done.stdout.decode()

    def fill(self, people, rows, begun):
        def copied(table, columns, lines):
            cells = ("\t".join("\\N" if cell is None else str(cell) for cell in line) for line in lines)
            return f"COPY {table} ({columns}) FROM STDIN;\n" + "".join(line + "\n" for line in cells) + "\\.\n"

        self.run(TABLES.format(schema=self.schema, password=f"reader-of-{self.schema}")
                 + copied('"userSetting"', 'id, "userId", "stripeCustomerId"', [(p.id, p.sub, p.customer) for p in people])
                 + copied("user_wallets", "user_id, address, created_at", [(p.id, p.wallet, moment(begun)) for p in people])
                 + copied("stripe_transactions", ", ".join([*COLUMNS.values(), "updated_at"]),
                          [[moment(value) if name == "at" else value for name, value in row.items()] + [moment(row["at"])]
                           for row in rows]))

    def put(self, row):
        """Writes one row anew."""
        def literal(name, value):
            value = moment(value) if name == "at" else value
            return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"

        values = ", ".join(literal(name, value) for name, value in row.items())
        names = ", ".join(COLUMNS.values())
        changed = ", ".join(f"{column} = EXCLUDED.{column}" for column in COLUMNS.values())
        self.run(f"INSERT INTO stripe_transactions ({names}) VALUES ({values}) "
                 f"ON CONFLICT (id) DO UPDATE SET {changed}, updated_at = now()")

    def contents(self):
        """Everything in it, as text, to be compared."""
        return self.run('SELECT * FROM "userSetting" ORDER BY 1; SELECT * FROM user_wallets ORDER BY 1; '
                        "SELECT * FROM stripe_transactions ORDER BY 1")

    def rows(self):
        """Its transactions as a ledger has them, but for the times."""
        columns = ", ".join(f"{column} AS {json.dumps(name)}" for name, column in COLUMNS.items() if name != "at")
        found = self.run(f"SELECT row_to_json(t) FROM (SELECT {columns} FROM stripe_transactions ORDER BY id) t")
        return [json.loads(line) for line in found.splitlines()]

    def drop(self):
        self.run(f"DROP SCHEMA {self.schema} CASCADE; DROP ROLE {self.schema}_reader")


class Ledger:
    """Console's table of transactions, and the changes that its handler makes for an event."""

    def __init__(self):
        self.rows, self.found, self.bought, self.database = {}, {}, set(), None

    def begin(self, row):
        self.rows[row["id"]] = row
        for name in ("intent", "invoice"):
            if row[name]:
                self.found[row[name]] = row
        self._keep(row)

    def apply(self, kind, told):
        row = self.found.get(told["id"])
        if kind == "charge.refunded":
            if row and row["status"] in ("succeeded", "refunded") and told["amount_refunded"] > row["refunded"]:
                row["refunded"] = told["amount_refunded"]
                row["status"] = "refunded" if told["refunded"] else row["status"]
                self._keep(row)
        elif row is None:
            return
        elif kind in ("payment_intent.succeeded", "invoice.paid"):
            if row["status"] in ("succeeded", "refunded"):
                return
            row["status"], row["charge"] = "succeeded", told.get("latest_charge")
            if row["charge"]:
                self.found[row["charge"]] = row
            # A tenth of the first purchase, if that is of 100 dollars at least.
            if row["type"] == "payment_intent" and row["user"] not in self.bought:
                self.bought.add(row["user"])
                row["bonus"] = min(row["amount"] // 10, 10_000) if row["amount"] >= 10_000 else 0
            self._keep(row)
        elif kind in ("payment_intent.payment_failed", "payment_intent.canceled"):
            row["status"] = "failed" if kind.endswith("failed") else "canceled"
            self._keep(row)

    def _keep(self, row):
        if self.database:
            self.database.put(row)

    def of(self, user):
        return sorted((row for row in self.rows.values() if row["user"] == user), key=lambda row: row["at"])


class ConsoleAPI(Receiver):
    """Console's server: the handler, and `GET /v1/stripe/transactions` for the user of a token."""

    def __init__(self, secret, ledger, people):
        self.ledger, self.users, self.is_down = ledger, {person.sub: person.id for person in people}, False
        super().__init__(secret, ConsoleHandler)

    @property
    def base(self):
        return self.url.partition("/v1/")[0]

    def take(self, event):
        if self.is_down:
            return 503
        told = event["data"]["object"]
        self.ledger.apply(event["type"], told.to_dict() if hasattr(told, "to_dict") else told)
        return 200


class ConsoleHandler(Handler):
    def do_GET(self):
        claims = self.headers["Authorization"].split(".")[1]
        user = self.server.users[json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]]
        rows = [{"created": row["at"], "type": row["type"], "status": row["status"], "amount": row["amount"],
                 "amountRefunded": row["refunded"]} for row in reversed(self.server.ledger.of(user))]
        data = {"hasMore": len(rows) > 100, "totalCount": len(rows), "transactions": rows[:100]}
        self.answer(200, json.dumps({"data": data}).encode())
