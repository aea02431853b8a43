"""A disk that fails, is full, or may not be written to."""

import contextlib
import errno
import mmap
import os
import shutil
import struct
import subprocess
import time
import urllib.error

import oracle
import stories
from subject import Failure, Skipped, Supervisor, expect, wait_for

WRITE, SYNC, TRUNCATE, OPEN, UNLINK = 1, 2, 4, 8, 16
DATABASE, WAL, OTHER = 1, 2, 4
# What an ingest writes. A checkpoint comes after the answer, now and then: what it copies is safe already, and its failures
# are another matter (`checkpoint`).
INGEST = WAL | OTHER
NAMES = {WRITE: "write", SYNC: "sync", TRUNCATE: "truncate"}
NEVER = 1 << 30


class FailingDisk:
    """Commands preload/io_fault.c."""

    FIELDS = "8i"

    def __init__(self, lab, place):
        self.path = place / "control"
        self.path.write_bytes(bytes(struct.calcsize(self.FIELDS)))
        self.file = open(self.path, "r+b")
        self.memory = mmap.mmap(self.file.fileno(), 0)
        folder = place / "data"
        folder.mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            "LD_PRELOAD": lab.library("io_fault"),
            "FAULT_FOLDER": str(folder),
            "FAULT_CONTROL": str(self.path),
        }

    def arm(self, passes, error=errno.EIO, persists=False, kinds=WRITE | SYNC | TRUNCATE, places=DATABASE | WAL | OTHER):
        """From now on, after `passes` calls of these kinds, one fails or all do."""
        struct.pack_into(self.FIELDS, self.memory, 0, 0, passes, error, persists, kinds, places, 0, 0)
        struct.pack_into("i", self.memory, 0, 1)

    def disarm(self):
        struct.pack_into("i", self.memory, 0, 0)

    @property
    def calls(self):
        return struct.unpack_from("i", self.memory, 24)[0]

    @property
    def failed(self):
        return struct.unpack_from("i", self.memory, 28)[0]


class Hand:
    """Delivers one event at a time, and again until it is taken, as Stripe would."""

    def __init__(self, lab, place, subject):
        lab.runs += 1
        short = [story for story in stories.load() if len(story) < 20]
        self.teller = stories.Teller(short, lab.runs, lab.dice.randrange(1 << 30), duplicates=0, at_once=3)
        self.subject = subject
        self.ledger = lab.ledger(place)
        self.owed = []

    def deliver(self, event=None):
        """-> status, headers"""
        identifier, body = event or self.teller.next()
        self.ledger.will_send(identifier, body)
        status, answer, headers = self.subject.deliver(body)
        self.ledger.was_answered(identifier, status, answer)
        if status != 200:
            self.owed.append((identifier, body))
        return status, headers

    def settle(self, seconds=60):
        """Once the cause has gone: everything is taken, without anybody's help. -> how long that took"""
        begun = time.monotonic()
        while self.owed:
            owed, self.owed = self.owed, []
            for event in owed:
                if self.deliver(event)[0] != 200:
                    expect(time.monotonic() < begun + seconds, f"{len(owed)} events are still refused after {seconds} s")
                    time.sleep(0.05)
        return time.monotonic() - begun

    def check(self):
        self.owed += self.teller.rest()
        self.settle()
        return oracle.check_service(self.subject, self.ledger.read())


def ingest(lab, error, persists):
    """Sweeps a failure over every write, sync and truncate of an ingest."""
    name = f"io-{errno.errorcode[error].lower()}-{'persistent' if persists else 'once'}"
    place = lab.place(name)
    disk = FailingDisk(lab, place)
    cases, slowest, sweep = 0, 0.0, {}
    with lab.subject(place, environment=disk.environment) as subject, Supervisor(subject) as supervisor:
        hand = Hand(lab, place, subject)
        for kind in (WRITE, SYNC, TRUNCATE):
            calls = 0
            for _ in range(4):
                disk.arm(NEVER, kinds=kind, places=INGEST)
                expect(hand.deliver()[0] == 200, "an event was refused without a fault")
                calls = max(calls, disk.calls)
            sweep[NAMES[kind]] = calls
            for passes in [which for which in range(calls) for _ in range(lab.rounds(1, 4))]:
                slowest = max(slowest, case(disk, hand, supervisor, kind, passes, error, persists))
                cases += 1
        figures = hand.check()
        stops = len(supervisor.exits)
    figures |= {"swept": sweep, "stops": stops, "recovery_ms_max": round(slowest * 1e3)}
    swept = ", ".join(f"{count} {kind}s" for kind, count in sweep.items())
    return cases, f"{swept} of an ingest: 0 lost, {stops} stops; back within {figures['recovery_ms_max']} ms", figures


