"""Every operation of /openapi.json, asked by every kind of caller about what is theirs and what is not.

The expectations follow from the table ROWS and from the rules in `expected`, and not from the document: an operation
without a row fails, as does a row without an operation. No answer may hold an id of a person whom its caller may not
see; what is not theirs and what does not exist have to answer alike; and a caller who sees only one customer gets the very
answer that a key gets which asks for that customer.

Usage: deploy/lib/private_postgres.py -- PYTHON callers.py --service console-billing --stand-in stripe-stand-in
       PYTHON callers.py --database sqlite …
Needs PyJWT and cryptography in the Python that runs it.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import string
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Peers"), str(HERE.parent / "Catchup")]

import service as peers  # noqa: E402
from bearer_tokens import AUDIENCE, ISSUER, Issuer  # noqa: E402
from credentials import ALWAYS, api_keys, key_of, of_key, with_identity, without_identity  # noqa: E402
from outage import KEY, StandIn  # noqa: E402
from people import ABSENT, CALENDAR, CONNECTED, EVERYBODY, MINE, STRANGER, Client  # noqa: E402

# A fresh server, as deploy/lib/private_postgres.py gives it to the command that it runs.
POSTGRES = "CONSOLE_BILLING_TEST_POSTGRES"
FEED, ANYONE, PAGE = "feed:read", "anyone", "the page"


@dataclasses.dataclass(frozen=True)
class Row:
    """The needs of an operation, and valid requests. `$` names a person: such a request is made for every person."""

    needs: str
    asks: tuple = ("",)
    id: str = "$payment"
    body: str = None
    good: tuple = (200,)
    # Whether it is about a customer, so that X-User-Id narrows it.
    is_narrowed: bool = False
    # Whether all who see the same get the same bytes.
    is_steady: bool = False


def of_customer(*asks, **more):
    return Row(FEED, asks, is_narrowed=True, **more)


def same_for_all(*asks):
    return of_customer(*asks, is_steady=True)


DAYS = "from=2026-03-12&to=2026-03-13"
CONSOLE = "startDate=2026-01-01T00:00:00Z&endDate=2026-11-30T00:00:00Z"
CONSOLE_DAYS = "address=$address&startDate=2026-03-12&endDate=2026-03-13"
FOUND = (200, 404)

ROWS = {
    "receiveWebhook": Row(ANYONE, body="{}", good=(400,)),
    "eraseCustomer": Row("ops", body='{"customer":"$customer","dry_run":true}'),
    "createCustomerSession": Row(
        "sessions:write", body='{"customer":"$customer","account":$account_json}', is_narrowed=True
    ),
    "listCustomers": Row("customers:write", ("user=$uuid", "")),
    "getCustomer": Row("customers:write", id="$customer"),
    "putCustomer": Row(
        "customers:write", id="$customer", body='{"users":["$uuid","$sub"],"organizations":["$organization"]}'
    ),
    "listTransactions": same_for_all("customer=$customer", "", "customer=$customer&q=pi_&limit=100"),
    "exportTransactions": same_for_all("customer=$customer&format=csv", "format=csv", "customer=$customer&format=jsonl"),
    "getTransaction": same_for_all(""),
    "openReceipt": of_customer("", "format=pdf", good=(200, 302)),
    "printReceipt": of_customer(""),
    "emailReceipt": of_customer("", body="{}", good=(200, 429)),
    "openNextAction": of_customer("", id="$waiting", good=(302,)),
    "dailyUsage": same_for_all(f"customer=$customer&{DAYS}", DAYS, f"owner=$address&group_by=deployment&{DAYS}"),
    "monthlyUsage": same_for_all(f"customer=$customer&{DAYS}", DAYS, f"owner=$address&group_by=tag&tag=team&{DAYS}"),
    "listTags": same_for_all("customer=$customer", "", "owner=$address"),
    "putTags": Row("usage:write", body='{"owner":"$address","dseq":"$dseq","tags":{"team":"$customer"}}'),
    "putLeases": Row("usage:write", body="[$lease]"),
    "putCalendar": Row("usage:write", body=json.dumps(CALENDAR)),
    "putAccounts": Row("usage:write", body='{"customer":"$customer","accounts":[{"address":"$address"}]}'),
    "correctUsage": Row(
        "usage:write",
        body='{"id":"fix-$customer","customer":"$customer","date":"2026-02-01","amount":"-0.5","reason":"r"}',
    ),
    # There is no chain to read from here.
    "beginConsoleImport": Row("ops", good=(202, 409)),
    "getConsoleImport": Row("ops", id="latest", good=FOUND),
    "beginUsageSync": Row("usage:write", good=(202, 400, 409, 503)),
    "getUsageSync": Row("usage:write", id="latest", good=FOUND),
    "getBalance": same_for_all("customer=$customer", ""),
    "getForecast": same_for_all("customer=$customer", ""),
    "balanceHistory": same_for_all(f"customer=$customer&{DAYS}", DAYS),
    "observeBalances": Row("usage:write", body='{"customer":"$customer","available":"5","observed_at":1775000000}'),
    "giveCredits": Row(
        "usage:write",
        body='{"id":"gift-$customer","customer":"$customer","kind":"bonus","amount":5,"currency":"usd","created":1775000000}',
    ),
    "consoleTransactions": same_for_all("customer=$customer", ""),
    "consoleExport": same_for_all(f"customer=$customer&timezone=UTC&{CONSOLE}", f"timezone=UTC&{CONSOLE}"),
    **dict.fromkeys(("consoleUsage", "consoleUsageStats"), same_for_all(CONSOLE_DAYS)),
    **dict.fromkeys(("listEvents", "summarizeEvents", "reprojectAll", "listJobs", "getSecrets"), Row("ops")),
    **dict.fromkeys(("getEvent", "reprojectEvent"), Row("ops", id="evt_3People3MineIntent")),
    **dict.fromkeys(("beginBackfill", "beginReconciliation"), Row("ops", ("since=1h",), good=(202, 409))),
    **dict.fromkeys(("getBackfill", "getReconciliation"), Row("ops", id="latest", good=FOUND)),
    # Where bodies are kept for some days it begins again by itself: it is there, and is not cancelled. While it runs it is
    # not retried.
    "getJob": Row("ops", id="retention"),
    "retryJob": Row("ops", id="retention", good=(200, 409)),
    "cancelJob": Row("ops", id="retention", good=(409,)),
    "getBackup": Row("ops", good=(200, 501)),
    "getMetrics": Row("metrics:read"),
    **dict.fromkeys(("billingPage", "usagePage"), Row(PAGE, (ALWAYS,), is_narrowed=True)),
    # They lead back to the page, whatever came of it; without the page's own form token nothing comes.
    **dict.fromkeys(("replaceSession", "emailFromPage"), Row(PAGE, good=(303,))),
    "chartScript": Row(ANYONE, good=FOUND),
    **dict.fromkeys(("billingStyle", "billingScript", "receiptStyle", "getDescription"), Row(ANYONE)),
    **dict.fromkeys(("isAlive", "liveness", "isReady", "readiness"), Row(ANYONE)),
}  # fmt: skip
# Which operations a signed link for what opens: it is for one transaction and one purpose.
LINKS = {"receipt": ("openReceipt", "printReceipt"), "next_action": ("openNextAction",)}


def expected(operation, index, caller, target):
    """The right answers. `target` is the person whom the request names; None if it names no person."""
    row = ROWS[operation]
    if row.needs == ANYONE:
        return row.good
    if row.needs == PAGE and row.good == (303,):
        return (303,) if caller.kind in ("token", "session", "cookie") else (303, 400, 401, 403)
    if caller.kind == "bad":
        return (caller.status,)
    if caller.kind == "link":
        opens = operation in LINKS[caller.link[0]] and target in caller.sees
        is_opened = any(operation in opened for opened in LINKS.values())
        return row.good if opens else (403,) if is_opened else (400, 401, 403)
    may = row.needs in (caller.scopes if caller.kind == "key" else (FEED, PAGE))
    if row.needs == FEED and not may and "feed:user" in caller.scopes:
        # Such a key does nothing without a user; how it is refused is not specified.
        if "X-User-Id" not in caller.names:
            return (400, 403)
        may = True
    takes = {"key": {"X-User-Id", "x-organization-id"}, "token": {"x-organization-id"}}.get(caller.kind, set())
    if not caller.names <= (takes if row.is_narrowed else set()):
        return (400,) if may else (400, 401, 403)
    if not may:
        return (401, 403) if caller.kind == "cookie" or row.needs == PAGE else (403,)
    if not row.is_narrowed:
        return row.good
    if target is None:
        # A key must name a customer where no name does not mean all customers.
        return row.good if caller.sees is not None else (*row.good, 400)
    if caller.sees == () and "$address" in row.asks[index]:
        # Zeros, as a user without a customer has them: the same for every address.
        return (200, 404)
    return row.good if caller.sees is None or target in caller.sees else (404,)


class Matrix:
    def __init__(self, client, operations, stand_in=None):
        self.client, self.operations, self.stand_in = client, operations, stand_in
        self.cells, self.failures, self.references = 0, [], {}

    def names_somebody(self, operation, index):
        row = ROWS[operation]
        return "$" in row.asks[index] + (row.body or "") + row.id * ("{id}" in self.operations[operation][1])

    def targets(self, operation, index, caller):
        if not ROWS[operation].is_narrowed:
            return [MINE]
        if not self.names_somebody(operation, index):
            return [None]
        knows_no_absence = caller.sees is None or caller.kind == "link"
        # No account map gives an address to a connected account's customer.
        has_connected = "$address" not in ROWS[operation].asks[index]
        return [MINE, STRANGER] + [ABSENT] * (not knows_no_absence) + [CONNECTED] * has_connected

    def request(self, operation, index, target, more=""):
        """-> method, path and body"""
        (method, path), row, who = self.operations[operation], ROWS[operation], target or MINE
        query = "&".join(part for part in (row.asks[index], more) if part)
        if who.account and "$customer" in query:
            query += "&account=$account"
        path = string.Template(path.replace("{id}", row.id) + f"?{query}" * bool(query)).substitute(vars(who))
        return method, path, row.body and string.Template(row.body).substitute(vars(who))

    def ask(self, operation, index, target, caller):
        method, path, body = self.request(operation, index, target, caller.link[1] if caller.link else "")
        return f"{method} {path}", self.client.ask(method, path, caller.headers, body)

    def try_all(self, caller):
        for operation, row in ROWS.items():
            if row.needs == ANYONE and caller.kind == "link":
                continue  # Its parameters are none of theirs.
            for index in range(len(row.asks)):
                refusals = set()
                for target in self.targets(operation, index, caller):
                    refusals |= self.try_one(operation, index, target, caller)
                if len(refusals) > 1:
                    self.fail(caller, operation, f"what is not theirs differs from what is not there: {refusals}")

    def try_one(self, operation, index, target, caller):
        """-> how it was said that there is nothing of the target's, if it was."""
        row, wanted, sent = ROWS[operation], expected(operation, index, caller, target), self.emails(operation)
        request, answer = self.ask(operation, index, target, caller)
        self.cells += 1
        if answer.status not in wanted:
            self.fail(caller, request, f"{answer.status} {answer.code}, not {wanted}")
        elif wanted == (400,) and caller.kind != "bad" and row.needs != ANYONE and answer.code != "header_not_allowed":
            self.fail(caller, request, f"refused as {answer.code}, not header_not_allowed")
        if self.emails(operation) != sent and (wanted != row.good or operation == "emailFromPage"):
            self.fail(caller, request, "a receipt was sent")
        if row.is_narrowed:
            self.check_shown(operation, index, target, caller, request, answer)
        nothing = wanted in ((404,), (200, 404)) and row.is_narrowed and answer.status in wanted
        return {(answer.status, anonymous(answer, target))} if nothing else set()

    def check_shown(self, operation, index, target, caller, request, answer):
        seen = () if caller.kind == "bad" else caller.sees
        if seen is None:
            seen = [target] if target else EVERYBODY
        shared = {person.customer for person in seen}
        for person in EVERYBODY:
            for found in person.ids - shared if person not in seen else ():
                if found in answer.text and found not in request:
                    self.fail(caller, request, f"shows {found}, which is {person.name}'s")
        if answer.status != 200 or not caller.sees or caller.kind == "link":
            return
        [person] = caller.sees
        if ROWS[operation].is_steady and steady(answer) != self.reference(operation, index, person):
            self.fail(caller, request, f"not what a key gets that asks for the customer: {answer.text[:300]}")
        if operation == "billingPage" and person.payment not in answer.text:
            self.fail(caller, request, f"does not show {person.payment}")

    def reference(self, operation, index, person):
        """The answer to a key that asks for one customer, in the same form."""
        named = index if self.names_somebody(operation, index) else 0
        if (operation, named, person) not in self.references:
            request, answer = self.ask(operation, named, person, of_key(FEED))
            assert answer.status == 200, (request, answer)
            # No account map reaches a connected account, a history of two days may have no payment, and nothing is leased
            # this month.
            if person is not CONNECTED and operation not in ("balanceHistory", "getForecast"):
                assert any(proof in answer.text for proof in person.proofs), (request, answer.text)
            self.references[operation, named, person] = steady(answer)
        return self.references[operation, named, person]

    def emails(self, operation):
        return len(self.stand_in.control("/emails")["emails"]) if "email" in operation.lower() else None

    def fail(self, caller, request, message):
        self.failures.append(f"{caller.name}: {request}: {message}")


