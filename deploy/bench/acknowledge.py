"""Durable events acknowledged per second, beside nginx that stores nothing and a plain Python receiver."""

import contextlib
import secrets

from deliveries import Deliveries
from measuring import Figure, expect_only_ok, load, median
from servers import ConsoleBilling, Nginx, UvicornReceiver, events_in

CONNECTIONS = 64
PACED_RATE = 1000
WARM_UP = 2000
NGINX_SECONDS = 2


def measure(build, sizes, folder, say):
    secret = "whsec_" + secrets.token_hex(16)
    deliveries = Deliveries(secret)
    requests = folder / "requests"
    servers = {
        "nginx": Nginx(folder / "nginx", build),
        "console_billing": ConsoleBilling(folder / "console-billing", build, secret),
        "uvicorn": UvicornReceiver(folder / "uvicorn", build, secret),
    }
    full_speed = {name: [] for name in servers}
    paced = {name: [] for name in servers}
    acknowledged = {name: 0 for name in servers}

    def each(count, into, seconds, **options):
        # The same bytes for all three; each stores them in a database of its own.
        deliveries.write(requests, count)
        for name, server in servers.items():
            # So fast that it would be through in no time; it alone does not mind a repetition.
            repeat = {"repeat": True} if name == "nginx" and "rate" not in options else {}
            limit = min(seconds, NGINX_SECONDS) if repeat else seconds
            result = load(build, server, requests, limit, connections=CONNECTIONS, **options, **repeat)
            expect_only_ok(server, [result])
            acknowledged[name] += result["ok"]
            if into is not None:
                into[name].append(result)
                say(f"{server.name}: {result['per_second']:.0f}/s, p99 {result['p99_ms']:.1f} ms")

    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(server)
        each(WARM_UP, None, sizes.round_seconds)
        for number in range(sizes.rounds):
            say(f"full speed, round {number + 1} of {sizes.rounds}")
            each(sizes.round_events, full_speed, sizes.round_seconds)
        for number in range(sizes.paced_rounds):
            say(f"{PACED_RATE} a second, round {number + 1} of {sizes.paced_rounds}")
            count = int(PACED_RATE * sizes.paced_seconds)
            each(count, paced, 2 * sizes.paced_seconds, rate=PACED_RATE)

    for name in ("console_billing", "uvicorn"):
        stored = events_in(servers[name].database)
        if stored != acknowledged[name]:
            raise SystemExit(f"{name} acknowledged {acknowledged[name]} events and stored {stored}")

    rates = {name: median(results, "per_second") for name, results in full_speed.items()}
    late = {name: median(results, "p99_ms") for name, results in paced.items()}
    figures = [
        Figure("nginx, static 200", rates["nginx"], "/s"),
        Figure("console-billing, durable", rates["console_billing"], "/s"),
        Figure("uvicorn + SQLite, durable", rates["uvicorn"], "/s"),
        Figure("ours / nginx", rates["console_billing"] / rates["nginx"], at_least=0.15),
        Figure("ours / uvicorn", rates["console_billing"] / rates["uvicorn"], at_least=5),
        Figure("processor time an event", median(full_speed["console_billing"], "cpu_us"), "µs"),
        Figure("written to disk an event", median(full_speed["console_billing"], "written_bytes"), "B"),
        Figure("p99 at full speed", median(full_speed["console_billing"], "p99_ms"), "ms"),
        Figure(f"p99 at {PACED_RATE}/s", late["console_billing"], "ms", at_most=50),
        Figure(f"p99 at {PACED_RATE}/s, uvicorn", late["uvicorn"], "ms"),
        Figure(
            f"written to disk an event at {PACED_RATE}/s",
            median(paced["console_billing"], "written_bytes"),
            "B",
        ),
    ]
    return figures, {"full_speed": full_speed, "paced": paced}
