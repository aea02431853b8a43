"""The order of things, read from what the process asks of the kernel."""

import os
import re
import signal
import subprocess
import threading

import stories
from oracle import Ledger
from subject import Skipped, expect

COMPLETE = re.compile(r"^(\d+) +(\w+)\((.*)$")
UNFINISHED = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
RESULT = re.compile(r"\) += +(-?\d+)[^=]*$")
DESCRIPTOR = re.compile(r"^(\d+)<([^>]*)>")
EVENT = re.compile(r"evt_[A-Za-z0-9_]*Q[0-9a-f]{8}")
CALLS = "fsync,fdatasync,pwrite64,read,recvfrom,write,writev,sendto,sendmsg,mkdir,openat"


class Call:
    __slots__ = ("name", "text", "began", "ended", "result")

    def __init__(self, name, text, began):
        self.name, self.text, self.began, self.ended, self.result = name, text, began, None, None

    def end(self, text, at):
        found = RESULT.search(text)
        self.text += text
        self.ended = at
        self.result = int(found.group(1)) if found else None

    @property
    def file(self):
        found = DESCRIPTOR.match(self.text)
        return found.group(2) if found else ""


def calls_of(trace):
    """Every call with the lines of the trace at which it began and ended."""
    open_calls, calls = {}, []
    for number, line in enumerate(trace):
        if found := UNFINISHED.match(line):
            call = open_calls[found.group(1)] = Call(found.group(2), found.group(3), number)
            calls.append(call)
        elif found := RESUMED.match(line):
            if call := open_calls.pop(found.group(1), None):
                call.end(found.group(3), number)
        elif found := COMPLETE.match(line):
            call = Call(found.group(2), "", number)
            call.end(found.group(3), number)
            calls.append(call)
    return calls


def violations(calls):
    """For each answer "recorded": its event reached the WAL, and a sync begun after that had returned by then.

    -> (how many answers, those for which that does not hold)
    """
    asked, written, syncs = {}, {}, []
    answers, wrong = 0, []
    for call in calls:
        if call.name in ("read", "recvfrom") and call.file.startswith(("socket:", "TCP:")):
            if found := EVENT.search(call.text):
                asked[call.file] = found.group()
        elif call.name == "pwrite64" and call.file.endswith("-wal"):
            for event in set(EVENT.findall(call.text)):
                # The first time: later frames repeat the page for its other rows.
                written.setdefault(event, call.ended)
        elif call.name in ("fsync", "fdatasync") and call.file.endswith("-wal") and call.result == 0:
            syncs.append(call)
        elif r"\"outcome\":\"recorded\"" in call.text and call.file.startswith(("socket:", "TCP:")):
            answers += 1
            event = asked.get(call.file)
            at = written.get(event)
            if at is None or not any(sync.began > at and sync.ended < call.began for sync in syncs):
                wrong.append(event or "an answer to nothing")
    return answers, wrong


def order(lab):
    """No 2xx is written before the sync of its transaction returned."""
    try:
        may_trace = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        may_trace = False
    if not may_trace:
        raise Skipped("strace is not there, or ptrace(2) not permitted")
    place = lab.place("order")
    trace = place / "trace"
    count = lab.rounds(40, 400)
    # 17 KB: a whole page of the WAL, in which the event's id stands.
    wrapper = ["strace", "-f", "-y", "-s", "17000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
    ledger = Ledger(str(place / "hand"))
    folder = place / "made" / "by" / "us"
    lab.runs += 1
    teller = stories.Teller(stories.load(), lab.runs, lab.dice.randrange(1 << 30), duplicates=0)
    guard = threading.Lock()

    with lab.subject(place, wrapper=wrapper) as subject:
        subject.database = str(folder / "billing.sqlite")
        subject.environment["DATABASE_URL"] = f"sqlite:{subject.database}"
        subject.start(60)

        def send(times):
            for _ in range(times):
                with guard:
                    identifier, body = teller.next()
                    ledger.will_send(identifier, body)
                status, answer, _ = subject.deliver(body)
                with guard:
                    ledger.was_answered(identifier, status, answer)

        send(count)
        threads = [threading.Thread(target=send, args=(count // 4,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # strace does not pass the signal on: the service is its child.
        service = open(f"/proc/{subject.process.pid}/task/{subject.process.pid}/children").read().split()[0]
        os.kill(int(service), signal.SIGTERM)
        subject.process.wait(60)

    calls = calls_of(trace.read_text(errors="replace").splitlines())
    recorded = sum(outcome[0] == "recorded" for outcome in ledger.read().acknowledged.values())
    answers, wrong = violations(calls)
    expect(answers == recorded > 0, f"{answers} answers in the trace, {recorded} received")
    expect(not wrong, f"{len(wrong)} answers were written before the sync of their event, the first {wrong[:1]}")

    # The proof can fail: without its syncs, or with each of them late, the same trace is refused.
    blind = violations([call for call in calls if call.name not in ("fsync", "fdatasync")])[1]
    expect(len(blind) == answers, "the check does not notice that syncs are missing")
    syncs = sum(call.name in ("fsync", "fdatasync") and call.file.endswith("-wal") for call in calls)

    # A folder that we made is lost with the power unless its parent is synced.
    first_answer = next(call.began for call in calls if r"\"outcome\"" in call.text)
    synced = {call.file for call in calls if call.name in ("fsync", "fdatasync") and call.began < first_answer}
    unsynced = [str(path) for path in (folder, folder.parent, folder.parent.parent, place) if str(path) not in synced]
    expect(
        not unsynced,
        f"{answers} answers, each after its sync; but folders made at the start were not synced into their parents: "
        + ", ".join(path.removeprefix(str(place)) or "…" for path in unsynced),
    )
    return answers, f"{answers} answers, each after one of {syncs} syncs that its event was written before", {"syncs": syncs}
