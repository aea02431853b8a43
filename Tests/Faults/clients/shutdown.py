"""SIGTERM while clients are in the middle of something."""

import concurrent.futures
import contextlib
import json
import pathlib
import select
import signal
import sqlite3
import time

import lab
import slow
from lab import DEADLINE, HOST, Answers, Malformed, expect

#: What the service is given to end, with slow clients on it.
GRACE = DEADLINE + 15


def in_flight(laboratory):
    """What can still be finished is finished, what cannot is closed, and the exit code is 0."""
    with laboratory.serving(LOG_LEVEL="warning") as service:
        slow.fill(service, slow.ROWS)
        clients = [
            idle, half_a_header, a_body_that_ends, a_body_that_drips, chunks_that_end, a_backup_read_steadily,
            a_backup_not_read, pipelined, pipelines_on_and_on,
        ]
        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            fates = {client.__name__: pool.submit(client, service) for client in clients}
            time.sleep(1)
            service.process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            time.sleep(0.5)
            expect(not accepts(service), "connections are still accepted after SIGTERM")
            failures = []
            recorded = []
            for name, fate in fates.items():
                if fate.exception():
                    failures.append(f"{name.replace('_', ' ')}: {fate.exception()}")
                else:
                    recorded += fate.result() or []
            left = max(0.1, GRACE - (time.monotonic() - started))
            service.process.wait(timeout=left)
            ended = time.monotonic() - started
        expect(not failures, "\n".join(failures))
        expect(service.process.returncode == 0, f"the exit code is {service.process.returncode}")
        database = pathlib.Path(service.service.log).parent / "billing.sqlite"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            stored = {row[0] for row in connection.execute("SELECT id FROM events")}
        missing = set(recorded) - stored
        expect(not missing, f"acknowledged during the shutdown and not stored: {missing}")
    return {"clients": len(clients), "acknowledged after SIGTERM": len(recorded), "ended after s": round(ended, 1)}


def a_reader_that_dribbles(laboratory):
    """Reads just enough never to be late; the service ends in time all the same."""
    with laboratory.serving(LOG_LEVEL="warning") as service:
        slow.fill(service, slow.ROWS)
        with service.connect(receive_buffer=65536) as client:
            client.sendall(slow.BACKUP + b"\r\n")
            time.sleep(1)
            service.process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            while service.process.poll() is None and time.monotonic() - started < GRACE:
                with contextlib.suppress(OSError):
                    client.recv(32768)
                time.sleep(0.25)
            expect(service.process.poll() is not None, f"did not end {GRACE} s after SIGTERM")
            ended = time.monotonic() - started
        expect(service.process.returncode == 0, f"the exit code is {service.process.returncode}")
    return {"ended after s": round(ended, 1)}


def accepts(service):
    try:
        with service.connect(timeout=1) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            return Answers(client).next("GET", time.monotonic() + 1) is not None
    except (OSError, Malformed):
        return False


def closes(client, seconds, why):
    expect(select.select([client], [], [], seconds)[0], f"is not closed {seconds} s after SIGTERM, {why}")


def idle(service):
    with service.connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        answers = Answers(client)
        expect(answers.next("GET", time.monotonic() + 20).status == 200, "was not answered")
        expect(answers.closed_within(20), "an idle connection stays open after SIGTERM")


def half_a_header(service):
    with service.connect() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX-A: ")
        closes(client, 20, "with half a header sent")


def a_body_that_ends(service):
    """A delivery that was under way at the signal: acknowledged, and told that the connection ends."""
    return delivery_across_the_signal(service, "late", lambda body: (b"", body, f"Content-Length: {len(body)}"))


def chunks_that_end(service):
    def chunked(body):
        return b"%x\r\n" % len(body), body + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked"

    return delivery_across_the_signal(service, "latechunks", chunked)


def delivery_across_the_signal(service, name, framed):
    body = lab.Events(name).a_charge()
    before, text, field = framed(body)
    head = f"POST /v1/stripe-webhook HTTP/1.1\r\nHost: a\r\nStripe-Signature: {lab.signature(body)}\r\n{field}\r\n\r\n"
    with service.connect() as client:
        client.sendall(head.encode() + before + text[:100])
        time.sleep(3)
        client.sendall(text[100:])
        answers = Answers(client)
        answer = answers.next("POST", time.monotonic() + 20)
        expect(answer and answer.status == 200, f"was answered {answer and answer.status}")
        expect(answers.closed_within(20), "the connection stays open after its last answer")
    return [json.loads(body)["id"]]


def a_body_that_drips(service):
    with service.connect() as client:
        client.sendall(b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\nContent-Length: 1000\r\n\r\n")
        started = time.monotonic()
        while not select.select([client], [], [], 1)[0]:
            expect(time.monotonic() - started < GRACE, "is not closed within the graceful limit")
            with contextlib.suppress(ConnectionError):
                client.sendall(b"a")


def a_backup_read_steadily(service):
    """All of it arrives, also what was still to be sent when the last of it was written."""
    with service.connect(receive_buffer=16384) as client:
        client.sendall(slow.BACKUP + b"\r\n")
        slow.check_backup(Answers(Steadily(client)).next("GET", time.monotonic() + GRACE))


class Steadily:
    """Reads so that a backup takes some seconds."""

    def __init__(self, client):
        self.client = client
        self.settimeout = client.settimeout

    def recv(self, _):
        time.sleep(0.005)
        return self.client.recv(16384)


def a_backup_not_read(service):
    with service.connect(receive_buffer=4096) as client:
        client.sendall(slow.BACKUP + b"\r\n")
        own = client.getsockname()[1]
        expect(lab.wait_for(lambda: service.queued_for(own) is not None, 10), "is not accepted")
        started = time.monotonic()
        while service.process.poll() is None and service.queued_for(own) is not None:
            expect(time.monotonic() - started < GRACE + 2, "is not closed within the graceful limit")
            time.sleep(0.5)


def pipelined(service):
    """More than the request under way is not begun, and no answer is half."""
    with service.connect() as client:
        answers = Answers(client)
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 10:
                client.sendall((b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n") * 50)
                for _ in range(50):
                    if answers.next("GET", time.monotonic() + 20) is None:
                        return
        raise lab.Broken("is still answered long after SIGTERM")


def pipelines_on_and_on(service):
    """Deliveries without a pause, on one connection: each that was acknowledged is stored."""
    events = lab.Events("onandon")
    acknowledged = []
    with service.connect() as client:
        answers = Answers(client)
        started = time.monotonic()
        while time.monotonic() - started < 10:
            bodies = [events.a_charge() for _ in range(10)]
            try:
                client.sendall(b"".join(lab.posting(body) for body in bodies))
                for body in bodies:
                    answer = answers.next("POST", time.monotonic() + 20)
                    if answer is None:
                        return acknowledged
                    expect(answer.status in (200, 503), f"was answered {answer.status}")
                    if answer.status == 200:
                        acknowledged.append(json.loads(body)["id"])
            except ConnectionError:
                return acknowledged
    raise lab.Broken("deliveries are still taken long after SIGTERM")
