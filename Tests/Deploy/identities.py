"""Console's users, their tokens and their customers at Stripe: everybody sees exactly what is theirs.

The users are as Console has them: customers that name the uuid, older ones that name the Auth0 `sub`, users with two
customers, customers with two users and with an organization, customers that were given to another user, users without
any, and a connected account's customer that has another's id and names another's user. Stripe sent every event of one
third of the customers, only the payments of the second, nothing of the last, which a backfill fetches. The expected
answers are computed here from the links; by bearer token, by X-User-Id, by organization and by session, on every route
about customers, before and after the backfill.

Usage: PYTHON identities.py --service console-billing --stand-in stripe-stand-in [--users 20] [--database postgres:…]
Needs PyJWT and cryptography in the Python that runs it.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import decimal
import json
import os
import pathlib
import random
import re
import statistics
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Peers"), str(HERE.parent / "Catchup")]

import people  # noqa: E402
import service as peers  # noqa: E402
from bearer_tokens import AUDIENCE, ISSUER, Issuer  # noqa: E402
from credentials import api_keys, key_of  # noqa: E402
from outage import KEY, StandIn  # noqa: E402

CONNECTED = "acct_1Connected"
# Console named the uuid from 2025-09-18 on. All customers are older than what the backfill is asked for.
OLD, NEW, PAID, SINCE = 1_750_000_000, 1_760_000_000, 1_773_300_000, "2026-03-01"
DAYS = f"from={people.FIRST_DAY}&to={people.LAST_DAY}"
CONSOLE = "startDate=2026-03-01T00:00:00Z&endDate=2026-04-01T00:00:00Z"
TELLS = ("all", "payments", "nothing")


@dataclasses.dataclass(eq=False)
class User:
    sub: str
    uuid: str
    customers: list = dataclasses.field(default_factory=list)

    @property
    def ids(self):
        return [self.uuid, self.sub]


@dataclasses.dataclass(eq=False)
class Customer:
    number: int
    id: str
    metadata: str
    told: str
    created: int = NEW
    account: str = None
    # The link that is set by API; None if none is.
    users: list = None
    organization: str = None

    @property
    def payments(self):
        """id -> cents"""
        kind = "C" if self.account else "P"
        return {f"pi_3{kind}{self.number:06}n{part}": 1000 + self.number * 3 + part for part in range(1 + self.number % 3)}

    @property
    def dollars(self):
        return decimal.Decimal(101 + self.number) / 100

    @property
    def address(self):
        return people.address(10_000 + self.number)

    def event(self):
        return people.customer_event(self.id, self.metadata, self.created, self.account)

    def payment_events(self):
        for place, (payment, cents) in enumerate(self.payments.items()):
            yield from people.payment_events(self.id, payment[3:], cents, PAID + place, self.account)


class Company:
    """Who there is, and what each of them is to see."""

    def __init__(self, count, seed=1):
        self.dice = random.Random(seed)
        self.users, self.customers = [], []
        for number in range(count):
            self.told = TELLS[(number + number // 10) % 3]
            user = self.user()
            KINDS[number % len(KINDS)](self, user)

    def user(self):
        identity = uuid.UUID(int=self.dice.getrandbits(128), version=4)
        self.users.append(User(f"auth0|{self.dice.getrandbits(96):024x}", str(identity)))
        return self.users[-1]

    def customer(self, metadata, *users, **more):
        number = len(self.customers)
        more.setdefault("id", f"cus_{number:06}{self.dice.getrandbits(40):010x}")
        ids = [identity for user in users for identity in user.ids] or None
        customer = Customer(number, metadata=metadata, users=ids, **({"told": self.told} | more))
        self.customers.append(customer)
        return customer

    # ------------------------------------------------------------ the kinds of users

    def linked(self, user):
        self.customer(user.uuid, user)

    def old(self, user):
        self.customer(user.sub, created=OLD)

    def unlinked(self, user):
        self.customer(user.uuid)

    def with_two(self, user):
        self.customer(user.sub, user, created=OLD)
        self.customer(user.uuid, user)

    def sharing(self, user):
        self.customer(user.uuid, user, self.user())

    def of_organization(self, user):
        self.customer(user.uuid, user, organization=f"org_{len(self.customers)}")
        self.customer(user.uuid, user)

    def claimed(self, user):
        mine = self.customer(user.uuid, user)
        self.customer(user.uuid, id=mine.id, account=CONNECTED, told="all")
        self.customer(user.sub, account=CONNECTED, told="all")

    def without(self, user):
        pass

    def given_away(self, user):
        self.customer(user.uuid, self.user())

    # ------------------------------------------------------------ what is to be seen

    def linked_to(self, identity, is_healed):
        """Contract: what is put wins over the metadata, which count on customers of our own account only."""

        def users_of(customer):
            is_known = customer.told == "all" or is_healed
            return customer.users if customer.users is not None else [customer.metadata] * is_known

        return {one for one in self.customers if not one.account and identity in users_of(one)}


KINDS = [
    Company.linked, Company.old, Company.unlinked, Company.with_two, Company.sharing, Company.of_organization,
    Company.claimed, Company.without, Company.given_away, Company.linked,
]  # fmt: skip


class Survey:
    """Asks in everybody's name."""

    def __init__(self, company, client, issuer, is_healed, share):
        self.company, self.client, self.issuer, self.is_healed, self.share = company, client, issuer, is_healed, share
        self.cells, self.failures, self.seconds = 0, [], 0
        self.strangers = [customer for customer in company.customers if customer.told == "all" and not customer.account]
        identities = {identity for one in company.customers for identity in (one.metadata, *(one.users or ()))}
        self.linked = {identity: company.linked_to(identity, is_healed) for identity in identities}

    def token(self, user):
        token = self.issuer.token("first", user.sub, exp=int(time.time()) + 7200)
        return {"Authorization": f"Bearer {token}"}

    def callers(self):
        """-> a name, headers, and which customers are there"""
        for user in self.company.users:
            by = {identity: self.linked.get(identity, set()) for identity in user.ids}
            yield "token", self.token(user), by[user.sub]
            for identity in user.ids:
                yield "X-User-Id", {"x-api-key": key_of("feed:user"), "X-User-Id": identity}, by[identity]
        for customer in self.company.customers:
            body = {"customer": customer.id, "account": customer.account}
            answer = self.client.insist("POST", "/v1/customer_sessions", key_of("all"), body)
            yield "session", {"Authorization": f"Bearer {answer['token']}"}, {customer}
            if customer.organization:
                headers = {"x-organization-id": customer.organization}
                yield "organization", {"x-api-key": key_of("feed:read"), **headers}, {customer}
                user = next(user for user in self.company.users if user.uuid in customer.users)
                yield "token and organization", {**self.token(user), **headers}, {customer}

    def try_all(self):
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self.try_one, enumerate(self.callers())))
        self.seconds = time.monotonic() - started
        return self

    def try_one(self, caller):
        number, (name, headers, customers) = caller
        look = Look(self, number, name, headers, customers)
        for check in [Look.feed, *(check for check in Look.OTHERS if look.dice.random() * self.share < 1)]:
            with contextlib.suppress(Refused):
                check(look)


