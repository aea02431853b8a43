"""Every read, the start, the memory and the exports, with a hundred times the transactions, on both databases.

One fill serves all sizes: the database is copied whenever it has reached one, and in the end all of them are asked by turns,
so that whatever else the machine does disturbs all alike. The service itself fills them, by its webhook.
"""

import contextlib
import http.client
import statistics
import time

import plot
from deliveries import RARE_WORD, TENTH, THOUSAND, THOUSAND_WITHIN, Deliveries, Transactions, created, write_question
from measuring import Aimed, Table, expect_only_ok, load, median
from servers import API_KEY, ConsoleBilling
from stores import STORES

CONNECTIONS = 64
BATCH = 50_000
REQUESTS = 200
EVENTS = "SELECT count(*) FROM transactions"
FLAT = 1.2

# In the middle of even the fewest transactions.
RANGE = f"created[gte]={created(THOUSAND_WITHIN // 10)}&created[lt]={created(THOUSAND_WITHIN // 5)}"
FILTERS = {
    "no filter": "",
    "type=refund": "type=refund",
    "type=dispute, no match": "type=dispute",
    "status=succeeded": "status=succeeded",
    "status=failed, 1 in 199": "status=failed",
    "status=authorized, no match": "status=authorized",
    "currency=eur": "currency=eur",
    "currency=jpy, no match": "currency=jpy",
    "q=credits": "q=credits",
    "q, 1 in 199": f"q={RARE_WORD}",
    "q, no match": "q=nothing-like-that",
    "created, in the middle": RANGE,
    "created, no match": "created[gte]=4000000000",
    "type, status, currency": "type=refund&status=succeeded&currency=eur",
    "type, status, no match": "type=refund&status=failed",
    "status, created": f"status=failed&{RANGE}",
    "currency, q, created": f"currency=eur&q=credits&{RANGE}",
}
SCOPES = {"all customers": "", "customer with a tenth": TENTH, "customer with 1,000": THOUSAND}


def measure(build, sizes, folder, say):
    tables, details, lines = [], {}, {}
    for kind in STORES:
        with kind(folder) as store:
            tables_of_store, found = _measure_store(build, sizes, folder, store, say)
        tables += tables_of_store
        details[store.name] = found
        for group, by_name in found["lines"].items():
            lines.setdefault(group, {})[store.name] = by_name
    for group, panels in lines.items():
        name = "".join(letter if letter.isalnum() else "-" for letter in group.split(" (")[0].lower())
        unit = group.partition(" (")[2].rstrip(")")
        plot.write(build.plots / f"{name}.svg", group.split(" (")[0], "transactions", unit, panels)
    return tables, details


def _measure_store(build, sizes, folder, store, say):
    fills = _fill(build, sizes, folder, store, say)
    servers = {
        size: ConsoleBilling(folder / f"size-{size}", build, store.url(f"size{size}"), USAGE_SYNC_INTERVAL="0")
        for size in sizes.transactions
    }
    starts = _starts(sizes, servers)
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(server)
        reads = _ask(build, sizes, folder, servers, store, say)
        exports = _export(sizes, servers, say)
    columns = [*(f"{size:,}" for size in sizes.transactions), "ratio"]
    tables = [
        Table(f"{store.name}: {group}, p50 in ms", ["of transactions", *columns], [_row(name, sizes, by_size) for name, by_size in by_name.items()])
        for group, by_name in reads.items()
    ]
    last, largest = sizes.transactions[-1], fills[sizes.transactions[-1]]
    rows = [
        ["CSV, rows/s", *(exports[size]["rows_per_second"] for size in sizes.transactions), None],
        ["CSV, MiB more than before", *(exports[size]["more_mib"] for size in sizes.transactions), None],
        ["start to ready, ms", *(statistics.median(starts[size]) for size in sizes.transactions), None],
        ["deliveries/s while it fills", *(fills[size]["per_second"] for size in sizes.transactions), None],
        ["µs of processor a delivery", *(fills[size]["cpu_us"] for size in sizes.transactions), None],
        ["peak MiB under load", *(fills[size]["peak_mib"] for size in sizes.transactions), None],
        ["bytes an event, all told", *(fills[size]["bytes"] / size for size in sizes.transactions), None],
    ]
    rows[0][-2] = Aimed(exports[last]["rows_per_second"], at_least=200_000)
    rows[2][-2] = Aimed(statistics.median(starts[last]), at_most=50)
    rows[5][-2] = Aimed(largest["peak_mib"], at_most=64)
    tables.append(Table(f"{store.name}: everything else", ["of transactions", *columns[:-1]], [row[:-1] for row in rows]))
    lines = {
        f"{group[0].upper()}{group[1:]} (ms, p50)": {
            name: [(size, median(by_size[size], "p50_ms")) for size in sizes.transactions] for name, by_size in by_name.items()
        }
        for group, by_name in reads.items()
    }
    groups = {"CSV export (rows/s)": [rows[0]], "Start to ready (ms)": [rows[2]], "Deliveries while it fills (deliveries/s)": [rows[3]], "Memory under load (MiB)": [rows[5]]}
    for group, chosen in groups.items():
        lines[group] = {
            row[0]: [(size, cell.value if isinstance(cell, Aimed) else cell) for size, cell in zip(sizes.transactions, row[1:])]
            for row in chosen
        }
    return tables, {"lines": lines, "fills": fills, "starts": starts, "exports": exports, "reads": reads}


