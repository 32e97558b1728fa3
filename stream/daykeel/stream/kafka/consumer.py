"""Faust's consumer of Kafka, which reads on only from where its worker stands."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.consumer import ensure_TPset
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from daykeel.stream.transport.acking import Acking
from daykeel.stream.transport.membership import FAUST

if TYPE_CHECKING:
    from daykeel.stream.kafka.driver import Transport

log = logging.getLogger(__name__)

STOP_S = 5.0
"""How long a worker that ends waits for its last commit."""

Words = Mapping[TP, tuple[int, str]]
"""Offset and metadata to commit, by partition."""

FETCH_MS = 25
"""How long Kafka waits for something new; meanwhile nothing is asked of other partitions."""


class Listener(driver.ConsumerRebalanceListener):
    """Counts generations ourselves: what was fetched before any rebalance is of an older one."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin a generation."""
        app: Any = self._thread.app
        app.consumer_generation_id += 1
        tps = ensure_TPset(assigned)
        await self._thread.on_partitions_assigned(tps, app.consumer_generation_id)


class Thread(driver.AIOKafkaConsumerThread):
    """The thread that talks to Kafka, with commits that say whether they were stored."""

    logger = FAUST

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MS
        return consumer

    async def on_thread_stop(self) -> None:
        """Leave Kafka; aiokafka raises what it cancels where it waits to ask a server again."""
        with suppress(asyncio.CancelledError):  # the thread would never say that it has ended
            await super().on_thread_stop()

    async def say(self, words: Words) -> bool:
        """Commit; return False if the partitions are no longer ours."""
        told = {TopicPartition(*tp): OffsetAndMetadata(*word) for tp, word in words.items()}
        try:
            await self.call_thread(self._ensure_consumer().commit, told)
        except (CommitFailedError, IllegalStateError):
            return False
        return True


class Consumer(Acking, driver.Consumer):
    """Delivers the records of the partitions owned, each generation from its last commit on."""

    logger = FAUST
    RebalanceListener = Listener

    transport: "Transport"
    _thread: Thread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fetching = asyncio.Lock()
        """Held while records are fetched or positions moved, never both at once."""
        self._hand_over, self.callback = self.callback, self._deliver

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: topics are declared before any worker starts."""

    def behind(self, topics: Iterable[str]) -> int:
        """Return how many records of the topics agents are not done with."""
        return super().behind([self.transport.full(name) for name in topics])

    def highwater(self, tp: TP) -> int:
        """Return the offset the next record gets, as far as it was heard of."""
        try:
            return super().highwater(tp) or 0
        except (AssertionError, IllegalStateError):  # it has just been taken away
            return 0

    # Where to read

    async def perform_seek(self) -> None:
        """Do nothing: only `stand` moves positions, before reading begins."""

    async def stand(self, positions: Mapping[TP, int]) -> None:
        """Read on from the given offsets, and from nowhere else."""
        async with self.fetching:
            self.forget()
            self._read_offset.clear()
            self._committed_offset.clear()
            self._next = dict(positions)
            if positions:
                await self.seek_wait(positions)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109  Faust's signature
    ) -> AsyncIterator[tuple[TP, Message]]:
        """Yield records until there are no more of this fetch, or a rebalance begins."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        async with self.fetching:
            generation = self.app.consumer_generation_id
            records = await self._fetched(timeout)
        for tp, record in self.scheduler.iterate(records):
            if not self.flow_active or generation != self.app.consumer_generation_id:
                return  # positions are moved before reading goes on
            yield tp, self._to_message(tp, record)

    async def _fetched(
        self,
        timeout: float,  # noqa: ASYNC109  Faust's signature
    ) -> Mapping[TP, list[Any]]:
        active = self._get_active_partitions()
        if not (self.flow_active and active and self._next):
            await asyncio.sleep(0.05)
            return {}
        return await self._getmany(active, timeout) or {}

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        return super()._to_message(TP(*tp), record)

    def _deliver(self, message: Message) -> Awaitable[None]:
        if self.app.topics.acks_enabled_for(message.topic):
            self._in_flight[message.tp].deliver(message.offset)
        self._next[message.tp] = message.offset + 1
        return self._hand_over(message)

    # Committing

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop reading, commit what is done while all is still ours, and forget the rest."""
        await super().on_partitions_revoked(revoked)
        if not self.should_stop:
            self.transport.doubt()
            await self.commit()
        self.app.consumer_generation_id += 1
        self.transport.let_go()
        self._next = {}
        self.forget()

    async def commit_and_end_transactions(self) -> None:
        """Commit what is done before the worker ends, if Kafka answers soon."""
        last = asyncio.create_task(super().commit_and_end_transactions())
        done, _ = await asyncio.wait({last}, timeout=STOP_S)
        if done:
            last.result()
            return
        log.warning("Kafka does not answer; what is not committed will be delivered again")
        self.app.consumer_generation_id += 1  # so whoever waits for Kafka gives up
        last.cancel()

    def _committable(self, tps: Iterable[TP]) -> Mapping[TP, int]:  # noqa: ARG002  Faust's own are of no use once revoked
        return super()._committable(list(self._in_flight))

    async def say(self, words: Words) -> bool:
        """Commit offsets with words beside them; return False if they are no longer ours."""
        return await self._thread.say(words)
