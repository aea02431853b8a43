"""Clients that are slow on purpose: what they send, and what they do not read."""

import concurrent.futures
import contextlib
import select
import threading
import time

import lab
from lab import DEADLINE, HOST, KEY, SLACK, Answers, Malformed, expect

EXPORT = b"GET /v1/transactions/export?format=jsonl HTTP/1.1\r\n" + HOST + KEY
BACKUP = b"GET /v1/backup HTTP/1.1\r\n" + HOST + KEY
#: Enough that a backup, and a few exports, do not fit into what the kernel buffers for one connection.
ROWS = 6000
#: It buffers 4 MiB at most, by Linux's defaults.
KERNEL_BYTES = 4 << 20
#: The memory that one unread connection may cost: NIO's high watermark, a page of rows, and the objects around it.
MEBIBYTES_A_CONNECTION = 0.75


def slow_clients(laboratory):
    readers = 200 if laboratory.long else 12
    with laboratory.serving(LOG_LEVEL="warning") as service:
        fill(service, ROWS)
        before = service.resident()
        highest = [before]
        ends = threading.Event()
        watching = threading.Thread(target=watch, args=(service, highest, ends))
        watching.start()
        latencies = []
        working = threading.Thread(target=deliver_meanwhile, args=(service, latencies, ends))
        working.start()
        plans = [(slow.__name__.replace("_", " "), slow) for slow in SENDERS]
        plans += [("does not read an export", does_not_read_an_export)] * readers
        plans += [("does not read 20,000 answers", does_not_read_many_answers)]
        plans += [("reads slowly", reads_slowly)] * 2
        with concurrent.futures.ThreadPoolExecutor(len(plans)) as pool:
            lives = [(name, pool.submit(plan, service)) for name, plan in plans]
            failures = [f"{name}: {life.exception()}" for name, life in lives if life.exception()]
        ends.set()
        working.join()
        watching.join()
        expect(service.is_well(), "/healthz does not answer afterwards")
        grown = highest[0] - before
        figures = {
            "connections": len(plans),
            "longest life s": round(max((life.result() for _, life in lives if not life.exception()), default=0), 1),
            "RSS before MiB": round(before),
            "RSS highest MiB": round(highest[0]),
            "deliveries meanwhile": len(latencies),
            "their p99 ms": round(lab.percentile(latencies, 0.99) * 1000, 1),
        }
    bound = 40 + MEBIBYTES_A_CONNECTION * len(plans)
    expect(not failures, "\n".join(dict.fromkeys(failures)))
    expect(grown < bound, f"the service grew by {grown:.0f} MiB, and {bound:.0f} would be bounded; {figures}")
    return figures


def fill(service, rows):
    """Delivers that many charges, pipelined so that it is quick."""
    events = lab.Events("row")
    with service.connect(30) as client:
        answers = Answers(client)
        for _ in range(0, rows, 50):
            client.sendall(b"".join(lab.posting(events.a_charge()) for _ in range(50)))
            for _ in range(50):
                answer = answers.next("POST", time.monotonic() + 30)
                expect(answer and answer.status == 200, f"a delivery was answered {answer and answer.status}")


def watch(service, highest, ends):
    while not ends.wait(0.1):
        highest[0] = max(highest[0], service.resident())


def deliver_meanwhile(service, latencies, ends):
    events = lab.Events("meanwhile")
    while not ends.wait(0.1):
        body = events.a_charge()
        started = time.monotonic()
        status, _ = service.deliver(body)
        if status == 200:
            latencies.append(time.monotonic() - started)


def let_go_in_time(service, client):
    """Waits for the service to let go of a connection that is not read. Returns how long it stood still.

    The end itself is not seen from here: it queues in the kernel behind what is not read. Nor does the deadline
    begin before the kernel has taken all it takes.
    """
    own = client.getsockname()[1]
    # One that waits to be accepted looks like one that was let go.
    expect(lab.wait_for(lambda: service.queued_for(own) is not None, 10), "is not accepted")
    queued, since = None, time.monotonic()
    while (now_queued := service.queued_for(own)) is not None:
        if now_queued != queued:
            queued, since = now_queued, time.monotonic()
        expect(time.monotonic() - since < DEADLINE + SLACK, f"is not closed after {DEADLINE + SLACK} s without a byte")
        time.sleep(0.5)
    return time.monotonic() - since


def drip(service, text, beginning=b"", answers_first=0):
    """Sends a beginning, then a byte a second. Returns when it was cut off."""
    with service.connect() as client:
        client.sendall(beginning)
        answers = Answers(client)
        for _ in range(answers_first):
            answers.next("GET", time.monotonic() + 5)
        started = time.monotonic()
        for byte in text:
            with contextlib.suppress(ConnectionError):
                client.sendall(bytes([byte]))
            if select.select([client], [], [], 1)[0]:
                with contextlib.suppress(ConnectionError, Malformed):
                    # Whatever is still said, then the end.
                    while answers.next("POST", time.monotonic() + 2):
                        pass
                return time.monotonic() - started
            expect(
                time.monotonic() - started < DEADLINE + SLACK,
                f"is not cut off after {DEADLINE + SLACK} s of a byte a second",
            )
        raise lab.Broken("was let to send everything")


