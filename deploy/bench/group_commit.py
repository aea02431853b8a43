"""The gain of group commit where a sync takes a millisecond longer.

The service has no way to commit each event alone while others wait. With one connection each does stand
alone, but nothing overlaps the sync either; the Python receiver, which commits each alone under the same
load, is the other side of it.
"""

import contextlib
import secrets

from deliveries import Deliveries
from measuring import Figure, expect_only_ok, load, median
from servers import ConsoleBilling, UvicornReceiver

MANY = 64
WARM_UP = 500


def measure(build, sizes, folder, say):
    secret = "whsec_" + secrets.token_hex(16)
    deliveries = Deliveries(secret)
    requests = folder / "requests"
    ours = ConsoleBilling(folder / "console-billing", build, secret, preload=build.slow_sync)
    theirs = UvicornReceiver(folder / "uvicorn", build, secret, preload=build.slow_sync)
    ways = {"together": (ours, MANY), "alone": (ours, 1), "uvicorn": (theirs, MANY)}
    results = {name: [] for name in ways}

    with contextlib.ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        deliveries.write(requests, WARM_UP)
        for server in (ours, theirs):
            load(build, server, requests, sizes.slow_seconds, connections=MANY)
        for number in range(sizes.slow_rounds):
            say(f"round {number + 1} of {sizes.slow_rounds}")
            for name, (server, connections) in ways.items():
                deliveries.write(requests, int(12_000 * sizes.slow_seconds) if name == "together" else 8000)
                before = server.syncs()
                result = load(build, server, requests, sizes.slow_seconds, connections=connections)
                expect_only_ok(server, [result])
                result["events_per_sync"] = result["ok"] / max(1, server.syncs() - before)
                results[name].append(result)
                say(
                    f"{server.name}, {connections} connections: {result['per_second']:.0f}/s, "
                    f"{result['events_per_sync']:.1f} events a sync"
                )

    rates = {name: median(rounds, "per_second") for name, rounds in results.items()}
    figures = [
        Figure(f"{MANY} connections", rates["together"], "/s"),
        Figure("1 connection, each event alone", rates["alone"], "/s"),
        Figure(f"uvicorn, {MANY} connections, each event alone", rates["uvicorn"], "/s"),
        Figure(f"events a sync at {MANY} connections", median(results["together"], "events_per_sync")),
        Figure(f"{MANY} connections / 1 connection", rates["together"] / rates["alone"]),
        Figure(f"{MANY} connections / uvicorn", rates["together"] / rates["uvicorn"]),
    ]
    return figures, results
