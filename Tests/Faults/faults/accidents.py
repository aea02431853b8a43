"""Accidents of services in operation: killed in the middle of work, stopped twice, frozen, files removed."""

import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from pathlib import Path

import oracle
from faults import life
from faults.disk import Hand, small_disk
from subject import Failure, expect, wait_for

HERE = Path(__file__).resolve().parents[1]


def told(lab, place, subject, seconds, rounds=1):
    """A database of what is sent in some seconds, by a sender that is left as it is. -> the sender"""
    sender = lab.sender(place)
    for _ in range(rounds):
        sender.go(subject.port)
        time.sleep(seconds)
        sender.stop()
    return sender


def unfinished(subject):
    return [path.name for path in Path(subject.folder).iterdir() if "unfinished" in path.name]


# ---------------------------------------------------------------- killed in the middle


def backup_killed(lab):
    """kill -9 while a backup is written, and of the command that asked for it: nothing is left that looks like one."""
    rounds = lab.rounds(3, 20)
    place = lab.place("backup-killed")
    met = 0
    with lab.subject(place) as subject:
        subject.start()
        with told(lab, place, subject, 2) as sender:
            for turn in range(rounds):
                copy = place / f"copy-{turn}.sqlite"
                for victim in ("command", "service"):
                    asking = life.command_begun(lab, place, "backup", str(copy), "--server", subject.url)
                    end = time.monotonic() + 30
                    while not unfinished(subject) and asking.poll() is None and time.monotonic() < end:
                        time.sleep(0.0005)
                    met += bool(unfinished(subject))
                    if victim == "command":
                        asking.kill()
                        asking.wait()
                        expect(subject.is_ready(), "an abandoned backup ended the service")
                        wait_for(lambda: not unfinished(subject), 30, f"the service leaves {unfinished(subject)} behind")
                    else:
                        subject.kill()
                        asking.wait(60)
                        oracle.check_file(subject.database, sender.ledger)
                        subject.start()
                        expect(not unfinished(subject), f"after a restart {unfinished(subject)} is still there")
                    # It may have been whole already.
                    expect(asking.returncode != 0 or copy.exists(), "a backup that is not there is reported as done")
                    if copy.exists():
                        with oracle.Stored(str(copy)) as copied:
                            copied.check_integrity()
                        copy.unlink()
            sender.complete(subject.port)
            figures = oracle.check_service(subject, sender.ledger)
            done = life.command(lab, place, "backup", str(place / "whole.sqlite"), "--server", subject.url)
            expect(done.returncode == 0, f"backup: exit {done.returncode}: {done.stderr}")
    expect(met > rounds, f"only {met} of {2 * rounds} kills met a backup under way: no test")
    return 2 * rounds, f"{met} met a backup under way; {figures['acknowledged']} acknowledged, 0 lost, nothing left behind", figures


