#!/usr/bin/env python3
"""Makes the usage of cus_AkashDemo01 that goes with scenarios/year: leases.jsonl, calendar.jsonl, accounts.json, credits.json.

Usage: testdata/usage/year/make.py        writes the four files beside it, always the same ones
"""
import datetime
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
FIRST, LAST = datetime.date(2025, 12, 1), datetime.date(2026, 11, 26)
BLOCKS = 14_400  # A day has about so many.
START = 24_000_000
OWNERS = ["akash1demo0owner0of0the0first0half0year00000", "akash1demo0owner0of0the0second0half000000000"]
MOVED = datetime.date(2026, 6, 1)  # The customer's leases are the second address's from this day on.
PROVIDERS = [
    (f"akash1demo0provider0{number:02}0000000000000000000000", name)
    for number, name in enumerate([
        "provider.alpine.example.com", "gpu.harbor.example.com", "provider.meadow.example.com",
        "gpu.northlight.example.com", "provider.quarry.example.com", "gpu.saltworks.example.com",
        "provider.tidewater.example.com", "gpu.upland.example.com", "provider.willow.example.com",
        "gpu.basalt.example.com", "provider.cedar.example.com", "gpu.delta.example.com",
    ])
]
# Model, units, micro-dollars a block, milli-CPUs, GiB of memory, days it runs.
SHAPES = [
    (None, 0, 26, 1000, 2, (20, 120)), (None, 0, 58, 4000, 8, (15, 60)), (None, 0, 14, 500, 1, (30, 150)),
    ("rtx4090", 1, 300, 8000, 32, (3, 12)), ("a100", 1, 680, 12000, 64, (2, 9)), ("h100", 1, 1220, 16000, 96, (1, 5)),
    ("t4", 1, 98, 4000, 16, (5, 25)), ("h100", 2, 2380, 32000, 192, (1, 2)),
]
WEIGHTS = [5, 4, 5, 6, 4, 3, 5, 1]


def height(day: datetime.date, block: int = 0) -> int:
    return START + (day - FIRST).days * BLOCKS + block


def write(name: str, records: list) -> None:
    lines = [json.dumps(record, separators=(",", ":")) for record in records]
    (HERE / name).write_text("\n".join(lines) + "\n")


def main() -> None:
    chance = random.Random(20251201)
    calendar, price = [], 1.10
    prices = {}
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + datetime.timedelta(days=number)
        price = max(0.35, min(1.9, price * (1 + chance.uniform(-0.045, 0.044))))
        prices[day] = price
        over = day < LAST
        calendar.append({
            "date": str(day), "first_height": str(height(day)),
            "last_height": str(height(day, BLOCKS - 1)) if over else None,
            "last_height_yet": str(height(day, BLOCKS - 1 if over else 3599)),
            "akt_usd": f"{price:.4f}", "price_source": "made up", "final": over,
        })
    leases, dseq, day = [], 21_400_000, FIRST
    while day <= LAST:
        model, units, micro, cpu, memory, (least, most) = chance.choices(SHAPES, WEIGHTS)[0]
        # Not all providers are as popular, and what has no GPU runs elsewhere.
        places = PROVIDERS[1::2] if units else PROVIDERS[0::2]
        address, name = chance.choices(places, [8, 5, 4, 3, 2, 2])[0]
        begin = height(day, chance.randrange(BLOCKS))
        length = chance.randint(least * BLOCKS, most * BLOCKS)
        owner = OWNERS[day >= MOVED]
        end = begin + length
        # The first address was emptied before the second took over.
        if owner == OWNERS[0]:
            end = min(end, height(MOVED, -2000))
        is_open = end > height(LAST, 3000) and end < height(LAST, 30 * BLOCKS)
        if day < datetime.date(2026, 4, 1) and chance.random() < 0.4:
            denom, per_block = "uakt", f"{micro / prices[day]:.6f}"
        else:
            denom, per_block = chance.choice(["uact", "uact", "uusdc"]), f"{micro * chance.uniform(0.9, 1.15):.6f}"
        dseq += chance.randrange(20_000, 90_000)
        leases.append({
            "chain_id": "akashnet-2", "owner": owner, "dseq": str(dseq), "gseq": 1, "oseq": 1, "bseq": 1,
            "provider": address, "provider_name": name, "denom": denom, "price_per_block": per_block,
            "created_height": str(begin), "closed_height": None if is_open else str(min(end, height(LAST, 3000))),
            "state": "active" if is_open else "closed", "cpu_milli": cpu, "memory_bytes": str(memory << 30),
            "ephemeral_bytes": str(20 << 30), "persistent_bytes": str((50 << 30) if units else 0),
            "gpu_units": units, "gpu_vendor": "nvidia" if units else None, "gpu_model": model, "source": "made up",
        })
        day += datetime.timedelta(days=chance.choice([1, 2, 3, 4]))
    write("leases.jsonl", leases)
    write("calendar.jsonl", calendar)
    write("accounts.json", [{"customer": "cus_AkashDemo01", "accounts": [
        {"address": OWNERS[0], "valid_to": str(MOVED)},
        {"address": OWNERS[1], "valid_from": str(MOVED)},
    ]}])
    write("credits.json", [
        {"id": "demo-welcome", "customer": "cus_AkashDemo01", "kind": "coupon", "amount": 20_000, "currency": "usd",
         "created": 1_764_600_000, "description": "Welcome credit"},
        {"id": "demo-outage", "customer": "cus_AkashDemo01", "kind": "manual", "amount": 2500, "currency": "usd",
         "created": 1_781_700_000, "description": "For the outage of 17 June"},
    ])


if __name__ == "__main__":
    main()
