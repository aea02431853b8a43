#!/usr/bin/env python3
"""What a customer's leases will cost in a period, and when the balance is used up: a second implementation in Python's
decimal that shares no code with ours.

    forecast_reference.py CUSTOMERS.jsonl

Prints a line for each customer: LOW EXPECTED HIGH BURN BASIS BLOCKS, or "unknown". The first three are dollars in the
period, BURN is dollars an hour, BASIS is "leases" or "trend", and BLOCKS is the number of blocks after which the
balance is used up, or "never".
"""

import json
import sys
from decimal import Decimal, Inexact, getcontext

getcontext().prec = 200
# A result that does not fit raises an error: a rounded one would be compared as if it were exact.
getcontext().traps[Inexact] = True

MICRO = 10**6
TREND_DAYS, FEWEST_TREND_DAYS = 7, 3
# The forecast looks 100 years ahead: 36525 days.
HORIZON_DAYS = 36525


def plain(number):
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded_down(dividend, divisor):
    """-> the quotient of two amounts that are not negative, rounded down to 18 decimals"""
    return (dividend.scaleb(18) // divisor).scaleb(-18)


def rounded_up(dividend, divisor):
    """-> the smallest whole number of divisors that covers the dividend"""
    return int(dividend // divisor) + (1 if dividend % divisor > 0 else 0)


def unit_price(denom, akt):
    """-> micro-dollars for one micro-unit of the denomination, None without a price"""
    if denom in ("uact", "uusdc"):
        return Decimal(1)
    return akt if denom == "uakt" else None


def trend(finished, blocks_per_day):
    """-> micro-dollars a block, None if too few days are finished"""
    days = finished[-TREND_DAYS:]
    if len(days) < FEWEST_TREND_DAYS:
        return None
    total = max(sum(Decimal(day) for day in days) * MICRO, Decimal(0))
    return rounded_down(rounded_down(total, Decimal(1)), blocks_per_day * len(days))


def open_leases(customer):
    """-> [(denomination, micro-units a block, blocks until the escrow is empty or None)]"""
    leases = []
    for lease in customer["leases"]:
        left = None
        if lease["end"] is not None:
            # Block 0 has the height after `height`, and the block at `end` is the first that costs nothing.
            left = int(lease["end"]) - (int(customer["height"]) + 1)
            if left <= 0:
                continue
        price = Decimal(lease["price_per_block"])
        # A lease at no price costs nothing in any denomination.
        if price != 0:
            leases.append((lease["denom"], price, left))
    return leases


def burn_of(leases, akt, blocks_per_day):
    """-> micro-dollars an hour"""
    sums = {}
    for denom, price, _ in leases:
        sums[denom] = sums.get(denom, Decimal(0)) + price
    hourly = Decimal(0)
    for denom, price in sums.items():
        hourly += rounded_down(price * blocks_per_day, Decimal(24)) * unit_price(denom, akt)
    return hourly


def blocks_until_spent(rates, balance):
    """Steps from lease end to lease end: between two ends the cost of a block is constant.

    -> the smallest number of blocks that costs the balance, None if all leases end before that
    """
    if balance <= 0:
        return 0
    position, rest = 0, balance
    for end in sorted({left for _, left in rates if left is not None}) + [None]:
        rate = sum((rate for rate, left in rates if left is None or left > position), Decimal(0))
        if rate > 0:
            needed = rounded_up(rest, rate)
            if end is None or position + needed <= end:
                return position + needed
        if end is not None:
            rest -= rate * (end - position)
            position = end
    return None


def forecast(customer):
    """-> the line to print"""
    akt = None if customer["akt_usd"] is None else Decimal(customer["akt_usd"])
    blocks_per_day = Decimal(customer["blocks_per_day"])
    begin = max(int(customer["from"]), 0)
    end = max(int(customer["to"]), begin)

    leases, basis = open_leases(customer), "leases"
    if any(unit_price(denom, akt) is None for denom, _, _ in leases):
        price = trend(customer["finished"], blocks_per_day)
        if price is None:
            return "unknown"
        # The trend replaces all leases by one whose escrow end is unknown.
        leases, basis = [("uact", price, None)], "trend"

    rates = [(price * unit_price(denom, akt), left) for denom, price, left in leases]
    low = expected = high = Decimal(0)
    for rate, left in rates:
        high += rate * (end - begin)
        if left is None:
            # Nothing is known to be in escrow, so the lowest cost does not rise.
            expected += rate * (end - begin)
        else:
            cost = rate * max(min(end, left) - begin, 0)
            low += cost
            expected += cost

    burn = burn_of(leases, akt, blocks_per_day)
    blocks = None if burn == 0 else blocks_until_spent(rates, Decimal(customer["balance"]) * MICRO)
    if blocks is None or blocks > HORIZON_DAYS * blocks_per_day:
        blocks = "never"
    amounts = [plain(amount.scaleb(-6)) for amount in (low, expected, high, burn)]
    return " ".join([*amounts, basis, str(blocks)])


def main():
    with open(sys.argv[1]) as file:
        for line in file:
            if line.strip():
                print(forecast(json.loads(line)))


if __name__ == "__main__":
    main()
