"""The connection to the records' database, with transactions that do what they say."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_S = 10.0
_WRITES = "daykeel_writes"


class Database:
    """Transactions on one database, from any thread."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that is stored as a whole, or not at all."""
        with self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    named = make_url(url)
    is_sqlite = named.get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=40,
        pool_pre_ping=not is_sqlite,
        hide_parameters=True,  # the text of an error must not quote what was stored
    )
    if is_sqlite:
        event.listen(engine, "do_connect", partial(_keep_private, named.database))
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _keep_private(file: str | None, *_: object) -> None:
    """Make the file, if it is not there, for its owner's eyes only; SQLite asks the umask alone."""
    if file and file != ":memory:":
        Path(file).touch(mode=0o600)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Let SQLite wait for others, write ahead, and leave transactions to us."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; SQLite itself does not wait when two processes do it at once."""
    end = time.monotonic() + BUSY_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    """Take the write lock at once: SQLite lets nobody wait who has read before."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
