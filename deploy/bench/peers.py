"""Other receivers of the same deliveries, each with its best honest settings: what it acknowledged is on the disk.

None derives anything from the events before it answers, so each does less than console-billing.
"""

import os
import subprocess

from servers import HERE, WEBHOOK_SECRET, Server

PEERS = HERE / "peers"


class FastAPI(Server):
    """FastAPI on uvicorn with uvloop and httptools, Stripe's own library, SQLite with synchronous=FULL."""

    name = "FastAPI + stripe + SQLite"
    count_query = "SELECT count(*) FROM events"

    def __init__(self, folder, build, url, preload=None):
        super().__init__(folder)
        self._python = build.python("fastapi")
        self._path = url.removeprefix("sqlite:")
        self._preload = preload

    def command(self):
        # One worker: SQLite has one writer, and a second worker only waits for it.
        return [
            self._python, "-m", "uvicorn", "--app-dir", str(PEERS), "--port", str(self.port), "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "warning", "fastapi_receiver:app",
        ]  # fmt: skip

    def environment(self):
        return {
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "RECEIVER_DATABASE": self._path,
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.preloading(self._preload),
        }


class Node(Server):
    """Node's own http, crypto and SQLite; events that arrive together share a commit."""

    name = "node http + node:sqlite"
    count_query = "SELECT count(*) FROM events"

    def __init__(self, folder, build, url):
        super().__init__(folder)
        self._node = build.node
        self._path = url.removeprefix("sqlite:")

    def command(self):
        return [self._node, "--disable-warning=ExperimentalWarning", str(PEERS / "node_receiver.mjs")]

    def environment(self):
        return {
            "PORT": str(self.port),
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "RECEIVER_DATABASE": self._path,
        }


class DjStripe(Server):
    """dj-stripe's own webhook view on gunicorn and PostgreSQL, connections kept.

    The view stores the delivery and calls DJSTRIPE_WEBHOOK_EVENT_CALLBACK, which leaves the processing to a worker, as
    dj-stripe recommends for production; here no worker runs.
    """

    name = "dj-stripe + PostgreSQL"
    count_query = "SELECT count(*) FROM djstripe_webhookeventtrigger WHERE valid"

    def __init__(self, folder, build, url):
        super().__init__(folder)
        self._python = build.python("djstripe")
        self._url = url

    def command(self):
        # Threads, because gunicorn's plain workers close each connection after its answer.
        workers = str(2 * os.cpu_count() + 1)
        return [
            self._python, "-m", "gunicorn", "--chdir", str(PEERS), "--bind", f"127.0.0.1:{self.port}", "--workers", workers,
            "--worker-class", "gthread", "--threads", "16", "--keep-alive", "300", "--log-level", "warning",
            "djstripe_site:application",
        ]  # fmt: skip

    def environment(self):
        return {
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "RECEIVER_DATABASE": self._url,
            "PYTHONDONTWRITEBYTECODE": "1",
            # Where the settings are; gunicorn changes to it only after its start.
            "PYTHONPATH": str(PEERS),
        }

    def migrate(self):
        """Makes the tables, and the endpoint with its secret."""
        finished = subprocess.run(
            [self._python, str(PEERS / "djstripe_site.py")],
            env={"PATH": os.environ["PATH"], **self.environment()},
            capture_output=True,
            text=True,
        )
        if finished.returncode:
            raise SystemExit(f"dj-stripe's tables could not be made:\n{finished.stderr[-2000:]}")
