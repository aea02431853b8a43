"""Stripe's official SDK signs every body of testdata/events; each must be acknowledged, and none quarantined
that should not be."""

import argparse
import pathlib
import sys
import time

import stripe

import service as peers

EVENTS = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "events"


def signed_by_the_sdk(body):
    now = int(time.time())
    digest = stripe.WebhookSignature._compute_signature(f"{now}." + body.decode("utf-8"), peers.SECRET)
    return f"t={now},v1={digest}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    wrong = []
    files = sorted(EVENTS.glob("*.json"))
    with peers.running(arguments.service) as service:
        for file in files:
            body = file.read_bytes()
            status, answer = service.post(body, signed_by_the_sdk(body))
            expected = "quarantined" if ".quarantine-" in file.name else "recorded"
            if (status, answer.get("outcome")) != (200, expected):
                wrong.append(f"{file.name}: {status} {answer}, expected 200 {expected}")
            status, answer = service.post(body, signed_by_the_sdk(body))
            if (status, answer.get("outcome")) != (200, "duplicate"):
                wrong.append(f"{file.name} again: {status} {answer}, expected a duplicate")
        rows = service.transactions()
        tampered = files[0].read_bytes()
        status, answer = service.post(tampered + b" ", signed_by_the_sdk(tampered))
        if (status, answer["error"]["code"]) != (400, "signature_mismatch"):
            wrong.append(f"an altered body: {status} {answer}")
    print(f"{len(files)} bodies signed by stripe {stripe.VERSION if hasattr(stripe, 'VERSION') else ''}"
          f" delivered twice; {len(rows)} rows in the feed")
    print("\n".join(wrong) or "all as they should be")
    return 1 if wrong or len(files) < 60 or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
