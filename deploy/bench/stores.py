"""The databases under what is measured: made, copied and measured in the same words for SQLite and PostgreSQL."""

import contextlib
import shutil
import sqlite3
import sys

from measuring import ROOT
from servers import spent_by

sys.path.insert(0, str(ROOT / "deploy/lib"))

from private_postgres import Server  # noqa: E402  (the folder is on the path only now)


class SQLite:
    """A file for each database."""

    name = "SQLite"

    def __init__(self, folder):
        self._folder = folder / "sqlite"
        self._folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def url(self, database):
        return f"sqlite:{self._path(database)}"

    def create(self, database):
        """A new database; the server that opens the file makes it."""
        for path in self._files(database):
            path.unlink()
        return self.url(database)

    def copy(self, source, target):
        """A copy of a database that no server has open."""
        self.create(target)
        shutil.copyfile(self._path(source), self._path(target))
        return self.url(target)

    def bytes(self, database):
        """The bytes on disk; a server that was stopped has merged its log."""
        return sum(path.stat().st_blocks * 512 for path in self._files(database))

    def count(self, database, query):
        with contextlib.closing(sqlite3.connect(self._path(database))) as connection:
            return connection.execute(query).fetchone()[0]

    def usage(self):
        """SQLite spends its servers' time."""
        return 0, 0

    def _path(self, database):
        return self._folder / f"{database}.sqlite"

    def _files(self, database):
        return list(self._folder.glob(f"{database}.sqlite*"))


class PostgreSQL:
    """A private server, with fsync on, and a database of it for each."""

    name = "PostgreSQL"

    def __init__(self, _folder):
        self._server = Server({"shared_buffers": "1GB", "max_wal_size": "4GB"})

    def __enter__(self):
        self._server.__enter__()
        return self

    def __exit__(self, *exception):
        self._server.__exit__(*exception)

    def url(self, database):
        return self._server.url(database)

    def create(self, database):
        self._server.query(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self._server.query(f"CREATE DATABASE {database}")
        return self.url(database)

    def copy(self, source, target):
        """A copy file by file: its statistics are as they were."""
        self._server.query(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        self._server.query(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")
        return self.url(target)

    def bytes(self, database):
        """The bytes on disk, without the server's log."""
        self._server.query("CHECKPOINT")
        return int(self._server.query(f"SELECT pg_database_size('{database}')")[0][0])

    def count(self, database, query):
        return int(self._server.query(query, database)[0][0])

    def query(self, sql, database):
        return self._server.query(sql, database)

    def usage(self):
        return spent_by(self._server.process.pid)


STORES = (SQLite, PostgreSQL)
