"""Records in one file: SQLite, which lets one write at a time."""

import sqlite3
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event

from daykeel.sqlite.write_ahead import write_ahead

BUSY_S = 10.0
_WRITES = "daykeel_writes"


def engines(url: URL) -> tuple[Engine, Engine]:
    """Return an engine whose transactions read, and one whose transactions write."""
    engine = create_engine(
        url, pool_size=8, max_overflow=40, pool_timeout=BUSY_S, hide_parameters=True
    )
    event.listen(engine, "do_connect", partial(_keep_private, url.database))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine, engine.execution_options(**{_WRITES: True})


def _keep_private(file: str | None, *_: object) -> None:
    """Make the file, if it is not there, for its owner's eyes only; SQLite asks the umask alone."""
    if file and file != ":memory:" and not Path(file).exists():
        Path(file).touch(mode=0o600)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Let SQLite wait for others, write ahead, and leave transactions to us."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    write_ahead(connection, BUSY_S)


def _begin(connection: Connection) -> None:
    """Take the write lock at once: SQLite lets nobody wait who has read before."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
