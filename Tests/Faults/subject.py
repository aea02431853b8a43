"""The service under test: the real binary in a folder of its own, started again as a supervisor would."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Peers"))
import service as peers  # noqa: E402  (the folder is on the path only now)

SECRET = "whsec_faults_of_console_billing"
API_KEY = "cbk_faults"


class Failure(Exception):
    """A promise that was not kept."""


class Skipped(Exception):
    """This machine does not permit the test; nothing was shown."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def wait_for(condition, seconds, message):
    end = time.monotonic() + seconds
    while not condition():
        expect(time.monotonic() < end, message)
        time.sleep(0.002)


class Subject:
    """One database and, most of the time, one process that serves it."""

    def __init__(self, executable, folder, environment=None, wrapper=(), preparation=None, name="billing.sqlite"):
        self.executable = executable
        self.folder = os.path.realpath(folder)
        self.database = os.path.join(self.folder, name)
        self.port = peers.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = os.path.join(os.path.dirname(self.folder), os.path.basename(self.folder) + ".output")
        self.wrapper = list(wrapper)
        self.preparation = preparation
        self.process = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:{self.database}",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "LINK_SIGNING_SECRET": "a secret of the faults that is long enough to sign links",
            "API_KEYS": f"faults:{hashlib.sha256(API_KEY.encode()).hexdigest()}:feed:read+ops",
            "LOG_LEVEL": "notice",
            "LOG_FORMAT": "json",
            # A crash is a failure at once, not half a minute later.
            "SWIFT_BACKTRACE": "enable=no",
            **(environment or {}),
        }

    # ------------------------------------------------------------ life

    def launch(self):
        """Starts the process; it may not live long."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, self.executable, "serve"],
                env=self.environment,
                cwd=os.path.dirname(self.folder),
                stdout=log,
                stderr=log,
                preexec_fn=self.preparation,
            )
        return self

    def start(self, timeout=90):
        self.launch()
        self.wait_until_ready(timeout)
        return self

    def wait_until_ready(self, timeout=90):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Failure(f"the service ended with {self.process.returncode}: {self.output()[-600:]}")
            if self.is_ready():
                return
            time.sleep(0.01)
        raise Failure("the service did not become ready: " + self.output()[-600:])

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=5):
                return True
        except (OSError, http.client.HTTPException):
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout=90):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def finish(self):
        """Ends what is still there, whatever the test came to."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    # ------------------------------------------------------------ requests

    def get(self, path, timeout=120):
        return self.call("GET", path, timeout)

    def call(self, method, path, timeout=120):
        request = urllib.request.Request(self.url + path, method=method, headers={"x-api-key": API_KEY})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def deliver(self, body, timeout=30):
        """-> status, JSON, headers. Status 0: the connection ended without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", "/v1/stripe-webhook", body, {"Stripe-Signature": peers.signature(body, secret=SECRET)})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}, {}
        finally:
            connection.close()

    def listed(self, path):
        """Every element of a list, newest first."""
        rows, after = [], ""
        while True:
            page = self.get(f"{path}?limit=100{after}")
            rows += page["data"]
            if not page["has_more"]:
                return rows
            after = "&starting_after=" + rows[-1]["id"]


class Supervisor:
    """Starts the service again whenever it ends by itself with anything but 0, after a short pause."""

    def __init__(self, subject, pause=0.1):
        self.subject = subject
        self.pause = pause
        self.exits = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.subject.start()
        self.thread.start()
        return self

    def watch(self):
        while not self.over.is_set():
            code = self.subject.process.poll()
            if code is None:
                self.over.wait(0.01)
                continue
            self.exits.append(code)
            if code == 0:
                return
            if not self.over.wait(self.pause):
                self.subject.launch()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.subject.finish()
