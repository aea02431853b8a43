"""Stripe, while others attack: delivers one payment after another until its standard input ends, each on a connection
of its own. Prints a list of [status, seconds, when it ended, what came instead of an answer].

Usage: probe.py PORT SECRET NAME
"""

import http.client
import json
import pathlib
import select
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests/Faults/clients"), str(ROOT / "Tests/Peers")]

import lab  # noqa: E402
import service as peers  # noqa: E402

#: Seconds between two deliveries, and how long each is waited for; target.py says what is too long.
PAUSE, PATIENCE = 0.04, 150


def deliver(port, body, secret):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    begun = time.monotonic()
    try:
        connection.request("POST", "/v1/stripe-webhook", body, {"Stripe-Signature": peers.signature(body, secret=secret)})
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - begun, time.monotonic(), None
    except (OSError, http.client.HTTPException) as error:
        return 0, time.monotonic() - begun, time.monotonic(), repr(error)
    finally:
        connection.close()


def main():
    port, secret, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    events, seen = lab.Events(name), []
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        seen.append(deliver(port, events.a_charge(), secret))
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
