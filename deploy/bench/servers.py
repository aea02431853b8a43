"""The servers that are measured: each a process of ours on loopback, ended by its id."""

import contextlib
import hashlib
import os
import secrets
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from ports import free_port  # noqa: E402  (the folder is on the path only now)

START_SECONDS = 30
STOP_SECONDS = 60


class Server:
    """A child process that listens on a port of its own; used with `with`."""

    name = "server"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._process = None
        self._log = self.folder / f"{self.name}.log"
        self._sync_counter = self.folder / "syncs"

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def is_up(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def __enter__(self):
        # Only what is named here: a setting of the person's own must not change what is measured.
        environment = {"PATH": os.environ["PATH"], **self.environment()}
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _wait_until_up(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.is_up():
                return
            time.sleep(0.02)
        raise SystemExit(f"{self.name} did not start:\n{self._log.read_text()[-2000:]}")

    def _end(self):
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def usage(self):
        """The processor time, in seconds, and the bytes written to files, so far; its children's too."""
        ticks = written = 0
        for pid in self._family():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
                text = Path(f"/proc/{pid}/io").read_text()
                written += int(dict(line.split(": ") for line in text.splitlines())["write_bytes"])
        return ticks / os.sysconf("SC_CLK_TCK"), written

    def memory_mib(self):
        """The resident set now, and the largest it ever was."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return tuple(round(int(fields[name].split()[0]) / 1024, 1) for name in ("VmRSS", "VmHWM"))

    def syncs(self):
        """How many syncs there were so far, under the slowed ones."""
        return struct.unpack("<Q", self._sync_counter.read_bytes())[0]

    def _family(self):
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *children]


class ConsoleBilling(Server):
    name = "console-billing"

    def __init__(self, folder, build, secret, key="", preload=None):
        super().__init__(folder)
        self._binary = build.console_billing
        self._secret = secret
        self._key = key
        self._preload = preload
        self.database = self.folder / "console-billing.sqlite"

    def command(self):
        return [
            self._binary, "serve", "--port", str(self.port), "--database-url", f"sqlite:{self.database}",
        ]

    def environment(self):
        digest = hashlib.sha256(self._key.encode()).hexdigest()
        values = {
            "STRIPE_WEBHOOK_SECRET": self._secret,
            "LINK_SIGNING_SECRET": secrets.token_hex(32),
            "API_KEYS": f"bench:{digest}:feed:read+usage:write+ops",
            "LOG_LEVEL": "error",
        }
        return values | _preloading(self._preload, self._sync_counter)

    def is_up(self):
        with contextlib.suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status == 200
        return False


class UvicornReceiver(Server):
    name = "uvicorn"

    def __init__(self, folder, build, secret, preload=None):
        super().__init__(folder)
        self._python = build.python
        self._secret = secret
        self._preload = preload
        self.database = self.folder / "receiver.sqlite"

    def command(self):
        # `auto` takes uvloop and httptools, which the environment was made with where pip has them.
        return [
            self._python, "-m", "uvicorn", "--app-dir", str(HERE), "--port", str(self.port),
            "--loop", "auto", "--http", "auto", "--no-access-log", "--log-level", "warning",
            "uvicorn_receiver:app",
        ]

    def environment(self):
        values = {
            "STRIPE_WEBHOOK_SECRET": self._secret,
            "RECEIVER_DATABASE": str(self.database),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return values | _preloading(self._preload, self._sync_counter)


class Nginx(Server):
    name = "nginx"

    def __init__(self, folder, build):
        super().__init__(folder)
        self._binary = build.nginx
        text = (HERE / "nginx.conf").read_text().replace("@PORT@", str(self.port))
        (self.folder / "nginx.conf").write_text(text)

    def command(self):
        return [self._binary, "-p", str(self.folder), "-c", "nginx.conf", "-e", "stderr"]


def events_in(database):
    """How many events a stopped server has stored."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM events").fetchone()[0]


def end_on_sigterm():
    """Has SIGTERM end this program as an error would, so that its servers are ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _preloading(library, counter):
    return {"LD_PRELOAD": str(library), "SLOW_SYNC_COUNTER": str(counter)} if library else {}
