"""One customer's year of usage, with a hundred times the lease-days of others in the store, on both databases.

The customer had 10,000 leases in the year, each of a day; the others' leases live twenty days. A second customer had 500
leases, for the page. The same questions are asked of all sizes by turns.
"""

import contextlib
import http.client
import json
import random
import statistics
import time
from datetime import date, timedelta

from deliveries import write_question
from measuring import Aimed, Result, Table, expect_only_ok, load, median
from plot import Plot
from servers import ConsoleBilling
from stores import STORES

FIRST_DAY = date(2025, 1, 1)
DAYS = 365
BLOCKS_A_DAY = 14_400
FIRST_HEIGHT = 20_000_000
DAYS_A_LEASE = 20
LEASES_AN_OWNER = 100
BATCH = 10_000
MODELS = ["a100", "h100", "h200", "rtx4090", "t4", "l40s", "a6000", "v100", "b200", "p40", None, None]
PROVIDERS = 60
CUSTOMER, OWNER = "cus_BenchYear", "akash1bench"
PAGE_CUSTOMER, PAGE_OWNER, PAGE_LEASES = "cus_BenchPage", "akash1page", 500
YEAR = f"from={FIRST_DAY}&to={FIRST_DAY + timedelta(DAYS - 1)}"
ZONE = "America/New_York"
GROUPS = ("", "deployment", "provider", "gpu_model")


def measure(build, sizes, folder, say):
    tables, details, lines = [], {}, {}
    for kind in STORES:
        with kind(folder) as store:
            rates, answers = _measure_store(build, sizes, folder, store, say)
        details[store.name] = {"leases_per_second": rates, "answers": answers}
        last = sizes.lease_days[-1]
        columns = ["of lease-days", *(f"{size:,}" for size in sizes.lease_days), "ratio", f"p99 ms of {last:,}"]
        rows = [_row(name, sizes, by_size) for name, by_size in answers.items()]
        for name in GROUPS:
            utc, zoned = (median(answers[_name(name, zone)][last], "p50_ms") for zone in (False, True))
            unknown = [None] * len(sizes.lease_days)
            rows.append([f"{_name(name, True)} / UTC", *unknown, Aimed(zoned / utc, at_most=1.5), None])
        rows.append(["leases taken in a second", *(rates[size] for size in sizes.lease_days), None, None])
        tables.append(Table(f"{store.name}: a year of {sizes.own_leases:,} leases, p50 in ms", columns, rows))
        lines[store.name] = {
            name: [(size, median(by_size[size], "p50_ms")) for size in sizes.lease_days] for name, by_size in answers.items()
        }
    title = f"A year of usage of {sizes.own_leases:,} leases"
    return Result(tables, details, [Plot(title, "lease-days in the store", "ms, p50", lines)])


def _name(group, has_zone):
    return (f"by {group}" if group else "by day") + (f", {ZONE}" if has_zone else "")


def _row(name, sizes, by_size):
    middle = [median(by_size[size], "p50_ms") for size in sizes.lease_days]
    late = median(by_size[sizes.lease_days[-1]], "p99_ms")
    return [name, *middle, Aimed(middle[-1] / middle[0], at_most=1.2), late if ZONE in name else Aimed(late, at_most=50)]


def _measure_store(build, sizes, folder, store, say):
    rates, held = {}, 0
    for step, size in enumerate(sizes.lease_days):
        name = f"days{size}"
        url = store.copy(f"days{sizes.lease_days[step - 1]}", name) if step else store.create(name)
        with ConsoleBilling(folder / "filling", build, url) as server:
            leases = []
            if not step:
                server.call("POST", "/v1/usage/calendar", _calendar())
                for customer, owner in ((CUSTOMER, OWNER), (PAGE_CUSTOMER, PAGE_OWNER)):
                    accounts = {"customer": customer, "accounts": [{"address": owner}]}
                    server.call("PUT", "/v1/usage/accounts", json.dumps(accounts).encode())
                leases = [(OWNER, number, 1) for number in range(sizes.own_leases)]
                leases += [(PAGE_OWNER, number, DAYS_A_LEASE) for number in range(min(PAGE_LEASES, sizes.own_leases))]
                # A lease that begins within a day touches one day more than it has.
                held = 2 * sizes.own_leases
            others = max(0, size - held) // DAYS_A_LEASE
            leases += [(f"akash1other{size}x{number // LEASES_AN_OWNER}", number, DAYS_A_LEASE) for number in range(others)]
            started = time.monotonic()
            _put_leases(server, leases)
            rates[size] = len(leases) / (time.monotonic() - started) if leases else 0
        held = size
        say(f"{store.name}: {size:,} lease-days, {rates[size]:.0f} leases/s")
    servers = {size: ConsoleBilling(folder / f"days-{size}", build, store.url(f"days{size}")) for size in sizes.lease_days}
    with contextlib.ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(server)
        return rates, _ask(build, sizes, folder, servers, store, say)