def case(disk, hand, supervisor, kind, passes, error, persists):
    what = f"{errno.errorcode[error]} {'from' if persists else 'at'} {NAMES[kind]} {passes}"
    stops = len(supervisor.exits)
    disk.arm(passes, error, persists, kinds=kind, places=INGEST)
    refusals = []
    for _ in range(6):
        status, headers = hand.deliver()
        if status != 200:
            refusals.append(status)
            expect(status in (0, 503), f"{what}: answered {status}")
            expect(status != 503 or headers["Retry-After"], f"{what}: 503 without Retry-After")
        if disk.failed and not persists:
            break
        expect(not (disk.failed and status == 200 and persists), f"{what}: acknowledged while nothing could be written")
    expect(disk.failed, f"{what}: no call failed: no test")
    expect(refusals, f"{what}: nothing was refused")
    # What a full disk refuses was not written, and nothing is in doubt. All else ends the process.
    must_stop = error != errno.ENOSPC or kind != WRITE
    if must_stop:
        end = time.monotonic() + 30
        while len(supervisor.exits) == stops:
            expect(time.monotonic() < end, f"{what}: the process did not end within 30 s")
            time.sleep(0.01)
        expect(0 not in supervisor.exits[stops:], f"{what}: the process ended with 0, and nobody would start it again")
    disk.disarm()
    took = hand.settle()
    expect(must_stop or len(supervisor.exits) == stops, f"{what}: ended with {supervisor.exits[stops:]}, no need")
    return took


def eio_once(lab):
    """Every write, sync and truncate of an ingest fails once with EIO: refused, ended, started again."""
    return ingest(lab, errno.EIO, False)


def eio_persistent(lab):
    """The same, and from then on every call fails until the cause has gone."""
    return ingest(lab, errno.EIO, True)


def enospc_once(lab):
    """The same with ENOSPC: refused, and no restart is needed where it was a write."""
    return ingest(lab, errno.ENOSPC, False)


def enospc_persistent(lab):
    """The same with ENOSPC until the cause has gone."""
    return ingest(lab, errno.ENOSPC, True)


def checkpoint(lab):
    """The database file itself fails, which happens at checkpoints, under load."""
    place = lab.place("io-checkpoint")
    disk = FailingDisk(lab, place)
    cases = unnoticed = 0
    with lab.subject(place, environment=disk.environment) as subject, Supervisor(subject) as supervisor:
        with lab.sender(place) as sender:
            for error in (errno.EIO, errno.ENOSPC):
                for kind, passes in [(WRITE, lab.dice.randrange(12)), (SYNC, 0)] * lab.rounds(1, 8):
                    for persists in (False, True):
                        stops = len(supervisor.exits)
                        disk.arm(passes, error, persists, kinds=kind, places=DATABASE)
                        sender.go(subject.port)
                        end = time.monotonic() + 60
                        while not disk.failed and time.monotonic() < end:
                            time.sleep(0.01)
                        expect(disk.failed, "no checkpoint failed: no test")
                        # EIO is to end the process; a full disk is to be borne.
                        end = time.monotonic() + (30 if error == errno.EIO else 0.5)
                        while len(supervisor.exits) == stops and time.monotonic() < end:
                            time.sleep(0.01)
                        disk.disarm()
                        has_stopped = len(supervisor.exits) > stops
                        unnoticed += error == errno.EIO and not has_stopped
                        time.sleep(0.2)
                        counts = sender.stop()
                        expect(counts["acked"], "nothing was acknowledged: no test")
                        oracle.check_file_while_idle(subject, sender.ledger)
                        cases += 1
            sender.complete(subject.port)
            figures = oracle.check_service(subject, sender.ledger)
            codes = supervisor.exits
    figures |= {"unnoticed": unnoticed, "exits": codes}
    expect(not unnoticed, f"nothing acknowledged is lost, but {unnoticed} of {cases // 2} failed checkpoints went unnoticed")
    return cases, f"{figures['acknowledged']} acknowledged, 0 lost; every EIO ended the process", figures


def first_start(lab):
    """EIO at any write, sync or truncate of the first start: the next start succeeds."""
    place = lab.place("io-first-start")
    disk = FailingDisk(lab, place)
    with lab.subject(place, environment=disk.environment) as subject:
        disk.arm(NEVER)
        subject.start()
        calls = disk.calls
        disk.disarm()
        subject.terminate()
        count = min(calls, lab.rounds(12, calls))
        codes = set()
        for passes in sorted(lab.dice.sample(range(calls), count)):
            shutil.rmtree(subject.folder)
            os.mkdir(subject.folder, 0o700)
            disk.arm(passes)
            subject.launch()
            end = time.monotonic() + 30
            while subject.process.poll() is None and time.monotonic() < end and not subject.is_ready():
                time.sleep(0.01)
            failed, code = disk.failed, subject.process.poll()
            codes.add(code)
            disk.disarm()
            subject.finish()
            expect(failed, f"call {passes} of the first start was not made")
            expect(code != 0 and (code is None or code > 0), f"EIO at call {passes} of the first start: exit {code}")
            subject.start()
            hand = Hand(lab, lab.place(f"io-first-start-{passes}"), subject)
            expect(hand.deliver()[0] == 200, f"after EIO at call {passes} of the first start nothing is taken")
            subject.terminate()
    exits = sorted(code for code in codes if code is not None)
    survived = ", or it served all the same" if None in codes else ""
    return count, f"of {calls} calls; exit {exits}{survived}; the next start succeeds", {"calls": calls, "exits": exits}


