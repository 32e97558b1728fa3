"""Nights, days and scores in one SQLite file: what `put` returned from is stored, all or nothing.

Each row holds its whole content as JSON beside the columns it is found by, so a write replaces
every field and a number that is not finite is stored as null. The view `score` shows one row
per measure for anyone with a SQL prompt.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from daykeel.rhythm.ledger import Baseline, DayRecord, Night, Score, ScoreRow
from daykeel.scores.protocol import StoredNight

Row = tuple[str | int, ...]

SCHEMA = 1
PATIENCE_S = 10.0
"""How long a write waits for that of another process."""

TABLES = ("nights", "days", "scores", "artefacts")

_DDL = """
CREATE TABLE IF NOT EXISTS nights (
    client TEXT NOT NULL, date TEXT NOT NULL,
    version INTEGER NOT NULL, state TEXT NOT NULL, stored_at TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, date)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    client TEXT NOT NULL, date TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, date)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    client TEXT NOT NULL, window TEXT NOT NULL, date TEXT NOT NULL,
    zone TEXT NOT NULL, inputs TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, window, date)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS scores_by_date ON scores (client, date);
CREATE TABLE IF NOT EXISTS artefacts (
    stored INTEGER PRIMARY KEY,
    client TEXT NOT NULL, chart TEXT NOT NULL, frozen TEXT NOT NULL, id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (client, chart, frozen, id));
CREATE VIEW IF NOT EXISTS score AS
    SELECT client, window, date, zone, inputs,
        json_extract(one.value, '$.measure') AS measure,
        json_extract(one.value, '$.value') AS value,
        json_extract(one.value, '$.lo') AS lo,
        json_extract(one.value, '$.hi') AS hi,
        json_extract(one.value, '$.coverage') AS coverage,
        json_extract(one.value, '$.status') AS status,
        json_extract(one.value, '$.reasons') AS reasons,
        json_extract(one.value, '$.n') AS n,
        json_extract(one.value, '$.n_expected') AS n_expected,
        json_extract(one.value, '$.version') AS version
    FROM scores, json_each(scores.body) AS one;
"""
_PUT_NIGHT = "INSERT OR REPLACE INTO nights VALUES (?, ?, ?, ?, ?, ?)"
_PUT_DAY = "INSERT OR REPLACE INTO days VALUES (?, ?, ?)"
_PUT_SCORES = "INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?)"
_PUT_ARTEFACT = (
    "INSERT OR REPLACE INTO artefacts (client, chart, frozen, id, body) VALUES (?, ?, ?, ?, ?)"
)
_NIGHTS = (
    "SELECT version, state, stored_at, body FROM nights"
    " WHERE client = ? AND date >= ? AND date < ? ORDER BY date"
)
_DAYS = "SELECT body FROM days WHERE client = ? AND date >= ? AND date < ? ORDER BY date"
_SCORES = (
    "SELECT date, zone, inputs, body FROM scores"
    " WHERE client = ? AND window = ? AND date >= ? AND date < ? ORDER BY date"
)
_ARTEFACTS = "SELECT body FROM artefacts WHERE client = ? ORDER BY stored"
_LATEST = """
SELECT max(date) FROM (
    SELECT max(date) AS date FROM nights WHERE client = :client
    UNION ALL SELECT max(date) FROM days WHERE client = :client
    UNION ALL SELECT max(date) FROM scores WHERE client = :client)
