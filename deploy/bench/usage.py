"""The effect of the store's size on one customer's year of usage.

One customer had 10,000 leases in a year; the others' leases fill the store. The same question, a year by GPU
model, is asked of both sizes by turns. Every lease lives about 20 days.
"""

import contextlib
import json
import random
import secrets
import shutil
import time
import urllib.request
from datetime import date, timedelta

from deliveries import write_request
from measuring import Figure, expect_only_ok, load, median
from servers import ConsoleBilling

FIRST_DAY = date(2025, 1, 1)
DAYS = 365
BLOCKS_A_DAY = 14_400
FIRST_HEIGHT = 20_000_000
DAYS_A_LEASE = 20
LEASES_AN_OWNER = 100
BATCH = 10_000
MODELS = ["a100", "h100", "h200", "rtx4090", "t4", "l40s", "a6000", "v100", "b200", "p40", None, None]
CUSTOMER, OWNER = "cus_bench", "akash1bench"


def measure(build, sizes, folder, say):
    key = secrets.token_hex(16)
    few = ConsoleBilling(folder / "few", build, "whsec_" + secrets.token_hex(16), key)
    many = ConsoleBilling(folder / "many", build, "whsec_" + secrets.token_hex(16), key)
    with few:
        _post(few, key, "/v1/usage/calendar", _calendar())
        accounts = {"customer": CUSTOMER, "accounts": [{"address": OWNER}]}
        _call(few, key, "PUT", "/v1/usage/accounts", json.dumps(accounts).encode())
        own_days = _put_leases(few, key, [(OWNER, number) for number in range(sizes.own_leases)], say)
    shutil.copyfile(few.database, many.database)
    others = (sizes.lease_days - own_days) // DAYS_A_LEASE
    with many:
        started = time.monotonic()
        lease_days = own_days + _put_leases(
            many,
            key,
            [(f"akash1other{number // LEASES_AN_OWNER:06}", number) for number in range(others)],
            say,
        )
        seconds = time.monotonic() - started
    with few, many:
        years = _ask(build, (few, many), key, folder, sizes, say)
        rebuilt = _expect_equal_answers(few, many, key)
    details = {"lease_days": {"few": own_days, "many": lease_days}, "years": years, "groups": rebuilt}
    middle = {size: median(results, "p50_ms") for size, results in years.items()}
    late = {size: median(results, "p99_ms") for size, results in years.items()}
    return [
        Figure(f"a year of {sizes.own_leases:,} leases by GPU model, of {own_days:,} lease-days", middle["few"], "ms"),
        Figure(f"the same, of {lease_days:,} lease-days", middle["many"], "ms"),
        Figure(f"the same, p99 of {lease_days:,} lease-days", late["many"], "ms"),
        Figure("the same, ratio", middle["many"] / middle["few"], at_most=1.2),
        Figure("leases taken in", others / seconds, "/s"),
    ], details


def _calendar():
    lines = []
    for number in range(DAYS):
        first = FIRST_HEIGHT + number * BLOCKS_A_DAY
        day = {
            "date": str(FIRST_DAY + timedelta(number)), "first_height": str(first), "final": True,
            "last_height": str(first + BLOCKS_A_DAY - 1), "last_height_yet": str(first + BLOCKS_A_DAY - 1),
            "akt_usd": f"{2 + number % 100 / 100:.2f}",
        }
        lines.append(json.dumps(day))
    return "\n".join(lines).encode()


def _put_leases(server, key, leases, say):
    lease_days = 0
    chance = random.Random(len(leases))
    for start in range(0, len(leases), BATCH):
        lines = []
        for owner, number in leases[start : start + BATCH]:
            first = chance.randrange((DAYS - DAYS_A_LEASE - 1) * BLOCKS_A_DAY)
            lifetime = DAYS_A_LEASE * BLOCKS_A_DAY
            created = FIRST_HEIGHT + first
            lease_days += DAYS_A_LEASE + (first % BLOCKS_A_DAY != 0)
            model = MODELS[number % len(MODELS)]
            lease = {
                "chain_id": "akashnet-2", "owner": owner, "dseq": str(created), "gseq": 1, "oseq": number + 1,
                "bseq": 1, "provider": f"akash1provider{number % 60}", "denom": ("uakt", "uact")[number % 2],
                "price_per_block": f"{chance.randrange(1, 5000)}.{chance.randrange(10**6):06}",
                "created_height": str(created), "closed_height": str(created + lifetime), "state": "closed",
                "cpu_milli": 1000, "memory_bytes": "1073741824", "gpu_units": 1 if model else 0,
            }
            if model:
                lease |= {"gpu_vendor": "nvidia", "gpu_model": model}
            lines.append(json.dumps(lease, separators=(",", ":")))
        _post(server, key, "/v1/usage/leases", "\n".join(lines).encode())
        if start // BATCH % 5 == 4:
            say(f"{start + BATCH:,} leases")
    return lease_days


def _ask(build, servers, key, folder, sizes, say):
    request = folder / "year"
    with open(request, "wb") as file:
        write_request(
            file,
            f"GET {_question()} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode(),
        )
    years = {server.folder.name: [] for server in servers}
    for number in range(-1, sizes.page_rounds):
        for server in servers:
            result = load(
                build, server, request, 120, connections=1, repeat=True, count=sizes.page_requests
            )
            expect_only_ok(server, [result])
            if number >= 0:
                years[server.folder.name].append(result)
    say("a year: " + ", ".join(f"{size} {median(r, 'p50_ms'):.2f} ms" for size, r in years.items()))
    return years


def _expect_equal_answers(few, many, key):
    """The others' leases change nothing of the customer's; how many lines the answer has."""
    answers = [json.loads(_call(server, key, "GET", _question()))["data"] for server in (few, many)]
    if answers[0] != answers[1] or len(answers[0]) < DAYS:
        raise SystemExit("the customer's year is another one in the larger store")
    return len(answers[0])


def _question():
    last = FIRST_DAY + timedelta(DAYS - 1)
    return f"/v1/usage/daily?customer={CUSTOMER}&from={FIRST_DAY}&to={last}&group_by=gpu_model"


def _post(server, key, path, body):
    return _call(server, key, "POST", path, body)


def _call(server, key, method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data=body, method=method)
    request.add_header("Authorization", f"Bearer {key}")
    with contextlib.closing(urllib.request.urlopen(request, timeout=600)) as answer:
        return answer.read()
