"""The service under its limit, a database of its own, a Stripe that probes it, and the laws for every answer."""

import collections
import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import memory
import subject
from lab import percentile
from probe import PATIENCE

SCOPES = "feed:read+sessions:write+usage:write+customers:write+ops+metrics:read"
KEY = {"x-api-key": subject.API_KEY}
JSON = {**KEY, "Content-Type": "application/json"}
#: The service gives a request 30 s to arrive and an answer 30 s to be read; what takes longer hangs. An acknowledgement
#: is waited for by Stripe, which does not wait for ever either. Neither counts the time for which the machine was another's.
DEADLINE, ACKNOWLEDGED_WITHIN = 35, 20
ENDED = "the process ended"
HERE = Path(__file__).resolve().parent


class Answer(collections.namedtuple("Answer", "status body seconds")):
    @property
    def json(self):
        return json.loads(self.body)


class Target:
    def __init__(self, executable, folder, database, stripe, limit=None):
        os.makedirs(folder)
        environment = {
            "API_KEYS": f"hostile:{hashlib.sha256(subject.API_KEY.encode()).hexdigest()}:{SCOPES}",
            "LOG_LEVEL": "error",
            **stripe, **(limit.environment if limit else {}), **database,
        }  # fmt: skip
        self.subject = subject.Subject(executable, folder, environment, preparation=limit and limit.prepare)
        self.local, self.lock = threading.local(), threading.Lock()
        self.statuses, self.slowest, self.peak = collections.Counter(), (0, ""), 0
        self.probe, self.probed = None, []

    def __enter__(self):
        self.subject.start()
        self.starved = Starved(self.subject.process.pid)
        return self

    def __exit__(self, *_):
        self.stop_probe()
        self.starved.over.set()
        self.look()
        self.lived = self.lives
        self.subject.finish()

    @property
    def lives(self):
        return self.subject.process.poll() is None

    @property
    def end(self):
        """How it ended, and what it said last."""
        lines = self.subject.output().strip().splitlines()
        last = [line for line in lines if "rror" in line or "crashed" in line][-2:] or lines[-1:]
        return f"{ENDED} with {self.subject.process.returncode}: " + " / ".join(line[:300] for line in last)

    def look(self):
        """Notes the peak of memory; a law of its own, wherever the limit is not exact."""
        self.peak = max(self.peak, memory.status(self.subject.process, "VmHWM"))

    # ------------------------------------------------------------ the probe

    def start_probe(self, name):
        words = [sys.executable, str(HERE / "probe.py"), str(self.subject.port), subject.SECRET, name]
        self.probe = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop_probe(self):
        """-> what it saw: [status, seconds, when it ended, error]"""
        if not self.probe:
            return []
        seen = json.loads(self.probe.communicate("")[0])
        self.probe = None
        self.probed += seen
        return seen

    def unacknowledged(self, seen):
        return [
            each
            for each in seen
            if each[0] != 200 or each[1] - self.starved.between(each[2] - each[1], each[2]) > ACKNOWLEDGED_WITHIN
        ]

    def probe_for(self, seconds, name):
        self.start_probe(name)
        time.sleep(seconds)
        return self.stop_probe()

    # ------------------------------------------------------------ requests

    def ask(self, method, path, headers=KEY, body=None):
        """-> the answer; of status 0 where the connection ended without one. Raises TimeoutError."""
        for attempt in range(5):
            answer, retry_after = self.once(method, path, headers, body)
            # Who asks for too much is put off, and asks again: what is refused for ever is a failure.
            if answer.status not in (429, 503):
                break
            time.sleep(min(float(retry_after or 1), 2))
        return answer

    def once(self, method, path, headers, body):
        kept = getattr(self.local, "connection", None)
        connection = kept or http.client.HTTPConnection("127.0.0.1", self.subject.port, timeout=PATIENCE)
        self.local.connection = None
        begun = time.monotonic()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            read, retry_after = answer.read(), answer.headers.get("Retry-After")
            status = answer.status
            if not answer.will_close:
                self.local.connection = connection
        except TimeoutError:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if kept:
                # It was kept for longer than the service keeps one.
                return self.once(method, path, headers, body)
            status, read, retry_after = 0, repr(error).encode(), None
        ended = time.monotonic()
        taken = ended - begun - self.starved.between(begun, ended)
        with self.lock:
            self.statuses[status] += 1
            if taken > self.slowest[0]:
                self.slowest = (taken, f"{method} {path[:120]}")
        return Answer(status, read, taken), retry_after

    def session(self, customer):
        """The headers of a customer who is let in."""
        body = json.dumps({"customer": customer}).encode()
        answer = self.ask("POST", "/v1/customer_sessions", JSON, body)
        return {"Authorization": f"Bearer {answer.json['token']}"} if answer.status == 200 else KEY

    def broken(self, method, path, headers=KEY, body=None, good=None):
        """-> which law the answer breaks; None: none. A refused connection is told by the process that is gone."""
        try:
            answer = self.ask(method, path, headers, body)
        except TimeoutError:
            return f"no answer within {PATIENCE} s"
        if not self.lives:
            return self.end
        if answer.seconds > DEADLINE:
            return f"an answer after {answer.seconds:.0f} s"
        if answer.status >= 500 or (good and answer.status not in good):
            return f"{answer.status} {answer.body[:200].decode(errors='replace')}"
        return None


class Starved:
    """For how long a process was ready to run and the machine did not let it: the worst of its threads, by the second."""

    def __init__(self, pid):
        self.pid, self.over, self.record = pid, threading.Event(), []
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        before = self.delays()
        while not self.over.wait(0.5):
            now = self.delays()
            worst = max((delay - before.get(thread, 0) for thread, delay in now.items()), default=0)
            self.record.append((time.monotonic(), worst))
            before = now

    def delays(self):
        """-> what each thread has waited for a processor, in seconds (the kernel's sched-stats.txt)"""
        found = {}
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                with contextlib.suppress(OSError):
                    found[thread] = int(Path(f"/proc/{self.pid}/task/{thread}/schedstat").read_text().split()[1]) / 1e9
        return found

    def between(self, first, last):
        """Only of what took so long that it matters."""
        return sum(worst for at, worst in list(self.record) if first <= at <= last) if last - first > 2 else 0


def waits(seen):
    return [each[1] for each in seen if each[0] == 200]


def p99(seen):
    return percentile(waits(seen), 0.99) if waits(seen) else float("nan")