def restore_killed(lab):
    """kill -9 of a restore at any moment: the old database or the new one is served, or none until it is run again."""
    rounds = lab.rounds(14, 200)
    place = lab.place("restore-killed")
    outcomes = {"old": 0, "new": 0, "refused": 0}
    with lab.subject(place) as subject:
        subject.start()
        with told(lab, place, subject, 0.7) as sender:
            copy = place / "copy.sqlite"
            done = life.command(lab, place, "backup", str(copy), "--server", subject.url)
            expect(done.returncode == 0, f"backup: exit {done.returncode}: {done.stderr}")
            sender.go(subject.port)
            time.sleep(0.3)
            sender.stop()
            acknowledged = set(sender.ledger.acknowledged)
        # Killed, so that its WAL is there and holds what the database does not.
        subject.kill()
        old = place / "old"
        shutil.copytree(subject.folder, old)
        newer, older = count_events(subject.database), count_events(str(copy))
        expect(newer > older, "the copy is no older than the database: no test")
        arguments = ["restore", str(copy), "--database-url", f"sqlite:{subject.database}", "--replace"]

        begun = time.monotonic()
        expect(life.command(lab, place, *arguments).returncode == 0, "restore does not work at all")
        whole = time.monotonic() - begun
        for turn in range(rounds):
            shutil.rmtree(subject.folder)
            shutil.copytree(old, subject.folder)
            restoring = life.command_begun(lab, place, *arguments)
            # Half of them when it has begun to move files; the others at any moment.
            if turn % 2:
                deadline = time.monotonic() + 20
                while not os.path.exists(subject.database + ".incoming") and restoring.poll() is None:
                    expect(time.monotonic() < deadline, "restore does not come to an end")
            else:
                time.sleep(lab.dice.uniform(0, whole))
            restoring.kill()
            restoring.wait()
            subject.launch()
            wait_for(lambda: subject.process.poll() is not None or subject.is_ready(), 30, "neither ends nor serves")
            if subject.process.poll() is None:
                found = subject.get("/v1/events?limit=1")["data"]
                subject.terminate()
                stored = count_events(subject.database)
                expect(found and stored in (older, newer), f"{stored} events are served, neither {older} nor {newer}")
                outcomes["new" if stored == older else "old"] += 1
                if stored == newer:
                    continue
            else:
                words = subject.output().strip().splitlines()[-1]
                expect(subject.process.returncode == 69, f"half a restore: exit {subject.process.returncode}")
                expect("restore" in words and "again" in words, f"the message does not say what to do: {words}")
                outcomes["refused"] += 1
                again = life.command(lab, place, *arguments)
                expect(again.returncode == 0, f"restore, again: exit {again.returncode}: {again.stderr}")
                subject.start()
                subject.terminate()
                expect(count_events(subject.database) == older, "restore, again: another database")
            # The former database is kept, with all acknowledged events.
            with oracle.Stored(subject.database + ".replaced") as kept:
                kept.check_integrity()
                identifiers = {identifier for (identifier,) in kept.rows("SELECT id FROM events")}
            expect(acknowledged <= identifiers, "what was replaced is not whole")
        figures = dict(outcomes)
    expect(outcomes["old"] and outcomes["new"] + outcomes["refused"], f"{outcomes}: no test")
    return rounds, ", ".join(f"{count} {what}" for what, count in outcomes.items()) + "; what was replaced is whole", figures


def count_events(database):
    with oracle.Stored(database) as stored:
        return stored.rows("SELECT count(*) FROM events")[0][0]


def reproject_killed(lab):
    """kill -9 in the middle of deriving everything again: the feed is as it was, and can be derived again."""
    rounds = lab.rounds(3, 40)
    place = lab.place("reproject-killed")
    met = 0
    with lab.subject(place) as subject:
        subject.start()
        with told(lab, place, subject, 1) as sender:
            sender.complete(subject.port)
            begun = time.monotonic()
            subject.call("POST", "/v1/events/reproject")
            whole = time.monotonic() - begun
            for _ in range(rounds):
                answers = []

                def ask():
                    try:
                        answers.append(subject.call("POST", "/v1/events/reproject"))
                    except (OSError, ValueError):
                        answers.append(None)

                asking = threading.Thread(target=ask)
                asking.start()
                time.sleep(lab.dice.uniform(0, whole))
                subject.kill()
                asking.join()
                met += answers == [None]
                oracle.check_file(subject.database, sender.ledger)
                subject.start()
                with oracle.Stored(subject.database) as stored:
                    payloads = stored.payloads()
                oracle.check_feed(subject, payloads, True)
            figures = oracle.check_service(subject, sender.ledger)
    expect(met, "no kill met a rebuild under way: no test")
    return rounds, f"{met} met it under way; {figures['rows']} rows as before, and derived again equal", figures