def steady(answer):
    """Without what is signed anew for every answer."""
    return re.sub(r"expires=\d+&signature=[0-9a-f]+", "", answer.text)


def anonymous(answer, target):
    """Without whom it was asked about."""
    told = sorted((value for value in vars(target).values() if isinstance(value, str)), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, told)), "…", re.sub(r'"request_id":"[^"]+"', "", answer.text))


def described(client):
    """-> the operations by id, as method and path. Fails where ROWS and the document say different things."""
    document = client.ask("GET", "/openapi.json").json
    operations, wrong = {}, []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name, security = operation["operationId"], operation["security"]
            operations[name] = (method.upper(), path)
            if name not in ROWS:
                wrong.append(f"{name}: add a row to ROWS of {__file__} that says who may ask for it")
                continue
            scopes = {scope for way in security for scopes in way.values() for scope in scopes}
            needs = {ANYONE: set(), PAGE: {FEED}}.get(ROWS[name].needs, {ROWS[name].needs})
            if scopes != needs:
                wrong.append(f"{name}: the document says {sorted(scopes)}, ROWS {sorted(needs)}")
    wrong += [f"{name}: a row of ROWS, but no operation" for name in ROWS if name not in operations]
    if wrong:
        raise SystemExit("\n".join(wrong))
    return operations


