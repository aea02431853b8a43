"""More connections than needed, and more than the process may have."""

import contextlib
import select
import time

import lab
from lab import HOST, Answers, expect


def idle_connections(laboratory):
    """2,000 of them stand idle, and deliveries are acknowledged as before."""
    count = 2000
    lab.allow_many_descriptors(wanted=count + 200)
    with laboratory.serving() as service:
        events = lab.Events("idle")
        alone = latencies(service, events, 150)
        before = service.resident()
        with contextlib.ExitStack() as stack:
            crowd = [stack.enter_context(service.connect()) for _ in range(count)]
            # Each has spoken once, so that all of them were accepted and are kept.
            for client in crowd:
                client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            unanswered = sum(1 for client in crowd if not answers_ok(client))
            expect(not unanswered, f"{unanswered} of {count} connections were not answered")
            amid = latencies(service, events, 150)
            grown = service.resident() - before
            open_ones = service.descriptors()
            spent = service.cpu_seconds()
            time.sleep(2)
            spent = (service.cpu_seconds() - spent) / 2
            expect(spent < 0.2, f"{spent:.0%} of a core goes into connections that stand idle")
            still = sum(1 for client in crowd if not ended(client))
            expect(still == count, f"only {still} of {count} idle connections were left after seconds")
        expect(service.is_well(), "/healthz does not answer afterwards")
        expect(lab.wait_for(lambda: service.descriptors() < open_ones - count + 50, 30), "descriptors stay open")
    figures = {
        "connections": count,
        "KiB each": round(grown * 1024 / count, 1),
        "p99 alone ms": round(lab.percentile(alone, 0.99) * 1000, 1),
        "p99 amid ms": round(lab.percentile(amid, 0.99) * 1000, 1),
    }
    expect(grown < 120, f"{count} idle connections cost {grown:.0f} MiB")
    expect(lab.percentile(amid, 0.5) < 3 * lab.percentile(alone, 0.5) + 0.005, f"deliveries suffer: {figures}")
    return figures


def answers_ok(client):
    answer = Answers(client).next("GET", time.monotonic() + 30)
    return answer is not None and answer.status == 200


def ended(client):
    watcher = select.poll()
    watcher.register(client, select.POLLIN)
    return bool(watcher.poll(0))


def latencies(service, events, count):
    """How long deliveries take, each on a connection of its own as Stripe makes them."""
    taken = []
    for _ in range(count):
        body = events.a_charge()
        started = time.monotonic()
        with service.connect() as client:
            client.sendall(lab.posting(body))
            answer = Answers(client).next("POST", time.monotonic() + 30)
        expect(answer and answer.status == 200, f"a delivery was answered {answer and answer.status}")
        taken.append(time.monotonic() - started)
    return taken


def descriptors_exhausted(laboratory):
    """400 connections to a process that may have 256 descriptors: what it has goes on, and the rest waits."""
    lab.allow_many_descriptors()
    with laboratory.serving(descriptors=256) as service:
        events = lab.Events("scarce")
        with service.connect() as early, contextlib.ExitStack() as readers:
            answers = Answers(early)
            reading = [readers.enter_context(service.connect()) for _ in range(8)]

            def deliver():
                early.sendall(lab.posting(events.a_charge()))
                answer = answers.next("POST", time.monotonic() + 30)
                return answer and answer.status

            def read_all():
                """Several at once, so that the store may want more connections to its file."""
                for client in reading:
                    client.sendall(b"GET /v1/transactions?limit=100 HTTP/1.1\r\n" + HOST + lab.KEY + b"\r\n")
                return [Answers(client).next("GET", time.monotonic() + 30).status for client in reading]

            expect(deliver() == 200, "a delivery before was not acknowledged")
            with contextlib.ExitStack() as stack:
                crowd = [stack.enter_context(service.connect()) for _ in range(400)]
                for client in crowd:
                    client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
                time.sleep(1)
                acknowledged = 0
                spent, started = service.cpu_seconds(), time.monotonic()
                # For a while, and on a busy machine until there are enough to judge by.
                while time.monotonic() - started < 4 or (acknowledged <= 20 and time.monotonic() - started < 60):
                    acknowledged += deliver() == 200
                    time.sleep(0.1)
                spent = (service.cpu_seconds() - spent) / (time.monotonic() - started)
                descriptors = service.descriptors()
                statuses = read_all()
                expect(set(statuses) == {200}, f"the feed was answered {statuses} while descriptors were scarce")
                for request in (b"GET /v1/backup", b"POST /v1/events/reproject"):
                    # These need files of their own.
                    reading[0].sendall(request + b" HTTP/1.1\r\n" + HOST + lab.KEY + b"Content-Length: 0\r\n\r\n")
                    answer = Answers(reading[0]).next("GET", time.monotonic() + 20)
                    expect(answer and answer.status == 200, f"{request} was answered {answer and answer.status}")
                answered = sum(1 for client in crowd if ended(client))
                # Reserved for the process itself, for instance to begin a backup or to ask Stripe.
                expect(descriptors <= 256, f"{descriptors} descriptors of 256")
                expect(acknowledged > 20, f"only {acknowledged} deliveries were acknowledged meanwhile")
                expect(spent < 0.5, f"{spent:.0%} of a core goes into accepting what cannot be accepted")
                expect(answered >= 100, f"only {answered} of 400 connections were answered")
            started = time.monotonic()
            expect(lab.wait_for(service.is_well, 30), "nothing is accepted 30 s after the crowd left")
            resumed = time.monotonic() - started
            expect(deliver() == 200, "the connection from before is gone")
            expect(service.get("/v1/events?limit=1")["data"], "the log cannot be read afterwards")
    return {
        "answered of 400": answered,
        "descriptors of 256": descriptors,
        "CPU meanwhile": f"{spent:.0%}",
        "accepts again after s": round(resumed, 2),
    }