class Refused(Exception):
    """An answer of another kind than was asked for, which is noted."""


class Look:
    """The answers of each route to one caller."""

    def __init__(self, survey, number, name, headers, customers):
        known = {f"{'nothing' if customer.users is None else 'users'} put, {customer.told} told" for customer in customers}
        self.survey, self.headers, self.customers, self.dice = survey, headers, customers, random.Random(number)
        self.name = f"{name} of {'; '.join(sorted(known)) or 'no user'}"
        self.own = [customer for customer in customers if not customer.account]
        told = [customer for customer in customers if survey.is_healed or customer.told != "nothing"]
        self.rows = {payment: cents for customer in told for payment, cents in customer.payments.items()}
        self.paid = decimal.Decimal(sum(self.rows.values())) / 100
        self.spent = sum((customer.dollars for customer in self.own), decimal.Decimal())

    def ask(self, path, wanted=(200,)):
        answer = self.survey.client.ask("GET", path, self.headers)
        self.survey.cells += 1
        if answer.status not in wanted:
            self.expect(path, f"{answer.status} {answer.text[:200]}", wanted)
            raise Refused
        return answer

    def expect(self, what, found, wanted):
        if found != wanted:
            who = self.headers.get("X-User-Id") or self.headers.get("x-organization-id") or ""
            phase = "after" if self.survey.is_healed else "before"
            self.survey.failures.append((f"{phase}: {self.name}", f"{who} {what}: {found}, not {wanted}"))

    def feed(self):
        found = self.ask("/v1/transactions?limit=100").json["data"]
        self.expect("the feed", {row["id"]: row["amount"] for row in found}, self.rows)
        self.expect("whose rows", {row["customer"] for row in found} <= {customer.id for customer in self.customers}, True)

    def export(self):
        for path in ("/v1/transactions/export?format=csv", f"/v1/stripe/transactions/export?timezone=UTC&{CONSOLE}"):
            self.expect(path, set(re.findall(r"\bpi_3\w+", self.ask(path).text)), set(self.rows))

    def console(self):
        found = self.ask("/v1/stripe/transactions?limit=100").json["data"]
        self.expect("Console's list", {row["id"]: row["amount"] for row in found["transactions"]}, self.rows)
        self.expect("Console's count", found["totalCount"], len(self.rows))

    def console_usage(self):
        for customer in self.own:
            days = self.ask(console_usage_of(customer)).json
            self.expect("Console's usage", [round(day["dailyUsdSpent"], 2) for day in days][:1], [float(customer.dollars)])

    def balance(self):
        found = self.ask("/v1/balance").json["balances"]
        self.expect("the balance's purchases", total(found, "purchases"), self.paid)
        self.expect("the balance's usage", total(found, "spent"), self.spent)

    def balance_history(self):
        found = self.ask(f"/v1/balance/history?{DAYS}").json["data"]
        self.expect("the history's purchases", total(found, "purchases"), self.paid)
        self.expect("the history's usage", total(found, "spend"), self.spent)

    def usage(self):
        for kind in ("daily", "monthly"):
            self.expect(f"{kind} usage", total(self.ask(f"/v1/usage/{kind}?{DAYS}").json["data"], "spent"), self.spent)

    def one(self):
        for payment, cents in list(self.rows.items())[:1]:
            self.expect(payment, self.ask(f"/v1/transactions/{payment}").json["amount"], cents)

    def receipt(self):
        for payment in list(self.rows)[:1]:
            self.ask(f"/v1/transactions/{payment}/receipt", wanted=(200, 302))
            self.ask(f"/v1/transactions/{payment}/receipt/print")

    def strangers(self):
        """Nothing of another person is shown, nor of the connected account's customer with the same id."""
        others = [customer for customer in self.survey.strangers if customer not in self.customers]
        claimed = {customer.id for customer in self.customers}
        connected = [one for one in self.survey.company.customers if one.account and one.id in claimed]
        for other in [self.dice.choice(others), *(one for one in connected if one not in self.customers)]:
            payment, account = next(iter(other.payments)), f"&account={other.account}" if other.account else ""
            paths = [f"/v1/transactions/{payment}{rest}" for rest in ("", "/receipt", "/receipt/print")]
            paths += [
                f"{path}customer={other.id}{account}"
                for path in (
                    "/v1/transactions?", "/v1/transactions/export?", "/v1/balance?", "/v1/forecast?", f"/v1/balance/history?{DAYS}&",
                    f"/v1/usage/daily?{DAYS}&", f"/v1/usage/monthly?{DAYS}&", "/v1/stripe/transactions?",
                )
            ]  # fmt: skip
            # To a user without a customer every address has zeros.
            paths += [console_usage_of(other)] if self.own and not other.account else []
            for path in self.dice.sample(paths, 3):
                self.ask(path, wanted=(404,))

    OTHERS = (export, console, console_usage, balance, balance_history, usage, one, receipt, strangers)


