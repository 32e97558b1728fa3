"""What lies in quarantine, and what has become of it.

The topic is only ever appended to: what an operator decides of a record is another record, later
in the same partition, so that everything can be counted for as long as the topic is kept.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from daykeel.events.event import Quarantined
from daykeel.log.codec import BadValue, decode
from daykeel.log.protocol import Log, Position, Record
from daykeel.log.topics import QUARANTINE

OPERATOR = "operator"
"""Stage of what settles a record, and group of what somebody has looked at."""
OPEN = ""
AT_ONCE = 1_000
UNREADABLE = "unreadable"


class Place(NamedTuple):
    """Where a record lies in quarantine."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


def place(text: str) -> Place:
    """Return the place that `partition:offset` names.

    >>> place("3:17")
    Place(partition=3, offset=17)

    Raises
    ------
    ValueError
        It names none.
    """
    partition, colon, offset = text.partition(":")
    if not (colon and partition.isdecimal() and offset.isdecimal()):
        raise ValueError("a place in quarantine is PARTITION:OFFSET, such as 3:17")
    return Place(int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class Entry:
    """One record that was refused, without its payload."""

    at: Place
    received_at: datetime
    stage: str
    reason: str
    adapter: str
    size: int
    """Bytes of the whole payload."""
    kept: int
    """Bytes of it that are there."""
    again: str = ""
    """Where it lay before it was replayed and refused again."""
    fate: str = OPEN
    """Empty while nothing was decided; `replayed` or `dropped`."""

    @property
    def order(self) -> tuple[datetime, Place]:
        """What entries are listed by."""
        return self.received_at, self.at


class Count(NamedTuple):
    """How many there are of a stage and reason."""

    stage: str
    reason: str
    open: int
    replayed: int
    dropped: int


class Entries:
    """All that lies in quarantine, as it was when it was last read."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._next: dict[Position, int] = {}
        self._found: dict[Place, Entry] = {}
        self.read()

    def read(self) -> None:
        """Read what has come since."""
        for at, head in sorted(self._log.heads((QUARANTINE,)).items()):
            for record in _between(self._log, at, self._next.get(at, 0), head):
                self._note(record)
            self._next[at] = max(head, self._next.get(at, 0))

    def _note(self, record: Record) -> None:
        at = Place(record.partition, record.offset)
        try:
            noted = decode(Quarantined, record.value or b"")
        except BadValue:
            self._found[at] = _unreadable(record)
            return
        if noted.settles is None:
            self._found[at] = entry(at, noted)
            return
        settled = at._replace(offset=noted.settles.offset)
        if settled in self._found:
            self._found[settled] = replace(self._found[settled], fate=noted.settles.how)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries by partition and offset."""
        return (self._found[at] for at in sorted(self._found))

    def get(self, at: Place) -> Entry | None:
        """Return the entry at a place."""
        return self._found.get(at)

    def counts(self) -> list[Count]:
        """Return how many there are of each stage and reason, and of each fate."""
        fates: dict[tuple[str, str], Counter[str]] = {}
        for one in self:
            fates.setdefault((one.stage, one.reason), Counter())[one.fate] += 1
        return [
            Count(*name, found[OPEN], found["replayed"], found["dropped"])
            for name, found in sorted(fates.items())
        ]

    def looked_at(self, *, all_of_it: bool) -> None:
        """Note what nobody has to look at any more: what is settled, or all of it."""
        before = self._log.committed(OPERATOR)
        done = {
            at: head if all_of_it else self._settled_up_to(at, before.get(at, 0), head)
            for at, head in self._next.items()
        }
        moved = {at: to for at, to in done.items() if to > before.get(at, 0)}
        if moved:
            self._log.commit(OPERATOR, moved)

    def _settled_up_to(self, at: Position, first: int, head: int) -> int:
        waiting = (
            one.at.offset
            for one in self
            if one.at.partition == at[1] and one.at.offset >= first and one.fate == OPEN
        )
        return next(waiting, head)


def page(entries: Iterable[Entry], limit: int, before: Entry | None) -> Sequence[Entry]:
    """Return the newest entries, or the newest of those older than one."""
    older = (one for one in entries if before is None or one.order < before.order)
    return sorted(older, key=lambda one: one.order, reverse=True)[:limit]


def entry(at: Place, noted: Quarantined) -> Entry:
    """Return what is listed of a record."""
    kept = len(noted.raw.payload)
    return Entry(
        at=at,
        received_at=noted.raw.received_at,
        stage=noted.stage,
        reason=noted.reason,
        adapter=noted.raw.adapter,
        size=noted.size or kept,
        kept=kept,
        again=noted.raw.replay_of,
    )


def _unreadable(record: Record) -> Entry:
    """Return what is known of a record of another schema."""
    size = len(record.value or b"")
    came = datetime.fromtimestamp(record.timestamp, UTC)
    at = Place(record.partition, record.offset)
    return Entry(at, came, "", UNREADABLE, "", size, kept=0)


def noted_at(log: Log, at: Place) -> Quarantined | None:
    """Return the refused record at a place, or None where there is none that can be read."""
    for record in log.fetch((QUARANTINE, at.partition), at.offset, 1):
        if record.offset == at.offset:
            try:
                return decode(Quarantined, record.value or b"")
            except BadValue:
                return None
    return None


def _between(log: Log, at: Position, first: int, stop: int) -> Iterator[Record]:
    while first < stop and (records := log.fetch(at, first, min(AT_ONCE, stop - first))):
        yield from (one for one in records if one.offset < stop)
        first = records[-1].offset + 1
