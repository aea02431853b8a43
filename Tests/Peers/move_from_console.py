"""The afternoon in which Console moves to this service, as deploy/docs/how-to/move-from-consoles-handler.md tells it.

Every command of the document is run in its order, as it stands there; only hosts, paths of a database and secrets are this test's.
Beside it are a Stripe, a database of Console's, its handler and three years of payments by every means. New payments arrive
before, between and after the steps. After each step it is seen that the step did what the document says.

Usage: PYTHON move_from_console.py --service console-billing --stand-in stripe-stand-in [--users 1000 --transactions 50000] [--kills 5]
Needs Stripe's SDK, PyJWT and cryptography in the Python that runs it, psql, curl, jq, and CONSOLE_BILLING_TEST_POSTGRES."""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import console_payments as payments
import service as peers
from bearer_tokens import AUDIENCE, ISSUER, Issuer
from console_stand_in import ConsoleAPI, Database, Ledger

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Catchup"), str(HERE.parent / "Deploy")]
from documents import blocks  # noqa: E402
from outage import KEY, StandIn  # noqa: E402

HOW_TO = HERE.parents[1] / "deploy/docs/how-to"
STEPS = ["1. Give it an endpoint of its own", "2. Start the service beside Console", "3. Fetch what was before",
         "4. Take over what only Console knows", "5. Compare", "6. Switch", "Go back"]
CONSOLE_SECRET = "whsec_of_the_handler_of_console"
YEARS = 3 * 365 * payments.DAY
SERVE = """#!/bin/bash
[ "$1" = serve ] || exec {program} "$@"
if [ -e pid ]; then kill "$(cat pid)" && while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done; fi
{program} "$@" >>log 2>&1 &
echo $! >pid
until curl -sf "$PUBLIC_URL/readyz" >/dev/null; do kill -0 "$(cat pid)" || {{ tail -n 3 log >&2; exit 1; }}; sleep 0.05; done
"""


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


class Stripe:
    """Delivers to every endpoint that is enabled, and repeats what was not taken; the stand-in knows the same objects."""

    def __init__(self, stand_in):
        self.stand_in, self.endpoints, self.waiting, self.number, self.sent = stand_in, {}, [], 0, []

    def make(self, events):
        for at, kind, told in events:
            self.number += 1
            body = payments.event(self.number, at, kind, told)
            self.sent.append(body)
            self.stand_in.control("/objects", json.loads(body))
            self.waiting += [(name, body) for name in self.endpoints]
        self.deliver()

    def deliver(self):
        self.waiting = [(name, body) for name, body in self.waiting if not self._is_taken(*self.endpoints[name], body)]

    @staticmethod
    def _is_taken(url, secret, body):
        request = urllib.request.Request(url, data=body, headers={"Stripe-Signature": peers.signature(body, secret=secret)})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status == 200
        except OSError:
            return False


