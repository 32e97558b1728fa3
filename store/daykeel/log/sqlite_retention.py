"""What a SQLite log may forget: old records that every group is done with, and old tombstones."""

import sqlite3

from daykeel.log.sqlite_file import OFFSET_BITS
from daykeel.log.topics import GROUPS

TOMBSTONE_S = 86_400.0
AT_ONCE = 2_000
"""Records deleted per partition and call, so that other writers never wait for long."""


def expire(db: sqlite3.Connection, now: float) -> int:
    """Delete what may go and return how many records that were.

    Never a record that one of `GROUPS` reads and has not committed, and never the last one of a
    partition.
    """
    deleted = 0
    lanes = db.execute(
        "SELECT lane, topic, head, compact, retention_s FROM lanes JOIN topics ON topic=name"
    ).fetchall()
    for lane, topic, head, compact, retention_s in lanes:
        start = lane << OFFSET_BITS
        stop = start + min(head - 1, _floor(db, topic, lane))
        if compact:
            deleted += _forget_tombstones(db, lane, (start, stop, now - TOMBSTONE_S))
        elif retention_s is not None:
            deleted += _forget(db, (start, stop, now - retention_s))
    return deleted


def _floor(db: sqlite3.Connection, topic: str, lane: int) -> float:
    """Return the least offset that a group which must read the topic may still ask for.

    Whoever else has looked at it, as an operator at quarantine, holds nothing back.
    """
    done = dict(db.execute("SELECT name, position FROM positions WHERE lane=?", (lane,)).fetchall())
    readers = [group for group, topics in GROUPS.items() if topic in topics]
    return min((done.get(group, 0) for group in readers), default=float("inf"))


def _forget(db: sqlite3.Connection, bounds: tuple[int, int, float]) -> int:
    *where, limit = bounds
    oldest = db.execute(
        "SELECT timestamp FROM log WHERE id>=? AND id<? ORDER BY id LIMIT 1", where
    ).fetchone()
    if oldest is None or oldest[0] >= limit:
        return 0
    return db.execute(
        "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE id>=? AND id<? ORDER BY id LIMIT ?)"
        " AND timestamp<?",
        (*where, AT_ONCE, limit),
    ).rowcount


def _forget_tombstones(db: sqlite3.Connection, lane: int, bounds: tuple[int, int, float]) -> int:
    gone = db.execute(
        "SELECT lane, key, id FROM log, (SELECT ? AS lane)"
        " WHERE value IS NULL AND id>=? AND id<? AND timestamp<? LIMIT ?",
        (lane, *bounds, AT_ONCE),
    ).fetchall()
    db.executemany("DELETE FROM latest WHERE lane=? AND key=? AND id=?", gone)
    db.executemany("DELETE FROM log WHERE id=?", [(id_,) for _, _, id_ in gone])
    return len(gone)
