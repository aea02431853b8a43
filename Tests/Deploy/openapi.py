"""GET /openapi.json is true: the document is valid, its examples match it, and schemathesis, which
makes requests of it, good and bad ones, finds no answer of the real service that it does not describe.

Usage: openapi.py --service console-billing --stand-in stripe-stand-in [--examples 20] [--seed 1]
Needs openapi-spec-validator and schemathesis in the Python that runs it.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import jsonschema
import openapi_spec_validator

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Peers"), str(HERE.parent / "Catchup")]

import service as peers  # noqa: E402
from outage import KEY, StandIn  # noqa: E402

SCENARIOS = HERE.parents[1] / "testdata" / "scenarios"
WAITING = HERE.parents[1] / "testdata" / "reports" / "voucher-waits-for-the-customer.json"
PAGES = ("/billing", "/billing/usage", "/billing/transactions/{id}/email")
SCOPES = "feed:read+sessions:write+usage:write+customers:write+ops+metrics:read"


def nodes(value, path=()):
    """Every object in a JSON value, with where it is."""
    children = ()
    if isinstance(value, dict):
        yield path, value
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from nodes(child, (*path, key))


def wrong_examples(document):
    """The examples that are not of the schema beside them."""
    schemas = {"components": document["components"]}
    for path, node in nodes(document):
        schema = node.get("schema")
        if schema is not None and "example" in node:
            validator = jsonschema.Draft202012Validator({**schemas, "$ref": "#/wanted", "wanted": schema})
            for error in validator.iter_errors(node["example"]):
                yield "/".join(map(str, path)) + ": " + error.message


def strict(document):
    """The document as it is put to the test, more exact than readers are told to take it.

    An answer may have no member that is not described. Readers are to pass over those that they do not know, so that
    the document itself cannot say so; of what is sent to us, the document says where unknown members are refused.
    """
    document = json.loads(json.dumps(document))
    sent, waiting = set(), [
        operation["requestBody"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    ]
    while waiting:
        for _, node in nodes(waiting.pop()):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in document["components"]["schemas"] and name not in sent:
                sent.add(name)
                waiting.append(document["components"]["schemas"][name])
    for name, schema in document["components"]["schemas"].items():
        for _, node in nodes(schema) if name not in sent else ():
            if "properties" in node and "additionalProperties" not in node:
                node["additionalProperties"] = False
    for _, node in nodes(document):
        # An empty parameter counts as absent, as the document's introduction says of all but those that say otherwise.
        if node.get("in") == "query" and "schema" in node and not node.get("required"):
            node.setdefault("allowEmptyValue", True)
        # Ten thousand and one records would take most of the time; Tests/WebTests has them.
        if node.get("maxItems", 0) >= 1000:
            del node["maxItems"]
    return document


def send_example(service, document, method, path):
    """Sends the body that the document has as an example. -> what was answered."""
    body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]
    request = urllib.request.Request(
        service.url + path,
        data=json.dumps(body).encode(),
        headers={"x-api-key": peers.API_KEY, "Content-Type": "application/json"},
        method=method.upper(),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def deliver(service):
    """Every scenario, and a payment that waits for its customer, signed as Stripe would. -> how many events."""
    bodies = [line for file in sorted(SCENARIOS.glob("*/events.jsonl")) for line in file.read_bytes().splitlines()]
    bodies += [json.dumps(event).encode() for event in json.loads(WAITING.read_text())["events"]]
    for body in bodies:
        status, answer = service.post(body, peers.signature(body))
        assert status == 200, (body, status, answer)
    return len(bodies)


@contextlib.contextmanager
def stripe(executable):
    """Our stand-in with every scenario in it. -> the settings with which the service asks it."""
    with tempfile.TemporaryDirectory() as folder:
        events = os.path.join(folder, "events.jsonl")
        with open(events, "wb") as file:
            for scenario in sorted(SCENARIOS.glob("*/events.jsonl")):
                file.write(scenario.read_bytes().rstrip(b"\n") + b"\n")
        stand_in = StandIn(os.path.abspath(executable), events, folder)
        try:
            yield {"STRIPE_API_BASE": stand_in.url, "STRIPE_SECRET_KEY": KEY}
        finally:
            stand_in.finish()


def put_to_the_test(service, document, credential, selection, arguments):
    """Tries some of the routes. -> the exit code of schemathesis, and which were answered well at least once."""
    with tempfile.TemporaryDirectory() as folder:
        tested, answered = os.path.join(folder, "openapi.json"), os.path.join(folder, "answered.json")
        with open(tested, "w") as file:
            json.dump(strict(document), file)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "Peers")]),
            "SCHEMATHESIS_HOOKS": "openapi_hooks",
            "ANSWERED": answered,
            "NO_COLOR": "1",
        }
        command = [
            os.path.join(os.path.dirname(sys.executable), "schemathesis"),
            "--config-file", str(HERE / "schemathesis.toml"),
            "run", tested, "--url", service.url, "--header", credential, *selection,
            "--max-examples", str(arguments.examples), "--seed", str(arguments.seed),
            "--generation-database", "none", "--suppress-health-check", "all", "--request-timeout", "30",
            *arguments.more,
        ]
        code = subprocess.run(command, env=environment, cwd=folder).returncode
        return code, set(json.loads(pathlib.Path(answered).read_text()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    parser.add_argument("--stand-in", required=True, help="the stripe-stand-in executable, which is the Stripe to ask")
    parser.add_argument("--examples", type=int, default=20, help="requests of each kind and route (20)")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from (1)")
    parser.add_argument("more", nargs="*", help="more arguments for schemathesis, after --")
    arguments = parser.parse_args()

    key = f"peers:{hashlib.sha256(peers.API_KEY.encode()).hexdigest()}:{SCOPES}"
    with stripe(arguments.stand_in) as settings, peers.running(
        # Jobs that begin by themselves would interfere with the requested ones.
        arguments.service, API_KEYS=key, CATCH_UP_AFTER="0", RECONCILE_EVERY="0", LOG_LEVEL="error", **settings
    ) as service:
        with urllib.request.urlopen(service.url + "/openapi.json", timeout=10) as answer:
            document = json.load(answer)
        openapi_spec_validator.validate(document)
        wrong = list(wrong_examples(document))
        assert not wrong, "\n".join(wrong)
        routes = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}

        for path in ("/v1/usage/leases", "/v1/usage/calendar", "/v1/usage/corrections", "/v1/credits"):
            send_example(service, document, "post", path)
        for path in ("/v1/usage/accounts", "/v1/balances/observed", "/v1/usage/tags"):
            send_example(service, document, "put", path)
        session = send_example(service, document, "post", "/v1/customer_sessions")["token"]
        print(f"{len(routes)} routes described; {deliver(service)} events and the document's own examples delivered")

        started = time.monotonic()
        codes, answered = [], set()
        # A page is a customer's, and no key's; it has no links to other routes to be followed.
        for which, phases, credential in (
            ("exclude", "examples,coverage,fuzzing,stateful", f"x-api-key: {peers.API_KEY}"),
            ("include", "examples,coverage,fuzzing", f"Authorization: Bearer {session}"),
        ):
            selection = ["--phases", phases, *(word for page in PAGES for word in (f"--{which}-path", page))]
            code, well = put_to_the_test(service, document, credential, selection, arguments)
            codes.append(code)
            answered |= well
        print(f"schemathesis ended with {codes} after {time.monotonic() - started:.0f} s")
    # A route that only ever refused has not been tested. There is no chain to read usage from here.
    refused = routes - answered - {
        "POST /v1/usage/syncs", "GET /v1/usage/syncs/{id}", "POST /v1/console_imports", "GET /v1/console_imports/{id}",
    }
    print(f"Refused whatever was asked: {sorted(refused)}" if refused else "All were answered well at least once")
    return 1 if any(codes) or refused else 0


if __name__ == "__main__":
    sys.exit(main())
