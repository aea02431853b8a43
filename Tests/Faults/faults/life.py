"""Stopping, upgrading, backing up, and what the process shows of itself."""

import json
import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import oracle
from faults.disk import Hand
from subject import API_KEY, expect

HERE = Path(__file__).resolve().parents[1]


def sigterm(lab):
    """SIGTERM under load: what is under way is answered, exit 0, and the gap until the next one is ready."""
    rounds = lab.rounds(8, 50)
    place = lab.place("sigterm")
    gaps, stops, unanswered, unaccepted = [], [], 0, 0
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        for _ in range(rounds):
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.2, 0.5))
            refusals = len(sender.ledger.read().refused)
            begun = time.monotonic()
            code = subject.terminate()
            stops.append(time.monotonic() - begun)
            expect(code == 0, f"SIGTERM is answered with exit {code}")
            subject.start()
            gaps.append(time.monotonic() - begun)
            sender.stop()
            waiting = [why for _, why, sent, _ in sender.ledger.refused[refusals:] if sent < begun]
            unanswered += waiting.count("lost")
            # The kernel has shaken hands, and the service may not know of the connection yet.
            unaccepted += waiting.count("lost-first")
            oracle.check_file_while_idle(subject, sender.ledger)
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
        expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
    figures |= {
        "gap_ms_median": round(sorted(gaps)[len(gaps) // 2] * 1e3),
        "gap_ms_max": round(max(gaps) * 1e3),
        "stop_ms_max": round(max(stops) * 1e3),
        "unanswered": unanswered,
        "unaccepted": unaccepted,
    }
    expect(not unanswered, f"{unanswered} requests sent before SIGTERM were never answered")
    return rounds, (
        f"{figures['acknowledged']} acknowledged, 0 lost; from SIGTERM to ready again "
        f"{figures['gap_ms_median']} ms (median), {figures['gap_ms_max']} ms (longest); every request sent before was answered"
    ), figures


# ---------------------------------------------------------------- schemas


def schemas():
    """-> (name, SQL) of a database with data of each schema, as the version that came with its migration left it.

    A dump is made with `sqlite3 billing.sqlite .dump`. No later version may edit a migration that has run somewhere.
    """
    return sorted((path.stem, path.read_text()) for path in (HERE / "upgrade").glob("*.sql"))


def load(dump, database):
    """Makes a database of a schema. -> its events and the ids of its rows"""
    old = sqlite3.connect(database)
    old.execute("PRAGMA page_size = 16384")
    old.executescript(dump[1])
    events = old.execute("SELECT id, payload FROM events ORDER BY sequence").fetchall()
    rows = {id for (id,) in old.execute("SELECT id FROM transactions")}
    applied = max(name for (name,) in old.execute("SELECT identifier FROM grdb_migrations"))
    expect(applied == dump[0], f"the dump of {dump[0]} is one of {applied}")
    old.close()
    os.chmod(database, 0o600)
    return events, rows


def columns(stored):
    """The columns of every table and view."""
    return set(stored.rows("SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c ORDER BY 1, 2"))


def upgrade(lab):
    """A database of each schema (upgrade/*.sql) opens, with its data, and is brought up to date."""
    dumps = schemas()
    for dump in dumps:
        place = lab.place(f"upgrade-{dump[0]}")
        with lab.subject(place) as subject:
            before, rows = load(dump, subject.database)
            subject.start()
            listed = {entry["id"] for entry in subject.listed("/v1/events")}
            expect(listed == {identifier for identifier, _ in before}, "events are missing after the upgrade")
            shown = {row["id"] for row in subject.listed("/v1/transactions")}
            expect(shown == rows, "the feed shows other rows after the upgrade")
            hand = Hand(lab, place, subject)
            expect(hand.deliver()[0] == 200, "after the upgrade nothing is taken")
            # Newer code may derive more from the same events; once it has, it stays so.
            subject.call("POST", "/v1/events/reproject")
            again = subject.call("POST", "/v1/events/reproject")
            expect(again["changed"] == 0, "a rebuild changes the rebuilt")
            with oracle.Stored(subject.database) as stored:
                payloads = stored.payloads()
            oracle.check_feed(subject, payloads, is_complete=False)
            subject.terminate()
            with oracle.Stored(subject.database) as stored:
                stored.check_integrity()
                now = {name for (name,) in stored.rows("SELECT identifier FROM grdb_migrations")}
                tables = columns(stored)
                after = stored.rows(f"SELECT id, payload FROM events WHERE sequence <= {len(before)} ORDER BY sequence")
            expect(after == before, "events were changed by the upgrade")
            expect(max(now) >= dump[0], f"nothing was migrated: {sorted(now)}")
        with lab.subject(lab.place(f"new-beside-{dump[0]}")) as fresh:
            fresh.start()
            fresh.terminate()
            with oracle.Stored(fresh.database) as stored:
                expect(tables == columns(stored), "the tables and views are not those of a new database")
    names = ", ".join(name for name, _ in dumps)
    return len(dumps), f"{len(before)} events of each of {names}, served by {max(now)}", {}


def newer_schema(lab):
    """A database of a newer version is refused, in words, and left as it is."""
    place = lab.place("newer-schema")
    with lab.subject(place) as subject:
        subject.start()
        hand = Hand(lab, place, subject)
        for _ in range(5):
            hand.deliver()
        subject.terminate()
        future = sqlite3.connect(subject.database)
        future.execute("INSERT INTO grdb_migrations VALUES ('9999_from_the_future')")
        future.commit()
        future.close()
        with oracle.Stored(subject.database) as stored:
            before = list(stored.connection.iterdump())
        subject.launch()
        code = subject.process.wait(60)
        words = subject.output().strip().splitlines()[-1]
        expect(code in (69, 78), f"a newer schema: exit {code}, not 69 or 78")
        expect("newer" in words, f"the message does not say why: {words}")
        with oracle.Stored(subject.database) as stored:
            expect(list(stored.connection.iterdump()) == before, "a database of a newer version was changed")
    return 1, f"exit {code}: {words}", {}


# ---------------------------------------------------------------- rebuild


def rebuild(lab):
    """Everything is derived again from the log while events arrive: none is refused, and nothing changes."""
    seconds = lab.rounds(2, 120)
    place = lab.place("rebuild")
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        sender.go(subject.port)
        time.sleep(seconds)
        sender.stop()
        sender.complete(subject.port)
        sender.go(subject.port)
        begun = time.monotonic()
        rebuilt = subject.call("POST", "/v1/events/reproject", timeout=1800)
        took = time.monotonic() - begun
        time.sleep(0.2)
        counts = sender.stop()
        expect(not counts["refused"] and not counts["lost"], f"events were refused meanwhile: {counts}")
        expect(rebuilt["changed"] == 0, f"a rebuild changes {rebuilt['changed']} rows")
        waits = [ended - sent for _, sent, ended in sender.ledger.acknowledged.values() if sent > begun - 1]
        longest = max(waits, default=0)
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
    figures |= {"events": rebuilt["events"], "seconds": round(took, 2), "longest_wait_ms": round(longest * 1e3)}
    return 1, (
        f"{rebuilt['events']} events in {took:.1f} s, {counts['acked']} acknowledged meanwhile, the slowest after "
        f"{figures['longest_wait_ms']} ms"
    ), figures


# ---------------------------------------------------------------- backup


def settings():
    return {"PATH": os.environ["PATH"], "CONSOLE_BILLING_API_KEY": API_KEY}


def command(lab, place, *arguments):
    """Runs one of the service's commands to its end."""
    return subprocess.run(
        [lab.executable, *arguments], capture_output=True, text=True, timeout=300, cwd=place, env=settings()
    )


def command_begun(lab, place, *arguments):
    return subprocess.Popen(
        [lab.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place, env=settings()
    )


def documented(heading):
    """The lines of the shell block under a heading of RELIABILITY.md."""
    text = (HERE.parents[1] / "deploy" / "RELIABILITY.md").read_text()
    block = text.split(f"## {heading}\n", 1)[1].split("```sh", 1)[1].split("\n", 1)[1].split("```", 1)[0]
    return [line for line in block.splitlines() if line.strip()]


def drill(lab):
    """The backup drill as deploy/RELIABILITY.md has it, line by line, in a shell."""
    place = lab.place("drill")
    programs = place / "bin"
    programs.mkdir()
    os.symlink(lab.executable, programs / "console-billing")
    lines = documented("The backup drill")
    expect(len(lines) >= 4, f"the documentation has a drill of {len(lines)} lines")
    with lab.subject(place) as subject, lab.sender(place) as sender:
        environment = settings() | {
            "PATH": f"{programs}:{os.environ['PATH']}", "PORT": str(subject.port),
            "DATABASE_URL": f"sqlite:{subject.database}",
        }
        subject.start()
        sender.go(subject.port)
        time.sleep(0.7)
        sender.stop()
        sender.complete(subject.port)
        stored = {entry["id"] for entry in subject.listed("/v1/events")}
        rows = subject.listed("/v1/transactions")
        sender.go(subject.port)
        said = []
        for line in lines:
            if line.startswith("systemctl stop"):
                sender.stop()
                expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
                newer = {identifier for (identifier,) in ids_of(subject.database)}
            elif line.startswith("systemctl start"):
                subject.start()
            else:
                done = subprocess.run(
                    ["sh", "-ec", line], capture_output=True, text=True, timeout=300, cwd=place, env=environment
                )
                expect(done.returncode == 0, f"{line}: exit {done.returncode}: {done.stderr}")
                said.append(done.stdout.strip())
        listed = {entry["id"] for entry in subject.listed("/v1/events")}
        expect(stored <= listed <= newer, "what is served is not what was backed up")
        kept = {identifier for (identifier,) in ids_of(subject.database + ".replaced")}
        expect(kept == newer, "the database that was there is not kept whole")
        expect(subject.call("POST", "/v1/events/reproject")["changed"] == 0, "a rebuild changes rows")
        if listed == stored:
            expect({row["id"] for row in subject.listed("/v1/transactions")} == {row["id"] for row in rows}, "other rows")
    return len(lines), f"{len(listed)} of {len(newer)} events as of the backup; {said[-1].split(': ', 1)[-1]}", {}


def ids_of(database):
    with oracle.Stored(database) as stored:
        return stored.rows("SELECT id FROM events")


def backup(lab):
    """The drill: back up under load, lose the machine, restore, verify, serve."""
    rounds = lab.rounds(3, 20)
    place = lab.place("backup")
    seconds, sizes = [], []
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        for turn in range(rounds):
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.3, 0.8))
            sender.stop()
            acknowledged = set(sender.ledger.acknowledged)
            sender.go(subject.port)
            time.sleep(0.1)
            copy = place / f"backup-{turn}.sqlite"
            begun = time.monotonic()
            done = command(lab, place, "backup", str(copy), "--server", subject.url)
            seconds.append(time.monotonic() - begun)
            time.sleep(0.1)
            counts = sender.stop()
            expect(done.returncode == 0, f"backup: exit {done.returncode}: {done.stderr}")
            expect(counts["acked"], "no event was taken during the backup: no test")
            expect(stat.S_IMODE(copy.stat().st_mode) == 0o600, "the backup can be read by others")
            with oracle.Stored(subject.database) as stored, oracle.Stored(str(copy)) as copied:
                copied.check_integrity()
                log = "SELECT sequence, id, payload FROM events ORDER BY sequence"
                ours, theirs = copied.rows(log), stored.rows(log)
            expect(ours == theirs[: len(ours)], "the backup does not hold a prefix of the log")
            expect(acknowledged <= {identifier for _, identifier, _ in ours}, "the backup lacks what was acknowledged")
            sizes.append(len(ours))
            left = sorted(path.name for path in Path(subject.folder).iterdir() if "backup" in path.name)
            expect(not left, f"the service leaves {left} behind")
        # The machine is lost; what was acknowledged since the backup is too, and Stripe sends it again if asked.
        subject.kill()
        shutil.rmtree(subject.folder)
        restored = command(
            lab, place, "restore", str(copy), "--database-url", f"sqlite:{subject.database}", "--verify"
        )  # fmt: skip
        expect(restored.returncode == 0, f"restore: exit {restored.returncode}: {restored.stderr}")
        mode = stat.S_IMODE(os.stat(subject.database).st_mode)
        expect(mode == 0o600, f"the restored file has mode {mode:o}")
        subject.start()
        listed = {entry["id"] for entry in subject.listed("/v1/events")}
        expect(listed == {identifier for _, identifier, _ in ours}, "the restored log is another one")
        rebuilt = subject.call("POST", "/v1/events/reproject", timeout=600)
        expect(rebuilt["changed"] == 0, f"a rebuild changes {rebuilt['changed']} rows")
        refused = command(lab, place, "restore", str(copy), "--database-url", f"sqlite:{subject.database}", "--replace")
        expect(refused.returncode == 69, f"restore over a running service: exit {refused.returncode}")
        subject.terminate()

        # A damaged copy is never put in place.
        damaged = bytearray(copy.read_bytes())
        # Many pages: the last one of a long body alone could be empty, unnoticed.
        middle = len(damaged) // 2 // 16384 * 16384
        damaged[middle : middle + (64 << 10)] = bytes(64 << 10)
        bad = place / "damaged.sqlite"
        bad.write_bytes(damaged)
        fresh = f"sqlite:{place}/fresh/billing.sqlite"
        refused = command(lab, place, "restore", str(bad), "--database-url", fresh)
        expect(refused.returncode == 65, f"restore of a damaged copy: exit {refused.returncode}")
        expect(not (place / "fresh" / "billing.sqlite").exists(), "a damaged copy was put in place")
    figures = {"events": sizes, "seconds": [round(second, 2) for second in seconds]}
    return rounds, f"{sizes[-1]} events copied under load in {max(seconds):.1f} s; {restored.stdout.strip().split(': ')[-1]}", figures


# ---------------------------------------------------------------- the process


def hardening(lab):
    """Files for their owner alone, under any umask; no core dumps; no file of ours where log lines are written to."""
    place = lab.place("hardening")

    def careless():
        os.umask(0)
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.closerange(0, 3)

    def unread():
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
        os.dup2(writer, 2)

    deaf = lab.place("hardening-unread")
    with lab.subject(deaf, preparation=unread) as subject:
        subject.start()
        expect(Hand(lab, deaf, subject).deliver()[0] == 200, "refused, because nothing reads its log")
        subject.terminate()

    with lab.subject(place, preparation=careless) as subject:
        subject.database = str(place / "made" / "here" / "billing.sqlite")
        subject.environment["DATABASE_URL"] = f"sqlite:{subject.database}"
        subject.start()
        hand = Hand(lab, place, subject)
        for _ in range(10):
            expect(hand.deliver()[0] == 200, "an event was refused without a fault")
        pid = subject.process.pid
        modes = {
            str(path.relative_to(place)): stat.S_IMODE(path.stat().st_mode) for path in (place / "made").rglob("*")
        } | {"made": stat.S_IMODE((place / "made").stat().st_mode)}
        limits = open(f"/proc/{pid}/limits").read()
        status = open(f"/proc/{pid}/status").read()
        streams = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
        subject.terminate()
    problems = []
    if streams != ["/dev/null"] * 3:
        problems.append(f"descriptors 0 to 2, closed at the start, lead to {streams}")
    for name, mode in modes.items():
        wanted = 0o700 if (place / name).is_dir() or name in ("made", "made/here") else 0o600
        if mode != wanted:
            problems.append(f"{name} has mode {mode:04o}, not {wanted:04o}")
    umask = next(line.split()[1] for line in status.splitlines() if line.startswith("Umask"))
    if umask != "0077":
        problems.append(f"umask {umask}")
    core = next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size"))
    if core != ["0", "0"]:
        problems.append(f"core dumps are allowed (limit {core[0]}): one would hold secrets and bodies")
    expect(not problems, "; ".join(problems))
    return len(modes), f"{len(modes)} files and folders 0600 and 0700 under umask 0; umask 077, core limit 0; closed streams on /dev/null; a log reader that is gone ends nothing", {}