def prepare(service, client, operations):
    for person in EVERYBODY:
        for event in person.events():
            body = json.dumps(event).encode()
            status, answer = service.post(body, peers.signature(body))
            assert (status, answer["outcome"]) == (200, "recorded"), answer
    matrix = Matrix(client, operations)
    for operation in ("putCustomer", "putCalendar", "putLeases", "putAccounts", "correctUsage", "putTags", "observeBalances", "giveCredits"):
        for person in (MINE, STRANGER):
            method, path, body = matrix.request(operation, 0, person)
            client.insist(method, path, key_of("all"), body)


def run(arguments, database, issuer, stand_in):
    started = time.monotonic()
    settings = {
        "DATABASE_URL": database, "API_KEYS": api_keys(), "LOG_LEVEL": "error",
        "CATCH_UP_AFTER": "0", "RECONCILE_EVERY": "0", "EVENT_BODY_RETENTION_DAYS": "400",
        "STRIPE_API_BASE": stand_in.url, "STRIPE_SECRET_KEY": KEY,
        "AUTH0_JWKS_URI": issuer.address, "AUTH0_ISSUER": ISSUER, "AUTH0_AUDIENCE": AUDIENCE,
    }  # fmt: skip
    # Expired credentials come from a service that grants a second, and are tried at one that grants an hour.
    with peers.running(arguments.service, RECEIPT_LINK_TTL="1", EXPORT_LINK_TTL="1", CUSTOMER_SESSION_TTL="1", **settings) as service:
        client = Client(service.url)
        operations = described(client)
        prepare(service, client, operations)
        row = client.insist("GET", f"/v1/transactions/{MINE.payment}", key_of(FEED))
        session = client.insist("POST", "/v1/customer_sessions", key_of("all"), {"customer": MINE.customer})
        expired = {"link": row["receipt"]["url"].partition("?")[2], "session": session["token"]}
    while time.time() <= session["expires_at"]:
        time.sleep(0.05)
    # In a frame, what opens in another tab opens by signed links: so the page has all that there are.
    framed = {"FRAME_ANCESTORS": "https://console.example.com", "PUBLIC_URL": "https://billing.example.com"}
    with peers.running(arguments.service, **settings, **framed) as service:
        client = Client(service.url)
        matrix = Matrix(client, operations, stand_in)
        everyone = [caller for kind in (without_identity, with_identity) for caller in kind(client, issuer, expired)]
        for caller in everyone:
            matrix.try_all(caller)
    print(
        f"{database.partition(':')[0]}: {matrix.cells} cells of {len(ROWS)} operations and {len(everyone)} callers, "
        f"{len(matrix.failures)} failures, {time.monotonic() - started:.0f} s"
    )
    return matrix.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable, which is the Stripe to ask")
    parser.add_argument("--database", choices=("sqlite", "postgres"), help="one of the two (both)")
    arguments = parser.parse_args()
    failures = []
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        file = os.path.join(folder, "events.jsonl")
        pathlib.Path(file).write_text("".join(json.dumps(event) + "\n" for person in EVERYBODY for event in person.events()))
        stand_in = StandIn(os.path.abspath(arguments.stand_in), file, folder)
        stack.callback(stand_in.finish)
        databases = {"sqlite": f"sqlite:{folder}/billing.sqlite", "postgres": os.environ.get(POSTGRES)}
        for name in [arguments.database] if arguments.database else databases:
            if not databases[name]:
                raise SystemExit("Begin with `deploy/lib/private_postgres.py --`, or ask for --database sqlite")
            failures += run(arguments, databases[name], Issuer("first"), stand_in)
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
