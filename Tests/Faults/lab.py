"""A place for each test: its own folder under .build-faults, the compiled preload libraries, dice from the seed."""

import contextlib
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

from oracle import Ledger, Sender
from subject import Failure, Subject

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / ".build-faults"


class Lab:
    def __init__(self, executable, is_long, seed):
        self.executable = executable
        self.is_long = is_long
        self.seed = seed
        self.dice = random.Random(seed)
        self.runs = 0
        BUILD.mkdir(exist_ok=True)
        self.root = Path(tempfile.mkdtemp(prefix="run-", dir=BUILD))
        os.chmod(self.root, 0o755)

    def rounds(self, short, long):
        return long if self.is_long else short

    def place(self, name):
        """A private folder."""
        path = self.root / name
        path.mkdir()
        return path

    def library(self, name):
        """Compiles one of the preload libraries, once for each version of its source."""
        source = HERE / "preload" / f"{name}.c"
        result = self.root / f"{name}.so"
        if not result.exists():
            command = ["cc", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", result, source, "-ldl"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise Failure(f"{source.name} does not compile: {done.stderr}")
        return str(result)

    @contextlib.contextmanager
    def subject(self, place, **options):
        """The service on `place`/data; whatever happens, it has ended afterwards."""
        folder = place / "data"
        folder.mkdir(exist_ok=True, mode=0o700)
        subject = Subject(options.pop("executable", self.executable), folder, **options)
        try:
            yield subject
        finally:
            subject.finish()

    def sender(self, place, connections=64):
        self.runs += 1
        return Sender(str(place / "sender"), run=self.runs, seed=self.dice.randrange(1 << 30), connections=connections)

    def ledger(self, place):
        return Ledger(str(place / "hand"))

    def tidy(self):
        shutil.rmtree(self.root, ignore_errors=True)
