#!/usr/bin/env python3
"""What leases cost on each day, in Python's decimal: a second reading of the rules that shares no code with ours.

    usage_reference.py CALENDAR.jsonl LEASES.jsonl

Prints a line for each lease and day: line number of the lease, date, blocks, dollars (or "unknown"), and what has no
price as DENOM=MICRO-UNITS, by name.
"""

import json
import sys
from decimal import Decimal, getcontext

getcontext().prec = 120


def plain(number):
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def price_at(lease, height):
    denom, price = lease["denom"], Decimal(lease["price_per_block"])
    for segment in lease.get("price_segments") or []:
        if int(segment["from_height"]) <= height:
            denom, price = segment["denom"], Decimal(segment["price"])
    return denom, price


def breaks(lease):
    return [int(segment["from_height"]) for segment in lease.get("price_segments") or []]


def day_of(lease, day):
    """-> blocks, {denom: micro-units}"""
    begin = max(int(day["first_height"]), int(lease["created_height"]))
    # What is not indexed does not count yet; of a final day all is.
    yet = day.get("last_height_yet")
    ends = [int(yet if yet is not None else day["last_height"]) + 1]
    ends += [int(lease[name]) for name in ("closed_height", "escrow_end_height") if lease.get(name) is not None]
    end = min(ends)
    if end <= begin:
        return 0, {}
    # Between two heights at which the price may change, it does not.
    edges = sorted({begin, end} | {height for height in breaks(lease) if begin < height < end})
    amounts = {}
    for start, stop in zip(edges, edges[1:]):
        denom, price = price_at(lease, start)
        amounts[denom] = amounts.get(denom, Decimal(0)) + price * (stop - start)
    return end - begin, amounts


def dollars(amounts, akt):
    known, unpriced = Decimal(0), {}
    for denom, amount in amounts.items():
        if amount == 0:
            continue
        if denom in ("uact", "uusdc"):
            known += amount / Decimal(10**6)
        elif denom == "uakt" and akt is not None:
            known += amount * Decimal(akt) / Decimal(10**6)
        else:
            unpriced[denom] = amount
    return known, unpriced


def main():
    with open(sys.argv[1]) as file:
        calendar = [json.loads(line) for line in file if line.strip()]
    with open(sys.argv[2]) as file:
        leases = [json.loads(line) for line in file if line.strip()]
    for number, lease in enumerate(leases):
        for day in calendar:
            blocks, amounts = day_of(lease, day)
            if not blocks:
                continue
            known, unpriced = dollars(amounts, day.get("akt_usd"))
            rest = ",".join(f"{denom}={plain(amount)}" for denom, amount in sorted(unpriced.items()))
            print(number, day["date"], blocks, "unknown" if unpriced else plain(known), rest)


if __name__ == "__main__":
    main()
