"""The log: what every process that is not Faust needs of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Position = tuple[str, int]
"""Topic and partition."""


class TopicSpec(NamedTuple):
    """How a topic is declared, before any worker starts."""

    name: str
    compact: bool = False
    retention_s: float | None = None


class NewRecord(NamedTuple):
    """One record to append."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None


class Record(NamedTuple):
    """One record as it lies on the log."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes
    value: bytes | None


class Log(Protocol):
    """An append-only log of partitioned topics with the offsets of consumer groups.

    Blocking; call it from a thread of its own. One instance belongs to one thread.
    """

    incarnation: str
    """Identifies this log: offsets of another one mean nothing here."""

    def create(self, topics: Sequence[TopicSpec], partitions: int) -> None:
        """Declare topics that do not exist yet."""

    def append(self, records: Sequence[NewRecord]) -> list[int]:
        """Return the offsets of `records` once all of them are durable, in one transaction."""

    def read(self, group: str, topics: Sequence[str], limit: int) -> list[Record]:
        """Return the next records of `group`, oldest first in each partition.

        Each call goes on where the last one of this instance stopped; a new instance begins at
        what the group committed. An empty list when there is nothing new.
        """

    def commit(self, group: str, positions: Mapping[Position, int]) -> None:
        """Store that `group` is done with everything before the given offsets."""

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Return how many records of `topics` the group has not committed."""

    def mark(self, name: str, value: float) -> None:
        """Store a progress mark, as the clock instant up to which timers have fired."""

    def marks(self) -> dict[str, float]:
        """Return all progress marks."""

    def close(self) -> None:
        """Release the file or connection."""