def migration_killed(lab):
    """kill -9 while the tables are made: the next start goes on."""
    rounds = lab.rounds(6, 60)
    place = lab.place("migration-killed")
    killed, stages = 0, set()
    with lab.subject(place) as subject:
        for _ in range(rounds):
            shutil.rmtree(subject.folder)
            os.mkdir(subject.folder, 0o700)
            for _ in range(3):
                subject.launch()
                # Until it has the lock, and then a moment longer.
                wait_for(lambda: os.path.exists(subject.database + ".lock"), 20, "does not start")
                time.sleep(lab.dice.uniform(0, 0.04))
                killed += subject.process.poll() is None
                subject.kill()
                if os.path.exists(subject.database):
                    with oracle.Stored(subject.database) as stored:
                        stored.check_integrity()
                        stages.add(len(stored.rows("SELECT name FROM sqlite_master WHERE type = 'table'")))
            subject.start()
            expect(Hand(lab, place, subject).deliver()[0] == 200, "nothing is taken after the kills")
            expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
    found = ", ".join(map(str, sorted(stages)))
    return killed, f"{killed} kills, which left {found} tables; the next start takes events", {}


# ---------------------------------------------------------------- stopped, frozen


def sigterm_at_start(lab):
    """SIGTERM at any moment of a start: ends at once, with 0 or by the signal, and the next start is as ever."""
    rounds = lab.rounds(15, 150)
    place = lab.place("sigterm-at-start")
    codes, longest = {}, 0.0
    with lab.subject(place) as subject:
        begun = time.monotonic()
        subject.start()
        whole = time.monotonic() - begun
        hand = Hand(lab, place, subject)
        for turn in range(rounds):
            expect(hand.deliver()[0] == 200, "an event was refused without a fault")
            # From a crash, so that there is something to recover.
            subject.kill()
            subject.launch()
            time.sleep(lab.dice.uniform(0, 1.3 * whole))
            begun = time.monotonic()
            code = subject.terminate(40)
            longest = max(longest, time.monotonic() - begun)
            codes[code] = codes.get(code, 0) + 1
            expect(code in (0, -signal.SIGTERM), f"SIGTERM at a start: exit {code}: {subject.output()[-300:]}")
            oracle.check_file(subject.database, hand.ledger.read())
            subject.start()
        figures = hand.check()
    return rounds, f"exits {codes}, within {longest:.1f} s; {figures['acknowledged']} acknowledged, 0 lost", figures


def two_signals(lab):
    """SIGTERM twice, or SIGTERM and SIGINT, under load: the second changes nothing."""
    rounds = lab.rounds(4, 30)
    place = lab.place("two-signals")
    with lab.subject(place) as subject, lab.sender(place) as sender:
        for turn in range(rounds):
            subject.start()
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.1, 0.4))
            for which in (signal.SIGTERM, [signal.SIGTERM, signal.SIGINT][turn % 2]):
                subject.process.send_signal(which)
                time.sleep(lab.dice.uniform(0, 0.02))
            code = subject.process.wait(60)
            expect(code == 0, f"two signals are answered with exit {code}")
            sender.stop()
            oracle.check_file(subject.database, sender.ledger)
        subject.start()
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
    return rounds, f"exit 0; {figures['acknowledged']} acknowledged, 0 lost", figures


def frozen(lab):
    """SIGSTOP for a while under load, then SIGCONT: it goes on as if nothing had been."""
    seconds = lab.rounds(3, 60)
    place = lab.place("frozen")
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        sender.go(subject.port)
        time.sleep(0.5)
        subject.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        subject.process.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        wait_for(subject.is_ready, 30, "is not ready 30 s after SIGCONT")
        ready = time.monotonic() - begun
        time.sleep(0.5)
        counts = sender.stop()
        expect(counts["acked"], "nothing was acknowledged: no test")
        expect(subject.process.poll() is None, "did not survive SIGSTOP and SIGCONT")
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
    figures |= {"cut_off": counts["lost"], "ready_ms": round(ready * 1e3)}
    return 1, f"{seconds} s; ready {figures['ready_ms']} ms after; {figures['acknowledged']} acknowledged, 0 lost", figures


# ---------------------------------------------------------------- files


