"""Secrets are rolled while deliveries come in: by files that are swapped and written in place, and by SIGHUP.

No delivery is refused that was signed with a secret in force, none is taken that was signed with one that is gone, and
a file that is broken changes nothing. A hang-up ends the service neither when it starts nor under nohup."""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
import service as peers  # noqa: E402

OLD, NEW = "whsec_" + "o" * 32, "whsec_" + "n" * 32
LINK = "a-secret-of-the-rotation-that-is-long-enough"
OTHER_LINK = "another-secret-of-the-rotation-long-enough"
KEYS = {"ops": "cbk_rotation_ops", "next": "cbk_rotation_next"}


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def entry(name):
    return f"{name}:{hashlib.sha256(KEYS[name].encode()).hexdigest()}:ops+feed:read+sessions:write"


def until(what, condition, seconds=30):
    """Waits for something that is bound to come; what it is tells the one who waits in vain."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come about in {seconds} s")


class Mount:
    """A folder as Kubernetes mounts a secret: names that lead through a link, which is swapped for all of them at once."""

    def __init__(self, folder):
        self.folder, self.turn = pathlib.Path(folder), 0

    def put(self, **texts):
        self.turn += 1
        version = self.folder / f"..{self.turn}"
        version.mkdir()
        for name, text in texts.items():
            (version / name).write_text(text)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        (self.folder / "..next").symlink_to(version.name)
        os.replace(self.folder / "..next", self.folder / "..data")


class Deliveries(threading.Thread):
    """Stripe: delivers, one after another, each signed with the secrets that are given at that moment."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service, self.secrets, self.ended = service, [OLD], False
        self.sent, self.refused = 0, []

    def run(self):
        while not self.ended:
            self.sent += 1
            for secret in list(self.secrets):
                status, answer = deliver(self.service, f"evt_{self.sent}_{secret[-1]}", secret)
                if status != 200:
                    self.refused.append((secret[:7], status, answer))

    def done(self):
        self.ended = True
        self.join()
        assert self.sent > 20, f"only {self.sent} deliveries came in meanwhile"
        assert not self.refused, self.refused[:3]
        return self.sent


def deliver(service, event, secret):
    body = json.dumps({"id": event, "object": "event", "type": "plan.created", "created": 1750000000}).encode()
    return service.post(body, peers.signature(body, secret=secret))


def status(service, path, key):
    try:
        service.get(path, key)
        return 200
    except urllib.error.HTTPError as error:
        return error.code


def listed(service, key=KEYS["ops"]):
    return service.get("/v1/secrets", key)


def in_force(service, kind, key=KEYS["ops"]):
    return [row["fingerprint"] for row in listed(service, key)["data"] if row["kind"] == kind]


def metric(service, name):
    with urllib.request.urlopen(service.url + "/metrics", timeout=10) as answer:
        return next(line for line in answer.read().decode().splitlines() if line.startswith(name + " ")).split()[1]


@contextlib.contextmanager
def mounted(executable, **options):
    with tempfile.TemporaryDirectory() as folder:
        mount = Mount(folder)
        mount.put(webhook=OLD, link=LINK, keys=entry("ops"))
        files = {
            "STRIPE_WEBHOOK_SECRET_FILE": f"{folder}/webhook",
            "LINK_SIGNING_SECRET_FILE": f"{folder}/link",
            "API_KEYS_FILE": f"{folder}/keys",
        }
        with peers.running(
            executable, STRIPE_WEBHOOK_SECRET=None, LINK_SIGNING_SECRET=None, API_KEYS=None, METRICS_OPEN="true",
            **files, **options
        ) as service:
            yield service, mount


def rolled_by_files(executable):
    with mounted(executable) as (service, mount):
        stripe = Deliveries(service)
        stripe.start()
        # Both are in force before Stripe signs with both, and until it signs with the new one alone.
        mount.put(webhook=f"{NEW},{OLD}\n", link=f"{OTHER_LINK},{LINK}", keys=f"{entry('ops')},{entry('next')}")
        until("the second secret", lambda: in_force(service, "webhook") == [fingerprint(NEW), fingerprint(OLD)])
        assert in_force(service, "link") == [fingerprint(OTHER_LINK), fingerprint(LINK)]
        assert status(service, "/v1/events", KEYS["next"]) == 200
        stripe.secrets = [OLD, NEW]
        until("a delivery signed anew", lambda: uses(service, NEW) > 0)
        stripe.secrets = [NEW]
        before = uses(service, OLD)
        until("ten more deliveries", lambda: uses(service, NEW) > 10)
        assert uses(service, OLD) - before <= 1, "the former secret is used although no sender signs with it"
        mount.put(webhook=NEW, link=OTHER_LINK, keys=entry("next"))
        until("the former key's end", lambda: status(service, "/v1/events", KEYS["ops"]) == 401)
        assert in_force(service, "webhook", KEYS["next"]) == [fingerprint(NEW)]
        answer = deliver(service, "evt_late", OLD)
        assert answer[0] == 400 and answer[1]["error"]["code"] == "signature_mismatch", answer
        sent = stripe.done()
        log = open(service.log).read()
        for secret in (OLD, NEW, LINK, OTHER_LINK, *KEYS.values()):
            assert secret not in log, "a secret is in the log"
        assert f"removed {fingerprint(OLD)}" in log
    return sent


