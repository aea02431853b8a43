"""The effect of a million stored transactions on the feed's page, the disk, the memory.

One fill serves all three. The database is copied when it holds the few transactions, so that in the end
both sizes are asked by turns.
"""

import contextlib
import json
import secrets
import shutil
import time
import urllib.request

from deliveries import THOUSAND, THOUSAND_WITHIN, Deliveries, write_page_request
from measuring import Figure, expect_only_ok, load, median
from servers import ConsoleBilling, events_in

CONNECTIONS = 64
SETTLING_SECONDS = 3
QUESTIONS = {"all customers": None, "one customer": THOUSAND}


def measure(build, sizes, folder, say):
    if sizes.few < THOUSAND_WITHIN:
        raise SystemExit(f"the one customer's transactions are among the first {THOUSAND_WITHIN}")
    secret, key = "whsec_" + secrets.token_hex(16), secrets.token_hex(16)
    few = ConsoleBilling(folder / "few", build, secret, key)
    many = ConsoleBilling(folder / "many", build, secret, key)
    deliveries = Deliveries(secret)

    with few:
        _fill(build, few, deliveries, folder, sizes.few)
    shutil.copyfile(few.database, many.database)
    memory, batches = _fill_further(build, many, deliveries, folder, sizes, say)
    stored = events_in(many.database)
    if stored != sizes.many:
        raise SystemExit(f"{sizes.many} events were acknowledged and {stored} are stored")
    disk = {server.folder.name: _bytes_on_disk(server.database) for server in (few, many)}
    with few, many:
        pages = _ask(build, (few, many), key, folder, sizes, say)

    details = {"memory": memory, "batches": batches, "bytes_on_disk": disk, "pages": pages}
    return _figures(sizes, memory, batches, disk, pages), details


def _fill(build, server, deliveries, folder, count):
    requests = folder / "requests"
    deliveries.write(requests, count)
    result = load(build, server, requests, 240, connections=CONNECTIONS)
    expect_only_ok(server, [result])
    if result["ok"] != count:
        raise SystemExit(f"only {result['ok']} of {count} events could be posted in time")
    return result


def _fill_further(build, server, deliveries, folder, sizes, say):
    memory, batches, held = [], [], sizes.few
    with server:
        time.sleep(SETTLING_SECONDS)
        resident, peak = server.memory_mib()
        memory.append({"events": 0, "resident_mib": resident, "peak_mib": peak})
        say(f"at rest: {resident} MiB")
        while held < sizes.many:
            count = min(sizes.batch - held % sizes.batch, sizes.many - held)
            batches.append(_fill(build, server, deliveries, folder, count))
            held += count
            resident, peak = server.memory_mib()
            memory.append({"events": held - sizes.few, "resident_mib": resident, "peak_mib": peak})
            speed = f"{batches[-1]['per_second']:.0f}/s, {batches[-1]['cpu_us']:.0f} µs of processor each"
            say(f"{held} events: {speed}, {resident} MiB resident, {peak} at most")
    return memory, batches


def _ask(build, servers, key, folder, sizes, say):
    """The pages of both sizes by turns, so that whatever else the machine does disturbs both."""
    pages = {name: {server.folder.name: [] for server in servers} for name in QUESTIONS}
    for name, customer in QUESTIONS.items():
        request = folder / "page"
        write_page_request(request, key, customer)
        for number in range(-1, sizes.page_rounds):
            for server in servers:
                if number < 0:
                    _check_page(server, key, customer)
                result = load(
                    build, server, request, 60, connections=1, repeat=True, count=sizes.page_requests
                )
                expect_only_ok(server, [result])
                if number >= 0:
                    pages[name][server.folder.name].append(result)
        say(f"{name}: " + ", ".join(f"{size} {median(r, 'p50_ms'):.2f} ms" for size, r in pages[name].items()))
    return pages


def _check_page(server, key, customer):
    query = "limit=50" + (f"&customer={customer}" if customer else "")
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/v1/transactions?{query}")
    request.add_header("Authorization", f"Bearer {key}")
    with contextlib.closing(urllib.request.urlopen(request, timeout=30)) as answer:
        page = json.load(answer)
    if len(page["data"]) != 50 or not page["has_more"]:
        raise SystemExit(f"a page of the feed has {len(page['data'])} rows, not 50 and more to come")


def _bytes_on_disk(database):
    """The database and its log, as blocks of the disk; a server that was stopped has merged the log."""
    return sum(path.stat().st_blocks * 512 for path in database.parent.glob(database.name + "*"))


def _figures(sizes, memory, batches, disk, pages):
    figures = []
    for name, by_size in pages.items():
        middle = {size: median(results, "p50_ms") for size, results in by_size.items()}
        late = {size: median(results, "p99_ms") for size, results in by_size.items()}
        figures += [
            Figure(f"page of 50, {name}, of {sizes.few:,}", middle["few"], "ms"),
            Figure(f"page of 50, {name}, of {sizes.many:,}", middle["many"], "ms"),
            Figure(f"page of 50, {name}, p99 of {sizes.many:,}", late["many"], "ms"),
            Figure(f"page of 50, {name}, ratio", middle["many"] / middle["few"], at_most=1.2),
        ]
    added = disk["many"] - disk["few"]
    return figures + [
        Figure("bytes on disk an event", added / (sizes.many - sizes.few), "B"),
        Figure("stored, first batch", batches[0]["per_second"], "/s"),
        Figure("stored, last batch", batches[-1]["per_second"], "/s"),
        Figure("processor time an event, first batch", batches[0]["cpu_us"], "µs"),
        Figure("processor time an event, last batch", batches[-1]["cpu_us"], "µs"),
        Figure("memory at rest", memory[0]["resident_mib"], "MiB", at_most=64),
        Figure("memory after the first batch", memory[1]["resident_mib"], "MiB"),
        Figure(f"memory after {sizes.many:,} events", memory[-1]["resident_mib"], "MiB", at_most=64),
        Figure("memory, the most there was", memory[-1]["peak_mib"], "MiB", at_most=64),
        Figure(
            "memory, last / first batch",
            memory[-1]["resident_mib"] / memory[1]["resident_mib"],
            at_most=1.1,
        ),
    ]
