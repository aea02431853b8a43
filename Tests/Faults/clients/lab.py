"""Support of the fault tests: the service and the stand-in as processes, deliveries, and a strict reader of answers."""

import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))

import service as peers  # noqa: E402  (the folder is on the path only now)
from service import signature  # noqa: E402

#: The service's deadline for an idle connection, a request to arrive and an answer to be read.
DEADLINE = 30
#: How late a closing may be, on a machine that is busy.
SLACK = 15

HOST = b"Host: billing.test\r\n"
KEY = b"x-api-key: " + peers.API_KEY.encode() + b"\r\n"


def fetches(get):
    """How many fetches are not done yet, and how many failed."""
    jobs = get("/v1/jobs?kind=fetch&limit=100")["data"]
    failed = sum(job["state"] == "failed" for job in jobs)
    return {"pending": len(jobs) - failed, "gave_up": failed}


class Broken(Exception):
    """An expectation that did not hold."""


class Skipped(Exception):
    """This machine does not permit the test; nothing was shown."""


def expect(condition, otherwise):
    if not condition:
        raise Broken(otherwise)


# --- Processes ---------------------------------------------------------------------------------------------------


class Laboratory:
    """Where the binaries are and how long a run may be."""

    def __init__(self, service, stand_in, long):
        self.service = os.path.abspath(service)
        self.stand_in = os.path.abspath(stand_in)
        self.long = long

    @contextlib.contextmanager
    def serving(self, *, descriptors=None, preload=None, **environment):
        """The service on a port of its own; it is to end with 0 on SIGTERM."""
        with tempfile.TemporaryDirectory() as folder:
            executable = self.service
            if descriptors:
                executable = f"{folder}/limited"
                script = f'#!/bin/sh\nulimit -n {descriptors}\nexec "{self.service}" "$@"\n'
                pathlib.Path(executable).write_text(script)
                os.chmod(executable, 0o755)
            if preload:
                environment["LD_PRELOAD"] = preload
            with peers.running(executable, **environment) as running:
                yield Running(running)

    @contextlib.contextmanager
    def standing_in(self, *arguments):
        """The stand-in for Stripe's API, and what the service has to be told to use it."""
        process = subprocess.Popen(
            # On the machine it shares with the service it is to take only what is left: Stripe has its own.
            ["nice", "-n", "19", self.stand_in, "--port", "0", "--make-up", *arguments], stdout=subprocess.PIPE, text=True
        )
        try:
            url = None
            for line in process.stdout:
                if line.startswith("http"):
                    url = line.strip()
                    break
            expect(url, "the stand-in did not start")
            yield StandIn(url, process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class StandIn:
    def __init__(self, url, process):
        self.url = url
        self.process = process
        self.settings = {
            "STRIPE_API_BASE": url,
            "STRIPE_SECRET_KEY": "sk_test_standin",
            # Only the work queue may send requests to Stripe, whatever the clock does.
            "CATCH_UP_AFTER": "0",
            "RECONCILE_EVERY": "0",
            "RECEIPT_HOSTS": "127.0.0.1,pay.stripe.com,invoice.stripe.com",
        }

    def fail(self, mode, **more):
        body = json.dumps({"mode": mode, **more}).encode()
        request = urllib.request.Request(self.url + "/_stand-in/faults", data=body)
        urllib.request.urlopen(request, timeout=10).read()

    def requests(self):
        with urllib.request.urlopen(self.url + "/_stand-in/requests", timeout=10) as answer:
            return json.load(answer)["total"]


class Running:
    """A service that runs, and what can be seen of it from outside."""

    def __init__(self, service):
        self.service = service
        self.process = service.process
        self.port = int(service.url.rsplit(":", 1)[1])

    def get(self, path):
        return self.service.get(path)

    def deliver(self, body, at=None):
        return self.service.post(body, signature(body, at))

    def connect(self, timeout=10, receive_buffer=None):
        return connect(self.port, timeout, receive_buffer)

    def resident(self):
        """VmRSS in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def queued_for(self, peer_port):
        """How much the kernel holds to be sent on the connection from that port; None when the process let go of it."""
        wanted = (f"{self.port:04X}", f"{peer_port:04X}")
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if (fields[1][-4:], fields[2][-4:]) == wanted:
                # Without an inode there is no socket any more, only what the kernel still tries to send.
                return None if fields[9] == "0" else int(fields[4].split(":")[0], 16)
        return None

    def served(self):
        """The requests that were taken up so far, as the access log has them: `GET /healthz 200`."""
        line = re.compile(r"[A-Z]+ (?:/\S*|unrouted) \d{3}$")
        served = []
        for text in pathlib.Path(self.service.log).read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError, AttributeError):
                message = json.loads(text).get("message", "")
                if line.match(message):
                    served.append(message)
        return served

    def is_well(self, within=5):
        """Answers /healthz on a new connection."""
        try:
            with self.connect(timeout=within) as client:
                client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
                return Answers(client).next("GET", time.monotonic() + within).status == 200
        except (OSError, Malformed, AttributeError):
            return False


def connect(port, timeout=10, receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        # Before connecting: the window is agreed on then.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(timeout)
    client.connect(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def allow_many_descriptors(wanted=0):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < wanted:
        raise Skipped(f"a process may have {hard} descriptors here, and {wanted} are needed (ulimit -Hn)")


# --- Deliveries --------------------------------------------------------------------------------------------------


class Events:
    """Event bodies with ids of their own, made from the fixtures."""

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.lock = threading.Lock()
        self.charge = self._template("charge.succeeded.json")
        self.intent = self._template("payment_intent.succeeded.json")

    @staticmethod
    def _template(name):
        event = json.loads((ROOT / "testdata/events" / name).read_text())
        return json.dumps(event)

    def _made(self, template):
        with self.lock:
            self.count += 1
            tag = f"{self.name}{self.count}"
        event = json.loads(template)
        identity = event["data"]["object"]["id"].split("_")[0]
        event["id"] = f"evt_{tag}"
        event["data"]["object"]["id"] = f"{identity}_{tag}"
        for field, prefix in (("payment_intent", "pi"), ("latest_charge", "ch")):
            if isinstance(event["data"]["object"].get(field), str):
                event["data"]["object"][field] = f"{prefix}_{tag}"
        return json.dumps(event).encode()

    def a_charge(self):
        return self._made(self.charge)

    def an_intent(self):
        """A payment of which only the PaymentIntent is told, so that the service has to ask Stripe for its charge."""
        return self._made(self.intent)


def posting(body, at=None, more=b""):
    """The whole request that delivers a body."""
    return (
        b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + more
        + f"Content-Length: {len(body)}\r\nStripe-Signature: {signature(body, at)}\r\n\r\n".encode()
        + body
    )


# --- Answers -----------------------------------------------------------------------------------------------------


class Malformed(Exception):
    """Bytes that are no well-formed answer."""


class Answer:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    @property
    def code(self):
        """The error's code, when it is an error of ours."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return json.loads(self.body)["error"]["code"]
        return None

    def says_close(self):
        return self.fields.get("connection", "").lower() == "close"


class Answers:
    """Reads one answer after the other, and is strict about each."""

    STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) [\x20-\x7e]*\Z")
    FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*\Z")

    def __init__(self, client):
        self.client = client
        self.buffer = b""
        self.ended = False

    def _more(self, by):
        """Reads some; false when there will be no more. Raises TimeoutError when nothing comes in time."""
        if self.ended:
            return False
        self.client.settimeout(max(0.001, by - time.monotonic()))
        try:
            bytes_read = self.client.recv(65536)
        except ConnectionError:
            bytes_read = b""
        if not bytes_read:
            self.ended = True
            return False
        self.buffer += bytes_read
        return True

    def _take(self, count, by):
        while len(self.buffer) < count:
            if not self._more(by):
                raise Malformed(f"the answer's body ends after {len(self.buffer)} of {count} bytes")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _line(self, by):
        while b"\r\n" not in self.buffer:
            if not self._more(by):
                raise Malformed("the answer ends in the middle of a line")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def next(self, method, by, interim=False):
        """The next answer, or None when the connection was closed instead.

        Raises TimeoutError when nothing comes by `by`, and Malformed.
        """
        if not self.buffer and not self._more(by):
            return None
        line = self._line(by)
        matched = self.STATUS_LINE.match(line)
        if not matched:
            raise Malformed(f"no status line: {line[:60]!r}")
        status = int(matched[1])
        fields = {}
        while line := self._line(by):
            field = self.FIELD.match(line)
            if not field:
                raise Malformed(f"no header field: {line[:60]!r}")
            name = field[1].decode().lower()
            if name in fields and name in ("content-length", "transfer-encoding", "connection", "request-id"):
                raise Malformed(f"{name} twice")
            fields[name] = field[2].decode()
        if status < 200:
            answer = Answer(status, fields, b"")
            return answer if interim else self.next(method, by)
        return Answer(status, fields, self._body(method, status, fields, by))

    def _body(self, method, status, fields, by):
        if "content-length" in fields and "transfer-encoding" in fields:
            raise Malformed("both a length and a transfer encoding")
        if method == "HEAD" or status in (204, 304):
            return b""
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                size = self._line(by)
                if not re.fullmatch(rb"[0-9a-fA-F]+", size):
                    raise Malformed(f"no chunk size: {size[:40]!r}")
                if int(size, 16) == 0:
                    if self._line(by):
                        raise Malformed("a trailer")
                    return body
                body += self._take(int(size, 16), by)
                if self._line(by):
                    raise Malformed("a chunk without an end")
        if "content-length" in fields:
            return self._take(int(fields["content-length"]), by)
        while self._more(by):
            pass
        body, self.buffer = self.buffer, b""
        return body

    def closed_within(self, seconds):
        """Whether the connection ends, without another byte."""
        try:
            while not self.buffer and self._more(time.monotonic() + seconds):
                pass
        except TimeoutError:
            return False
        if self.buffer:
            raise Malformed(f"unrequested bytes: {self.buffer[:60]!r}")
        return True


def check_error_shape(answer):
    """An error has the contract's shape on every route, and a request id that says the same twice."""
    try:
        error = json.loads(answer.body)["error"]
        missing = {"type", "code", "message", "request_id"} - error.keys()
    except (ValueError, KeyError, TypeError):
        raise Broken(f"{answer.status} without the contract's error body: {answer.body[:60]!r}")
    expect(not missing, f"{answer.status} whose error lacks {missing}")
    expect("request-id" in answer.fields, f"{answer.status} without a Request-Id")
    expect(answer.fields["request-id"] == error["request_id"], "two request ids in one answer")
    expect(re.fullmatch(r"req_\w{8,}", error["request_id"]), f"request id {error['request_id']!r}")


# --- Figures -----------------------------------------------------------------------------------------------------


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def wait_for(condition, seconds, every=0.2):
    """Whether the condition came to hold in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(every)
    return condition()