def drips_a_header(service):
    return drip(service, b"GET /healthz HTTP/1.1\r\nX-Padding: " + b"a" * 100)


def drips_a_second_header(service):
    first = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    return drip(service, b"GET /healthz HTTP/1.1\r\nX-Padding: " + b"a" * 100, first, answers_first=1)


def drips_header_lines(service):
    return drip(service, b"a:b\r\n" * 40, b"GET /healthz HTTP/1.1\r\n")


def drips_empty_lines(service):
    return drip(service, b"\r\n" * 60)


def drips_a_body(service):
    return drip(service, b"a" * 100, b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\nContent-Length: 1000\r\n\r\n")


def drips_chunks(service):
    head = b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    return drip(service, b"1\r\na\r\n" * 20, head)


def drips_a_chunk_extension(service):
    head = b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    return drip(service, b"a" * 100, head)


def drips_trailers(service):
    head = b"POST /v1/stripe-webhook HTTP/1.1\r\n" + HOST + b"Stripe-Signature: t=1,v1=" + b"0" * 64 + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    return drip(service, b"a:b\r\n" * 40, head)


def drips_a_body_that_nobody_wants(service):
    """The answer is there at once, and the body goes on."""
    head = b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n"
    return drip(service, b"a" * 100, head, answers_first=1)


def floods_a_body_that_nobody_wants(service):
    with service.connect(timeout=1) as client:
        client.sendall(b"POST /nothing HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        started = time.monotonic()
        while time.monotonic() - started < DEADLINE + SLACK:
            try:
                client.sendall(piece)
            except (ConnectionError, TimeoutError):
                return time.monotonic() - started
            # Enough to show a buffer that grows, not to keep two cores busy.
            time.sleep(0.02)
        raise lab.Broken(f"is still listened to after {DEADLINE + SLACK} s")


def floods_after_an_upgrade(service):
    """NIO's parser looks at nothing after an offer to upgrade; what comes is not to be kept for it."""
    with service.connect(timeout=1) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: x\r\n\r\n")
        started = time.monotonic()
        while time.monotonic() - started < DEADLINE + SLACK:
            try:
                client.sendall(b"a" * 65536)
            except (ConnectionError, TimeoutError):
                return time.monotonic() - started
        raise lab.Broken(f"is still listened to after {DEADLINE + SLACK} s")


SENDERS = [
    drips_a_header, drips_a_second_header, drips_header_lines, drips_empty_lines, drips_a_body, drips_chunks,
    drips_a_chunk_extension, drips_trailers, drips_a_body_that_nobody_wants, floods_a_body_that_nobody_wants,
    floods_after_an_upgrade,
]


def does_not_read_an_export(service):
    with service.connect(receive_buffer=4096) as client:
        client.sendall((EXPORT + b"\r\n") * 8)
        return let_go_in_time(service, client)


def does_not_read_many_answers(service):
    with service.connect(timeout=1, receive_buffer=4096) as client:
        requests = (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n") * 20_000
        with contextlib.suppress(TimeoutError, ConnectionError):
            client.sendall(requests)
        return let_go_in_time(service, client)


def reads_slowly(service):
    """Slow, but reading: it gets all of its backup, also the end that the service buffered before it closed."""
    with service.connect(receive_buffer=16384) as client:
        started = time.monotonic()
        client.sendall(BACKUP + b"Connection: close\r\n\r\n")
        answers = Answers(SlowSocket(client))
        check_backup(answers.next("GET", time.monotonic() + 5 * DEADLINE))
        expect(time.monotonic() - started > 1.1 * DEADLINE, "was not slow enough to show anything")
        expect(answers.closed_within(5), "was told that the connection closes, and it does not")
        return time.monotonic() - started


def check_backup(answer):
    """All of it, or the reader of answers has said so already."""
    expect(answer and answer.status == 200, f"was answered {answer and answer.status}")
    expect(answer.body.startswith(b"SQLite format 3\0"), "the answer is no database")
    expect(len(answer.body) > KERNEL_BYTES, f"{len(answer.body)} bytes are too few to show anything")


class SlowSocket:
    """Reads so slowly that a backup takes longer than the deadline of unread data."""

    BYTES_A_SECOND = 180_000

    def __init__(self, client):
        self.client = client
        self.settimeout = client.settimeout
        self.begun, self.read = time.monotonic(), 0

    def recv(self, _):
        time.sleep(max(0, self.begun + self.read / self.BYTES_A_SECOND - time.monotonic()))
        taken = self.client.recv(16384)
        self.read += len(taken)
        return taken
