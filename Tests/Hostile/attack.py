"""Plays inputs in batches, looks at everything that a customer sees after each, and finds the input that is to blame."""

import concurrent.futures
import contextlib
import json
import shlex
import time
from typing import NamedTuple

import memory
import reads
from inputs import Place
from target import ENDED, JSON, KEY

BATCH = 40
#: How many batches a run takes apart to the one input; of more only the batch is told.
PATIENCE = 20


class Failure(NamedTuple):
    names: list
    request: str
    law: str

    def __str__(self):
        few = self.names[:3] if len(self.names) <= 3 else []
        names = " ".join(f"--only {shlex.quote(name)}" for name in few) or f"{len(self.names)} inputs together; the figures name them"
        return f"{self.law}\n      at {self.request}" + (f"\n      {names}" if self.names else "")


def is_late(by):
    return by is not None and time.monotonic() > by


class Attack:
    def __init__(self, fresh, log):
        #: Starts a service on an empty database.
        self.fresh, self.log = fresh, log
        self.pool = concurrent.futures.ThreadPoolExecutor(8)
        self.number = self.tried = self.taken_apart = 0
        self.failures, self.targets = [], []

    def fail(self, failure):
        self.failures.append(failure)
        self.log(f"FAIL  {failure}")

    @contextlib.contextmanager
    def attacked(self):
        """A service while a payment after the other is delivered to it: each has to be acknowledged."""
        with self.fresh() as target:
            self.targets.append(target)
            target.start_probe(f"probe{len(self.targets)}p")
            yield target
            seen, lives = target.stop_probe(), target.lives
            unacknowledged = target.unacknowledged(seen)
            if lives and unacknowledged:
                law = f"{len(unacknowledged)} of {len(seen)} payments were not acknowledged: {unacknowledged[0]}"
                self.fail(Failure([], "the probe", law))

    def play(self, inputs, by=None):
        """Plays them, or as many of them as there is time for."""
        waiting = [inputs[first : first + BATCH] for first in range(0, len(inputs), BATCH)]
        while waiting and not is_late(by):
            with self.attacked() as target:
                while waiting and target.lives and not is_late(by):
                    batch = waiting.pop(0)
                    self.tried += len(batch)
                    for failure in self.blamed(batch, self.batch(target, batch)):
                        self.fail(failure)

    def batch(self, target, inputs):
        """-> what broke: (input or None, request, law)"""
        self.number += 1
        place, broken = Place.numbered(self.number), []
        session = target.session(place.customer)
        tags = [f"H{self.number:05d}{index:02d}" for index in range(len(inputs))]

        def ask(index, method, path, headers=KEY, body=None, good=None):
            if target.lives:
                headers = session if headers == {"page": ""} else headers
                law = target.broken(method, path, headers, body, good)
                if law:
                    broken.append((index, f"{method} {path[:200]}", law))

        def attack(index):
            for request in inputs[index].requests(place, tags[index]):
                ask(index, *request)

        def follow(index):
            for request in inputs[index].afterwards(place, tags[index]):
                ask(index, *request, good=(200,))

        def look(paths):
            list(self.pool.map(lambda each: ask(owner(each[0]), "GET", *each), paths))

        def owner(path):
            """The input whose tag is in the path: for routes that show many rows, none in particular."""
            return next((index for index, tag in enumerate(tags) if tag in path), None)

        for method, path, body in reads.before(place, self.number):
            # The calendar that an attack left may leave no room for ours; so it is no matter how that is answered.
            ask(None, method, path, JSON, json.dumps(body).encode())
        list(self.pool.map(attack, range(len(inputs))))
        look(reads.of_customer(place, session))
        if target.lives:
            look(reads.of_rows(target, place))
        # Whatever was written, the next event of the same object is taken.
        list(self.pool.map(follow, range(len(inputs))))
        if target.lives:
            look(reads.of_customer(place, session))
        if not target.lives and not any(law.startswith(ENDED) for _, _, law in broken):
            broken.append((None, "what it does by itself", target.end))
        before = target.peak
        target.look()
        if before <= memory.LIMIT < target.peak:
            broken.append((None, "its memory", f"{target.peak // memory.MIB} MiB, and it may have {memory.LIMIT // memory.MIB}"))
        return broken

    def blamed(self, inputs, broken):
        """-> the failures, each with the fewest inputs that bring it about"""
        told = {}
        for index, request, law in broken:
            if index is not None and not law.startswith(ENDED):
                told.setdefault((index, law[:60]), Failure([inputs[index].name], request, law))
        open_ones = [each for each in broken if each[0] is None or each[2].startswith(ENDED)]
        if open_ones:
            yield from self.narrowed(inputs, open_ones)
        yield from told.values()

    def narrowed(self, inputs, broken):
        if len(inputs) == 1 or self.taken_apart >= PATIENCE:
            yield Failure([each.name for each in inputs], *broken[0][1:])
            return
        # A half at a time, each on an empty database.
        found = False
        for half in (inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :]):
            with self.fresh() as target:
                again = [each for each in self.batch(target, half) if each[0] is None or not target.lives]
            if again:
                found = True
                yield from self.narrowed(half, again)
        if found:
            self.taken_apart += len(inputs) == 2
        else:
            _, request, law = broken[0]
            yield Failure([each.name for each in inputs], request, f"{law} (only together, or after what came before)")