# ---------------------------------------------------------------- full


@contextlib.contextmanager
def small_disk(folder, megabytes):
    """A tmpfs of its own. Yields a function that changes its size."""

    def mount(options):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
        return done.returncode == 0

    if not mount(f"size={megabytes}m,mode=0700"):
        raise Skipped("mount(2) is not permitted here")
    try:
        yield lambda size: expect(mount(f"remount,size={size}m"), "the disk cannot be made larger")
    finally:
        subprocess.run(["umount", folder], check=True)


def is_ready(subject):
    try:
        subject.get("/readyz")
        return True
    except urllib.error.HTTPError:
        return False


def disk_full(lab):
    """A small disk fills up under load, again and again, and each time somebody makes room."""
    place = lab.place("disk-full")
    folder = place / "data"
    folder.mkdir(mode=0o700)
    rounds, size = lab.rounds(3, 10), 8
    refused, recoveries = 0, []
    with small_disk(folder, size) as resize:
        with lab.subject(place) as subject, Supervisor(subject) as supervisor, lab.sender(place) as sender:
            for _ in range(rounds):
                sender.go(subject.port)
                wait_for(lambda: shutil.disk_usage(folder).free < 64 << 10, 120, "the disk did not fill up: no test")
                for _ in range(60):
                    time.sleep(0.5)
                    counts = sender.stop()
                    if counts["refused"]:
                        break
                    sender.go(subject.port)
                expect(counts["refused"], "nothing was refused: no test")
                expect(not counts["without_retry_after"] and not counts["lost"], f"not only 503 with Retry-After: {counts}")
                oracle.check_file_while_idle(subject, sender.ledger)
                refused += counts["refused"]
                is_full = shutil.disk_usage(folder).free < 64 << 10
                expect(not (is_full and is_ready(subject)), "it says that it is ready, and there is no space")
                # Somebody makes room; nobody touches the service.
                size += 6
                resize(size)
                begun = time.monotonic()
                hand = Hand(lab, place, subject)
                hand.ledger = sender.ledger
                wait_for(lambda: hand.deliver()[0] == 200, 60, "room was made, and nothing is taken")
                recoveries.append(time.monotonic() - begun)
                sender.ledger.read()
            resize(256)
            sender.complete(subject.port)
            figures = oracle.check_service(subject, sender.ledger, is_complete=False)
            expect(not supervisor.exits, f"the process ended with {supervisor.exits}; a full disk needs no restart")
    figures |= {"refused": refused, "recovery_ms_max": round(max(recoveries) * 1e3)}
    return rounds, (
        f"{refused} refused with 503, {figures['acknowledged']} acknowledged, 0 lost; no restart; "
        f"takes events {figures['recovery_ms_max']} ms after there is room"
    ), figures


def read_only(lab):
    """The file may not be written: refused at the start, in words; served once it may."""
    place = lab.place("read-only")
    nobody = 65534
    for path in (place, place.parent, place.parent.parent):
        expect(os.stat(path).st_mode & 0o011 or path == place, "the folder cannot be reached by another user")

    def become_nobody():
        os.setgroups([])
        os.setgid(nobody)
        os.setuid(nobody)

    # Nothing is read-only to root.
    is_root = os.geteuid() == 0
    with lab.subject(place, preparation=become_nobody if is_root else None) as subject:
        os.chmod(place, 0o777)
        if is_root:
            os.chown(subject.folder, nobody, nobody)
        subject.start()
        hand = Hand(lab, place, subject)
        expect(hand.deliver()[0] == 200, "an event was refused without a fault")
        subject.terminate()
        before = open(subject.database, "rb").read()
        os.chmod(subject.database, 0o400)
        subject.launch()
        try:
            code = subject.process.wait(20)
        except subprocess.TimeoutExpired:
            status = hand.deliver()[0]
            raise Failure(f"a file that may not be written is opened, and every event answered {status}") from None
        expect(code in (69, 78), f"a file that may not be written: exit {code}, not 69 or 78")
        words = subject.output().strip().splitlines()[-1]
        expect(open(subject.database, "rb").read() == before, "a file that may not be written was written")
        os.chmod(subject.database, 0o600)
        subject.start()
        figures = hand.check()
        subject.terminate()
    return 1, f"exit {code}: {words.replace(str(lab.root), '…')}", figures
