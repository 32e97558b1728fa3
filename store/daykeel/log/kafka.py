"""The log on Kafka, for any number of processes of any number of machines."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from aiokafka.errors import KafkaError

from daykeel.log.errors import LogUnavailable
from daykeel.log.kafka_address import MARKER, Address
from daykeel.log.kafka_append import Appender
from daykeel.log.kafka_cluster import AGAIN_S, EARLIEST, LATEST, SETTLED_S, Cluster, may_settle
from daykeel.log.kafka_fetch import Readers
from daykeel.log.kafka_groups import Groups, Said
from daykeel.log.kafka_loop import Loop
from daykeel.log.kafka_probe import try_writing
from daykeel.log.kafka_topics import declare, incarnation, missing
from daykeel.log.protocol import Memo, NewRecord, Position, Record, TopicSpec
from daykeel.log.topics import EVENTS_RAW, QUARANTINE

T = TypeVar("T")

WAIT_MS = 30
"""How long a read waits for the first record."""
KEPT_S = 6 * 3600.0
"""How often a reader commits again what it has committed: Kafka forgets within a week or so."""


class KafkaLog:
    """A log on Kafka; what `append` has returned is on all replicas that are in step.

    Nothing of it is a member of a group: whoever reads for a group reads all partitions, so a
    group is read by one process. After a failure of the servers the same instance goes on once
    they are back. Any thread may call it.
    """

    incarnation: str
    """Empty until the topics have been declared."""

    def __init__(self, address: Address) -> None:
        # each failure is told by what it raises here; at lower levels payloads are quoted
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        self.address = address
        self._loop = Loop("kafka")
        try:
            self._loop.run(self._begin())
            self.incarnation = incarnation(self._ask(self._cluster.layout))
        except BaseException:
            self.close()
            raise

    def missing(self, topics: Sequence[TopicSpec], partitions: int) -> str | None:
        """Return what keeps the log from being used and what to do about it, or None."""
        layout = self._ask(self._cluster.layout)
        return missing(layout, [topic.name for topic in topics], partitions)

    def create(self, topics: Sequence[TopicSpec], partitions: int) -> None:
        """Declare topics that do not exist yet; those that do stay as they are."""
        self._ask(lambda: declare(self._cluster, topics, partitions))
        self.incarnation = incarnation(self._ask(self._cluster.layout))

    def append(self, records: Sequence[NewRecord], memo: Memo | None = None) -> list[int]:
        """Return the offsets of `records` once all of them are durable, and after them `memo`.

        One that fails may have appended some of them all the same.
        """
        offsets = self._ask(lambda: self._appender.append(records)) if records else []
        if memo is not None:
            self._ask(lambda: self._groups.remember(memo))
        return offsets

    def memo(self, name: str) -> str:
        """Return the text kept under a name; an empty one where there is none."""
        return self._ask(lambda: self._groups.memo(name))

    def read(self, group: str, topics: Sequence[str], limit: int) -> list[Record]:
        """Return the next records of `group`, oldest first in each partition.

        Each call goes on where the last one of this instance stopped; a new instance begins at
        what the group committed. An empty list when none has come within a moment.
        """
        return self._ask(lambda: self._read(group, topics, limit))

    def fetch(self, at: Position, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records of one partition from `offset` on, fewer of large ones."""
        return self._ask(lambda: self._readers.fetch(at, offset, limit))

    def heads(self, topics: Sequence[str] | None = None) -> dict[Position, int]:
        """Return the offset the next record gets, of each partition of `topics`, or of all."""
        return self._ask(lambda: self._heads(topics))

    def starts(self, topics: Sequence[str]) -> dict[Position, int]:
        """Return the first offset that retention has left, of each partition of `topics`."""
        return self._ask(lambda: self._starts(topics))

    def committed(self, group: str) -> dict[Position, int]:
        """Return what the group has committed; nothing where it never has."""
        return self._ask(lambda: self._groups.committed(group))

    def said(self, group: str) -> dict[Position, Said]:
        """Return what the group has committed, with the text beside each offset."""
        return self._ask(lambda: self._groups.said(group))

    def commit(self, group: str, positions: Mapping[Position, int]) -> None:
        """Store that `group` is done with everything before the given offsets."""
        self._ask(lambda: self._groups.commit(group, positions))

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Return how many records of `topics` the group has not committed.

        What retention has removed does not count; what compaction has does.
        """
        return self._ask(lambda: self._lag(group, topics))

    def mark(self, name: str, value: float) -> None:
        """Store a progress mark for all partitions; while the stream runs only it may do so."""
        self._ask(lambda: self._groups.mark(name, value))

    def marks(self) -> dict[str, float]:
        """Return how far all partitions have come, of the marks that each of them has."""
        return self._ask(self._groups.marks)

    def try_writing(self) -> None:
        """Raise `LogUnavailable` if nothing could be appended now; nothing is."""
        self._ask(lambda: try_writing(self._cluster, (EVENTS_RAW, QUARANTINE)))

    def lease(self, group: str) -> None:
        """Do nothing: two processes of a group are not seen from here."""

    def close(self) -> None:
        """Close the connections; what is being appended fails."""
        if self._loop.is_open:
            self._loop.run(self._end())
            self._loop.close()

    async def _begin(self) -> None:
        self._cluster = Cluster(self.address)
        self._groups = Groups(self._cluster)
        self._readers = Readers(self._cluster)
        self._appender = Appender(self._cluster)
        self._keep_at: dict[str, float] = {}

    async def _end(self) -> None:
        await self._appender.close()
        await self._cluster.forget()

    def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to a question.

        Raises
        ------
        LogUnavailable
            The servers are not there, or not ready within some seconds.
        """
        try:
            return self._loop.run(self._settled(question))
        except (KafkaError, OSError, TimeoutError) as error:
            said = f"Kafka at {self.address} cannot be used: {type(error).__name__}"
            raise LogUnavailable(said) from error

    async def _settled(self, question: Callable[[], Awaitable[T]]) -> T:
        """Return the answer, asking again for as long as servers say `not yet`."""
        end = asyncio.get_running_loop().time() + SETTLED_S
        while True:
            try:
                return await question()
            except (KafkaError, OSError, TimeoutError) as error:
                await self._cluster.forget()
                is_over = asyncio.get_running_loop().time() > end
                if is_over or not (isinstance(error, KafkaError) and may_settle(error)):
                    raise
            await asyncio.sleep(AGAIN_S)

    async def _read(self, group: str, topics: Sequence[str], limit: int) -> list[Record]:
        await self._keep(group)
        reader = self._readers.of_group(group)
        wanted = (await self._cluster.layout(topics)).positions(topics)
        fresh = [at for at in wanted if at not in reader.next]
        if fresh:
            done = await self._groups.committed(group)
            reader.next |= {at: done.get(at, 0) for at in fresh}
        return await reader.read(wanted, limit, WAIT_MS)

    async def _keep(self, group: str) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._keep_at.get(group, 0.0):
            await self._groups.keep(group)
            self._keep_at[group] = now + KEPT_S

    async def _heads(self, topics: Sequence[str] | None) -> dict[Position, int]:
        layout = await self._cluster.layout(topics)
        names = layout.partitions if topics is None else topics
        ours = [name for name in names if not name.startswith(MARKER)]
        return await self._cluster.offsets(layout.positions(ours), LATEST)

    async def _starts(self, topics: Sequence[str]) -> dict[Position, int]:
        layout = await self._cluster.layout(topics)
        return await self._cluster.offsets(layout.positions(topics), EARLIEST)

    async def _lag(self, group: str, topics: Sequence[str]) -> int:
        wanted = (await self._cluster.layout(topics)).positions(topics)
        done = await self._groups.committed(group)
        heads = await self._cluster.offsets(wanted, LATEST)
        behind = [at for at in wanted if heads[at] > done.get(at, 0)]
        starts = await self._cluster.offsets(behind, EARLIEST)
        return sum(max(heads[at] - max(starts[at], done.get(at, 0)), 0) for at in behind)
