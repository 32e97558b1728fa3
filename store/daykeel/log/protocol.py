"""The log: what every process that is not Faust needs of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Position = tuple[str, int]
"""Topic and partition."""


Headers = tuple[tuple[str, bytes], ...]
"""What a record says beside its value, in order; a name may come more than once."""


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
    headers: Headers = ()


class Record(NamedTuple):
    """One record as it lies on the log."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes
    value: bytes | None
    headers: Headers = ()


class Memo(NamedTuple):
    """A short text that a log keeps under a name, in place of the one before."""

    name: str
    text: str
    """At most 4,000 bytes."""


class Log(Protocol):
    """An append-only log of partitioned topics with the offsets of consumer groups.

    Blocking; call it from a thread of its own. One instance belongs to one thread. What raises
    `LogUnavailable` may be called again later, on the same instance.
    """

    incarnation: str
    """Identifies this log: offsets of another one mean nothing here."""

    def create(self, topics: Sequence[TopicSpec], partitions: int) -> None:
        """Declare topics that do not exist yet."""

    def append(self, records: Sequence[NewRecord], memo: Memo | None = None) -> list[int]:
        """Return the offsets of `records` once all of them are durable, and `memo` too.

        Where it raises, SQLite holds nothing of it; Kafka may hold some records, so that they come
        twice, and with all of them the memo.
        """

    def memo(self, name: str) -> str:
        """Return the text kept under a name; an empty one where there is none."""

    def read(self, group: str, topics: Sequence[str], limit: int) -> list[Record]:
        """Return the next records of `group`, oldest first in each partition.

        Each call goes on where the last one of this instance stopped; a new instance begins at
        what the group committed. An empty list when there is nothing new.
        """

    def commit(self, group: str, positions: Mapping[Position, int]) -> None:
        """Store that `group` is done with everything before the given offsets."""

    def committed(self, group: str) -> dict[Position, int]:
        """Return what the group has committed; nothing where it never has."""

    def heads(self, topics: Sequence[str] | None = None) -> dict[Position, int]:
        """Return the offset the next record gets, of each partition of `topics`, or of all."""

    def fetch(self, at: Position, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records of one partition from `offset` on, fewer of large ones.

        An empty list at the end, and only there.
        """

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Return how many records of `topics` the group has not committed."""

    def mark(self, name: str, value: float) -> None:
        """Store a progress mark, as the clock instant up to which timers have fired."""

    def marks(self) -> dict[str, float]:
        """Return all progress marks."""

    def try_writing(self) -> None:
        """Raise `LogUnavailable` if nothing could be appended now; nothing is."""

    def lease(self, group: str) -> None:
        """Let nobody else do the work of `group` until this instance is closed.

        On Kafka nothing is held: who starts processes starts one for each such group.

        Raises
        ------
        Leased
            Another process, or another instance, does it already.
        """

    def close(self) -> None:
        """Release the file or connection."""