def total(found, member):
    return sum((decimal.Decimal(one[member] or 0) for one in found), decimal.Decimal())


def console_usage_of(customer):
    return f"/v1/usage/history?address={customer.address}&startDate={people.FIRST_DAY}&endDate={people.LAST_DAY}"


def put(client, company):
    """Who is who, and what the chain tells: through the API."""
    key = key_of("all")
    own = [customer for customer in company.customers if not customer.account]
    for customer in own:
        body = {"users": customer.users} if customer.users else {}
        body |= {"organizations": [customer.organization]} if customer.organization else {}
        if body:
            client.insist("PUT", f"/v1/customers/{customer.id}", key, body)
    client.insist("POST", "/v1/usage/calendar", key, people.CALENDAR)
    leases = [people.lease(customer.address, 9_000_000 + customer.number, float(customer.dollars)) for customer in own]
    accounts = [{"customer": customer.id, "accounts": [{"address": customer.address}]} for customer in own]
    client.insist("POST", "/v1/usage/leases", key, leases)
    client.insist("PUT", "/v1/usage/accounts", key, accounts)


def deliver(service, events):
    def post(event):
        body = json.dumps(event).encode()
        status, answer = service.post(body, peers.signature(body))
        assert status == 200 and answer["outcome"] == "recorded", (status, answer)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(post, events))


def settle(client, seconds):
    end = time.monotonic() + seconds
    def waiting():
        jobs = client.insist("GET", "/v1/jobs?kind=fetch&limit=100", key_of("all"))["data"]
        return [job for job in jobs if job["state"] != "failed"]

    while work := waiting():
        assert time.monotonic() < end, f"there is still work: {work}"
        time.sleep(0.1)


def backfill(client):
    begun = client.insist("POST", f"/v1/backfills?since={SINCE}&rate=100&max_requests=any", key_of("all"))
    while (run := client.insist("GET", f"/v1/backfills/{begun['id']}", key_of("all")))["state"] in ("waiting", "running"):
        time.sleep(0.1)
    assert run["state"] == "completed" and not run["problems"], run
    settle(client, 600)
    return run


