"""How records are laid into a SQLite log, and where each partition lies in it."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from daykeel.log.errors import UnknownTopic
from daykeel.log.protocol import NewRecord, Position
from daykeel.log.sqlite_file import OFFSET_BITS
from daykeel.log.sqlite_headers import packed

Row = tuple[int, float, bytes, bytes | None, bytes | None]


class Lane(NamedTuple):
    """One partition of one topic, as the file knows it."""

    number: int
    compact: bool

    @property
    def start(self) -> int:
        """Rowid of offset 0."""
        return self.number << OFFSET_BITS

    @property
    def stop(self) -> int:
        """Rowid after the last offset there can ever be."""
        return (self.number + 1) << OFFSET_BITS


class Lanes:
    """Finds the lane of a partition, and remembers it: lanes never change."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[Position, Lane] = {}

    def __getitem__(self, position: Position) -> Lane:
        lane = self._known.get(position)
        if lane is None:
            row = self._db.execute(
                "SELECT lane, compact FROM lanes JOIN topics ON topic=name"
                " WHERE topic=? AND partition=?",
                position,
            ).fetchone()
            if row is None:
                raise UnknownTopic(f"{position[0]} has no partition {position[1]}")
            lane = self._known[position] = Lane(row[0], bool(row[1]))
        return lane

    def head(self, lane: Lane) -> int:
        """Return the offset the next record of the lane gets."""
        row = self._db.execute("SELECT head FROM lanes WHERE lane=?", (lane.number,)).fetchone()
        return int(row[0])


def append(db: sqlite3.Connection, lanes: Lanes, records: Sequence[NewRecord]) -> list[int]:
    """Lay in the records and return their offsets; the caller holds the transaction."""
    heads: dict[Lane, int] = {}
    plain: list[Row] = []
    latest: dict[tuple[int, bytes], Row] = {}
    offsets, now = [], time.time()
    for topic, partition, key, value, headers in records:
        lane = lanes[topic, partition]
        offset = heads[lane] if lane in heads else lanes.head(lane)
        heads[lane] = offset + 1
        offsets.append(offset)
        row = (lane.start + offset, now, key, value, packed(headers))
        if lane.compact:
            latest[lane.number, key] = row
        else:
            plain.append(row)
    _replace(db, latest)
    db.executemany("INSERT INTO log VALUES(?,?,?,?,?)", plain)
    db.executemany(
        "UPDATE lanes SET head=? WHERE lane=?",
        [(head, lane.number) for lane, head in heads.items()],
    )
    return offsets


def _replace(db: sqlite3.Connection, rows: Mapping[tuple[int, bytes], Row]) -> None:
    """Lay in records of compacted topics in place of those of the same keys."""
    db.executemany("DELETE FROM log WHERE id=(SELECT id FROM latest WHERE lane=? AND key=?)", rows)
    db.executemany(
        "REPLACE INTO latest VALUES(?,?,?)",
        [(number, key, row[0]) for (number, key), row in rows.items()],
    )
    db.executemany("INSERT INTO log VALUES(?,?,?,?,?)", rows.values())
