"""The gain of group commit where a sync takes four milliseconds longer.

The service has no way to commit each event alone while others wait. With one connection each does stand alone, but nothing
overlaps the sync either; the Python receiver, which commits each alone under the same load, is the other side of it.
"""

import contextlib

from deliveries import Charges, Deliveries
from measuring import Aimed, Result, Table, expect_only_ok, load, median
from peers import FastAPI
from servers import ConsoleBilling
from stores import SQLite

MANY = 64
WARM_UP = 500


def measure(build, sizes, folder, say):
    deliveries = Deliveries(Charges())
    requests = folder / "requests"
    store = SQLite(folder)
    ours = ConsoleBilling(folder / "ours", build, store.create("ours"), preload=build.slow_sync)
    theirs = FastAPI(folder / "theirs", build, store.create("theirs"), preload=build.slow_sync)
    ways = {
        f"{MANY} connections": (ours, MANY),
        "1 connection, each event alone": (ours, 1),
        f"{theirs.name}, {MANY} connections, each event alone": (theirs, MANY),
    }
    results = {name: [] for name in ways}
    with contextlib.ExitStack() as stack:
        deliveries.write(requests, WARM_UP)
        for server in (ours, theirs):
            stack.enter_context(server)
            load(build, [server], requests, sizes.slow_seconds, connections=MANY)
        for number in range(sizes.slow_rounds):
            for name, (server, connections) in ways.items():
                deliveries.write(requests, int(10_000 * sizes.slow_seconds) if name == f"{MANY} connections" else 2000)
                before = server.syncs()
                result = load(build, [server], requests, sizes.slow_seconds, connections=connections)
                expect_only_ok(server.name, result)
                result["events_per_sync"] = result["ok"] / max(1, server.syncs() - before)
                results[name].append(result)
                say(f"{number + 1}/{sizes.slow_rounds} {name}: {result['per_second']:.0f}/s")
    rates = [median(rounds, "per_second") for rounds in results.values()]
    rows = [
        [name, rate, rates[0] / rate, median(rounds, "events_per_sync")]
        for (name, rounds), rate in zip(results.items(), rates)
    ]
    rows[1][2] = Aimed(rows[1][2], at_least=20)
    columns = ["", "events/s", "gain of group commit", "events a sync"]
    return Result([Table("Group commit on SQLite, each sync slowed by 4 ms", columns, rows)], results)