class Operator:
    """Runs the document's blocks in one shell's environment; `serve` goes on behind it."""

    def __init__(self, program, folder, environment, values, hosts):
        self.folder, self.values, self.hosts = folder, values, hosts
        os.mkdir(f"{folder}/bin")
        shim = pathlib.Path(f"{folder}/bin/console-billing")
        shim.write_text(SERVE.format(program=program))
        shim.chmod(0o755)
        self.environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", **environment}
        self.chapters, heading = {}, None
        document = HOW_TO / "move-from-consoles-handler.md"
        for part in re.split(r"^## (.+)\n", document.read_text(), flags=re.MULTILINE):
            if heading:
                self.chapters[heading] = list(blocks(document.name, part))
            heading = part if heading is None and "\n" not in part else None
        expect([name for name in self.chapters if name != "Before you begin"] == STEPS,
               f"the document's steps are {list(self.chapters)}")

    def settings(self, name, part):
        """The exports of another document's block."""
        text = next(block.commands for block in blocks(name, (HOW_TO / name).read_text()) if part in block.commands)
        self.run("\n".join(line for line in text.splitlines() if line.startswith("export ")))

    def run(self, commands, more=None, code=0):
        """-> what the commands print; the variables that they export are kept."""
        for name, value in re.findall(r"^export (\w+)=(\S*…\S*)", commands, re.MULTILINE):
            expect(name in self.values, f"the document sets {name} by hand, and this test does not know to what")
            commands = commands.replace(f"{name}={value}", f"{name}='{self.values[name]}'")
        for host, url in self.hosts.items():
            commands = commands.replace(host, url)
        script = f"set -euo pipefail\n{commands}\n(exit 0)\nexport -p >environment"
        done = subprocess.run(["bash", "-c", f"[ ! -e environment ] || . ./environment\n{script}"], cwd=self.folder,
                              env={**self.environment, **(more or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=1800)
        if code is not None:
            expect(done.returncode == code, f"{commands}\nends with {done.returncode}: {done.stdout[-4000:]} {done.stderr[-1500:]}")
        return done.stdout

    def play(self, step, **how):
        return [self.run(block.commands, **how) for block in self.chapters[step]]

    @property
    def process(self):
        return int(pathlib.Path(f"{self.folder}/pid").read_text())

    def interrupt(self, commands, seconds):
        """Runs commands, and kills the service meanwhile."""
        begun = subprocess.Popen(["bash", "-c", f". ./environment\n{commands}"], cwd=self.folder, env=self.environment,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(seconds)
        os.kill(self.process, signal.SIGKILL)
        # No child of this process, so it is watched; the next one needs its port.
        expect(wait(lambda: is_over(self.process)), "the service outlives SIGKILL")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
        os.remove(f"{self.folder}/pid")
        self.run("console-billing serve")

    def finish(self):
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.process, signal.SIGKILL)


class Play:
    def __init__(self, arguments, folder, database):
        self.arguments, self.folder, self.database = arguments, folder, database
        self.dice = random.Random(arguments.seed)
        self.people = payments.people(arguments.seed, arguments.users)
        self.source = payments.Payments(arguments.seed, self.people)
        self.ledger, self.lost, self.given, self.figures = Ledger(), {}, 0, []
        self.now = int(time.time())
        # Each new payment is of a second of its own, long enough ago that a dispute of it has ended.
        self.live = self.now - 9 * payments.DAY
        self.begun = time.monotonic()
        # After a kill, what the backfill left to be asked waits a minute for the killed process.
        self.kills = {place: (arguments.kills + turn) // 3 for turn, place in enumerate(("backfill", "switch", "import"))}

    # The history

    def tell_history(self):
        """Three years at Stripe, of which it lists 30 days of events, and what Console's handler made of them."""
        stripes, told = {}, []
        for number in range(self.arguments.transactions):
            # The last payments end before the play begins.
            at = self.now - YEARS + number * (YEARS - 10 * payments.DAY) // self.arguments.transactions
            told += [(*moved, number) for moved in self.pay(at)]
        told.sort(key=lambda one: (one[0], one[3]))
        lines = [json.dumps(customer) for customer in payments.customers(self.people)]
        for number, (at, kind, shown, _) in enumerate(told):
            self.ledger.apply(kind, shown)
            stripes[shown["id"]] = shown
            if at > self.now - 29 * payments.DAY:
                lines.append(payments.event(90_000_000 + number, at, kind, shown).decode())
        lines += [json.dumps(shown) for shown in stripes.values()]
        self.history = f"{self.folder}/history.jsonl"
        pathlib.Path(self.history).write_text("\n".join(lines) + "\n")
        self.database.fill(self.people, self.ledger.rows.values(), self.now - YEARS - payments.DAY)
        self.ledger.database = self.database

    def pay(self, at, kind=None):
        """Makes one payment, of which Console has a row; -> Stripe's events"""
        kind, row, events = self.source.make(at, kind)
        if row:
            self.ledger.begin(row)
            if kind == "dispute lost":
                self.lost[row["user"]] = self.lost.get(row["user"], 0) + row["amount"]
        return events

    # New payments

    def trade(self):
        """A payment of each kind, delivered as Stripe does; -> how many events"""
        before = len(self.stripe.sent)
        for kind in payments.KINDS:
            self.live += 1
            self.stripe.make(self.pay(self.live, kind))
        return len(self.stripe.sent) - before

    # Reading

    def ask(self, path, headers):
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"FAILED: {path} answers {error.code}: {error.read().decode()[:300]}") from None
        with answer:
            return json.load(answer) if "json" in answer.headers["Content-Type"] else answer.read().decode()

    def listed(self, headers):
        found, offset = [], 0
        while True:
            page = self.ask(f"/v1/stripe/transactions?limit=100&offset={offset}", headers)["data"]
            found, offset = found + page["transactions"], offset + 100
            if not page["hasMore"]:
                expect(page["totalCount"] == len(found), f"totalCount is {page['totalCount']} of {len(found)}")
                return found

    def rows(self):
        return peers.Service(self.url, None, None).transactions()

    def compare(self, people):
        """Each user's rows and balance, by the token, by the `sub` and by the uuid, against Console's table."""
        for person in people:
            own = self.ledger.of(person.id)
            wanted = sorted((r["type"], r["status"], r["amount"], r["refunded"], 0 if r["status"] == "refunded" else r["bonus"],
                             r["at"], r["invoice"] or r["intent"]) for r in own)
            cents = sum(r["amount"] - r["refunded"] + (0 if r["status"] == "refunded" else r["bonus"])
                        for r in own if r["status"] in ("succeeded", "refunded")) - self.lost.get(person.id, 0)
            for headers in ({"Authorization": f"Bearer {self.issuer.token('main', person.sub)}"},
                            {"x-api-key": "cbk_console", "X-User-Id": person.id},
                            {"x-api-key": "cbk_console", "X-User-Id": person.sub}):
                found = sorted((t["type"], t["status"], t["amount"], t["amountRefunded"], t.get("bonusAmount", 0), t["created"],
                                t.get("stripeInvoiceId") or t["id"]) for t in self.listed(headers))
                expect(found == wanted, f"{person.sub} by {list(headers)}: {len(found)} rows for {len(wanted)}, such as "
                                        f"{sorted(set(found) ^ set(wanted))[:4]}")
                balances = self.ask("/v1/balance", headers)["balances"]
                shown = balances[0]["balance_display"].replace("$", "").replace(",", "") if balances else "0.00"
                expect(float(shown) * 100 == float(cents) or shown == f"{cents / 100:.2f}",
                       f"{person.sub} by {list(headers)}: {shown} for {cents / 100:.2f}")
        return len(people)

    def measured(self, name, detail=""):
        requests, now = self.stand_in.requests, time.monotonic()
        since, before = self.figures[-1] if self.figures else (self.begun, 0)
        self.figures.append((now, requests))
        print(f"{name}: {now - since:.1f} s, {requests - before} requests to Stripe{'; ' + detail if detail else ''}", flush=True)

    # The steps

    def play(self, stand_in, operator, console):
        self.stand_in, self.operator, self.console = stand_in, operator, console
        self.stripe = Stripe(stand_in)
        self.stripe.endpoints["console"] = (console.url, CONSOLE_SECRET)
        self.measured("made up", f"{self.arguments.users} users, {self.arguments.transactions} payments")
        for step, action in zip(STEPS, (self.endpoint, self.start, self.backfill, self.take_over, self.check, self.switch,
                                        self.go_back)):
            untouched = self.database.contents()
            handled = len(console.accepted)
            detail = action(step)
            expect(len(console.accepted) > handled or self.database.contents() == untouched,
                   f"{step}: Console's database was written though its handler got nothing")
            self.measured(step, detail)

    def endpoint(self, step):
        self.operator.play(step)
        self.stripe.endpoints["ours"] = (self.url + "/v1/stripe-webhook", peers.SECRET)
        endpoint = {"id": "we_ours", "object": "webhook_endpoint", "url": self.stripe.endpoints["ours"][0], "status": "enabled",
                    "enabled_events": ["*"], "api_version": payments.VERSION, "livemode": False, "metadata": {}}
        self.stand_in.control("/objects?replace=true", endpoint)
        self.trade()
        expect(len(self.stripe.waiting) == len(self.stripe.sent), "the service takes events though it does not run")
        return f"{len(self.stripe.waiting)} events wait for the service"

    def start(self, step):
        self.operator.settings("install.md", "STRIPE_WEBHOOK_SECRET")
        self.operator.run("export API_KEYS=" + ",".join(
            f"{name}:{hashlib.sha256(key.encode()).hexdigest()}:{scope}" for name, key, scope in
            [("operator", peers.API_KEY, "feed:read+ops"), ("console", "cbk_console", "feed:user")]))
        self.operator.play(step)
        self.stripe.deliver()
        self.trade()
        expect(not self.stripe.waiting, "an event was not taken by both")
        taken = len(self.console.accepted)
        expect(taken == len(self.stripe.sent), f"Console's handler got {taken} events of {len(self.stripe.sent)}")
        return f"{taken} events at both endpoints"

    def backfill(self, step):
        commands = self.operator.chapters[step][0].commands
        for _ in range(self.kills["backfill"]):
            self.operator.interrupt(commands, self.dice.uniform(0.2, 3))
        self.operator.play(step)
        # Credits are Console's to tell.
        wanted = sum(row["type"] == "payment_intent" for row in self.ledger.rows.values())
        found = sum(row["type"] == "purchase" and not row["invoice"] for row in self.rows())
        expect(found == wanted, f"{found} purchases after the backfill for {wanted} at Console")
        return f"{found} purchases, {self.kills['backfill']} kills"

    def take_over(self, step):
        (block,) = self.operator.chapters[step]
        lines = re.sub(r" +#.*", "", block.commands).strip().splitlines()
        expect(lines[0].endswith("--dry-run") and lines[1] == "console-billing import console", f"{step} begins with {lines}")
        before = self.rows()
        counted = json.loads(self.operator.run(lines[0], code=None))
        twice = [person.customer for person in self.people if len(person.customers) > 1]
        expect(all(any(customer in problem for customer in twice) for problem in counted["first_problems"]),
               f"the dry run reports {counted['first_problems']}")
        same(self.rows(), before, "the dry run")
        for _ in range(self.kills["import"]):
            self.operator.interrupt(lines[1], self.dice.uniform(0.02, 0.6))
        done = json.loads(self.operator.run(lines[1]))
        names = ("customers_linked", "wallets_added", "credits_given")
        expect(self.arguments.kills or all(0 <= done[name] - counted[name] <= counted["problems"] for name in names),
               f"the dry run tells {counted}, the import {done}")
        expect(done["problems"] == 0, f"the import reports {done['first_problems']}")
        after = self.rows()
        given = sum(r["type"] == "credit" for r in after) - sum(r["type"] == "credit" and bool(r.get("kind")) and
                                                                  r["id"].startswith("console_") for r in before)
        self.operator.run("\n".join(lines[2:]))
        again = json.loads(self.operator.run(lines[1]))
        expect(not any(again[name] for name in names), f"the second import changed something: {again}")
        same(self.rows(), after, "the second import")
        return f"{given} credits, {done['customers']} customers, {self.kills['import']} kills; again: nothing"

    def check(self, step):
        reconcile, diff = (block.commands for block in self.operator.chapters[step])
        found = json.loads(self.operator.run(reconcile))["comparison"]
        expect(not found["drift"] and found["rows"] > 0, f"drift: {found}")
        paid = [person for person in self.people if person.customers and len(self.ledger.of(person.id)) <= 100]
        for person in self.dice.sample(paid, min(5, len(paid))):
            more = {"TOKEN": self.issuer.token("main", person.sub)}
            expect(self.operator.run(diff, more) == "", "Console's list and ours differ")
        without = next((person for person in self.people if not person.customers), None)
        sample = self.dice.sample(self.people, min(60, len(self.people)))
        count = self.compare({person.id: person for person in [*sample, *self.people[:3], *filter(None, [without])]}.values())
        return f"no drift in {found['rows']} rows; rows and balances of {count} users, by three ids each"

    def switch(self, step):
        jobs = json.loads(self.operator.play(step)[-1])["data"]
        expect(len(jobs) == 1, f"the jobs that pass events on are {jobs}")
        del self.stripe.endpoints["console"]
        before = len(self.console.accepted)
        self.trade()
        for _ in range(self.kills["switch"]):
            self.operator.interrupt("true", self.dice.uniform(0, 0.3))
        # An outage of Console: Stripe is answered all the same, and Console gets everything later.
        self.console.is_down = True
        self.trade()
        expect(not self.stripe.waiting, "an event was not taken while Console is down")
        # The attempt that found Console down may still be under way.
        expect(wait(lambda: self.forwarding() == "waiting"), f"the job is {self.forwarding()} while Console is down")
        self.console.is_down = False
        expect(wait(lambda: self.arrived() == len(self.stripe.sent)), f"{self.arrived()} of {len(self.stripe.sent)} arrived")
        self.operator.run("console-billing import console")
        self.compare([*self.people[:12]])
        person = self.people[0]
        first, last = (time.strftime("%Y-%m-%d", time.gmtime(self.now - days * payments.DAY)) for days in (360, 0))
        headers = {"Authorization": f"Bearer {self.issuer.token('main', person.sub)}"}
        exported = self.ask(f"/v1/stripe/transactions/export?startDate={first}T00:00:00Z&endDate={last}T23:59:59Z&timezone=UTC", headers)
        recent = [row for row in self.ledger.of(person.id) if first <= time.strftime("%Y-%m-%d", time.gmtime(row["at"]))]
        expect(exported.count("\n") == 1 + max(1, len(recent)), f"the file of {len(recent)} rows is {exported[:300]}")
        for route in ("history", "history/stats"):
            answer = self.ask(f"/v1/usage/{route}?address={person.wallet}&startDate={first}&endDate={last}", headers)
            expect(isinstance(answer, (dict, list)), f"/v1/usage/{route} answers {answer}")
        return f"{len(self.console.accepted) - before} events passed on; the four routes answer"

    def go_back(self, step):
        self.stripe.endpoints["console"] = (self.console.url, CONSOLE_SECRET)
        both = len(self.console.accepted)
        sent = self.trade()
        expect(wait(lambda: self.forwarding() == "running"), f"the job is {self.forwarding()}")
        expect(wait(lambda: len(self.console.accepted) >= 2 * sent + both), "the handler does not get what comes twice")
        self.operator.play(step)
        last = len(self.console.accepted)
        expect(self.trade() == len(self.console.accepted) - last and not self.stripe.waiting, "not every event came once")
        expect(self.arrived() == len(self.stripe.sent), f"{self.arrived()} events of {len(self.stripe.sent)} came to Console")
        expect(not self.console.bad, f"Console's handler refused: {self.console.bad[:2]}")
        wanted = [{**row, "at": None} for _, row in sorted(self.ledger.rows.items())]
        expect([{**row, "at": None} for row in self.database.rows()] == wanted, "Console's table is not what its handler wrote")
        bodies = {body for _, body in self.console.accepted}
        expect(bodies == set(self.stripe.sent), "events were altered on their way")
        self.operator.run("console-billing import console")
        count = self.compare(self.people[:20])
        return f"all {len(self.stripe.sent)} events came to Console's handler; rows and balances of {count} users"

    def forwarding(self):
        """The state of the job that passes events on."""
        (job,) = json.loads(self.operator.run("console-billing jobs list --kind forward"))["data"]
        return job["state"]

    def arrived(self):
        return len({identifier for identifier, _ in self.console.accepted})


def is_over(process):
    try:
        state = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        # The files of a process are open until its last thread has ended.
        return state == "Z" and len(os.listdir(f"/proc/{process}/task")) <= 1
    except OSError:
        return True


def same(found, wanted, what):
    """That two feeds are equal, but for the links to receipts, which are signed anew."""
    found, wanted = ({row["id"]: {**row, "receipt": None} for row in rows} for rows in (found, wanted))
    changed = [name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)]
    expect(not changed, f"{what} changed {len(changed)} rows, such as {wanted.get(changed[0] if changed else None)} to "
                        f"{found.get(changed[0] if changed else None)}")


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable")
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--transactions", type=int, default=600)
    parser.add_argument("--kills", type=int, default=2, help="of the import, of passing on and of the backfill, in turns")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    schema = "console_" + base64.b16encode(os.urandom(6)).decode().lower()
    database = Database(os.environ["CONSOLE_BILLING_TEST_POSTGRES"], schema)
    with contextlib.ExitStack() as ends, tempfile.TemporaryDirectory() as folder:
        play = Play(arguments, folder, database)
        play.tell_history()
        ends.callback(database.drop)
        stand_in = StandIn(os.path.abspath(arguments.stand_in), play.history, folder)
        ends.callback(stand_in.finish)
        play.issuer, port = Issuer("main"), peers.free_port()
        play.url = f"http://127.0.0.1:{port}"
        console = ConsoleAPI(CONSOLE_SECRET, play.ledger, play.people)
        environment = {
            "HOME": folder, "TZ": "UTC", "PORT": str(port), "PUBLIC_URL": play.url, "DATABASE_URL": f"sqlite:{folder}/billing.sqlite",
            "STRIPE_API_BASE": stand_in.url, "RECEIPT_HOSTS": stand_in.url.removeprefix("http://"), "CATCH_UP_AFTER": "0",
            "RECONCILE_EVERY": "0", "SERVICE_RATE_LIMIT": "1000000000", "RATE_LIMIT": "1000000000", "AUTH0_ISSUER": ISSUER,
            "AUTH0_JWKS_URI": play.issuer.address, "AUTH0_AUDIENCE": AUDIENCE, "CONSOLE_BILLING_API_KEY": peers.API_KEY,
        }
        values = {"CONSOLE_DATABASE_URL": database.url, "STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": peers.SECRET,
                  "FORWARD_SECRET": CONSOLE_SECRET}
        hosts = {"https://console-api.example.com/v1/stripe-webhook": console.url,
                 "https://console-api.example.com": console.base, "https://billing.example.com": play.url}
        operator = Operator(os.path.abspath(arguments.service), folder, environment, values, hosts)
        ends.callback(operator.finish)
        play.play(stand_in, operator, console)
    print(f"all steps, there and back, in {time.monotonic() - play.begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