def _ask(build, sizes, folder, servers, store, say):
    answers, request = {}, folder / "question"
    for group in GROUPS:
        for has_zone in (False, True):
            target = f"/v1/usage/daily?customer={CUSTOMER}&{YEAR}"
            target += (f"&group_by={group}" if group else "") + (f"&timezone={ZONE}" if has_zone else "")
            _expect_equal_answers(servers, target)
            write_question(request, target)
            by_size = {size: [] for size in servers}
            for number in range(-1, sizes.read_rounds):
                for size, server in servers.items():
                    count = max(2, sizes.usage_requests // 10) if number < 0 else sizes.usage_requests
                    result = load(build, [server], request, 60, [store], connections=1, repeat=True, count=count)
                    expect_only_ok(f"{store.name}, {target}", result)
                    if number >= 0:
                        by_size[size].append(result)
            answers[_name(group, has_zone)] = by_size
            shown = ", ".join(f"{median(by_size[size], 'p50_ms'):.1f}" for size in servers)
            say(f"{store.name}, {_name(group, has_zone)}: {shown} ms")
    pages = {size: _PageVisit(server) for size, server in servers.items()}
    by_size = {size: [] for size in servers}
    for _ in range(sizes.read_rounds):
        for size, page in pages.items():
            times = sorted(page.first_byte_ms() for _ in range(sizes.usage_requests))
            by_size[size].append({"p50_ms": statistics.median(times), "p99_ms": times[int(0.99 * (len(times) - 1) + 0.5)]})
    answers[f"page of {PAGE_LEASES} leases, 12 months, first byte"] = by_size
    say(f"{store.name}, page: " + ", ".join(f"{median(by_size[size], 'p50_ms'):.1f}" for size in servers) + " ms")
    return answers


class _PageVisit:
    """A customer who entered the page by a link, as a browser does."""

    def __init__(self, server):
        self._port = server.port
        session = json.loads(server.call("POST", "/v1/customer_sessions", json.dumps({"customer": PAGE_CUSTOMER}).encode()))
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        self._connection.request("GET", "/billing" + session["url"].partition("/billing")[2])
        answer = self._connection.getresponse()
        answer.read()
        self._cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def first_byte_ms(self):
        started = time.monotonic()
        self._connection.request("GET", f"/billing/usage?range=custom&{YEAR}", headers={"Cookie": self._cookie})
        answer = self._connection.getresponse()
        milliseconds = (time.monotonic() - started) * 1000
        text = answer.read()
        if answer.status != 200 or b"2025" not in text:
            raise SystemExit(f"the page is {answer.status}: {text[:500]}")
        return milliseconds


def _expect_equal_answers(servers, target):
    """The others' leases change nothing of the customer's."""
    answers = [server.get(target)["data"] for server in servers.values()]
    if any(answer != answers[0] for answer in answers) or len(answers[0]) < DAYS:
        raise SystemExit(f"{target} is answered otherwise in the larger store")


def _calendar():
    lines = []
    for number in range(DAYS):
        first = FIRST_HEIGHT + number * BLOCKS_A_DAY
        day = {
            "date": str(FIRST_DAY + timedelta(number)), "first_height": str(first), "final": True,
            "last_height": str(first + BLOCKS_A_DAY - 1), "last_height_yet": str(first + BLOCKS_A_DAY - 1),
            "akt_usd": f"{2 + number % 100 / 100:.2f}",
        }  # fmt: skip
        lines.append(json.dumps(day))
    return "\n".join(lines).encode()


def _put_leases(server, leases):
    chance = random.Random(len(leases))
    for start in range(0, len(leases), BATCH):
        lines = []
        for owner, number, days in leases[start : start + BATCH]:
            created = FIRST_HEIGHT + chance.randrange((DAYS - days - 1) * BLOCKS_A_DAY)
            model = MODELS[number % len(MODELS)]
            lease = {
                "chain_id": "akashnet-2", "owner": owner, "dseq": str(created), "gseq": 1, "oseq": number + 1,
                "bseq": 1, "provider": f"akash1provider{number % PROVIDERS}", "denom": ("uakt", "uact")[number % 2],
                "price_per_block": f"{chance.randrange(1, 5000)}.{chance.randrange(10**6):06}",
                "created_height": str(created), "closed_height": str(created + days * BLOCKS_A_DAY), "state": "closed",
                "cpu_milli": 1000, "memory_bytes": "1073741824", "gpu_units": 1 if model else 0,
            }  # fmt: skip
            if model:
                lease |= {"gpu_vendor": "nvidia", "gpu_model": model}
            lines.append(json.dumps(lease, separators=(",", ":")))
        server.call("POST", "/v1/usage/leases", "\n".join(lines).encode())
