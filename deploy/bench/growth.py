"""Every read, the start, the memory and the exports, with a hundred times the transactions, on both databases.

One fill serves all sizes: the database is copied whenever it has reached one, and in the end all of them are asked by turns,
so that whatever else the machine does disturbs all alike. The service itself fills them, by its webhook.
"""

import contextlib
import http.client
import statistics
import time

from deliveries import RARE_WORD, TENTH, THOUSAND, THOUSAND_WITHIN, Deliveries, Transactions, created, write_question
from measuring import Aimed, Result, Table, expect_only_ok, load, median
from plot import Plot
from servers import API_KEY, ConsoleBilling
from stores import STORES

CONNECTIONS = 64
BATCH = 50_000
REQUESTS = 200
EVENTS = "SELECT count(*) FROM transactions"
FLAT = 1.2
CSV, READY, FILLING, MEMORY = "CSV, rows/s", "start to ready, ms", "deliveries/s while it fills", "peak MiB under load"
AIMS = {CSV: {"at_least": 200_000}, READY: {"at_most": 50}, MEMORY: {"at_most": 64}}
PLOTTED = {
    "CSV export": (CSV, "rows/s"),
    "Start to ready": (READY, "ms"),
    "Deliveries while it fills": (FILLING, "deliveries/s"),
    "Memory under load": (MEMORY, "MiB"),
}

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
SCOPES = {
    "Page of all customers": "",
    "Page of a customer with a tenth": TENTH,
    "Page of a customer with 1,000": THOUSAND,
}
OTHERS = "Other reads"


def measure(build, sizes, folder, say):
    tables, details, panels = [], {}, {}
    for kind in STORES:
        with kind(folder) as store:
            found = _measure_store(build, sizes, folder, store, say)
        details[store.name] = found
        for group, by_name in found["reads"].items():
            rows = {name: [median(by_size[size], "p50_ms") for size in sizes.transactions] for name, by_size in by_name.items()}
            tables.append(_table(f"{store.name}: {group[0].lower()}{group[1:]}, p50 in ms", sizes, rows))
            panels.setdefault((group, "ms, p50"), {})[store.name] = rows
        rows = _others(sizes, found)
        tables.append(_table(f"{store.name}: exports, start, memory, disk", sizes, rows, AIMS))
        for title, (name, unit) in PLOTTED.items():
            panels.setdefault((title, unit), {})[store.name] = {name: rows[name]}
    plots = [Plot(title, "transactions", unit, _lines(sizes, rows)) for (title, unit), rows in panels.items()]
    return Result(tables, details, plots)


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
    return {"fills": fills, "starts": starts, "reads": reads, "exports": exports}


def _others(sizes, found):
    """Values by name, one for each size."""
    exports, fills, starts = ([found[key][size] for size in sizes.transactions] for key in ("exports", "fills", "starts"))
    return {
        CSV: [export["rows_per_second"] for export in exports],
        "CSV, MiB more than before": [export["more_mib"] for export in exports],
        READY: [statistics.median(times) for times in starts],
        FILLING: [fill["per_second"] for fill in fills],
        "µs of processor a delivery": [fill["cpu_us"] for fill in fills],
        MEMORY: [fill["peak_mib"] for fill in fills],
        "bytes a compact event, all told": [fill["bytes"] / size for fill, size in zip(fills, sizes.transactions)],
    }


def _table(title, sizes, rows, aims=None):
    """Values by size; without aims for the last, that they are flat is the aim."""
    columns = ["of transactions", *(f"{size:,}" for size in sizes.transactions)]
    if aims is None:
        shown = [[name, *values, Aimed(values[-1] / values[0], at_most=FLAT)] for name, values in rows.items()]
        return Table(title, [*columns, "ratio"], shown)
    last = {name: Aimed(values[-1], **aims[name]) if name in aims else values[-1] for name, values in rows.items()}
    return Table(title, columns, [[name, *values[:-1], last[name]] for name, values in rows.items()])


def _lines(sizes, panels):
    return {
        panel: {name: list(zip(sizes.transactions, values)) for name, values in rows.items()} for panel, rows in panels.items()
    }


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
        speed = f"{result['per_second']:.0f}/s, {result['cpu_us']:.0f} µs each"
        say(f"{store.name}: {size:,} filled, {speed}, {found[size]['peak_mib']:.0f} MiB")
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
            name: "&".join(filter(None, ["/v1/transactions?limit=50", f"customer={customer}" if customer else "", wanted]))
            for name, wanted in FILTERS.items()
        }
        for scope, customer in SCOPES.items()
    }
    row = server.get(f"/v1/transactions?limit=1&type=purchase&status=succeeded&customer={THOUSAND}")["data"][0]["id"]
    month = "startDate=2023-11-14T00:00:00Z&endDate=2023-12-14T00:00:00Z"
    console = "/v1/stripe/transactions?limit=100"
    groups[OTHERS] = {
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
            shown = ", ".join(f"{median(by_size[size], 'p50_ms'):.2f}" for size in servers)
            say(f"{store.name}, {group[0].lower()}{group[1:]}, {name}: {shown} ms")
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
            lines += part.count(b"\n")
    seconds = time.monotonic() - started
    if answer.status != 200 or lines != size + 1:
        raise SystemExit(f"the export of {size} transactions is {answer.status} with {lines} lines")
    return {"rows_per_second": size / seconds, "more_mib": server.peak_mib() - before}
