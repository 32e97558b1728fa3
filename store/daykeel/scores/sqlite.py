"""Nights, days and scores in one SQLite file: what `put` returned from is stored, all or nothing.

Each row holds its whole content as JSON beside the columns it is found by, so a write replaces
every field and a number that is not finite is stored as null. The view `score` shows one row
per measure for anyone with a SQL prompt.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, DayRecord, ScoreRow
from daykeel.scores.contents import (
    content,
    decoded_baseline,
    decoded_day,
    decoded_known,
    decoded_night,
    decoded_scores,
    packed,
    unpacked,
)
from daykeel.scores.errors import NotErased, OtherSchema
from daykeel.scores.protocol import StoredNight
from daykeel.sqlite.write_ahead import write_ahead

Row = tuple[str | int, ...]

SCHEMA = 2
"""1 had no `known`, which is made when the file is opened."""
PATIENCE_S = 10.0
"""How long a write waits for that of another process."""

TABLES = ("nights", "days", "scores", "artefacts", "known")

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
CREATE TABLE IF NOT EXISTS known (
    client TEXT NOT NULL, at TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (client, at, number)) WITHOUT ROWID;
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
_PUT_KNOWN = "INSERT OR IGNORE INTO known VALUES (?, ?, ?, ?)"
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
_KNOWN = "SELECT body FROM known WHERE client = ? ORDER BY at, number"
_LATEST = """
SELECT max(date) FROM (
    SELECT max(date) AS date FROM nights WHERE client = :client
    UNION ALL SELECT max(date) FROM days WHERE client = :client
    UNION ALL SELECT max(date) FROM scores WHERE client = :client)
"""


class _TakenBack(Exception):  # noqa: N818  no fault: it ends a transaction that stores nothing
    """Nothing of the transaction is to be stored."""


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
        self._begin(path, PATIENCE_S)
        _check_schema(self._db)
        write_ahead(self._db, PATIENCE_S)
        self._db.execute(f"PRAGMA synchronous = {synchronous}")
        self._db.execute("PRAGMA secure_delete = ON")
        with self._transaction() as db:
            for statement in filter(str.strip, _DDL.split(";\n")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA}")

    @classmethod
    def look_at(cls, path: Path, *, patience_s: float) -> "SqliteScores":
        """Return the store in a file as it is, for who only looks; nothing is made.

        Raises
        ------
        sqlite3.Error
            There is none, or it is none of ours.
        """
        found = cls.__new__(cls)
        found._begin(f"{path.resolve().as_uri()}?mode=rw", patience_s)
        return found

    def _begin(self, name: Path | str, patience_s: float) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            name,
            uri=isinstance(name, str),
            timeout=patience_s,
            isolation_level=None,
            check_same_thread=False,
        )

    def schema(self) -> int:
        """Return the number of the schema the file was written with."""
        ((found,),) = self._read("PRAGMA user_version")
        return int(found)

    def try_writing(self) -> None:
        """Raise if nothing could be stored now; nothing is."""
        with suppress(_TakenBack), self._transaction():
            raise _TakenBack

    def put(
        self,
        nights: Sequence[StoredNight] = (),
        days: Sequence[DayRecord] = (),
        scores: Sequence[ScoreRow] = (),
        artefacts: Sequence[tuple[str, Baseline]] = (),
        known: Sequence[tuple[str, Known]] = (),
    ) -> None:
        """Store all of it in one transaction, or raise and store nothing."""
        batches: list[tuple[str, list[Row]]] = [
            (_PUT_NIGHT, [_night_row(one) for one in nights]),
            (_PUT_DAY, [(one.client, one.day.isoformat(), content(one)) for one in days]),
            (_PUT_SCORES, [_score_row(one) for one in scores]),
            (_PUT_ARTEFACT, [_artefact_row(client, one) for client, one in artefacts]),
            (_PUT_KNOWN, [_known_row(client, one) for client, one in known]),
        ]
        with self._transaction() as db:
            for statement, rows in batches:
                db.executemany(statement, rows)

    def nights(self, client: str, first: date, stop: date) -> list[StoredNight]:
        """Return the nights of [first, stop), oldest first; nothing for an unknown client."""
        rows = self._read(_NIGHTS, client, first.isoformat(), stop.isoformat())
        return [
            StoredNight(decoded_night(body), version, state, datetime.fromisoformat(stored_at))
            for version, state, stored_at, body in rows
        ]

    def days(self, client: str, first: date, stop: date) -> list[DayRecord]:
        """Return the day records of [first, stop), oldest first."""
        rows = self._read(_DAYS, client, first.isoformat(), stop.isoformat())
        return [decoded_day(body) for (body,) in rows]

    def scores(self, client: str, window: str, first: date, stop: date) -> list[ScoreRow]:
        """Return the rows of one window with a local date in [first, stop), oldest first."""
        rows = self._read(_SCORES, client, window, first.isoformat(), stop.isoformat())
        return [
            ScoreRow(client, date.fromisoformat(day), window, zone, decoded_scores(body), inputs)
            for day, zone, inputs, body in rows
        ]

    def artefacts(self, client: str) -> list[Baseline]:
        """Return the baselines of a client; the one stored last, again or anew, comes last."""
        return [decoded_baseline(body) for (body,) in self._read(_ARTEFACTS, client)]

    def known(self, client: str) -> list[Known]:
        """Return what became known of a client, oldest first; none of it is ever replaced."""
        return [decoded_known(unpacked(body)) for (body,) in self._read(_KNOWN, client)]

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


def _night_row(one: StoredNight) -> Row:
    night = one.night
    return (
        night.client,
        night.night.isoformat(),
        one.version,
        one.state,
        one.stored_at.isoformat(),
        content(night),
    )


def _score_row(row: ScoreRow) -> Row:
    return (
        row.client,
        row.window,
        row.local_date.isoformat(),
        row.zone,
        row.inputs,
        content(row.scores),
    )


def _artefact_row(client: str, one: Baseline) -> Row:
    return client, one.chart, one.frozen.isoformat(), one.id, content(one)


def _known_row(client: str, one: Known) -> Row:
    return (
        client,
        one.at.astimezone(UTC).isoformat(timespec="microseconds"),
        one.number,
        packed(one),
    )
