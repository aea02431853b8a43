"""The real service with a year of one customer in it, and our stand-in for Stripe's API beside it."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Peers"))

import service as peers  # noqa: E402

KEY = "cbk_browser"
CUSTOMER = "cus_AkashDemo01"
HOSTILE = "cus_Hostile01"
SCRIPT = "<script>document.title='owned'</script>"
FORMULA = '=HYPERLINK("http://example.com","click")'
# Inside of what testdata holds, wherever today is.
YEAR = "range=custom&from=2025-12-01&to=2026-11-26"


class Subject:
    def __init__(self, service, executable, stand_in):
        self.url = service.url
        self.executable = executable
        self.stand_in = stand_in

    def ask(self, path, body=None, method=None):
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else body,
            method=method,
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def session(self, customer=CUSTOMER):
        """The address that lets a customer in."""
        body = {"customer": customer, "return_url": "https://console.example.com/billing"}
        return self.ask("/v1/customer_sessions", json.dumps(body).encode())["url"]

    def emails(self):
        """How many receipts the stand-in would have sent."""
        with urllib.request.urlopen(self.stand_in + "/_stand-in/emails", timeout=10) as answer:
            return len(json.load(answer)["emails"])

    def deliver(self, event):
        body = json.dumps(event).encode()
        request = urllib.request.Request(
            self.url + "/v1/stripe-webhook", data=body, headers={"Stripe-Signature": peers.signature(body)}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["outcome"] == "recorded"

    def load(self):
        """A year of payments and usage, and a customer who means harm."""
        scenario = ROOT / "testdata" / "scenarios" / "year" / "events.jsonl"
        usage = ROOT / "testdata" / "usage" / "year"
        self.command("replay", str(scenario), "--to", self.url, "--secret", peers.SECRET, "--concurrency", "8")
        for name in ["leases.jsonl", "calendar.jsonl", "accounts.json"]:
            kind = name.split(".")[0]
            body = (usage / name).read_bytes()
            if kind == "accounts":
                self.ask("/v1/usage/accounts", body, "PUT")
            else:
                self.ask(f"/v1/usage/{kind}", body)
        for line in (usage / "credits.json").read_bytes().splitlines():
            self.ask("/v1/credits", line)
        self.load_hostile()

    def load_hostile(self):
        """One payment of a customer who means harm."""
        self.deliver({
            "id": "evt_hostile", "object": "event", "type": "charge.succeeded", "created": 1_760_000_000,
            "livemode": False, "api_version": "2025-09-30.clover",
            "data": {"object": {
                "id": "ch_hostile", "object": "charge", "amount": 4200, "amount_captured": 4200, "amount_refunded": 0,
                "captured": True, "created": 1_760_000_000, "currency": "usd", "customer": HOSTILE,
                "description": FORMULA, "livemode": False, "paid": True, "refunded": False, "status": "succeeded",
                "billing_details": {"name": SCRIPT, "email": "x@example.com", "address": {"line1": SCRIPT}},
                "payment_method_details": {"type": "card", "card": {"brand": SCRIPT, "last4": "4242"}},
            }},
        })

    def command(self, *arguments):
        run = subprocess.run([self.executable, *arguments], capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stdout + run.stderr


@contextlib.contextmanager
def stripe(executable):
    """Our stand-in for Stripe's API, which knows the year's payments."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [executable, "--port", "0", "--key", "sk_test_browser", "--load",
             str(ROOT / "testdata" / "scenarios" / "year" / "events.jsonl")],
            stdout=subprocess.PIPE, stderr=log,
        )
        try:
            for line in process.stdout:
                if match := re.search(rb"http://127\.0\.0\.1:[0-9]+", line):
                    yield match.group().decode()
                    return
            raise SystemExit("the stand-in did not start")
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running(executable, stand_in, **environment):
    """A service; the caller loads the year's data into it."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    settings = {
        "API_KEYS": f"browser:{digest}:feed:read+ops+usage:write+sessions:write",
        "STRIPE_SECRET_KEY": "sk_test_browser",
        "STRIPE_API_BASE": stand_in,
        "RECEIPT_HOSTS": stand_in.removeprefix("http://"),
        "RECONCILE_EVERY": "0",
        "CATCH_UP_AFTER": "0",
        "SELLER_NAME": "Example Cloud, Inc.",
        "SELLER_ADDRESS": "100 Example Avenue|Austin, TX 78701|United States",
        "SELLER_TAX_ID": "EX-00-1234567",
        **environment,
    }
    with peers.running(executable, **settings) as service:
        yield Subject(service, os.path.abspath(executable), stand_in)
