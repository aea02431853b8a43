"""The hostile inputs: each is a name and the requests that it makes at a place. A name alone says what it is."""

import contextlib
import json
import re
import time
import urllib.parse
from pathlib import Path
from typing import Callable, NamedTuple

import service as peers
import subject
from extremes import MARK, NUMBERS, extremes, fields, kind, put, written
from people import address
from target import JSON, KEY

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "testdata/events"
STORIES = ROOT / "testdata/scenarios"
#: The customer and the wallet of openapi.json's examples.
CUSTOMER, WALLET = "cus_Rw4mTqPurchase", "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x"


class Place(NamedTuple):
    """Whom a batch of inputs is about."""

    customer: str
    wallet: str

    @classmethod
    def numbered(cls, number):
        return cls(f"cus_Hostile{number}", address(7_000_000 + number))


class Request(NamedTuple):
    method: str
    path: str
    headers: dict
    body: bytes = None


class Input(NamedTuple):
    name: str
    #: (place, tag) -> the requests; what they bring about has the tag in its ids.
    requests: Callable
    #: Likewise; what has to be acknowledged afterwards, whatever came before.
    afterwards: Callable = lambda place, tag: []


def spelt(path):
    return ".".join(map(str, path)) or "the whole"


# --- Events --------------------------------------------------------------------------------------------------------


def delivery(body):
    headers = {"Stripe-Signature": peers.signature(body, secret=subject.SECRET), "Content-Type": "application/json"}
    return Request("POST", "/v1/stripe-webhook", headers, body)


def tagged(text, place, tag):
    """Events with ids of their own, and the customer of the place."""
    text = re.sub(r'"((?:evt|ch|py|pi|in|re|pyr|dp|du|cs_test|cs_live|inpay|cn|cnr|po|sub|seti)_)(\w+)"', rf'"\1{tag}\2"', text)
    return re.sub(r'"cus_\w+"', f'"{place.customer}"', text)


def object_of(event):
    """The object of the event; nothing for an event without one."""
    inner = event.get("data", {}).get("object")
    return inner if isinstance(inner, dict) else {}


def told(text, place, tag):
    event = json.loads(tagged(text, place, tag))
    inner = object_of(event)
    if inner.get("customer", "") is None:
        inner["customer"] = place.customer
    return event


def of_events(what, texts, change, raw):
    """Events that are told one after the other, changed; and afterwards the last of them as it should have been."""
    def requests(place, tag):
        return [delivery(written(change(told(text, place, tag)), raw)) for text in texts]

    def afterwards(place, tag):
        event = told(texts[-1], place, tag)
        event.update(id=f"evt_{tag}later", created=int(time.time()))
        return [delivery(json.dumps(event).encode())]

    return Input(what, requests, afterwards)


def numbers_marked(value, times):
    """The same with every amount and count in it marked, all at once, and each list so many times: what is added up."""
    if isinstance(value, dict):
        return {key: numbers_marked(inner, times) for key, inner in value.items()}
    if isinstance(value, list):
        return [numbers_marked(inner, times) for inner in value] * times
    return MARK if kind(value) == "number" else value


def sums(what, texts):
    once, twice = ("-2^63", "2^63-1", "10^13", "10^13+1", "-10^13-1", "-1", "0", "1e308"), ("-2^63", "2^63-1", "10^13")
    for times, extreme in ((1, once), (2, twice)):
        def change(event, times=times):
            # A thin event has no object, nor has one that is quarantined for it.
            if "object" not in event.get("data", {}):
                return event
            return put(event, ("data", "object"), numbers_marked(object_of(event), times))

        for name in extreme:
            lists = ", every list twice" if times > 1 else ""
            yield of_events(f"{what} all numbers = {name}{lists}", texts, change, NUMBERS[name])


def events():
    """Every field of every fixture once for each kind of object and value; and all numbers of a body together."""
    seen = set()
    for file in sorted(EVENTS.glob("*.json")):
        text = file.read_text()
        event = json.loads(text)
        yield from sums(f"events/{file.name}", [text])
        for path, value in fields(event, seen, object_of(event).get("object")):
            for name, raw in extremes(value).items():
                change = lambda event, path=path: put(event, path, MARK)  # noqa: E731
                yield of_events(f"events/{file.name} {spelt(path)} = {name}", [text], change, raw)


def stories():
    """The same where a customer has rows of it: each field of a kind of object, wherever one story tells of it."""
    seen = set()
    for folder in sorted(STORIES.iterdir()):
        texts = (folder / "events.jsonl").read_text().splitlines() if (folder / "events.jsonl").exists() else []
        if not 0 < len(texts) <= 20:
            # A year of payments is no story that is told for each extreme.
            continue
        yield from sums(f"scenarios/{folder.name}", texts)
        for event in map(json.loads, texts):
            kind_of_object = object_of(event).get("object")
            for path, value in fields(object_of(event), seen, kind_of_object):
                for name, raw in extremes(value).items():
                    yield of_events(
                        f"scenarios/{folder.name} {kind_of_object}.{spelt(path)} = {name}", texts, driven(kind_of_object, path), raw
                    )


def driven(kind_of_object, path):
    """A change of the field wherever such an object is told of and has it."""
    def change(event):
        if object_of(event).get("object") == kind_of_object:
            # Where another story has an id, a list or nothing, there is no such field.
            with contextlib.suppress(KeyError, IndexError, TypeError, ValueError):
                return put(event, ("data", "object", *path), MARK)
        return event

    return change


