"""Events are passed on to two receivers that verify with Stripe's official SDK, while the service is killed and one
receiver is down, slow or refuses: each gets every event, byte for byte, and the events of an object in order."""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import service as peers
from receiver import Receiver

EVENTS = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "events"
SECRETS = ["whsec_of_the_steady_receiver", "whsec_of_the_troubled_receiver"]
COUNT = 300


class Troubled(Receiver):
    """Is now and then down, and now and then refuses."""

    def __init__(self, secret):
        self.random = random.Random(1)
        super().__init__(secret)

    def take(self, event):
        chance = self.random.random()
        return 503 if chance < 0.02 else 422 if chance < 0.1 else 200


def bodies():
    """-> COUNT different events of 40 charges, as Stripe prints them"""
    charge = json.loads((EVENTS / "charge.succeeded.json").read_text())
    for number in range(COUNT):
        charge["id"] = f"evt_forwarded{number:04d}"
        charge["data"]["object"]["id"] = f"ch_forwarded{number % 40:02d}"
        yield json.dumps(charge, indent=2).encode()


def start(executable, folder, port, receivers):
    settings = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:{folder}/billing.sqlite",
        "STRIPE_WEBHOOK_SECRET": peers.SECRET,
        "LINK_SIGNING_SECRET": "a secret of the peers that is long enough to sign links",
        "FORWARD_TO": ",".join(receiver.url for receiver in receivers),
        "FORWARD_SECRET": ",".join(SECRETS),
    }
    log = open(f"{folder}/log", "a+")
    process = subprocess.Popen([os.path.abspath(executable), "serve"], env=settings, cwd=folder, stderr=log)
    service = peers.Service(f"http://127.0.0.1:{port}", process, f"{folder}/log")
    peers.wait_until_ready(service)
    return service


def deliver(service, body):
    """Repeats as Stripe does; -> whether the event was acknowledged"""
    try:
        return service.post(body, peers.signature(body))[0] == 200
    except OSError:
        return False


def wrong(receiver, sent, name):
    problems = [f"{name}: {text}" for text in receiver.bad[:3]]
    accepted = {}
    for identifier, body in receiver.accepted:
        if accepted.setdefault(identifier, body) != body:
            problems.append(f"{name}: {identifier} came with two bodies")
    if missing := [identifier for identifier in sent if identifier not in accepted]:
        problems.append(f"{name}: {len(missing)} of {len(sent)} did not come, such as {missing[0]}")
    problems += [f"{name}: {i} was altered" for i, body in sent.items() if accepted.get(i, body) != body][:3]
    charge = {identifier: json.loads(body)["data"]["object"]["id"] for identifier, body in sent.items()}
    order = {}
    for identifier in accepted:
        if identifier in charge:
            order.setdefault(charge[identifier], []).append(identifier)
    problems += [f"{name}: {charge} came as {ids}" for charge, ids in order.items() if ids != sorted(ids)][:3]
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    arguments = parser.parse_args()
    receivers = [Receiver(SECRETS[0]), Troubled(SECRETS[1])]
    sent, kills = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        port = peers.free_port()
        service = start(arguments.service, folder, port, receivers)
        # A receiver begins with what comes after its job was made.
        wait_for(lambda: job_count(folder) == 2)
        for number, body in enumerate(bodies()):
            if number in (60, 130, 210):
                service.process.kill()
                service.process.wait()
                kills += 1
                service = start(arguments.service, folder, port, receivers)
            assert deliver(service, body), "a delivery was not acknowledged"
            sent[json.loads(body)["id"]] = body
        complete = lambda: all(len({i for i, _ in receiver.accepted}) == COUNT for receiver in receivers)  # noqa: E731
        wait_for(complete, seconds=240)
        service.process.send_signal(signal.SIGTERM)
        code = service.process.wait(timeout=40)
        log = pathlib.Path(f"{folder}/log").read_text()
    problems = wrong(receivers[0], sent, "the steady receiver") + wrong(receivers[1], sent, "the troubled receiver")
    if code:
        problems.append(f"SIGTERM is answered with exit {code}")
    problems += [f"the log has {secret}" for secret in [*SECRETS, "token=of-the-receiver"] if secret in log]
    twice = [len(receiver.accepted) - COUNT for receiver in receivers]
    print(f"{COUNT} events to two receivers through {kills} kills; passed on again: {twice[0]} and {twice[1]}")
    print("\n".join(problems) or "all came, unaltered and in order")
    return 1 if problems else 0


def job_count(folder):
    query = "SELECT count(*) FROM jobs WHERE kind = 'forward'"
    found = subprocess.run(["sqlite3", "-readonly", f"{folder}/billing.sqlite", query], capture_output=True, text=True)
    return int(found.stdout or 0)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
