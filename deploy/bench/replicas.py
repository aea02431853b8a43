"""Durable events per second of one, two and three replicas on PostgreSQL, beside SQLite's in the same run; and the feed's
page at a million rows."""

import contextlib
import secrets
import sys
import threading

from deliveries import THOUSAND, Deliveries, write_page_request
from measuring import ROOT, Figure, expect_only_ok, load, median
from servers import ConsoleBilling, events_in

sys.path.insert(0, str(ROOT / "deploy/lib"))

from private_postgres import Server  # noqa: E402

CONNECTIONS = (64, 256)
REPLICAS = (1, 2, 3)
WARM_UP = 2000
TABLES = ("events", "objects", "transactions")
QUESTIONS = {"all customers": None, "one customer": THOUSAND}


def measure(build, sizes, folder, say):
    rates, pages = {}, {}
    secret, key = "whsec_" + secrets.token_hex(16), secrets.token_hex(16)
    deliveries = Deliveries(secret)
    with contextlib.ExitStack() as stack:
        sqlite = stack.enter_context(ConsoleBilling(folder / "sqlite", build, secret, key))
        database = stack.enter_context(Server({"shared_buffers": "512MB"}))
        replicas = [
            stack.enter_context(Replica(folder / f"replica-{number}", build, secret, key, database.url()))
            for number in range(max(REPLICAS))
        ]
        ways = {"SQLite": [sqlite]} | {f"{count} on PostgreSQL": replicas[:count] for count in REPLICAS}
        acknowledged = dict.fromkeys(["SQLite", "PostgreSQL"], 0)
        for name, servers in ways.items():
            at_once(build, servers, deliveries, folder, WARM_UP, CONNECTIONS[0], sizes.round_seconds, acknowledged)
        for number in range(sizes.rounds):
            say(f"round {number + 1} of {sizes.rounds}")
            for connections in CONNECTIONS:
                for name, servers in ways.items():
                    rate = at_once(
                        build, servers, deliveries, folder, sizes.round_events, connections, sizes.round_seconds,
                        acknowledged,
                    )  # fmt: skip
                    rates.setdefault((name, connections), []).append(rate)
                    say(f"{name}, {connections} connections: {rate['per_second']:.0f}/s, p99 {rate['p99_ms']:.1f} ms")
        stored = int(database.query("SELECT count(*) FROM events")[0][0])
        if stored != acknowledged["PostgreSQL"]:
            raise SystemExit(f"{acknowledged['PostgreSQL']} events were acknowledged and {stored} are stored")
        database.query("VACUUM ANALYZE")
        disk = {
            table: int(database.query(f"SELECT pg_total_relation_size('{table}') / count(*) FROM {table}")[0][0])
            for table in TABLES
        }
        for size in (sizes.few, sizes.many):
            rows = grow(database, size)
            for name, customer in QUESTIONS.items():
                request = folder / "page"
                write_page_request(request, key, customer)
                results = [
                    load(build, replicas[0], request, 60, connections=1, repeat=True, count=sizes.page_requests)
                    for _ in range(sizes.page_rounds + 1)
                ]
                expect_only_ok(replicas[0], results)
                pages[name, size] = results[1:]
                say(f"page of {rows} rows, {name}: {median(results[1:], 'p50_ms'):.2f} ms")
    if events_in(sqlite.database) != acknowledged["SQLite"]:
        raise SystemExit("SQLite does not hold what was acknowledged")
    return figures(sizes, rates, pages, disk), {
        "rates": [{"way": name, "connections": count, "rounds": rounds} for (name, count), rounds in rates.items()],
        "pages": [{"question": name, "rows": size, "rounds": rounds} for (name, size), rounds in pages.items()],
    }


class Replica(ConsoleBilling):
    """One of several on a database."""

    def __init__(self, folder, build, secret, key, url):
        super().__init__(folder, build, secret, key)
        self._url = url

    def command(self):
        return [self._binary, "serve", "--port", str(self.port)]

    def environment(self):
        return super().environment() | {"DATABASE_URL": self._url}


def at_once(build, servers, deliveries, folder, count, connections, seconds, acknowledged):
    """Posts to all servers at once, each with its share of the connections. -> what it came to, together"""
    results = [None] * len(servers)

    def post(number, server, requests):
        share = connections // len(servers) + (number < connections % len(servers))
        results[number] = load(build, server, requests, seconds, connections=share)

    threads = []
    for number, server in enumerate(servers):
        requests = folder / f"requests-{number}"
        deliveries.write(requests, count // len(servers))
        threads.append(threading.Thread(target=post, args=(number, server, requests)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for server, result in zip(servers, results):
        if result is None:
            raise SystemExit(f"{server.name} could not be measured")
        expect_only_ok(server, [result])
    acknowledged["PostgreSQL" if isinstance(servers[0], Replica) else "SQLite"] += sum(result["ok"] for result in results)
    return {
        "per_second": sum(result["per_second"] for result in results),
        "p99_ms": max(result["p99_ms"] for result in results),
        "cpu_us": sum(result["cpu_us"] * result["ok"] for result in results) / sum(result["ok"] for result in results),
    }


def grow(database, size):
    """Leaves as many rows in the feed as wanted: copies of those that were recorded. -> how many there are"""
    held = int(database.query("SELECT count(*) FROM transactions")[0][0])
    if held > size:
        database.query(
            "DELETE FROM transactions WHERE id IN "
            f"(SELECT id FROM transactions WHERE customer IS DISTINCT FROM '{THOUSAND}' LIMIT {held - size})"
        )
    elif held < size:
        database.query(
            "INSERT INTO transactions (id, payment, type, status, created, customer, currency, search, body) "
            "SELECT id || '_' || turn, payment, type, status, created - turn, "
            f"CASE WHEN customer = '{THOUSAND}' THEN 'cus_copy' ELSE customer || '_' || turn END, currency, search, body "
            f"FROM transactions, generate_series(1, {size // held}) turn LIMIT {size - held}"
        )
    database.query("VACUUM ANALYZE transactions")
    return int(database.query("SELECT count(*) FROM transactions")[0][0])


def figures(sizes, rates, pages, disk):
    found = []
    for connections in CONNECTIONS:
        alone = median(rates["SQLite", connections], "per_second")
        found.append(Figure(f"SQLite, {connections} connections", alone, "/s"))
        for count in REPLICAS:
            rounds = rates[f"{count} on PostgreSQL", connections]
            rate = median(rounds, "per_second")
            found += [
                Figure(f"{count} on PostgreSQL, {connections} connections", rate, "/s"),
                Figure(f"{count} on PostgreSQL, {connections} connections, p99", median(rounds, "p99_ms"), "ms"),
                Figure(f"{count} on PostgreSQL / SQLite, {connections} connections", rate / alone),
            ]
    for name in QUESTIONS:
        few, many = (median(pages[name, size], "p50_ms") for size in (sizes.few, sizes.many))
        found += [
            Figure(f"page of 50, {name}, of {sizes.few:,}", few, "ms"),
            Figure(f"page of 50, {name}, of {sizes.many:,}", many, "ms"),
            Figure(f"page of 50, {name}, ratio", many / few, at_most=1.2),
        ]
    return found + [Figure(f"on disk a row of {table}, indexes included", disk[table], "B") for table in TABLES]
