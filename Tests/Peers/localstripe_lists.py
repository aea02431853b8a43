"""localstripe, a stand-in for Stripe made by others, is asked for its lists: it has them in another order and with fewer
filters than Stripe, and every command must come to its end and say so."""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import localstripe_webhooks as localstripe


def ask(executable, base, folder, *words):
    """Runs a command on a database of its own, where no service is. -> exit code, JSON, what it complained of."""
    process = subprocess.run(
        [os.path.abspath(executable), *words, "--format", "json", "--rate", "50"],
        env={
            "PATH": os.environ["PATH"],
            "PORT": str(localstripe.peers.free_port()),
            "DATABASE_URL": f"sqlite:{folder}/billing.sqlite",
            "STRIPE_SECRET_KEY": "sk_test_12345",
            "STRIPE_API_BASE": base,
        },
        cwd=folder,
        capture_output=True,
        timeout=300,
    )
    lines = process.stdout.splitlines()
    return process.returncode, json.loads(lines[-1]) if lines else None, process.stderr.decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    base = localstripe.start_localstripe()
    _, customer = localstripe.post(base, "/v1/customers", **{"metadata[userId]": "user-7"})
    for amount in (2500, 1300, 700):
        status, paid = localstripe.pay(base, customer["id"], "4242424242424242", amount)
        assert status == 200, (status, paid)
    localstripe.post(base, "/v1/refunds", payment_intent=paid["id"], amount=300)
    # Some of its lists fail within, and its server says so at length.
    logging.disable()
    commands = (("backfill", "--since", "1d"), ("backfill", "--since", "90d"), ("reconcile", "--since", "1d"))

    def come_to_its_end(words):
        with tempfile.TemporaryDirectory() as folder:
            return ask(arguments.service, base, folder, *words)

    # Each waits most of its time, between the tries of what localstripe fails at: they may as well wait together.
    with ThreadPoolExecutor() as pool:
        ends = list(pool.map(come_to_its_end, commands))
    for words, (code, run, said) in zip(commands, ends):
        assert run is not None, (code, said)
        assert (run["state"], code) in (("completed", 1), ("failed", 75)), (code, run, said)
        assert run["requests"] < 100, run["requests"]
        complaints = run["problems"] + ([run["reason"]] if run.get("reason") else [])
        assert complaints and all(complaint in said for complaint in complaints), (complaints, said)
        if words[0] == "backfill":
            refused = [one for one in run["lists"] if "events" in one["name"] and one["state"] == "refused"]
            assert len(refused) == 6, run["lists"]
        print(" ".join(words), f"→ exit {code}, {run['requests']} requests; {complaints[-1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
