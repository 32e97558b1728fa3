"""How much of what the edge refuses is kept of each credential: beyond that it is only counted.

What lies in quarantine is all there is to know: whoever refuses reads on in it first, so a start
finds what was kept before, and processes find what the others have kept.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Protocol

from daykeel.events.codec import BadValue, decode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.protocol import NewRecord, Position, Record
from daykeel.log.topics import QUARANTINE, TOPICS

MOST = 100_000_000
"""Bytes kept of one."""

LASTS = next(
    timedelta(seconds=topic.retention_s or 0) for topic in TOPICS if topic.name == QUARANTINE
)
"""How long they are kept."""

AT_ONCE = 1_000
EDGE = "ingest"

Sender = tuple[str, str, str]
"""Client, adapter and device: whose credential it was."""


class Readable(Protocol):
    """The part of a log that is read here."""

    def fetch(self, at: Position, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records of one partition from `offset` on."""


class Allowance:
    """What each credential has left; belongs to the thread of its log."""

    most = MOST

    def __init__(self, log: Readable) -> None:
        self._log = log
        self._kept: dict[Sender, dict[date, int]] = {}
        """Bytes by the date on which they came."""
        self._next: dict[int, int] = {}
        self._granted: Counter[Sender] = Counter()
        """Bytes of the batch, which may not be on the log yet."""
        self._read: set[int] = set()

    def begin(self) -> None:
        """Begin a batch; what was granted before is on the log, or never will be."""
        self._granted.clear()
        self._read.clear()

    def grants(self, record: NewRecord, raw: RawRecord) -> bool:
        """Return whether a refusal may be put on the log, and if so count it.

        Parameters
        ----------
        record
            What would be appended to `quarantine`.
        raw
            The refused message, from whose sender and time all follows.

        Raises
        ------
        LogUnavailable
            Nobody can tell for now.
        """
        if record.partition not in self._read:
            self._read_on(record.partition)
            self._read.add(record.partition)
        sender = _sender(raw)
        kept = _still(self._kept.pop(sender, {}), raw.received_at.date())
        if kept:
            self._kept[sender] = kept
        size = len(record.value or b"")
        if sum(kept.values()) + self._granted[sender] + size > self.most:
            return False
        self._granted[sender] += size
        return True

    def _read_on(self, partition: int) -> None:
        at = (QUARANTINE, partition)
        while records := self._log.fetch(at, self._next.get(partition, 0), AT_ONCE):
            for record in records:
                self._note(record)
            self._next[partition] = records[-1].offset + 1

    def _note(self, record: Record) -> None:
        value = record.value or b""
        try:
            noted = decode(Quarantined, value)
        except BadValue:
            return
        if noted.stage == EDGE:
            kept = self._kept.setdefault(_sender(noted.raw), {})
            day = noted.raw.received_at.date()
            kept[day] = kept.get(day, 0) + len(value)


def _sender(raw: RawRecord) -> Sender:
    return raw.client, raw.adapter, raw.device


def _still(kept: Mapping[date, int], today: date) -> dict[date, int]:
    """Return what retention has not let go of."""
    return {day: size for day, size in kept.items() if day > today - LASTS}
