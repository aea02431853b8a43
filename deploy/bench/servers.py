"""The servers that are measured: each a process of ours on loopback, ended by its id."""

import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
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

START_SECONDS = 60
STOP_SECONDS = 60
WEBHOOK_SECRET = "whsec_" + secrets.token_hex(16)
API_KEY = secrets.token_hex(16)
SCOPES = "feed:read+usage:write+sessions:write+ops"


class Server:
    """A child process that listens on a port of its own; used with `with`."""

    name = "server"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.ready_seconds = None
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
        started = time.monotonic()
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
        self.ready_seconds = time.monotonic() - started
        return self

    def __exit__(self, *_):
        self._end()

    def _wait_until_up(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.is_up():
                return
            time.sleep(0.002)
        raise SystemExit(f"{self.name} did not start:\n{self._log.read_text()[-2000:]}")

    def _end(self):
        if self._process.poll() is not None:
            raise SystemExit(f"{self.name} ended by itself:\n{self._log.read_text()[-2000:]}")
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def usage(self):
        return spent_by(self._process.pid)

    def peak_mib(self):
        """The largest resident set so far, of all its processes."""
        peak = 0
        for pid in family(self._process.pid):
            with contextlib.suppress(OSError):
                peak += _status(pid, "VmHWM")
        return peak / 1024

    def forget_peak(self):
        """Begins `peak_mib` again from what is resident now."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def syncs(self):
        """How many syncs there were so far, under the slowed ones."""
        return struct.unpack("<Q", self._sync_counter.read_bytes())[0]

    def preloading(self, library):
        return {"LD_PRELOAD": str(library), "SLOW_SYNC_COUNTER": str(self._sync_counter)} if library else {}


class ConsoleBilling(Server):
    """The service on a database, with everything on that production has: logs, metrics, traces."""

    name = "console-billing"

    def __init__(self, folder, build, database_url, preload=None, **settings):
        super().__init__(folder)
        self._binary = str(build.console_billing)
        self._settings = {"DATABASE_URL": database_url, **settings}
        self._preload = preload

    def command(self):
        return [self._binary, "serve", "--port", str(self.port)]

    def environment(self):
        digest = hashlib.sha256(API_KEY.encode()).hexdigest()
        return {
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            # The events that fill a store are signed long before the last is sent.
            "STRIPE_WEBHOOK_TOLERANCE": "3600",
            "LINK_SIGNING_SECRET": secrets.token_hex(32),
            "API_KEYS": f"bench:{digest}:{SCOPES}",
            "SERVICE_RATE_LIMIT": "1000000000",
            "RATE_LIMIT": "1000000000",
            "LOG_FORMAT": "json",
            **self._settings,
            **self.preloading(self._preload),
        }

    def is_up(self):
        with contextlib.suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status == 200
        return False

    def call(self, method, path, body=None, key=API_KEY):
        """The bytes of an answer that is a success."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method=method)
        request.add_header("Authorization", f"Bearer {key}")
        with contextlib.closing(urllib.request.urlopen(request, timeout=600)) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.call("GET", path))


class Nginx(Server):
    name = "nginx, static 200"

    def __init__(self, folder, build):
        super().__init__(folder)
        self._binary = build.nginx
        text = (HERE / "nginx.conf").read_text().replace("@PORT@", str(self.port))
        (self.folder / "nginx.conf").write_text(text)

    def command(self):
        return [self._binary, "-p", str(self.folder), "-c", "nginx.conf", "-e", "stderr"]


def family(pid):
    """A process and its descendants."""
    found = [pid]
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += family(int(child))
    return found


def spent_by(pid):
    """The processor time, in seconds, and the bytes written to files, of a process and its descendants so far.

    A child that has ended counts in its parent.
    """
    ticks = written = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            text = Path(f"/proc/{member}/io").read_text()
            written += int(dict(line.split(": ") for line in text.splitlines())["write_bytes"])
    return ticks / os.sysconf("SC_CLK_TCK"), written


def end_on_sigterm():
    """Has SIGTERM end this program as an error would, so that its servers are ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _status(pid, name):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(dict(line.split(":", 1) for line in status.splitlines())[name].split()[0])