def no_room_for_backup(lab):
    """No room for a backup beside the database: refused, removed, and every event is taken."""
    place = lab.place("no-room-for-backup")
    folder = place / "data"
    folder.mkdir(mode=0o700)
    with small_disk(folder, 48):
        with lab.subject(place) as subject:
            subject.start()
            with told(lab, place, subject, 0.7) as sender:
                while (size := size_of(subject.database)) < 4 << 20:
                    sender.go(subject.port)
                    time.sleep(0.5)
                    sender.stop()
                sender.complete(subject.port)
                room = shutil.disk_usage(folder).free
                # So little that the copy does not fit, and so much that events do.
                filler = folder / "filler"
                filler.write_bytes(bytes(max(0, room - size // 2)))
                done = life.command(lab, place, "backup", str(place / "copy.sqlite"), "--server", subject.url)
                expect(done.returncode in (69, 75), f"backup without room: exit {done.returncode}: {done.stderr}")
                expect(not (place / "copy.sqlite").exists(), "half a backup has the name of a whole one")
                expect(not unfinished(subject), f"the service leaves {unfinished(subject)} behind")
                expect(subject.process.poll() is None, "a backup without room is the end of the service")
                hand = Hand(lab, place, subject)
                hand.ledger = sender.ledger
                expect(hand.deliver()[0] == 200, "after a backup without room nothing is taken")
                filler.unlink()
                done = life.command(lab, place, "backup", str(place / "copy.sqlite"), "--server", subject.url)
                expect(done.returncode == 0, f"backup with room: exit {done.returncode}: {done.stderr}")
                sender.ledger.read()
                figures = oracle.check_service(subject, sender.ledger, is_complete=False)
    return 1, f"refused, nothing left behind; {figures['acknowledged']} acknowledged, 0 lost", figures


def size_of(database):
    with oracle.Stored(database) as stored:
        return stored.rows("PRAGMA page_count")[0][0] * 4096


def taken_away(lab):
    """The database, its WAL or its folder is deleted or replaced while it serves: nothing more is acknowledged."""
    place = lab.place("taken-away")

    def remove(subject):
        os.unlink(subject.database)

    def remove_wal(subject):
        os.unlink(subject.database + "-wal")

    def remove_folder(subject):
        shutil.rmtree(subject.folder)

    def replace(subject):
        shutil.copyfile(subject.database, subject.database + ".copy")
        os.rename(subject.database + ".copy", subject.database)

    robberies = [remove, remove_wal, remove_folder, replace]
    words = ""
    for robbery in robberies * lab.rounds(1, 5):
        spot = lab.place(f"taken-away-{lab.dice.randrange(1 << 40):x}")
        with lab.subject(spot) as subject, lab.sender(spot) as sender:
            subject.start()
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.1, 0.3))
            robbery(subject)
            at = time.monotonic()
            code = subject.process.wait(60)
            sender.stop()
            # Events acknowledged after that would be in a file without a name.
            late = [name for name, (_, begun, _) in sender.ledger.acknowledged.items() if begun > at]
            what = robbery.__name__.replace("_", " ")
            expect(not late, f"{what}: {len(late)} events were acknowledged afterwards")
            expect(code == 70, f"{what}: exit {code}, not 70")
            words = subject.output().strip().splitlines()[-1]
            expect("deleted or replaced" in words, f"{what}: the message does not say why: {words}")

    # While idle, /readyz still answers.
    with lab.subject(place) as subject:
        subject.start()
        os.unlink(subject.database)
        # The answer may be a second old.
        wait_for(lambda: not subject.is_ready(), 5, "without its database the service says that it is ready")
        expect(subject.process.wait(30) == 70, "without its database the service goes on")
        subject.start()
        expect("created a new database" in subject.output(), "an empty database is created without a log line")
        expect(Hand(lab, place, subject).deliver()[0] == 200, "nothing is taken")
    return len(robberies) * lab.rounds(1, 5), "nothing acknowledged afterwards; exit 70: " + words.split(": ", 1)[-1][:60] + "…", {}


def torn_wal(lab):
    """A WAL whose last frames were torn by the crash, or that has garbage behind them: all that counts is there."""
    rounds = lab.rounds(8, 80)
    place = lab.place("torn-wal")
    with lab.subject(place) as subject, lab.sender(place) as sender:
        for turn in range(rounds):
            subject.start()
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.05, 0.2))
            subject.kill()
            sender.stop()
            wal = subject.database + "-wal"
            # A whole frame is 24 bytes of header and a page.
            torn = random.Random(lab.dice.random()).randbytes(lab.dice.choice([1, 24, 1000, 24 + 4096, 50_000]))
            with open(wal, "ab") as file:
                if turn % 2 and os.path.getsize(wal) > 24 + 4096:
                    # As a frame that was being written: a header like the last one's, and half a page.
                    with open(wal, "rb") as reading:
                        reading.seek(-(24 + 4096), os.SEEK_END)
                        torn = reading.read(24 + lab.dice.randrange(4096))
                file.write(torn)
            oracle.check_file(subject.database, sender.ledger)
        subject.start()
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
    return rounds, f"{figures['acknowledged']} acknowledged, 0 lost", figures