def uses(service, secret):
    return next((row["uses"] for row in listed(service)["data"] if row["fingerprint"] == fingerprint(secret)), 0)


def broken_files_change_nothing(executable):
    texts = {"webhook": OLD, "link": LINK, "keys": entry("ops")}
    broken = [("webhook", ""), ("webhook", "whsec_a,,"), ("link", "short"), ("keys", ""), ("keys", entry("ops")[:40])]
    with mounted(executable) as (service, mount):
        stripe = Deliveries(service)
        stripe.start()
        standing = [in_force(service, kind) for kind in ("webhook", "link", "api_key")]
        for name, text in broken:
            mount.put(**{**texts, name: text})
            service.process.send_signal(signal.SIGHUP)
            until("the refusal", lambda: metric(service, "console_billing_secrets_last_read_successful") == "0")
            assert [in_force(service, kind) for kind in ("webhook", "link", "api_key")] == standing
            assert listed(service)["last_reading"]["problems"], "it is not said what is wrong"
            before = stripe.sent
            until("some deliveries", lambda: stripe.sent > before + 5)
            mount.put(**texts)
            service.process.send_signal(signal.SIGHUP)
            until("the mended file", lambda: metric(service, "console_billing_secrets_last_read_successful") == "1")
        stripe.done()
    return len(broken)


def shown_by_the_command(executable):
    with mounted(executable) as (service, mount):
        deliver(service, "evt_1", OLD)

        def command(*words):
            return subprocess.run(
                [executable, "secrets", "--server", service.url, "--api-key", KEYS["ops"], *words],
                capture_output=True,
                text=True,
                timeout=30,
            )

        told = command("--format", "human")
        assert told.returncode == 0, told.stderr
        row = next(line.split() for line in told.stdout.splitlines() if fingerprint(OLD) in line)
        assert row[0] == "webhook" and row[-2:] == ["1", "–"], row
        assert json.loads(command("--format", "json").stdout)["data"][0]["uses"] == 1
        mount.put(webhook="", link=LINK, keys=entry("ops"))
        service.process.send_signal(signal.SIGHUP)
        until("the refusal", lambda: not listed(service)["last_reading"]["successful"])
        told = command("--format", "human")
        assert told.returncode == 1 and "STRIPE_WEBHOOK_SECRET" in told.stderr, told


def hang_ups_end_nothing(executable):
    # Under nohup a hang-up is ignored from the first; it asks for other secrets all the same.
    with mounted(executable, before=["nohup"]) as (service, mount):
        mount.put(webhook=NEW, link=LINK, keys=entry("ops"))
        service.process.send_signal(signal.SIGHUP)
        until("the other secret", lambda: in_force(service, "webhook") == [fingerprint(NEW)])
    # Hung up all the while it starts, from its first line on: what comes before is not its doing.
    with mounted_while_hung_up(executable) as service:
        assert deliver(service, "evt_1", OLD)[0] == 200


@contextlib.contextmanager
def mounted_while_hung_up(executable):
    ready = threading.Event()
    popen = subprocess.Popen
    hung_up = []

    def minds_hang_ups(process):
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
        masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigIgn", "SigCgt"))]
        return any(mask & 1 for mask in masks)

    def start(*words, **options):
        process = popen(*words, **options)

        def hang_up():
            while not ready.wait(0.001) and process.poll() is None:
                if minds_hang_ups(process):
                    process.send_signal(signal.SIGHUP)
                    hung_up.append(process.pid)

        threading.Thread(target=hang_up, daemon=True).start()
        return process

    subprocess.Popen = start
    try:
        with mounted(executable) as (service, _):
            ready.set()
            assert hung_up, "the connection stayed open"
            yield service
    finally:
        ready.set()
        subprocess.Popen = popen


def a_terminal_that_goes_away(executable):
    """Its log output is closed, like a terminal whose window closes: it continues to answer."""
    primary, secondary = os.openpty()
    with tempfile.TemporaryDirectory() as folder:
        port = peers.free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:{folder}/billing.sqlite",
            "STRIPE_WEBHOOK_SECRET": OLD,
            "LINK_SIGNING_SECRET": LINK,
        }
        process = subprocess.Popen(
            [os.path.abspath(executable), "serve"],
            env=environment,
            cwd=folder,
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            start_new_session=True,
        )
        os.close(secondary)
        service = peers.Service(f"http://127.0.0.1:{port}", process, os.devnull)
        try:
            peers.wait_until_ready(service)
            os.close(primary)
            process.send_signal(signal.SIGHUP)
            for number in range(20):
                assert deliver(service, f"evt_{number}", OLD)[0] == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True, help="the console-billing executable")
    executable = os.path.abspath(parser.parse_args().service)
    print(f"{rolled_by_files(executable)} deliveries while every secret was rolled, none refused")
    print(f"{broken_files_change_nothing(executable)} broken files changed nothing")
    shown_by_the_command(executable)
    hang_ups_end_nothing(executable)
    a_terminal_that_goes_away(executable)
    print("the command tells which secret is used; hang-ups and a closed terminal end nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
