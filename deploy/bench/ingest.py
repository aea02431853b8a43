"""Durable deliveries: beside nginx that stores nothing, and beside other receivers that store as durably.

Every contender of a round is sent the same unique signed events over 64 connections, one after the other, each with a fresh
database. nginx is sent them before each, and a ratio is the median of the rounds' ratios: what else the machine does
disturbs both alike. Then events come at a fixed rate, whatever became of the others before them, and a latency counts from
when an event was due.
"""

import contextlib
import dataclasses
import statistics

from deliveries import Charges, Deliveries
from measuring import Aimed, Result, Table, expect_only_ok, load
from peers import DjStripe, FastAPI, Node
from servers import ConsoleBilling, Nginx
from stores import PostgreSQL, SQLite

CONNECTIONS = 64
RATE = 5000
WARM_UP = 1000
NGINX_SECONDS = 1.5
NGINX = Nginx.name
EVENTS = "SELECT count(*) FROM events"


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    store: object
    #: Makes the servers on the database of an address.
    servers: object
    count_query: str = EVENTS
    #: The database that each round's is a copy of; without one it is new.
    template: str | None = None
    limits: bool = False


def measure(build, sizes, folder, say):
    with Nginx(folder / "nginx", build) as nginx, SQLite(folder) as sqlite, PostgreSQL(folder) as postgres:
        contenders = _contenders(build, folder, sqlite, postgres)
        rounds = []
        deliveries = Deliveries(Charges())
        empty = {contender.name: _empty_bytes(contender) for contender in contenders}
        for number in range(sizes.rounds):
            requests = {
                "warm": deliveries.write(folder / "warm", WARM_UP),
                "full": deliveries.write(folder / "full", sizes.round_events),
                "paced": deliveries.write(folder / "paced", int(RATE * sizes.paced_seconds)),
            }
            found = {}
            for contender in contenders:
                found[NGINX] = _nginx(build, nginx, requests["full"], sizes)
                result = _contend(build, contender, requests, sizes, empty[contender.name])
                result["of_nginx"] = result["per_second"] / found[NGINX]["per_second"]
                found[contender.name] = result
                say(
                    f"{number + 1}/{sizes.rounds} {contender.name}: {result['per_second']:.0f}/s, "
                    f"{result['of_nginx']:.3f} of nginx, {result['cpu_us']:.0f} µs, {result['bytes']:.0f} B, "
                    f"p99 {result['p99_ms']:.1f} ms"
                )
            rounds.append(found)
    return Result([_table(contenders, rounds)], {"rounds": rounds})


def _contenders(build, folder, sqlite, postgres):
    def ours(replicas):
        return lambda url: [ConsoleBilling(folder / f"ours-{number}", build, url) for number in range(replicas)]

    def peer(kind, store, template=None):
        return Contender(kind.name, store, lambda url: [kind(folder / "peer", build, url)], kind.count_query, template)

    contenders = [
        Contender("console-billing, SQLite", sqlite, ours(1), limits=True),
        Contender("console-billing, PostgreSQL", postgres, ours(1)),
        Contender("console-billing, PostgreSQL, 3 replicas", postgres, ours(3)),
        peer(FastAPI, sqlite),
    ]
    if build.node:
        contenders.append(peer(Node, sqlite))
    # Its tables are made once.
    DjStripe(folder / "djstripe", build, postgres.create("djstripe")).migrate()
    return [*contenders, peer(DjStripe, postgres, "djstripe")]


def _database(contender):
    if contender.template:
        return contender.store.copy(contender.template, "round")
    return contender.store.create("round")


@contextlib.contextmanager
def _running(contender):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(server) for server in contender.servers(_database(contender))]


def _empty_bytes(contender):
    with _running(contender):
        pass
    return contender.store.bytes("round")


def _nginx(build, nginx, requests, sizes):
    seconds = min(NGINX_SECONDS, sizes.round_seconds)
    # It is through with the requests in no time, and does not mind a repetition.
    result = load(build, [nginx], requests, seconds, connections=CONNECTIONS, repeat=True)
    expect_only_ok(nginx.name, result)
    return result | {"bytes": 0, "peak_mib": nginx.peak_mib(), "of_nginx": 1}


def _contend(build, contender, requests, sizes, empty):
    name, used = contender.name, [contender.store]
    with _running(contender) as servers:
        warm = load(build, servers, requests["warm"], 30, used, connections=CONNECTIONS)
        full = load(build, servers, requests["full"], sizes.round_seconds, used, connections=CONNECTIONS)
        results = [warm, full]
        # At a rate beyond what it can do, a latency says only how long the test was.
        if full["per_second"] > RATE:
            paced = load(build, servers, requests["paced"], 2 * sizes.paced_seconds, used, connections=CONNECTIONS, rate=RATE)
            full["paced_p99_ms"] = paced["p99_ms"]
            results.append(paced)
        full["peak_mib"] = sum(server.peak_mib() for server in servers)
    for result in results:
        expect_only_ok(name, result)
    acknowledged = sum(result["ok"] for result in results)
    stored = contender.store.count("round", contender.count_query)
    if stored != acknowledged:
        raise SystemExit(f"{name} acknowledged {acknowledged} events and stored {stored}")
    full["bytes"] = (contender.store.bytes("round") - empty) / acknowledged
    return full


def _table(contenders, rounds):
    def middle(name, key):
        values = [found[name][key] for found in rounds if key in found[name]]
        # One that could not keep the rate in most of the rounds cannot keep it.
        return statistics.median(values) if 2 * len(values) > len(rounds) else None

    columns = ["", "events/s", "of nginx", "µs/event", "B/event", "p50 ms", "p99 ms", f"p99 ms at {RATE:,}/s", "peak MiB"]
    keys = ["per_second", "of_nginx", "cpu_us", "bytes", "p50_ms", "p99_ms", "paced_p99_ms", "peak_mib"]
    most = {"bytes": 900, "p99_ms": 20, "paced_p99_ms": 5, "peak_mib": 64}
    aims = {key: {"at_most": limit} for key, limit in most.items()} | {"of_nginx": {"at_least": 0.25}}
    rows = [[NGINX, *(middle(NGINX, key) for key in keys)]]
    for contender in contenders:
        values = [middle(contender.name, key) for key in keys]
        if contender.limits:
            values = [
                Aimed(value, **aims[key]) if key in aims and value is not None else value
                for key, value in zip(keys, values)
            ]
        rows.append([contender.name, *values])
    size = len(Charges().body(0)) / 1000
    return Table(f"Deliveries, {CONNECTIONS} connections, unique signed events of {size:.1f} KB", columns, rows)