def named_by_a_payment(service, client, stand_in, company):
    """A customer that Stripe has and that only a payment tells of is asked for, without a backfill."""
    company.told = "payments"
    user = company.user()
    customer = company.customer(user.uuid)
    for event in (customer.event(), *customer.payment_events()):
        stand_in.control("/objects", event)
    deliver(service, customer.payment_events())
    headers = {"x-api-key": key_of("feed:user"), "X-User-Id": user.uuid}
    end = time.monotonic() + 60
    while True:
        rows = client.ask("GET", "/v1/transactions?limit=100", headers).json["data"]
        if {row["id"] for row in rows} == set(customer.payments):
            return []
        if time.monotonic() > end:
            return [f"a payment named {customer.id}: 30 s later its user {user.uuid} sees {len(rows)} rows"]
        time.sleep(0.1)


def lookup_costs(survey, rounds):
    """How long a feed takes by who it is asked for, alternately: the medians, and their ratios to the first."""
    users = [user for user in survey.company.users if len(survey.linked.get(user.uuid, ())) == 1]
    users = [user for user in users if survey.linked.get(user.sub) == survey.linked[user.uuid]]
    times = {"customer=": [], "X-User-Id": [], "token": []}
    for number in range(rounds):
        user = users[number % len(users)]
        [customer] = survey.linked[user.uuid]
        key = {"x-api-key": key_of("feed:read")}
        ways = [
            ("customer=", f"/v1/transactions?customer={customer.id}", key),
            ("X-User-Id", "/v1/transactions", {**key, "X-User-Id": user.uuid}),
            ("token", "/v1/transactions", survey.token(user)),
        ]
        # Each is as often the first as the last.
        for name, path, headers in ways[number % 3 :] + ways[: number % 3]:
            started = time.perf_counter()
            answer = survey.client.ask("GET", path, headers)
            times[name].append(time.perf_counter() - started)
            assert answer.status == 200 and len(answer.json["data"]) == len(customer.payments), answer
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    pairs = {
        name: statistics.median(one / other for one, other in zip(times[name], times["customer="])) for name in times
    }
    return ", ".join(f"{name} {medians[name] * 1000:.2f} ms (× {pairs[name]:.2f})" for name in times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable, which is the Stripe to ask")
    parser.add_argument("--users", type=int, default=20, help="how many users (20)")
    parser.add_argument("--share", type=int, default=1, help="each asks for the feed, and for one in so many of the rest (1)")
    parser.add_argument("--database", help="where to keep it (a SQLite file that is removed)")
    parser.add_argument("--rounds", type=int, default=100, help="requests of each kind whose time is taken (100)")
    arguments = parser.parse_args()
    company, issuer, failures, started = Company(arguments.users), Issuer("first"), [], time.monotonic()
    everything = [event for customer in company.customers for event in (customer.event(), *customer.payment_events())]
    told = [
        event
        for customer in company.customers
        for event in ([customer.event()] if customer.told == "all" else [])
        + (list(customer.payment_events()) if customer.told != "nothing" else [])
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "events.jsonl")
        pathlib.Path(file).write_text("".join(json.dumps(event) + "\n" for event in everything))
        stand_in = StandIn(os.path.abspath(arguments.stand_in), file, folder)
        settings = {
            "DATABASE_URL": arguments.database or f"sqlite:{folder}/billing.sqlite",
            "API_KEYS": api_keys(), "LOG_LEVEL": "error", "CATCH_UP_AFTER": "0", "RECONCILE_EVERY": "0",
            "AUTH0_JWKS_URI": issuer.address, "AUTH0_ISSUER": ISSUER, "AUTH0_AUDIENCE": AUDIENCE,
        }  # fmt: skip
        try:
            # Without a key of Stripe's nothing is asked for: what was told is all that there is.
            with peers.running(arguments.service, **settings) as service:
                client = people.Client(service.url)
                put(client, company)
                deliver(service, told)
                before = Survey(company, client, issuer, False, arguments.share).try_all()
            asking = {"STRIPE_API_BASE": stand_in.url, "STRIPE_SECRET_KEY": KEY}
            with peers.running(arguments.service, **settings, **asking) as service:
                client = people.Client(service.url)
                run = backfill(client)
                after = Survey(company, client, issuer, True, arguments.share).try_all()
                costs = lookup_costs(after, arguments.rounds)
                failures = named_by_a_payment(service, client, stand_in, company)
        finally:
            stand_in.finish()
    failures = before.failures + after.failures + failures
    print(
        f"{arguments.users} users and their {len(company.customers)} customers: {before.cells} cells before the backfill "
        f"in {before.seconds:.0f} s, {after.cells} after ({run['requests']} requests) in {after.seconds:.0f} s, "
        f"{len(failures)} failures; {time.monotonic() - started:.0f} s in all"
    )
    print("A feed by customer= and by lookup, medians:", costs)
    for who, count in collections.Counter(who for who, _ in failures).items():
        print(f"{who}: {count} failures, such as", *[what for name, what in failures if name == who][:3], sep="\n    ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
