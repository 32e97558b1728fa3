"""Records from Kafka, asked for when somebody wants them: nothing is read ahead unasked."""

from collections.abc import Iterable, Sequence, Set

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from daykeel.log.kafka_cluster import (
    EARLIEST,
    LATEST,
    READ_UNCOMMITTED,
    ByTopic,
    Cluster,
    check,
)
from daykeel.log.protocol import Position, Record

ROOM = 16_000_000
"""Bytes of values after which a read stops, and of one answer: records are up to 900 kB."""
ROOM_OF_ONE = 1_000_000
"""Bytes of one partition in an answer; a larger batch comes whole and alone."""


class Reader:
    """Reads partitions on from given offsets, some records at a time, none starved by others."""

    def __init__(self, cluster: Cluster) -> None:
        self.next: dict[Position, int] = {}
        self._cluster = cluster
        self._held: dict[Position, PartitionRecords] = {}
        self._turn = 0

    async def read(self, wanted: Sequence[Position], limit: int, wait_ms: int) -> list[Record]:
        """Return the next records of partitions that `next` has an offset for.

        Where there are none it waits for the first; an empty list when none has come.
        """
        self._turn += 1
        turn = self._turn % max(len(wanted), 1)
        order = [*wanted[turn:], *wanted[:turn]]
        try:
            while not (found := self._take(set(wanted), limit)):
                if not await self._fill(order, wait_ms):
                    return []
        except BaseException:
            self._held.clear()  # what was not returned is asked for again
            raise
        return found

    def _take(self, wanted: Set[Position], limit: int) -> list[Record]:
        """Return records that are here; the next time it begins with those of other partitions."""
        found: list[Record] = []
        moved: dict[Position, int] = {}
        room = ROOM
        for at in [one for one in self._held if one in wanted]:
            if len(found) == limit or room <= 0:
                break
            records = self._held.pop(at)
            for one in records:
                found.append(_record(at, one))
                room -= len(one.value or b"")
                if len(found) == limit or room <= 0:
                    self._held[at] = records
                    break
            moved[at] = records.next_fetch_offset
        self.next |= moved
        return found

    async def _fill(self, order: Iterable[Position], wait_ms: int) -> bool:
        """Ask for more, and return whether anything has come."""
        wanted = {at: (self.next[at], ROOM_OF_ONE) for at in order}
        answers = await self._cluster.of_leaders(
            wanted, lambda topics: self._request(topics, wait_ms)
        )
        gone, come = [], False
        for answer in answers:
            for name, parts in answer.topics:
                for part, error_code, _, *_, records in parts:
                    at = self._cluster.position(name, part)
                    if for_code(error_code) is OffsetOutOfRangeError:
                        gone.append(at)
                        continue
                    check(error_code)
                    come |= self._hold(at, TopicPartition(name, part), MemoryRecords(records))
        if gone:
            self.next |= await self._cluster.offsets(gone, EARLIEST)
        return come or bool(gone)

    def _request(self, topics: ByTopic, wait_ms: int) -> FetchRequest:
        return FetchRequest(wait_ms, 1, ROOM, READ_UNCOMMITTED, topics)

    def _hold(self, at: Position, of: TopicPartition, records: MemoryRecords) -> bool:
        is_any: bool = records.has_next()
        if is_any:
            self._held[at] = PartitionRecords(
                of, records, None, self.next[at], None, None, True, READ_UNCOMMITTED
            )
        return is_any


def _record(at: Position, one: ConsumerRecord) -> Record:
    headers = tuple(one.headers)
    return Record(*at, one.offset, one.timestamp / 1000, one.key or b"", one.value, headers)


class Readers:
    """A reader for each group, and one for those who look at a single partition."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._of_groups: dict[str, Reader] = {}
        self._looking = Reader(cluster)

    def of_group(self, group: str) -> Reader:
        """Return the reader that goes on where the group's last one stopped."""
        return self._of_groups.setdefault(group, Reader(self._cluster))

    async def fetch(self, at: Position, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records of one partition from `offset` on."""
        if self._looking.next != {at: offset}:
            start = (await self._cluster.offsets([at], EARLIEST))[at]
            if offset > (await self._cluster.offsets([at], LATEST))[at]:
                return []
            self._looking = Reader(self._cluster)
            self._looking.next[at] = max(offset, start)
        return await self._looking.read([at], limit, wait_ms=0)
