"""The extreme values of every field: raw JSON by name, for a number, a moment, a text and a list."""

import json
import re

NUMBERS = {
    "-2^63": "-9223372036854775808", "2^63-1": "9223372036854775807", "2^63": "9223372036854775808",
    "-2^63-1": "-9223372036854775809", "10^13-1": "9999999999999", "10^13": "10000000000000",
    "10^13+1": "10000000000001", "-10^13-1": "-10000000000001", "-1": "-1", "0": "0", "1e308": "1e308", "1e999": "1e999",
    "0.5": "0.5", "400 digits": "9" * 400, "NaN": '"NaN"', "digits as text": '"9223372036854775807"', "no number": "NaN",
}  # fmt: skip
MOMENTS = {
    "0001-01-01": "-62135596800", "9999-12-31": "253402300799", "10000-01-01": "253402300800",
    "2024-02-29": "1709164800", "before 0000": "-62167219201",
}  # fmt: skip
DATES = (
    "0001-01-01", "9999-12-31", "10000-01-01", "2024-02-29", "2023-02-29", "1900-02-29", "0000-00-00", "-0001-01-01",
    "2026-12-31T23:59:60Z", "9999-12-31T23:59:59Z", "+292277026596-12-04T15:30:07Z",
)  # fmt: skip
TEXTS = {
    "empty": '""', "64 KiB": json.dumps("x" * 65536), "controls": r'"\u0000\u0001\u001b\u007f\r\n"',
    "high surrogate": r'"\ud800"', "low surrogates": r'"\udc00\ud800x"', "letter of 64 KiB": json.dumps("a" + "\u0301" * 32768),
    "markup": json.dumps("</script><b>&\"'"), "formula": json.dumps('=HYPERLINK("x")'), "10,000 deep": "[" * 10_000 + "]" * 10_000,
}  # fmt: skip


def quoted(literals):
    """The same as texts, as much of what is exact comes to us."""
    return {f'"{name}"': value if value.startswith('"') else json.dumps(value) for name, value in literals.items()}


def kind(value):
    if value is None or isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float)):
        return "moment" if 1_000_000_000 <= value < 4_000_000_000 else "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict):
        return "object"
    return "date" if re.match(r"\d{4}-\d\d-\d\d", value) else "digits" if re.fullmatch(r"-?[\d.]+", value) else "text"


def extremes(value):
    """-> raw JSON by name"""
    dates = {f'"{date}"': json.dumps(date) for date in DATES}
    match kind(value):
        case "number":
            return NUMBERS
        case "moment":
            return NUMBERS | MOMENTS
        case "digits":
            return NUMBERS | quoted(NUMBERS) | {"empty": '""', "64 KiB": TEXTS["64 KiB"]}
        case "date":
            return dates | TEXTS | {"-2^63": NUMBERS["-2^63"]}
        case "text":
            return TEXTS | {"2^63-1": NUMBERS["2^63-1"], "null": "null"}
        case "flag":
            return {name: NUMBERS[name] for name in ("-2^63", "2^63-1", "1e308")} | {"64 KiB": TEXTS["64 KiB"], "list": "[]"}
        case "object":
            return {"empty": "{}", "null": "null", "2^63-1": NUMBERS["2^63-1"], "10,000 deep": TEXTS["10,000 deep"]}
        case "list":
            one = json.dumps(value[0]) if value else "null"
            # As many as a body of 1 MiB has room for: the record of its own would only be refused by its length.
            fitting = min(10_000, 900_000 // (len(one) + 1))
            lists = {"none": "[]", "one": f"[{one}]", "many": "[" + ",".join([one] * fitting) + "]"}
            return lists | {"10,000": "[" + ",".join([one] * 10_000) + "]"} | {"not one": "{}", "null": "null"}


def paths(value, path=()):
    """Every value inside a value, with where it is."""
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def fields(value, seen, what=""):
    """The paths that `seen` lacks: elements of a list count as alike if they have the same kind."""
    for path, inner in paths(value):
        key = (what, tuple("" if isinstance(step, int) else step for step in path), kind(inner))
        if key not in seen:
            seen.add(key)
            yield path, inner


MARK = "@@EXTREME@@"


def put(value, path, new):
    """A copy with another value at the path."""
    if not path:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


def written(value, raw):
    """JSON with raw text wherever the mark is."""
    return json.dumps(value).replace(f'"{MARK}"', raw).encode()