"""

_json = msgspec.json.Encoder()
_night = msgspec.json.Decoder(Night)
_day = msgspec.json.Decoder(DayRecord)
_score_list = msgspec.json.Decoder(tuple[Score, ...])
_baseline = msgspec.json.Decoder(Baseline)


class NotErased(RuntimeError):  # noqa: N818  a state of the store
    """Something of a client is still stored after it was deleted."""


class OtherSchema(RuntimeError):  # noqa: N818  a fact about the file
    """The file was written by a later version of this program."""


class SqliteScores:
    """A `ScoreStore` over one file that several processes may have open."""

    def __init__(self, path: Path, *, synchronous: str = "NORMAL") -> None:
        """Open the file, and make it if it is not there.

        Parameters
        ----------
        path
            The file.
        synchronous
            `NORMAL`: what was put survives a kill of any process; `FULL`: a power cut, too.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        _check_schema(self._db)
        _use_wal(self._db)
        self._db.execute(f"PRAGMA synchronous = {synchronous}")
        self._db.execute("PRAGMA secure_delete = ON")
        with self._transaction() as db:
            for statement in filter(str.strip, _DDL.split(";\n")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA}")

    def put(
        self,
        nights: Sequence[StoredNight] = (),
        days: Sequence[DayRecord] = (),
        scores: Sequence[ScoreRow] = (),
        artefacts: Sequence[tuple[str, Baseline]] = (),
    ) -> None:
        """Store all of it in one transaction, or raise and store nothing."""
        batches: list[tuple[str, list[Row]]] = [
            (_PUT_NIGHT, [_night_row(one) for one in nights]),
            (_PUT_DAY, [(one.client, one.day.isoformat(), _text(one)) for one in days]),
            (_PUT_SCORES, [_score_row(one) for one in scores]),
            (_PUT_ARTEFACT, [_artefact_row(client, one) for client, one in artefacts]),
        ]
        with self._transaction() as db:
            for statement, rows in batches:
                db.executemany(statement, rows)

    def nights(self, client: str, first: date, stop: date) -> list[StoredNight]:
        """Return the nights of [first, stop), oldest first; nothing for an unknown client."""
        rows = self._read(_NIGHTS, client, first.isoformat(), stop.isoformat())
        return [
            StoredNight(_night.decode(body), version, state, datetime.fromisoformat(stored_at))
            for version, state, stored_at, body in rows
        ]

    def days(self, client: str, first: date, stop: date) -> list[DayRecord]:
        """Return the day records of [first, stop), oldest first."""
        rows = self._read(_DAYS, client, first.isoformat(), stop.isoformat())
        return [_day.decode(body) for (body,) in rows]

    def scores(self, client: str, window: str, first: date, stop: date) -> list[ScoreRow]:
        """Return the rows of one window with a local date in [first, stop), oldest first."""
        rows = self._read(_SCORES, client, window, first.isoformat(), stop.isoformat())
        return [
            ScoreRow(
                client, date.fromisoformat(day), window, zone, _score_list.decode(body), inputs
            )
            for day, zone, inputs, body in rows
        ]

    def artefacts(self, client: str) -> list[Baseline]:
        """Return the baselines of a client; the one stored last, again or anew, comes last."""
        return [_baseline.decode(body) for (body,) in self._read(_ARTEFACTS, client)]

    def latest(self, client: str) -> date | None:
        """Return the last date of which anything is stored."""
        ((day,),) = self._read(_LATEST, client)
        return None if day is None else date.fromisoformat(day)

    def erase(self, client: str) -> None:
        """Delete all of a client, verify by a query, and let no old page keep it.

        Raises
        ------
        NotErased
            Something is left.
        """
        with self._transaction() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table} WHERE client = ?", (client,))  # noqa: S608  ours
        for table in TABLES:
            ((left,),) = self._read(f"SELECT count(*) FROM {table} WHERE client = ?", client)  # noqa: S608  ours
            if left:
                raise NotErased(f"{left} rows are left in {table}")
        self._read("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()

    def _read(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it
                    self._db.execute("ROLLBACK")
                raise


def _check_schema(db: sqlite3.Connection) -> None:
    ((found,),) = db.execute("PRAGMA user_version")
    if found > SCHEMA:
        raise OtherSchema(f"scores are of schema {found}, this version reads {SCHEMA}")


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for other processes that do the same."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _text(value: object) -> str:
    return _json.encode(value).decode()


def _night_row(one: StoredNight) -> Row:
    night = one.night
    return (
        night.client,
        night.night.isoformat(),
        one.version,
        one.state,
        one.stored_at.isoformat(),
        _text(night),
    )


def _score_row(row: ScoreRow) -> Row:
    return (
        row.client,
        row.window,
        row.local_date.isoformat(),
        row.zone,
        row.inputs,
        _text(row.scores),
    )


def _artefact_row(client: str, one: Baseline) -> Row:
    return client, one.chart, one.frozen.isoformat(), one.id, _text(one)
