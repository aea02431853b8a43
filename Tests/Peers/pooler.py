"""A database behind pgbouncer: in session mode the service serves; in the other modes it says so and does not start.

Nothing that the service sets in a session is seen by another client of the pool afterwards."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
sys.path.insert(0, str(ROOT / "deploy/lib"))
import private_postgres  # noqa: E402
import service as peers  # noqa: E402
from ports import free_port  # noqa: E402


class Pooler:
    """pgbouncer in one mode."""

    def __init__(self, program, server, mode):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        self.port = free_port()
        # It does not run as root, and is to read its files.
        folder.chmod(0o755)
        (folder / "users").write_text(f'"postgres" "{server.password}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"""
[databases]
postgres = host=127.0.0.1 port={server.port} dbname=postgres user=postgres password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 40
"""
        )
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([program, "-q", *user, folder / "pgbouncer.ini"])
        self.url = server.url(port=self.port)
        end = time.monotonic() + 30
        while self.ask(server, "SELECT 1") is None:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("pgbouncer did not start")
            time.sleep(0.05)

    def ask(self, server, sql):
        done = subprocess.run(
            server.command("psql", "-XqAt", "-c", sql, self.url), cwd="/", capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def check(program, pgbouncer):
    with private_postgres.Server() as server:
        ordinary = server.query("SHOW statement_timeout")[0][0]
        for mode in ("transaction", "statement"):
            with Pooler(pgbouncer, server, mode) as pooler:
                done = start(program, pooler.url, 30)
                assert done.returncode == 69, (mode, done.returncode, done.stderr)
                assert "pooler in transaction mode" in done.stderr, (mode, done.stderr)
                assert server.password not in done.stderr
                found = pooler.ask(server, "SHOW statement_timeout")
                assert found == ordinary, f"a session of the pool has statement_timeout = {found}"
                tables = server.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                assert tables == [["0"]], f"{tables} tables were made"
                print(f"{mode} mode is refused, and nothing set")
        with Pooler(pgbouncer, server, "session") as pooler:
            with peers.running(program, DATABASE_URL=pooler.url) as service:
                assert service.transactions() == []
            print("session mode serves")


def start(program, url, seconds):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
        "DATABASE_URL": url, "PORT": "0", "STRIPE_WEBHOOK_SECRET": "whsec_" + "p" * 32,
        "LINK_SIGNING_SECRET": "a-secret-of-the-pool-that-is-long-enough",
    }  # fmt: skip
    return subprocess.run(
        [program, "serve"], env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", required=True)
    parser.add_argument("--pgbouncer", required=True)
    arguments = parser.parse_args()
    check(arguments.service, os.path.abspath(arguments.pgbouncer))
