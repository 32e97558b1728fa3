"""The log in one SQLite file, for any number of processes of one machine."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import IO

from daykeel.log.lease import lease
from daykeel.log.protocol import Memo, NewRecord, Position, Record, TopicSpec
from daykeel.log.sqlite_append import Lanes, append
from daykeel.log.sqlite_file import OFFSET_BITS, connect, told, transaction
from daykeel.log.sqlite_headers import has_room, unpacked
from daykeel.log.sqlite_retention import expire

MEMO = "memo."
"""Begins the names under which memos stand beside what the file is about."""

ROOM = 16_000_000
"""Bytes of values after which a fetch stops: records are up to 900 kB."""


class SqliteLog:
    """A log in one file; what `append` has returned survives the death of any process.

    With `synchronous="FULL"` it also survives the loss of power. Of a compacted topic only the
    last record of each key is kept.
    """

    def __init__(
        self,
        path: Path,
        *,
        synchronous: str = "NORMAL",
        db: sqlite3.Connection | None = None,
    ) -> None:
        """Open the file, and make it if it is not there.

        Parameters
        ----------
        path
            The file.
        synchronous
            `NORMAL` or `FULL`.
        db
            A connection to the file that is there, of `sqlite_file.look_at`.
        """
        self._path = path
        self._db = db or connect(path, synchronous)
        self._leases: list[IO[bytes]] = []
        self._mutex = RLock()
        self._lanes = Lanes(self._db)
        self._headers = "headers" if has_room(self._db) else "NULL"
        self._next: dict[tuple[str, Position], int] = {}
        self._turn = 0
        self.incarnation: str = self._db.execute(
            "SELECT value FROM about WHERE name='incarnation'"
        ).fetchone()[0]

    def create(self, topics: Sequence[TopicSpec], partitions: int) -> None:
        """Declare topics that do not exist yet; those that do stay as they are."""
        with self._mutex:
            known = {name for (name,) in self._db.execute("SELECT name FROM topics")}
            fresh = [topic for topic in topics if topic.name not in known]
            if not fresh:
                return
            with transaction(self._db):
                self._db.executemany("INSERT OR IGNORE INTO topics VALUES(?,?,?)", fresh)
                self._db.executemany(
                    "INSERT OR IGNORE INTO lanes(topic, partition) VALUES(?,?)",
                    [(topic.name, part) for topic in fresh for part in range(partitions)],
                )

    def append(self, records: Sequence[NewRecord], memo: Memo | None = None) -> list[int]:
        """Return the offsets of `records` once all of them are durable, in one transaction."""
        return self.write(records, memo=memo)

    def write(
        self,
        records: Sequence[NewRecord],
        commits: Mapping[str, Mapping[Position, int]] | None = None,
        marks: Mapping[str, float] | None = None,
        memo: Memo | None = None,
    ) -> list[int]:
        """Append records, commit for groups, set marks and a memo, all in one transaction."""
        with self._mutex, transaction(self._db):
            offsets = append(self._db, self._lanes, records)
            for group, positions in (commits or {}).items():
                self._db.executemany(
                    "REPLACE INTO positions VALUES(?,?,?)",
                    [(group, self._lanes[at].number, next_) for at, next_ in positions.items()],
                )
            self._db.executemany("REPLACE INTO marks VALUES(?,?)", (marks or {}).items())
            if memo is not None:
                self._db.execute("REPLACE INTO about VALUES(?,?)", (MEMO + memo.name, memo.text))
        return offsets

    def read(self, group: str, topics: Sequence[str], limit: int) -> list[Record]:
        """Return the next records of `group`, oldest first in each partition.

        Each call goes on where the last one of this instance stopped; a new instance begins at
        what the group committed. An empty list when there is nothing new.
        """
        with self._mutex:
            heads = self.heads(topics)
            positions = self._positions(group, heads)
            behind = [at for at in heads if positions[at] < heads[at]]
            self._turn += 1
            found: list[Record] = []
            for step in range(len(behind)):
                if len(found) >= limit:
                    break
                at = behind[(self._turn + step) % len(behind)]
                records = self.fetch(at, positions[at], limit - len(found))
                self._next[group, at] = records[-1].offset + 1 if records else heads[at]
                found.extend(records)
            return found

    def _positions(self, group: str, wanted: Iterable[Position]) -> dict[Position, int]:
        """Return where this instance goes on for the group."""
        missing = [at for at in wanted if (group, at) not in self._next]
        if missing:
            done = self.committed(group)
            self._next |= {(group, at): done.get(at, 0) for at in missing}
        return {at: self._next[group, at] for at in wanted}

    def fetch(self, at: Position, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records of one partition from `offset` on, fewer of large ones."""
        records: list[Record] = []
        room = ROOM
        with self._mutex, told():
            lane = self._lanes[at]
            rows = self._db.execute(
                f"SELECT id, timestamp, key, value, {self._headers}"  # noqa: S608  a name of ours
                " FROM log WHERE id>=? AND id<? ORDER BY id LIMIT ?",
                (lane.start + offset, lane.stop, limit),
            )
            for id_, timestamp, key, value, beside in rows:
                headers = unpacked(beside)
                records.append(Record(*at, id_ - lane.start, timestamp, key, value, headers))
                room -= len(value or b"") + len(beside or b"")
                if room <= 0:
                    break
            rows.close()
        return records

    def value(self, at: Position, key: bytes) -> bytes | None:
        """Return the last value of a key of a compacted topic, or None."""
        with self._mutex, told():
            row = self._db.execute(
                "SELECT value FROM latest JOIN log USING (id) WHERE lane=? AND latest.key=?",
                (self._lanes[at].number, key),
            ).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read inside be of one moment, whatever others write meanwhile."""
        with self._mutex, told():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def heads(self, topics: Sequence[str] | None = None) -> dict[Position, int]:
        """Return the offset the next record gets, of each partition of `topics`, or of all."""
        with self._mutex, told():
            rows = self._db.execute("SELECT topic, partition, head FROM lanes").fetchall()
        return {(name, part): head for name, part, head in rows if topics is None or name in topics}

    def committed(self, group: str) -> dict[Position, int]:
        """Return what the group has committed; nothing where it never has."""
        with self._mutex, told():
            rows = self._db.execute(
                "SELECT topic, partition, position FROM positions JOIN lanes USING (lane)"
                " WHERE name=?",
                (group,),
            ).fetchall()
        return {(name, partition): position for name, partition, position in rows}

    def commit(self, group: str, positions: Mapping[Position, int]) -> None:
        """Store that `group` is done with everything before the given offsets."""
        self.write((), {group: positions})

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Return how many records of `topics` the group has not committed.

        What compaction or retention has removed does not count.
        """
        names = ",".join("?" * len(topics))
        with self._mutex, told():
            row = self._db.execute(
                # one statement, so that heads and positions are those of one instant
                "SELECT coalesce(sum((SELECT count(*) FROM log WHERE"  # noqa: S608  only marks
                f" id >= (lanes.lane << {OFFSET_BITS}) + coalesce(position, 0)"
                f" AND id < (lanes.lane + 1) << {OFFSET_BITS})), 0)"
                " FROM lanes LEFT JOIN positions ON positions.lane=lanes.lane AND name=?"
                f" WHERE topic IN ({names}) AND head > coalesce(position, 0)",
                (group, *topics),
            ).fetchone()
        return int(row[0])

    def mark(self, name: str, value: float) -> None:
        """Store a progress mark, as the clock instant up to which timers have fired."""
        self.write((), marks={name: value})

    def marks(self) -> dict[str, float]:
        """Return all progress marks."""
        with self._mutex, told():
            return dict(self._db.execute("SELECT name, value FROM marks").fetchall())

    def memo(self, name: str) -> str:
        """Return the text kept under a name; an empty one where there is none."""
        with self._mutex, told():
            row = self._db.execute(
                "SELECT value FROM about WHERE name=?", (MEMO + name,)
            ).fetchone()
        return "" if row is None else str(row[0])

    def version(self) -> int:
        """Return a number that changes when another process or instance writes to the file."""
        with self._mutex, told():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def expire(self, now: float) -> int:
        """Delete what retention lets go of, some thousand records at most; return how many."""
        with self._mutex, transaction(self._db):
            return expire(self._db, now)

    def lease(self, group: str) -> None:
        """Let no other instance do the work of `group` until this one is closed.

        Raises
        ------
        Leased
            Another does it already.
        """
        self._leases.append(lease(self._path, group))

    def try_writing(self) -> None:
        """Raise `LogUnavailable` if nothing could be appended now; nothing is."""
        with self._mutex, told():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Release the file and the leases."""
        with self._mutex:
            self._db.close()
            for held in self._leases:
                held.close()
