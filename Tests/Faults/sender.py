"""The sender: 64 keep-alive connections that post signed events, and three files that say what became of them.

A process of its own, so that it survives whatever happens to the service. Orders come on standard input:
`go PORT[,PORT…]`, in turn; `stop`, answered with a line of JSON once nothing is under way; `complete PORT`, which delivers what was
not acknowledged and the rest of every story, as Stripe would in the end, and is answered likewise; end of input.

    PREFIX.sent     id sha256              written before the first byte of the request
    PREFIX.acked    id outcome begun ended  a 2xx
    PREFIX.refused  id why begun ended      any other status; or no answer: `lost`, `lost-first` on a connection that never had one
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import sys
import time
from pathlib import Path

import stories

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Peers"))
from service import signature  # noqa: E402  (the folder is on the path only now)

LATE = 15


class Connection(asyncio.Protocol):
    def __init__(self, sender):
        self.sender = sender
        self.buffer = b""
        self.event = None
        self.begun = 0.0
        self.answers = 0
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        self.sender.connections.add(self)
        self.post()

    def post(self):
        taken = self.sender.take()
        if taken is None:
            self.event = None
            self.transport.close()
            return
        identifier, body = taken
        self.event = identifier
        self.begun = time.monotonic()
        self.transport.write(self.sender.request(body))

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            at = head.find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            status = int(head[9:12])
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.answers += 1
            self.sender.answered(self.event, self.begun, status, body, b"\r\nretry-after:" in head)
            self.event = None
            if b"\r\nconnection: close" in head:
                self.transport.close()
                return
            if status == 200:
                self.post()
            else:
                # Stripe would wait for hours; a little is enough not to spin on a service in trouble.
                asyncio.get_running_loop().call_later(0.02, self.post_if_open)

    def post_if_open(self):
        if not self.transport.is_closing():
            self.post()

    def connection_lost(self, _):
        self.sender.connections.discard(self)
        if self.event is not None:
            self.sender.lost(self.event, self.begun, "lost" if self.answers else "lost-first")
        self.sender.reconnect()


class Sender:
    def __init__(self, options):
        self.secret = options.secret
        self.count = options.connections
        # A story of hundreds of events would hardly ever be complete.
        told = [story for story in stories.load() if len(story) <= 60]
        self.teller = stories.Teller(told, options.run, options.seed)
        self.sent = open(options.prefix + ".sent", "a", buffering=1 << 16)
        self.acked = open(options.prefix + ".acked", "a", buffering=1 << 16)
        self.refused = open(options.prefix + ".refused", "a", buffering=1 << 16)
        self.going = False
        self.ports = itertools.repeat(0)
        self.connections = set()
        self.connecting = 0
        self.queue = None
        self.unacknowledged = {}
        self.clear()

    def direct_to(self, ports):
        self.ports, self.going = itertools.cycle([int(port) for port in ports.split(",")]), True

    def clear(self):
        self.counts = dict.fromkeys(["sent", "acked", "duplicate", "refused", "lost", "without_retry_after"], 0)
        self.latencies = []

    def take(self):
        """The next event to send; None when there is none."""
        if not self.going:
            return None
        if self.queue is not None:
            if not self.queue:
                return None
            identifier, body = self.queue.pop()
        else:
            identifier, body = self.teller.next()
        self.unacknowledged[identifier] = body
        self.sent.write(f"{identifier} {hashlib.sha256(body).hexdigest()}\n")
        self.counts["sent"] += 1
        return identifier, body

    def request(self, body):
        return (
            f"POST /v1/stripe-webhook HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Stripe-Signature: {signature(body, secret=self.secret)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def answered(self, identifier, begun, status, body, has_retry_after):
        ended = time.monotonic()
        if 200 <= status < 300:
            outcome = json.loads(body).get("outcome", "?")
            self.acked.write(f"{identifier} {outcome} {begun:.6f} {ended:.6f}\n")
            self.counts["acked"] += 1
            self.unacknowledged.pop(identifier, None)
            self.counts["duplicate"] += outcome == "duplicate"
            self.latencies.append(ended - begun)
        else:
            self.refused.write(f"{identifier} {status} {begun:.6f} {ended:.6f}\n")
            self.counts["refused"] += 1
            if status == 503 and not has_retry_after:
                self.counts["without_retry_after"] += 1

    def lost(self, identifier, begun, why):
        self.refused.write(f"{identifier} {why} {begun:.6f} {time.monotonic():.6f}\n")
        self.counts["lost"] += 1

    def reconnect(self):
        if self.going and self.queue != []:
            asyncio.get_running_loop().call_later(0.01, self.connect)

    def connect(self):
        asyncio.get_running_loop().create_task(self.try_connecting())

    async def try_connecting(self):
        if not self.going or self.queue == [] or len(self.connections) + self.connecting >= self.count:
            return
        self.connecting += 1
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: Connection(self), "127.0.0.1", next(self.ports)
            )
        except OSError:
            self.reconnect()
        finally:
            self.connecting -= 1

    async def complete(self):
        for _ in range(6):
            self.queue = list(self.unacknowledged.items()) + self.teller.rest()
            if not self.queue:
                break
            for _ in range(self.count):
                self.connect()
            for _ in range(LATE * 100):
                await asyncio.sleep(0.01)
                if not self.queue and not any(connection.event for connection in self.connections):
                    break
        summary = await self.stop() | {"left": len(self.unacknowledged)}
        self.queue = None
        return summary

    async def stop(self):
        """Waits for answers that are under way, for as long as a patient caller would."""
        self.going = False
        for _ in range(LATE * 100):
            if not any(connection.event for connection in self.connections):
                break
            await asyncio.sleep(0.01)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0.02)
        for file in (self.sent, self.acked, self.refused):
            file.flush()
        waits = sorted(self.latencies)
        summary = dict(self.counts)
        if waits:
            summary |= {"p50_ms": waits[len(waits) // 2] * 1e3, "p99_ms": waits[len(waits) * 99 // 100] * 1e3}
        self.clear()
        return summary


async def obey(sender):
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ready", flush=True)
    while line := await orders.readline():
        order = line.decode().split()
        if order[0] == "go":
            sender.direct_to(order[1])
            for _ in range(sender.count):
                sender.connect()
        elif order[0] == "complete":
            sender.direct_to(order[1])
            print(json.dumps(await sender.complete()), flush=True)
        elif order[0] == "stop":
            print(json.dumps(await sender.stop()), flush=True)
    sender.going = False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--run", type=int, default=0, help="part of every id, so that two senders never collide")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(obey(Sender(parser.parse_args())))


if __name__ == "__main__":
    main()
