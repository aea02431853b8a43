"""Those who open connections, drip, and leave bodies unfinished, and the customer who asks for the most expensive thing."""

import contextlib
import datetime
import json
import selectors
import threading
import time

import lab
from people import BLOCKS, address, lease
from target import JSON, KEY

MIB = 1 << 20
HEAD = b"POST /v1/stripe-webhook HTTP/1.1\r\nHost: billing.test\r\nContent-Type: application/json\r\n"
#: The signature header, and whether its body is to be read at all.
SIGNATURES = {
    "no signature": (b"", False),
    "a malformed one": (b"Stripe-Signature: rubbish\r\n", False),
    # It costs nothing to write one that looks right.
    "one that looks right": (b"Stripe-Signature: t=%d,v1=" + b"0" * 64 + b"\r\n", True),
}
#: A client in chunks says no length at all.
LENGTHS = {"": b"Content-Length: %d\r\n\r\n" % MIB, " in chunks": b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n"}


def unfinished(target, count, head, patience):
    """So many bodies of 1 MiB of which the last byte never comes, until for some seconds nothing moves.

    -> how many are still held then, and how many were refused and closed
    """
    with contextlib.ExitStack() as stack:
        chooser = stack.enter_context(selectors.DefaultSelector())
        left, refused, closed = {}, 0, 0
        for _ in range(count):
            try:
                client = stack.enter_context(lab.connect(target.subject.port))
                client.sendall(head)
            except OSError:
                closed += 1
                continue
            client.setblocking(False)
            left[client] = MIB - 64
            chooser.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
        piece, moved = b"x" * 65536, time.monotonic()
        while chooser.get_map() and time.monotonic() < moved + patience:
            for key, ready in chooser.select(0.1):
                client, moved = key.fileobj, time.monotonic()
                try:
                    if ready & selectors.EVENT_READ:
                        refused += client.recv(12)[9:10] in (b"4", b"5")
                        chooser.unregister(client)
                        continue
                    left[client] -= client.send(piece[: left[client]])
                    if not left[client]:
                        chooser.modify(client, selectors.EVENT_READ)
                except OSError:
                    closed += 1
                    chooser.unregister(client)
            target.look()
        # All at once they are gone, in the middle of it.
        return {"held": len(chooser.get_map()), "refused": refused, "closed": closed}


def dripping(target, count, seconds):
    """Heads that grow by a byte at a time, beside connections that say nothing and that are gone at once."""
    with contextlib.ExitStack() as stack:
        clients, ended = [], 0
        for number in range(count):
            with contextlib.suppress(OSError):
                client = stack.enter_context(lab.connect(target.subject.port))
                client.sendall(HEAD if number % 2 else b"")
                clients.append(client)
                lab.connect(target.subject.port).close()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for client in list(clients):
                try:
                    client.sendall(b"x")
                except OSError:
                    ended += 1
                    clients.remove(client)
            time.sleep(0.5)
        return {"dripping": len(clients), "ended": ended}


def expensive(target, leases, days):
    """The most expensive requests that a customer may make. -> paths by what they ask"""
    wallet, customer, day = address(9_000_000), "cus_HostileRich", 1_000_000
    calendar = [
        {"date": date, "first_height": str(day + at * BLOCKS), "last_height": str(day + (at + 1) * BLOCKS - 1),
         "akt_usd": "0.5", "final": True}
        for at, date in enumerate(dates(days))
    ]  # fmt: skip
    last = day + len(calendar) * BLOCKS
    rows = [lease(wallet, 920_000_000 + number, 1 + number % 7) | {"closed_height": str(last)} for number in range(leases)]
    for method, path, body in (
        ("POST", "/v1/usage/calendar", calendar),
        ("POST", "/v1/usage/leases", rows),
        ("PUT", "/v1/usage/accounts", {"customer": customer, "accounts": [{"address": wallet}]}),
    ):
        answer = target.ask(method, path, JSON, json.dumps(body).encode())
        lab.expect(answer.status == 200, f"{path} of the expensive customer: {answer.status} {answer.body[:200]}")
    year, zone = "from=2025-11-01&to=2026-10-31", "timezone=Europe/Berlin"
    return {
        "usage by deployment in a zone": f"/v1/usage/daily?customer={customer}&{year}&{zone}&group_by=deployment",
        "usage by month in a zone": f"/v1/usage/monthly?customer={customer}&from=2016-11-01&to=2026-10-31&{zone}",
        "balance history in a zone": f"/v1/balance/history?customer={customer}&{year}&{zone}",
        "balance": f"/v1/balance?customer={customer}",
    }


def dates(count):
    """So many days of the chain, up to this autumn."""
    last = datetime.date(2026, 10, 31)
    return [str(last - datetime.timedelta(days=back)) for back in reversed(range(count))]


def repeated(target, path, seconds):
    """Two who ask for it without pause, whatever they are told. -> how often each status was answered"""
    over, statuses = threading.Event(), {}

    def ask():
        while not over.is_set():
            try:
                status = target.once("GET", path, KEY, None)[0].status
            except TimeoutError:
                status = "hung"
            statuses[status] = statuses.get(status, 0) + 1
            # Who is refused costs nothing; a client without any pause only measures itself.
            over.wait(0.002)

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    for asker in askers:
        asker.start()
    over.wait(seconds)
    over.set()
    for asker in askers:
        asker.join()
    return statuses
