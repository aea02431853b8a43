"""Alerts, received by a strict receiver that verifies them with the Standard Webhooks library, which shares none of our
mistakes: while it is slow, wrong, elsewhere, gone and down; while the service is killed; from two replicas on one
PostgreSQL; and whether silence is told from quiet.

Usage: alerts.py --service console-billing --stand-in stripe-stand-in
Needs standardwebhooks and jsonschema in the Python that runs it.
"""

import argparse
import base64
import collections
import contextlib
import http.server
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time

import jsonschema
import standardwebhooks

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Faults"), str(ROOT / "Tests/Catchup"), str(ROOT / "deploy/lib")]

import subject  # noqa: E402
from outage import KEY, StandIn  # noqa: E402
from ports import free_port  # noqa: E402
from private_postgres import Server  # noqa: E402
from subject import expect, wait_for  # noqa: E402


def described():
    """The alert as the service's description has it, without further members."""
    document = json.loads((ROOT / "Sources/Web/OpenAPI/openapi.json").read_text())
    alert = document["components"]["schemas"]["Alert"]
    alert["additionalProperties"] = alert["properties"]["data"]["additionalProperties"] = False
    return jsonschema.Draft202012Validator({"components": document["components"], "$ref": "#/components/schemas/Alert"})


SCHEMA = described()


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Receiver:
    """Takes nothing that is not exactly what the documents say, and answers as it is told to."""

    def __init__(self):
        # One that is being replaced, and the one that replaces it.
        self.secrets = [new_secret(), new_secret()]
        self.hooks = [standardwebhooks.Webhook(secret) for secret in self.secrets]
        self.seen, self.taken, self.wrong = [], [], []
        self.answers = collections.deque()
        self.release = threading.Event()
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.receive(self)

            def do_GET(self):
                outer.wrong.append("GET " + self.path)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"
        self.settings = {"ALERT_WEBHOOK_URL": self.url, "ALERT_WEBHOOK_SECRET": ",".join(self.secrets)}

    def receive(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        identifier = request.headers["webhook-id"]
        if request.path != "/alerts" or request.headers["Content-Type"] != "application/json":
            self.wrong.append(f"{request.path} {request.headers['Content-Type']}")
        for hook in self.hooks:
            try:
                alert = hook.verify(body, dict(request.headers))
            except Exception as error:  # whatever the library does not take is wrong
                self.wrong.append(f"{identifier}: {error}")
                return
        self.wrong += [f"{identifier}: {error.message}" for error in SCHEMA.iter_errors(alert)]
        with self.lock:
            same = [other for other, _, _ in self.seen if other == identifier]
            if same and all(other != body for _, other, _ in self.seen):
                self.wrong.append(f"{identifier} with another body")
            self.seen.append((identifier, body, alert))
            answer = self.answers.popleft() if self.answers else 204
        if answer == "hold":
            self.release.wait(60)
            return
        if answer == "cut":
            request.connection.close()
            request.close_connection = True
            return
        if answer == "slow":
            time.sleep(2)
            answer = 200
        if answer == "endless":
            request.send_response(200)
            request.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    request.wfile.write(b"x" * 65536)
            return
        headers = {}
        if isinstance(answer, tuple):
            answer, headers = answer
        request.send_response(answer)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()
        if 200 <= answer < 300:
            with self.lock:
                self.taken.append((identifier, alert))

    def told(self, kind):
        """The alerts of a type that were taken, each once, in the order in which they came."""
        return list({i: a for i, a in self.taken if a["type"] == kind}.values())

    def wait(self, kind, count, seconds=40):
        wait_for(lambda: len(self.told(kind)) >= count, seconds, f"no {kind} came: {self.seen} {self.wrong}")
        return self.told(kind)

    def check(self):
        expect(not self.wrong, "; ".join(self.wrong[:3]))
        self.server.shutdown()


def quarantined(number):
    return json.dumps(
        {"id": f"evt_q{number}", "object": "event", "type": "charge.succeeded", "livemode": False, "created": int(time.time()),
         "data": {"object": {"object": "charge", "amount": "471100", "receipt_email": "jo@example.com"}}}
    ).encode()  # fmt: skip


def deliver(place, *numbers):
    for number in numbers:
        status, answer, _ = place.deliver(quarantined(number))
        expect((status, answer.get("outcome")) == (200, "quarantined"), f"{status} {answer}")


@contextlib.contextmanager
def served(arguments, receiver, **environment):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/place")
        place = subject.Subject(arguments.service, f"{folder}/place", {**receiver.settings, **environment})
        try:
            yield place.start()
            expect(place.terminate() == 0, "SIGTERM is answered with exit 0")
            output = place.output()
            leaks = [*receiver.secrets, "/alerts", "471100", "jo@example.com"]
            expect(not any(text in output for text in leaks), "a secret is in the log")
        finally:
            place.finish()


def storm(arguments):
    """Fifty that cannot be read are one alert, whatever the receiver does first, and every attempt is the same."""
    receiver = Receiver()
    elsewhere = (302, {"Location": receiver.url + "/elsewhere"})
    receiver.answers.extend(["cut", 500, elsewhere, "endless", "slow"])
    with served(arguments, receiver) as place:
        deliver(place, *range(50))
        (alert,) = receiver.wait("event.quarantined", 1, 240)
        data = alert["data"]
        expect(data["count"] == 50 and len(data["events"]) == 5, str(data))
        expect(data["events"][0]["id"] == "evt_q0" and data["events"][0]["reason"], str(data))
        expect(len(receiver.seen) == 5 and len({i for i, _, _ in receiver.seen}) == 1, "five attempts at one alert")
        bodies = b"".join(body for _, body, _ in receiver.seen)
        expect(b"471100" not in bodies and b"jo@example.com" not in bodies, "personal data is sent")
        wait_for(lambda: place.get("/v1/jobs?kind=alert")["data"] == [], 10, "it is still to be told")
    receiver.check()
    return "50 events, 1 alert, 5 attempts"


def kills(arguments):
    """Killed while the receiver has it and has not said so: told again under the same id, never lost."""
    receiver = Receiver()
    with served(arguments, receiver) as place:
        receiver.answers.extend(["hold"] * 4)
        deliver(place, 1)
        for turn in range(4):
            wait_for(lambda: len(receiver.seen) > turn, 60, "nothing is told after a restart")
            place.kill()
            place.start()
        receiver.release.set()
        receiver.wait("event.quarantined", 1, 60)
        expect(len({i for i, _, _ in receiver.seen}) == 1, "another id after a kill")
        attempts = len(receiver.seen)
    receiver.check()
    return f"4 kills, {attempts} attempts, 1 id"


def gone(arguments):
    """A receiver that answers 410 is told no more of that, though of the next."""
    receiver = Receiver()
    receiver.answers.append(410)
    with served(arguments, receiver) as place:
        deliver(place, 1)
        wait_for(lambda: place.get("/v1/jobs?kind=alert")["data"] == [] and receiver.seen, 40, "it is not given up")
        wait_for(lambda: "alert dropped" in place.output(), 10, "no log line says that it was dropped")
        expect(place.terminate() == 0, "SIGTERM is answered with exit 0")
        place.start()
        expect(place.get("/v1/jobs?kind=alert")["data"] == [] and len(receiver.seen) == 1, "it is told again")
    receiver.check()
    return "410 is the end of one alert"


def silence(arguments):
    """A quiet shop is no alarm, nor is a Stripe that does not answer; events that Stripe lists and that do not come are."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "none.jsonl").write_text("")
        stand_in = StandIn(arguments.stand_in, f"{folder}/none.jsonl", folder)
        try:
            settings = {
                "STRIPE_SECRET_KEY": KEY, "STRIPE_API_BASE": stand_in.url, "SILENCE_AFTER": "10",
                "CATCH_UP_AFTER": "0", "RECONCILE_EVERY": "0",
            }  # fmt: skip
            with served(arguments, receiver, **settings) as place:
                place.deliver(event("evt_heard"))
                wait_for(lambda: stand_in.requests >= 6, 60, "Stripe is not asked")
                expect(not receiver.seen, "a quiet shop is told")
                stand_in.control("/faults", {"mode": "500"})
                stand_in.control("/objects", json.loads(event("evt_missed", seconds_ago=2)))
                asked = stand_in.requests
                # Until it is past what may still be on its way, and was asked for in vain.
                time.sleep(12)
                wait_for(lambda: stand_in.requests > asked, 60, "Stripe is not asked again")
                expect(not receiver.seen, "a Stripe that does not answer is told")
                stand_in.control("/faults", {"mode": "ok"})
                (silent,) = receiver.wait("stripe.silent", 1)
                expect([e["id"] for e in silent["data"]["events"]] == ["evt_missed"], str(silent))
                place.deliver(event("evt_again"))
                (resumed,) = receiver.wait("stripe.resumed", 1)
                expect(resumed["data"]["alert"] == receiver.seen[0][0], str(resumed))
                expect(len(receiver.seen) == 2, str(receiver.seen))
        finally:
            stand_in.finish()
    receiver.check()
    return "quiet, Stripe down, silent, resumed"


def event(identifier, seconds_ago=0):
    made = int(time.time()) - seconds_ago
    return json.dumps(
        {"id": identifier, "object": "event", "type": "customer.created", "livemode": False, "created": made,
         "api_version": "2026-09-30.endive", "data": {"object": {"id": "cus_" + identifier[4:], "object": "customer", "created": made}}}
    ).encode()  # fmt: skip


def replicas(arguments):
    """One of two replicas sends, each alert once; when it is killed meanwhile the other sends the same."""
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        settings = {**receiver.settings, "DATABASE_URL": server.url()}
        places = []
        for name in ("a", "b"):
            os.mkdir(f"{folder}/{name}")
            places.append(subject.Subject(arguments.service, f"{folder}/{name}", settings))
        try:
            for place in places:
                place.start()
            for number in range(20):
                deliver(places[number % 2], number)
            (alert,) = receiver.wait("event.quarantined", 1)
            expect(alert["data"]["count"] == 20 and len(receiver.seen) == 1, str(receiver.seen))
            holder = server.query("SELECT holder, due_at FROM jobs WHERE kind = 'alert_search'")
            expect(len(holder) == 1 and holder[0][0], str(holder))
            # The next is due when five minutes are over, unless the rest is taken out of what is kept.
            for place in places:
                expect(place.terminate() == 0, "SIGTERM is answered with exit 0")
            server.query(
                "UPDATE jobs SET progress = (progress::jsonb #- '{quarantine,cooldownUntil}')::text WHERE kind = 'alert_search'"
            )
            places[0].start()
            wait_for(lambda: held(server), 20, "no replica sends")
            places[1].start()
            receiver.answers.append("hold")
            deliver(places[1], 21)
            wait_for(lambda: len(receiver.seen) == 2, 30, "the next is not told")
            places[0].kill()
            receiver.wait("event.quarantined", 2, 100)
            expect(receiver.seen[1][0] == receiver.seen[2][0] and len(receiver.seen) == 3, str(receiver.seen))
            expect(places[1].terminate() == 0, "SIGTERM is answered with exit 0")
        finally:
            receiver.release.set()
            for place in places:
                place.finish()
    receiver.check()
    return "2 replicas, 1 tells, killed: the other tells the same"


def shows(identifier, kind, thing, seconds_ago):
    made = int(time.time()) - seconds_ago
    return json.dumps(
        {"id": identifier, "object": "event", "type": kind, "livemode": False, "created": made,
         "api_version": "2026-09-30.endive", "data": {"object": {"livemode": False, "created": made, "charge": "ch_1", **thing}}}
    ).encode()  # fmt: skip


def at_risk(arguments):
    """A dispute, a fraud warning and a review are told once and end once, whatever comes twice and late: on both stores."""
    due = int(time.time()) + 9 * 86_400
    dispute = {"id": "dp_1", "object": "dispute", "amount": 1200, "currency": "usd", "payment_intent": "pi_1",
               "evidence": {"customer_email_address": "jo@example.com"}}  # fmt: skip
    warning = {"id": "issfr_1", "object": "radar.early_fraud_warning", "fraud_type": "misc"}
    review = {"id": "prv_1", "object": "review", "ip_address": "203.0.113.7", "opened_reason": "rule"}

    def answered(times):
        return {"evidence_details": {"due_by": due, "has_evidence": True, "past_due": False, "submission_count": times}}

    opened = [
        ("charge.dispute.created", {**dispute, **answered(0), "status": "needs_response"}),
        ("radar.early_fraud_warning.created", {**warning, "actionable": True}),
        ("review.opened", {**review, "open": True}),
    ]
    over = [
        ("charge.dispute.updated", {**dispute, **answered(1), "status": "under_review"}),
        ("radar.early_fraud_warning.updated", {**warning, "actionable": False}),
        ("review.closed", {**review, "open": False, "closed_reason": "approved"}),
    ]
    types = [
        ("dispute.needs_response", "dispute.needs_no_response"),
        ("fraud_warning.actionable", "fraud_warning.not_actionable"),
        ("review.opened", "review.closed"),
    ]
    with Server() as server:
        for store in ({}, {"DATABASE_URL": server.url()}):
            receiver = Receiver()
            with served(arguments, receiver, **store) as place:

                def deliver_all(name, events, seconds_ago):
                    for number, (kind, thing) in enumerate(events):
                        status, answer, _ = place.deliver(shows(f"evt_{name}{number}", kind, thing, seconds_ago))
                        expect(status == 200 and answer["outcome"] != "quarantined", f"{status} {answer}")

                deliver_all("opened", opened, 60)
                for begins, _ in types:
                    receiver.wait(begins, 1)
                (told,) = receiver.told("dispute.needs_response")
                expect((told["data"]["due_by"], told["data"]["amount"]) == (due, 1200), str(told))
                # Told again as the same events, and as others that say the same.
                deliver_all("opened", opened, 60)
                deliver_all("again", opened, 59)
                place.kill()
                place.start()
                deliver_all("over", over, 30)
                deliver_all("late", opened, 58)
                for _, ends in types:
                    # On PostgreSQL the place of the one that was killed is its own for a minute.
                    receiver.wait(ends, 1, 100)
                time.sleep(3)
                expect(len(receiver.seen) == len({i for i, _, _ in receiver.seen}) == 6, str(receiver.seen))
                bodies = b"".join(body for _, body, _ in receiver.seen)
                expect(b"jo@example.com" not in bodies and b"203.0.113.7" not in bodies, "personal data is sent")
            receiver.check()
    return "3 told and 3 ended, each once, on SQLite and PostgreSQL"


def held(server):
    rows = server.query("SELECT holder FROM jobs WHERE kind = 'alert_search' AND holder IS NOT NULL")
    return len(rows) == 1 and bool(rows[0][0])


def example(arguments):
    """The receiver of the documents takes `console-billing alerts test`, and refuses another secret's."""
    text = (ROOT / "deploy/docs/how-to/send-alerts.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    secret, port = new_secret(), free_port()
    environment = {**os.environ, "ALERT_WEBHOOK_SECRET": secret, "PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        def test(signs):
            return subprocess.run(
                [arguments.service, "alerts", "test", "--format", "json"],
                env={"ALERT_WEBHOOK_URL": f"http://127.0.0.1:{port}/", "ALERT_WEBHOOK_SECRET": signs},
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip

        wait_for(lambda: test(secret).returncode == 0, 20, "the receiver of the documents takes nothing")
        refused = test(new_secret())
        expect(refused.returncode == 78 and json.loads(refused.stdout)["status"] == 401, str(refused))
    finally:
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)
    expect(printed.startswith("test This is a test"), printed)
    dead = test(secret)
    expect(dead.returncode == 69 and "could not connect" in dead.stderr, str(dead))
    return "alerts test: taken 0, refused 78, no receiver 69"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable")
    parser.add_argument("--only", help="one of the cases")
    arguments = parser.parse_args()
    arguments.service = os.path.abspath(arguments.service)
    cases = [storm, kills, gone, silence, replicas, at_risk, example]
    failures = []

    def run(case):
        begun = time.monotonic()
        try:
            print(f"ok    {case.__name__}: {case(arguments)} ({time.monotonic() - begun:.0f} s)", flush=True)
        except BaseException as error:
            failures.append(case.__name__)
            print(f"FAIL  {case.__name__}: {error!r}", flush=True)

    # They mostly wait.
    threads = [threading.Thread(target=run, args=(c,)) for c in cases if arguments.only in (None, c.__name__)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1 if failures or not threads else 0


if __name__ == "__main__":
    sys.exit(main())