def wal_growth(lab):
    """Sustained load beside readers that never pause, backups, and a stranger who holds a snapshot: the WAL is bounded."""
    seconds = lab.rounds(5, 60)
    place = lab.place("wal-growth")
    most, over = [0], threading.Event()
    failures = []
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        wal = subject.database + "-wal"

        def watch():
            while not over.wait(0.02):
                most[0] = max(most[0], os.path.getsize(wal) if os.path.exists(wal) else 0)

        def read():
            while not over.is_set():
                try:
                    subject.get("/v1/transactions?limit=100&q=visa")
                except OSError as error:
                    failures.append(str(error))
                    return

        def copy():
            turn = 0
            while not over.is_set():
                turn += 1
                done = life.command(lab, place, "backup", str(place / f"copy-{turn}"), "--server", subject.url)
                if done.returncode:
                    failures.append(done.stderr)

        threads = [threading.Thread(target=work) for work in [watch, copy, *[read] * 6]]
        before = written(subject)
        sender.go(subject.port)
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        crowded, most[0] = most[0], 0

        # A reader leaves the file open: no checkpoint can pass, and nothing is refused.
        stranger = sqlite3.connect(f"file:{subject.database}?mode=ro", uri=True, isolation_level=None)
        stranger.execute("BEGIN")
        stranger.execute("SELECT count(*) FROM events").fetchall()
        time.sleep(seconds / 2)
        held, most[0] = most[0], 0
        stranger.execute("ROLLBACK")
        stranger.close()
        time.sleep(seconds / 2)
        after = most[0]
        over.set()
        for thread in threads:
            thread.join()
        counts = sender.stop()
        total = written(subject) - before
        expect(not failures, f"a reader failed: {failures[:1]}")
        expect(not counts["refused"] and not counts["lost"], f"events were refused: {counts}")
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
    mebi = 1 << 20
    figures |= {"written_mib": total // mebi, "wal_mib": crowded // mebi, "wal_held_mib": held // mebi, "wal_after_mib": after // mebi}
    # A checkpoint is due every 8 MiB.
    expect(crowded < 64 * mebi, f"beside readers the WAL grew to {crowded // mebi} MiB")
    expect(after <= max(held + 16 * mebi, 64 * mebi), f"the WAL still grew when the snapshot was let go: {held // mebi} to {after // mebi} MiB")
    return 1, (
        f"{total // mebi} MiB written; WAL at most {crowded // mebi} MiB beside readers and backups, "
        f"{held // mebi} MiB while a snapshot was held, nothing refused"
    ), figures


def written(subject):
    for line in open(f"/proc/{subject.process.pid}/io"):
        if line.startswith("wchar"):
            return int(line.split()[1])
    raise Failure("/proc/PID/io tells nothing")
