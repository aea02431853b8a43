#!/usr/bin/env python3
"""A private PostgreSQL: Debian's server on its own data folder and loopback port.

    deploy/lib/private_postgres.py -- COMMAND…   runs COMMAND with CONSOLE_BILLING_TEST_POSTGRES naming the server

It keeps what it promises as a server in production does (fsync on), and nothing of it is left behind. The server
refuses to run as root: called by root, it runs as Debian's user `postgres`.
"""

import glob
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from ports import free_port

VARIABLE = "CONSOLE_BILLING_TEST_POSTGRES"


def programs():
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not folders:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    return folders[-1]


class Server:
    """One server and its data folder."""

    def __init__(self, settings=None, password=None, port=None):
        self.folder = tempfile.mkdtemp(prefix="console-billing-postgres-")
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        self.port = port or free_port()
        self.password = password or secrets.token_hex(16)
        self.settings = {"max_connections": "300", "shared_buffers": "256MB", **(settings or {})}
        self.process = None

    def __enter__(self):
        self.create()
        return self.start()

    def __exit__(self, *_):
        self.remove()

    # ------------------------------------------------------------ the folder

    def own(self, path):
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")

    def command(self, program, *arguments):
        command = [os.path.join(programs(), program), *arguments]
        if os.geteuid() == 0:
            user = ["--reuid", "postgres", "--regid", "postgres", "--init-groups"]
            command = ["setpriv", *user, "--pdeathsig", "QUIT", *command]
        return command

    def run(self, program, *arguments):
        # The caller may be in a folder that the server's user cannot enter.
        done = subprocess.run(
            self.command(program, *arguments), cwd="/", capture_output=True, text=True,
            env={**os.environ, "PGPASSWORD": self.password},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr[-800:]}")
        return done.stdout

    def create(self):
        self.own(self.folder)
        word = os.path.join(self.folder, "password")
        with open(word, "w") as file:
            file.write(self.password)
        self.own(word)
        self.run(
            "initdb", "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={word}",
        )  # fmt: skip
        os.remove(word)
        return self

    def copy(self, settings=None, port=None):
        """A standby that follows this server; to be started."""
        standby = Server(settings, self.password, port)
        standby.own(standby.folder)
        self.run(
            "pg_basebackup", "-D", standby.data, "-R", "-X", "stream", "-c", "fast",
            "-d", self.url("", "application_name=standby"),
        )  # fmt: skip
        return standby

    def remove(self):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------ the process

    def start(self, timeout=60):
        settings = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            **self.settings,
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("postgres", "-D", self.data, *options), cwd="/", stdout=log, stderr=log
            )
        end = time.monotonic() + timeout
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("PostgreSQL did not start: " + self.output()[-800:])
            time.sleep(0.02)
        return self

    def answers(self):
        done = subprocess.run(
            self.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)), cwd="/", check=False
        )
        return done.returncode == 0

    def stop(self, mode="fast"):
        """`fast`: in order. `immediate`: as by a crash, to be recovered from the log at the next start."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT if mode == "immediate" else signal.SIGINT)
            self.process.wait()
        self.process = None

    def promote(self):
        self.query("SELECT pg_promote(true, 60)")

    def output(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    # ------------------------------------------------------------ SQL

    def url(self, database="postgres", options="", port=None):
        address = f"postgres://postgres:{self.password}@127.0.0.1:{port or self.port}/{database}"
        return address + ("?" + options if options else "")

    def query(self, sql, database="postgres"):
        """-> the rows, each a list of texts"""
        out = self.run("psql", "-X", "-q", "-A", "-t", "-F", "\t", "-c", sql, self.url(database))
        return [line.split("\t") for line in out.splitlines()]


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    if arguments[0] == "--":
        arguments = arguments[1:]
    # Ended by a signal, it ends the server too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Server() as server:
        return subprocess.run(arguments, env={**os.environ, VARIABLE: server.url()}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
