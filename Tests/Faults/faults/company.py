"""Other processes at the same file."""

import re
import sqlite3
import threading
import time

import oracle
from faults.disk import Hand
from subject import Subject, expect


def locked(lab):
    """Another process holds the write lock: 503 meanwhile, and all is well when it lets go."""
    rounds = lab.rounds(2, 10)
    place = lab.place("locked")
    waits = []
    with lab.subject(place) as subject:
        subject.start()
        hand = Hand(lab, place, subject)
        expect(hand.deliver()[0] == 200, "an event was refused without a fault")
        for _ in range(rounds):
            other = sqlite3.connect(subject.database, isolation_level=None, timeout=10)
            other.execute("BEGIN EXCLUSIVE")
            answers = []

            def send():
                begun = time.monotonic()
                status, headers = hand.deliver()
                answers.append((status, headers.get("Retry-After"), time.monotonic() - begun))

            threads = [threading.Thread(target=send) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            expect(subject.get("/v1/events?limit=1")["data"], "reading stops as well")
            other.execute("ROLLBACK")
            other.close()
            expect(all(status == 503 for status, _, _ in answers), f"while locked: {answers}")
            expect(all(after for _, after, _ in answers), "503 without Retry-After")
            waits += [seconds for _, _, seconds in answers]
            hand.settle()
        expect(max(waits) < 30, f"a refusal took {max(waits):.1f} s")
        figures = hand.check()
        expect(subject.terminate() == 0, "SIGTERM is answered with exit 0")
        oracle.check_file(subject.database, hand.ledger)
    figures |= {"refused": len(waits), "refusal_s_max": round(max(waits), 1)}
    return rounds, f"{len(waits)} refused with 503 within {figures['refusal_s_max']} s each, 0 lost", figures


def second_process(lab):
    """A second service on the same file is refused, and told who has it; the first does not notice."""
    place = lab.place("second-process")
    with lab.subject(place) as subject:
        subject.start()
        hand = Hand(lab, place, subject)
        expect(hand.deliver()[0] == 200, "an event was refused without a fault")
        second = Subject(lab.executable, subject.folder)
        second.log = str(place / "second.output")
        try:
            second.launch()
            code = second.process.wait(60)
        finally:
            second.finish()
        words = second.output().strip().splitlines()[-1]
        expect(code in (69, 75), f"the second service ended with {code}")
        expect(re.search(rf"\b{subject.process.pid}\b", words), f"the first's pid is not named: {words}")
        figures = hand.check()
        # A lock that outlives its holder would need a hand.
        subject.kill()
        subject.start()
        subject.terminate()
    return 1, f"exit {code}: {words.replace(str(lab.root), '…')}", figures
