"""kill -9, and the power going."""

import contextlib
import mmap
import shutil
import sqlite3
import struct
import subprocess
import time

import oracle
from subject import Failure, expect, wait_for


def kill(lab):
    """kill -9 at a random moment under 64-way load, on one database throughout."""
    rounds = lab.rounds(25, 200)
    place = lab.place("kill")
    restarts = []
    sent = lost = 0
    with lab.subject(place) as subject, lab.sender(place) as sender:
        for turn in range(rounds):
            begun = time.monotonic()
            subject.start()
            restarts.append(time.monotonic() - begun)
            sender.go(subject.port)
            time.sleep(lab.dice.uniform(0.05, 0.5))
            subject.kill()
            counts = sender.stop()
            sent += counts["sent"]
            lost += counts["lost"]
            oracle.check_file(subject.database, sender.ledger)
            if turn % 50 == 49:
                subject.start()
                oracle.check_service(subject, sender.ledger, is_complete=False)
                subject.kill()
        subject.start()
        sender.complete(subject.port)
        figures = oracle.check_service(subject, sender.ledger)
        expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
        oracle.check_file(subject.database, sender.ledger)
    expect(lost > rounds, "the kills met no request under way: no test")
    restarts.sort()
    figures |= {"requests": sent, "cut_off": lost, "restart_ms_median": round(restarts[len(restarts) // 2] * 1e3)}
    return rounds, (
        f"{figures['acknowledged']} acknowledged, 0 lost; {lost} cut off; ready again in "
        f"{figures['restart_ms_median']} ms (median)"
    ), figures


def oracle_control(lab):
    """Negative control: whatever is lost, altered, made up or counted twice, the oracle says so."""
    place = lab.place("oracle-control")
    tamperings = {
        "an event lost": "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY sequence LIMIT 1 OFFSET 3)",
        "an event altered": "UPDATE events SET payload = (SELECT payload FROM events WHERE sequence = 4) WHERE sequence = 3",
        "an event made up": "INSERT INTO events (sequence, id, type, created, received_at, livemode, source, disposition,"
        " object_id, payload, body_size) SELECT max(sequence) + 1, id || 'x', type, created, received_at, livemode, source, disposition,"
        " object_id, payload, body_size FROM events",
        "a row lost": "DELETE FROM transactions WHERE id = (SELECT min(id) FROM transactions)",
        "an amount counted twice": "UPDATE transactions SET amount_refunded = 1 WHERE id = (SELECT min(id) FROM transactions"
        " WHERE amount_refunded = 0)",
    }
    with lab.subject(place) as subject, lab.sender(place) as sender:
        subject.start()
        sender.go(subject.port)
        time.sleep(0.2)
        sender.stop()
        sender.complete(subject.port)
        oracle.check_service(subject, sender.ledger)
        subject.terminate()
        whole = place / "whole.sqlite"
        shutil.copyfile(subject.database, whole)
        for what, sql in tamperings.items():
            shutil.copyfile(whole, subject.database)
            connection = sqlite3.connect(subject.database)
            changed = connection.execute(sql).rowcount
            connection.commit()
            connection.close()
            expect(changed == 1, f"{what}: {changed} rows changed: no test")
            subject.start()
            try:
                oracle.check_file(subject.database, sender.ledger)
                oracle.check_service(subject, sender.ledger)
            except Failure:
                pass
            else:
                raise Failure(f"the oracle did not notice {what}")
            subject.terminate()
    return len(tamperings), f"noticed: {', '.join(tamperings)}", {}


# ---------------------------------------------------------------- power loss


class Disk:
    """The folder of a database and its shadow: what has reached the disk (see preload/power_loss.c)."""

    BLOCKS = (512, 4096)

    def __init__(self, place):
        self.folder = place / "data"
        self.shadow = place / "shadow"
        self.folder.mkdir(mode=0o700)
        self.reset()

    def reset(self):
        """All that is in the folder is on the disk now."""
        shutil.rmtree(self.shadow, ignore_errors=True)
        self.shadow.mkdir()
        names = []
        for number, path in enumerate(sorted(self.folder.iterdir()), 1):
            if path.name.endswith(("-shm", ".lock")):
                path.unlink()
                continue
            shutil.copyfile(path, self.shadow / f"i{number}")
            names.append(f"{path.name} {number}\n")
        (self.shadow / "durable").write_text("".join(names))

    def environment(self, library, **more):
        return {
            "LD_PRELOAD": library,
            "FAULT_FOLDER": str(self.folder),
            "FAULT_SHADOW": str(self.shadow),
            "FAULT_SYNC_US": "500",
            **more,
        }

    def names(self, which):
        lines = (self.shadow / which).read_text().splitlines()
        return {name: number for name, number in (line.rsplit(" ", 1) for line in lines)}

    def cut(self, dice=None):
        """Leaves what the disk held when the power went; with dice, a random part of what was not synced as well.

        -> how many bytes or names were taken away
        """
        durable, current = self.names("durable"), self.names("current")
        survivors, taken = {}, 0
        for name in durable.keys() | current.keys():
            # A name that was not synced may have reached the disk, and one that was removed may still be there.
            number = durable.get(name)
            if dice and name in current and (number is None or number != current[name]):
                number = dice.choice([number, current[name]])
            if dice and name not in current:
                number = dice.choice([number, None])
            if number is None:
                taken += 1
                continue
            synced = (self.shadow / f"i{number}").read_bytes()
            written = (self.folder / name).read_bytes() if current.get(name) == number else synced
            survivors[name] = mixture(synced, written, dice) if dice else synced
            taken += differing(survivors[name], written)
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in survivors.items():
            (self.folder / name).write_bytes(content)
        self.reset()
        return taken


def differing(left, right):
    if left == right:
        return 0
    blocks = range(0, max(len(left), len(right)), 4096)
    return sum(4096 for at in blocks if left[at : at + 4096] != right[at : at + 4096])


def mixture(synced, written, dice):
    """Each block as it was synced or as it was written later, in any combination; so too the length."""
    if synced == written:
        return synced
    block = dice.choice(Disk.BLOCKS)
    part = dice.choice([0.1, 0.5, 0.9])
    length = max(len(synced), len(written))
    old, new = synced.ljust(length, b"\0"), written.ljust(length, b"\0")
    result = bytearray(old)
    for at in range(0, length, block):
        if old[at : at + block] != new[at : at + block] and dice.random() < part:
            result[at : at + block] = new[at : at + block]
    return bytes(result[: dice.choice([len(synced), len(written)])])


def power(lab, name, rounds, dice, **environment):
    """The power goes at a random moment under load. -> figures, and what was lost of the acknowledged"""
    place = lab.place(name)
    disk = Disk(place)
    library = lab.library("power_loss")
    taken = losses = lost_events = 0
    with lab.subject(place, environment=disk.environment(library, **environment)) as subject:
        with lab.sender(place) as sender:
            is_honest = "FAULT_LIE" not in environment
            # On a busy machine few events are acknowledged before a cut; a lie goes on until it is found out.
            for turn in range(rounds if is_honest else 10 * rounds):
                if turn >= rounds and lost_events:
                    break
                subject.start()
                sender.go(subject.port)
                # The first cuts are early: a database that was just made is another case than one in use.
                time.sleep(lab.dice.uniform(0.02, 0.06) if turn < rounds // 5 else lab.dice.uniform(0.1, 0.4))
                subject.kill()
                sender.stop()
                taken += disk.cut(dice)
                count, lost = oracle.missing(subject.database, sender.ledger)
                losses += bool(lost)
                lost_events += len(lost)
                for identifier in lost:
                    del sender.ledger.acknowledged[identifier]
                if lost and is_honest:
                    raise Failure(f"cut {turn + 1}: {len(lost)} acknowledged events are lost of {count} stored")
            subject.start()
            if is_honest:
                sender.complete(subject.port)
            figures = oracle.check_service(subject, sender.ledger, is_complete=is_honest)
            expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
            disk.cut()
            oracle.check_file(subject.database, sender.ledger)
    figures |= {"taken_away_bytes": taken, "cuts_that_lost": losses, "lost": lost_events}
    return figures


def power_synced(lab):
    """Power loss: only what was synced is there afterwards."""
    rounds = lab.rounds(25, 250)
    figures = power(lab, "power-synced", rounds, None)
    expect(figures["taken_away_bytes"] > 0, "the cuts took nothing away: no test")
    return rounds, summary(figures), figures


def power_torn(lab):
    """Power loss: of what was not synced, a random part is there afterwards."""
    rounds = lab.rounds(25, 250)
    figures = power(lab, "power-torn", rounds, lab.dice)
    expect(figures["taken_away_bytes"] > 0, "the cuts took nothing away: no test")
    return rounds, summary(figures), figures


def power_control(lab):
    """Negative control: a disk that behaves as under synchronous=NORMAL loses events, and we see it."""
    rounds = lab.rounds(5, 25)
    try:
        figures = power(lab, "power-control", rounds, None, FAULT_LIE="1")
    except Failure as failure:
        # Pages of the file that were written before the log was durable: the database itself is lost.
        expect("malformed" in str(failure) or "integrity_check" in str(failure), str(failure))
        return rounds, f"the database itself was lost, as may be: {failure}", {}
    expect(figures["lost"] > 0, "with synchronous=NORMAL nothing was lost: the harness is broken")
    return rounds, f"{figures['lost']} acknowledged events lost in {figures['cuts_that_lost']} cuts, as must be", figures


def summary(figures):
    return (
        f"{figures['acknowledged']} acknowledged, 0 lost; {figures['taken_away_bytes'] // 1024} KiB unsynced taken away"
    )


def failed_sync(lab):
    """A sync fails and the kernel forgets what it should have written; the process ends; then the power goes."""
    rounds = lab.rounds(6, 120)
    place = lab.place("failed-sync")
    disk = Disk(place)
    control_path = place / "control"
    control_path.write_bytes(bytes(12))
    environment = disk.environment(lab.library("power_loss"), FAULT_CONTROL=str(control_path))
    times, went_on = [], {1: 0, 2: 0}
    with open(control_path, "r+b") as file, mmap.mmap(file.fileno(), 12) as control:
        with lab.subject(place, environment=environment) as subject, lab.sender(place) as sender:
            for turn in range(rounds):
                struct.pack_into("iii", control, 0, 0, 0, 0)
                subject.start()
                sender.go(subject.port)
                time.sleep(lab.dice.uniform(0.05, 0.2))
                # Mostly the sync of a commit; every third time the first one of a checkpoint of the database itself.
                where, which = (2, 1) if turn % 3 == 2 else (1, lab.dice.randint(1, 40))
                struct.pack_into("iii", control, 0, which, 0, where)
                wait_for(lambda: struct.unpack_from("i", control, 4)[0], 60, "no sync failed: no test")
                begun = time.monotonic()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = subject.process.wait(30)
                    times.append(time.monotonic() - begun)
                    expect(code not in (0, 99), f"the service ended with {code} after a failed sync")
                if subject.process.poll() is None:
                    went_on[where] += 1
                    subject.kill()
                sender.stop()
                disk.cut(lab.dice)
                oracle.check_file(subject.database, sender.ledger)
            struct.pack_into("iii", control, 0, 0, 0, 0)
            subject.start()
            sender.complete(subject.port)
            figures = oracle.check_service(subject, sender.ledger)
    expect(times, "the service never ended after a failed sync")
    figures |= {"stop_ms_max": round(max(times) * 1e3), "went_on": went_on}
    expect(
        not any(went_on.values()),
        f"nothing acknowledged is lost, but the service went on after {went_on[1]} failed syncs of the WAL and "
        f"{went_on[2]} of the database file; where it ended, within {figures['stop_ms_max']} ms",
    )
    return rounds, f"{figures['acknowledged']} acknowledged, 0 lost; ended within {figures['stop_ms_max']} ms", figures
