"""Runs the real console-billing on a free port of this machine, in a folder of its own, for as long as a test needs."""

import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy/lib"))
from ports import free_port  # noqa: E402, F401  (the folder is on the path only now)

SECRET = "whsec_peers_of_console_billing"
API_KEY = "cbk_peers"


def signature(body, at=None, secret=SECRET):
    """The header `Stripe-Signature`, as Stripe would make it now, or at another second."""
    at = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Service:
    def __init__(self, url, process, log):
        self.url = url
        self.process = process
        self.log = log

    def get(self, path, key=API_KEY):
        """The answer's JSON; raises urllib.error.HTTPError for anything but success."""
        request = urllib.request.Request(self.url + path, headers={"x-api-key": key})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def post(self, body, signature):
        """Delivers a body as Stripe would. Returns status and JSON, whatever they are."""
        request = urllib.request.Request(
            self.url + "/v1/stripe-webhook",
            data=body,
            headers={"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def transactions(self, query=""):
        """Every row of the feed, newest first."""
        rows, after = [], ""
        while True:
            page = self.get(f"/v1/transactions?limit=100{query}{after}")
            rows += page["data"]
            if not page["has_more"]:
                return rows
            after = "&starting_after=" + rows[-1]["id"]


@contextlib.contextmanager
def running(executable, before=(), **environment):
    """`before` is what starts it, such as ["nohup"]; a variable that is None is not set."""
    executable = os.path.abspath(executable)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {
            "PATH": os.environ["PATH"],
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:{folder}/billing.sqlite",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "LINK_SIGNING_SECRET": "a secret of the peers that is long enough to sign links",
            "API_KEYS": f"peers:{hashlib.sha256(API_KEY.encode()).hexdigest()}:feed:read+ops",
            **environment,
        }
        settings = {name: value for name, value in settings.items() if value is not None}
        with open(f"{folder}/log", "w+") as log:
            process = subprocess.Popen([*before, executable, "serve"], env=settings, cwd=folder, stderr=log)
            service = Service(f"http://127.0.0.1:{port}", process, f"{folder}/log")
            try:
                wait_until_ready(service)
                yield service
                process.send_signal(signal.SIGTERM)
                code = process.wait(timeout=40)
                assert code == 0, f"SIGTERM is answered with exit 0, not {code}"
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()


def wait_until_ready(service):
    for _ in range(200):
        if service.process.poll() is not None:
            raise SystemExit("the service ended: " + open(service.log).read())
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(service.url + "/readyz", timeout=1):
                return
        time.sleep(0.05)
    raise SystemExit("the service did not become ready")
