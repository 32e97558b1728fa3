"""The SQLite file that a log lies in: its tables, how it is opened, one transaction at a time."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daykeel.log.errors import LogUnavailable
from daykeel.log.sqlite_headers import has_room
from daykeel.sqlite.write_ahead import write_ahead

BUSY_S = 30.0
"""How long a writer waits for the writers of other processes."""

OFFSET_BITS = 40
"""A record's rowid is its lane's number, shifted by this, plus its offset."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS about(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS topics(
  name TEXT PRIMARY KEY, compact INT NOT NULL, retention_s REAL) WITHOUT ROWID;
-- a lane is one partition of one topic, `head` the offset its next record gets
CREATE TABLE IF NOT EXISTS lanes(
  lane INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INT NOT NULL,
  head INT NOT NULL DEFAULT 0, UNIQUE(topic, partition));
CREATE TABLE IF NOT EXISTS log(
  id INTEGER PRIMARY KEY, timestamp REAL NOT NULL, key BLOB NOT NULL, value BLOB, headers BLOB);
CREATE INDEX IF NOT EXISTS tombstones ON log(id) WHERE value IS NULL;
-- where the one record of each key of a compacted topic lies
CREATE TABLE IF NOT EXISTS latest(
  lane INT, key BLOB, id INT NOT NULL, PRIMARY KEY(lane, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions(
  name TEXT, lane INT, position INT NOT NULL, PRIMARY KEY(name, lane)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks(name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


def look_at(path: Path, patience_s: float) -> sqlite3.Connection:
    """Return a connection to the log at `path` as it is; nothing is made or brought up to date.

    Raises
    ------
    LogUnavailable
        There is none, or it is none of ours.
    """
    with told():
        db = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=patience_s,
            check_same_thread=False,
        )
        try:
            db.execute("SELECT value FROM about")
        except BaseException:
            db.close()
            raise
    return db


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """Return a connection to the log at `path`, which is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    try:
        write_ahead(db, BUSY_S)
    except sqlite3.OperationalError as error:
        raise LogUnavailable(str(error)) from error
    db.execute(f"PRAGMA synchronous={synchronous}")
    db.execute("PRAGMA cache_size=-16000")
    if db.execute("SELECT count(*) FROM sqlite_master WHERE name='marks'").fetchone()[0] == 0:
        with transaction(db):
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute(
                "INSERT OR IGNORE INTO about VALUES('incarnation', ?)", (secrets.token_hex(8),)
            )
    if not has_room(db):
        _make_room(db)
    return db


def _make_room(db: sqlite3.Connection) -> None:
    """Let a file of before keep headers; what lies in it is not touched."""
    with transaction(db):
        if not has_room(db):  # another process may have been first
            db.execute("ALTER TABLE log ADD COLUMN headers BLOB")


@contextmanager
def told() -> Iterator[None]:
    """Tell SQLite's errors as `LogUnavailable`."""
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(str(error)) from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Do what is inside at once or not at all.

    Raises
    ------
    LogUnavailable
        The file is busy, full or unreadable; nothing was written.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(db)
        raise LogUnavailable(str(error)) from error
    except BaseException:
        _roll_back(db)
        raise


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.execute("ROLLBACK")