# --- What is sent to the other routes ------------------------------------------------------------------------------


def replaced(text, place):
    return text.replace(CUSTOMER, place.customer).replace(WALLET, place.wallet)


def bodies(document):
    """Every field of the examples in openapi.json, by the route that takes them."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in content and path != "/v1/stripe-webhook":
                for where, value in fields(content["example"], set()):
                    for name, raw in extremes(value).items():
                        yield of_body(method.upper(), path, content["example"], where, name, raw)


def of_body(method, path, example, where, name, raw):
    def requests(place, tag):
        value = json.loads(replaced(json.dumps(example), place))
        # Each lease and each credit is one of its own.
        for number, record in enumerate(value if isinstance(value, list) else [value]):
            if "dseq" in record:
                record["dseq"] = str(int(re.sub(r"\D", "", tag)) * 10 + number)
            if "kind" in record:
                record["id"] = f"credit_{tag}"
        target = path.replace("{id}", place.customer if "customers" in path else f"pi_{tag}")
        return [Request(method, target, JSON, written(put(value, where, MARK), raw))]

    return Input(f"{method} {path} {spelt(where)} = {name}", requests)


# --- Queries -------------------------------------------------------------------------------------------------------


def parameters(document, operation):
    for each in operation.get("parameters", ()):
        yield document["components"]["parameters"][each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each


def described(document, schema):
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return document["components"]["schemas"][name] if name else schema


def sample(document, parameter):
    """A value of the parameter's kind, from its example or its schema."""
    if "example" in parameter:
        return parameter["example"]
    schema = described(document, parameter["schema"])
    if "integer" in str(schema.get("type")) or schema.get("type") == "number":
        return 1_770_000_000 if "created" in parameter["name"] else 7
    return "2026-03-12" if parameter["schema"].get("$ref", "").endswith(("/Date", "/Moment")) else "x"


def queries(document):
    """Every parameter of every route, and both ends of a range at once."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found = list(parameters(document, operation))
            basis = {
                each["name"]: sample(document, each)
                for each in found
                if each["name"] in ("customer", "address", "since") or (each.get("required") and each["in"] == "query")
            }
            for each in found:
                for name, raw in extremes(sample(document, each)).items():
                    yield of_query(method.upper(), path, basis, [each], name, raw)
            for first, last in (("from", "to"), ("startDate", "endDate"), ("created[gte]", "created[lte]"), ("since", "until")):
                pair = [each for each in found if each["name"] in (first, last)]
                for name, raw in extremes(sample(document, pair[0])).items() if len(pair) == 2 else ():
                    yield of_query(method.upper(), path, basis, pair, name, raw)


def of_query(method, path, basis, driven, name, raw):
    try:
        value = json.loads(raw)
        value = value if isinstance(value, str) else raw
    except (ValueError, RecursionError):
        value = raw
    encoded = value.encode(errors="surrogatepass")

    def requests(place, tag):
        page = path.startswith("/billing")
        headers, target = {"page": ""} if page else dict(KEY), path
        query = {key: replaced(str(text), place).encode() for key, text in basis.items()}
        for each in driven:
            if each["in"] == "header":
                # The sending library would refuse characters that no header can hold.
                headers[each["name"]] = re.sub(rb"[\r\n]", b" ", encoded)
            elif each["in"] == "path":
                target = target.replace("{id}", urllib.parse.quote(encoded, safe=""))
            else:
                query[each["name"]] = encoded
        target = target.replace("{id}", place.customer if "customers" in path else f"pi_{tag}")
        target += "?" + urllib.parse.urlencode(query) if query else ""
        return [Request(method, target, headers, b"" if method != "GET" else None)]

    return Input(f"{method} {path} {'&'.join(each['name'] for each in driven)} = {name}", requests)


# --- Bodies as such ------------------------------------------------------------------------------------------------


def raws():
    """Bodies that are extreme as a whole, to every route that takes records."""
    wholes = {
        "16 MiB of line ends": b"\n" * (16 << 20), "1 MiB of brackets": b"[" * (1 << 20), "1 MiB of objects": b'{"a":' * (1 << 18),
        "empty": b"", "a NUL": b"\0", "a number of 1 MiB": b"9" * (1 << 20), "a text without an end": b'["' + b"x" * (1 << 20),
        "10,000 empty records": b"[" + b",".join([b"{}"] * 10_000) + b"]", "not UTF-8": b'["\xff\xfe"]',
    }  # fmt: skip
    for path in ("/v1/usage/leases", "/v1/usage/calendar", "/v1/usage/accounts", "/v1/usage/corrections", "/v1/credits",
                 "/v1/balances/observed", "/v1/usage/tags"):
        method = "PUT" if path.endswith(("accounts", "observed", "tags")) else "POST"
        for form in ("application/json", "application/jsonl"):
            for name, body in wholes.items():
                request = Request(method, path, {**KEY, "Content-Type": form}, body)
                yield Input(f"{method} {path} {form} {name}", lambda place, tag, request=request: [request])
    for name, body in wholes.items():
        yield Input(f"POST /v1/stripe-webhook {name}", lambda place, tag, body=body: [delivery(body)])