def _row(name, sizes, by_size):
    middle = [median(by_size[size], "p50_ms") for size in sizes.transactions]
    return [name, *middle, Aimed(middle[-1] / middle[0], at_most=FLAT)]


def _fill(build, sizes, folder, store, say):
    deliveries, requests, held, found = Deliveries(Transactions()), folder / "requests", 0, {}
    for step, size in enumerate(sizes.transactions):
        name = f"size{size}"
        url = store.copy(f"size{sizes.transactions[step - 1]}", name) if step else store.create(name)
        with ConsoleBilling(folder / "filling", build, url) as server:
            while held < size:
                count = min(BATCH, size - held)
                deliveries.write(requests, count)
                result = load(build, [server], requests, 240, [store], connections=CONNECTIONS)
                expect_only_ok(server.name, result)
                held += result["ok"]
                if result["ok"] != count:
                    raise SystemExit(f"only {result['ok']} of {count} events could be posted in time")
            # The last batch's, so it tells how fast deliveries are at this size.
            found[size] = result | {"peak_mib": server.peak_mib()}
        found[size]["bytes"] = store.bytes(name)
        stored = store.count(name, EVENTS)
        if stored != size:
            raise SystemExit(f"{size} events make {stored} transactions")
        say(f"{store.name}: {size:,} filled, {result['per_second']:.0f}/s, {result['cpu_us']:.0f} µs, {found[size]['peak_mib']:.0f} MiB")
    return found


def _starts(sizes, servers):
    starts = {size: [] for size in servers}
    for _ in range(sizes.starts):
        for size, server in servers.items():
            with server:
                starts[size].append(server.ready_seconds * 1000)
    return starts


def _questions(server):
    """The targets by group and name."""
    groups = {
        scope: {
            name: "/v1/transactions?limit=50" + (f"&customer={customer}" if customer else "") + (f"&{filter_}" if filter_ else "")
            for name, filter_ in FILTERS.items()
        }
        for scope, customer in SCOPES.items()
    }
    row = server.get(f"/v1/transactions?limit=1&type=purchase&status=succeeded&customer={THOUSAND}")["data"][0]["id"]
    month = "startDate=2023-11-14T00:00:00Z&endDate=2023-12-14T00:00:00Z"
    console = "/v1/stripe/transactions?limit=100"
    groups["other reads"] = {
        "one transaction": f"/v1/transactions/{row}",
        "receipt": f"/v1/transactions/{row}/receipt",
        "balance, customer with a tenth": f"/v1/balance?customer={TENTH}",
        "balance, customer with 1,000": f"/v1/balance?customer={THOUSAND}",
        "Console's list, customer with 1,000": f"{console}&customer={THOUSAND}",
        "Console's list at offset 800": f"{console}&offset=800&customer={THOUSAND}",
        "Console's list, customer with a tenth": f"{console}&customer={TENTH}",
        "Console's list at offset 150, a tenth": f"{console}&offset=150&customer={TENTH}",
        "Console's list, a month, a tenth": f"{console}&{month}&customer={TENTH}",
        "the event log's last page": "/v1/events?limit=50",
    }
    return groups


def _ask(build, sizes, folder, servers, store, say):
    reads, request = {}, folder / "question"
    questions = _questions(next(iter(servers.values())))
    for group, by_name in questions.items():
        for name, target in by_name.items():
            write_question(request, target)
            by_size = reads.setdefault(group, {}).setdefault(name, {size: [] for size in servers})
            for number in range(-1, sizes.read_rounds):
                for size, server in servers.items():
                    seconds = sizes.read_seconds / 4 if number < 0 else sizes.read_seconds
                    result = load(build, [server], request, seconds, [store], connections=1, repeat=True, count=REQUESTS)
                    expect_only_ok(f"{store.name}, {name}, {target}", result)
                    if number >= 0:
                        by_size[size].append(result)
            say(f"{store.name}, {group}, {name}: " + ", ".join(f"{median(by_size[size], 'p50_ms'):.2f}" for size in servers) + " ms")
    return reads


def _export(sizes, servers, say):
    found = {size: [] for size in servers}
    for _ in range(sizes.read_rounds):
        for size, server in servers.items():
            found[size].append(_export_once(server, size))
    best = {}
    for size, rounds in found.items():
        best[size] = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        say(f"CSV of {size:,}: {best[size]['rows_per_second']:.0f} rows/s, {best[size]['more_mib']:.0f} MiB more")
    return best


def _export_once(server, size):
    server.forget_peak()
    before, started, lines = server.peak_mib(), time.monotonic(), 0
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", "/v1/transactions/export", headers={"Authorization": f"Bearer {API_KEY}"})
        answer = connection.getresponse()
        while part := answer.read(1 << 20):
            lines += part.count(b"\r\n")
    seconds = time.monotonic() - started
    if answer.status != 200 or lines != size + 1:
        raise SystemExit(f"the export of {size} transactions is {answer.status} with {lines} lines")
    return {"rows_per_second": size / seconds, "more_mib": server.peak_mib() - before}
