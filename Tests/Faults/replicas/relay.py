"""Stands between the replicas and the database, understands what they ask, and cuts where it is told to.

It reads the messages of PostgreSQL's protocol that a client sends (https://www.postgresql.org/docs/current/protocol.html)
as far as it takes to know which statements a round trip runs.
"""

import asyncio
import socket
import struct
import threading

# Where a connection can break, from the client's first word to the answer that it waits for.
POINTS = {
    "connecting": "the server never hears who connects",
    "in the statement": "half of the events reach the server",
    "before the rows": "the server has the events, and its answer is lost",
    "before COMMIT": "what asks for the commit is lost",
    "after COMMIT": "the server commits, and its answer is lost",
}
STARTUP, CANCEL = 196608, 80877102


class Relay:
    """One port in front of one server; used with `with`."""

    def __init__(self, target_port):
        self.target = target_port
        self.armed = None
        self.cuts = dict.fromkeys(POINTS, 0)
        self.fired = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.listening.close()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.serve, sock=self.listening))
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))

    def arm(self, point):
        """The next connection that comes to this point is cut there."""
        self.fired.clear()
        self.armed = point

    def takes(self, point):
        if self.armed != point:
            return False
        self.armed = None
        self.cuts[point] += 1
        self.fired.set()
        return True

    async def serve(self, reader, writer):
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        link = Link(self, reader, writer, server_reader, server_writer)
        try:
            await asyncio.wait(
                [asyncio.ensure_future(link.forth()), asyncio.ensure_future(link.back())],
                return_when=asyncio.FIRST_COMPLETED,
            )
        except asyncio.CancelledError:
            # The relay is being closed.
            pass
        finally:
            for end in (writer, server_writer):
                end.transport.abort()


class Link:
    """One connection."""

    def __init__(self, relay, client_reader, client_writer, server_reader, server_writer):
        self.relay = relay
        self.client_reader, self.client_writer = client_reader, client_writer
        self.server_reader, self.server_writer = server_reader, server_writer
        self.statements = {}
        self.answer_is_lost = False

    async def forth(self):
        """The client's messages: a round trip at a time."""
        try:
            while True:
                length = struct.unpack("!I", await self.client_reader.readexactly(4))[0]
                rest = await self.client_reader.readexactly(length - 4)
                code = struct.unpack("!I", rest[:4])[0]
                if code == STARTUP and self.relay.takes("connecting"):
                    return
                self.server_writer.write(struct.pack("!I", length) + rest)
                if code in (STARTUP, CANCEL):
                    break
            trip, told = bytearray(), []
            while True:
                head = await self.client_reader.readexactly(5)
                kind, length = head[:1], struct.unpack("!I", head[1:])[0]
                body = await self.client_reader.readexactly(length - 4)
                trip += head + body
                if kind == b"P":
                    name, query = body.split(b"\0", 2)[:2]
                    self.statements[name] = query
                elif kind == b"B":
                    told.append(self.statements.get(body.split(b"\0", 2)[1], b""))
                if kind in b"SQXp":
                    if not self.passes(trip, told):
                        return
                    trip, told = bytearray(), []
        except (asyncio.IncompleteReadError, OSError):
            return

    def passes(self, trip, told):
        """Sends a round trip on, as far as it is to go. -> whether there is more to come"""
        brings_events = any(query.lstrip().startswith(b"INSERT INTO events") for query in told)
        commits = any(query == b"COMMIT" for query in told)
        if brings_events and self.relay.takes("in the statement"):
            self.server_writer.write(bytes(trip[: len(trip) // 2]))
            return False
        if brings_events and self.relay.takes("before the rows"):
            self.answer_is_lost = True
        if commits and self.relay.takes("before COMMIT"):
            return False
        if commits and self.relay.takes("after COMMIT"):
            self.answer_is_lost = True
        self.server_writer.write(bytes(trip))
        return True

    async def back(self):
        """The server's answers."""
        try:
            while data := await self.server_reader.read(1 << 16):
                if self.answer_is_lost:
                    return
                self.client_writer.write(data)
                await self.client_writer.drain()
        except OSError:
            return
