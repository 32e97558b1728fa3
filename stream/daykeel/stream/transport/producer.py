"""Faust's producer over the SQLite log."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from faust.streams import current_event
from faust.transport.producer import Producer as FaustProducer
from faust.types import TP
from faust.types.tuples import FutureMessage, RecordMetadata
from mode import Service

from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import NewRecord, Position, TopicSpec
from daykeel.stream.transport.effects import Effect, Effects
from daykeel.stream.transport.membership import FAUST

if TYPE_CHECKING:
    from daykeel.stream.transport.driver import Transport

log = logging.getLogger(__name__)

PAUSE_S = (0.05, 5.0)
"""Shortest and longest wait before a write that failed is tried again."""


class Producer(FaustProducer):
    """Writes what agents cause together with their offsets, anything else at once."""

    logger = FAUST

    transport: "Transport"

    def __init__(self, transport: "Transport", **kwargs: Any) -> None:
        super().__init__(transport, **kwargs)
        self.effects = Effects()
        self._loose: list[Effect] = []
        self._wanted = asyncio.Event()
        self._writing = asyncio.Lock()

    def send_soon(self, fut: FutureMessage) -> None:
        """Hold what an event causes until its offset is committed; write anything else soon.

        The partition must be given: it is always the client's, never the key's.
        """
        message: Any = fut.message  # by now its key and value are bytes
        record = NewRecord(
            message.channel.get_topic_name(), message.partition, message.key, message.value
        )
        effect = Effect(record, fut)
        event = current_event()
        if event is None or event.message.acked:
            self._loose.append(effect)
            self._wanted.set()
        elif event.message.generation_id == self.app.consumer_generation_id:
            source = (event.message.topic, event.message.partition)
            self.effects.hold(source, event.message.offset, effect)

    async def send(self, *args: Any, **kwargs: Any) -> Awaitable[RecordMetadata]:
        """Refuse: only `send_soon` keeps effects and offsets in one transaction."""
        raise NotImplementedError("use topic.send_soon(key=…, value=…, partition=…)")

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Refuse: an agent that waits for its own commit waits for ever."""
        raise NotImplementedError("use topic.send_soon(key=…, value=…, partition=…)")

    @Service.task
    async def _write_loose(self) -> None:
        while not self.should_stop:
            await self._wanted.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what no event caused."""
        self._wanted.clear()
        if self._loose:
            await self._write([], {}, {})

    async def commit(self, group: str, offsets: Mapping[TP, int]) -> None:
        """Write offsets, the effects of the events before them, and the checkpoint, at once.

        All is gathered before the first await, so that it is what holds at one instant.
        """
        positions = {(tp.topic, tp.partition): offset for tp, offset in offsets.items()}
        effects = self.effects.take(positions)
        commits, marks = self.transport.checkpoint(positions)
        if positions:
            commits = {group: positions, **commits}
        if not (effects or commits or marks):
            return
        caches = [] if self.effects else self.transport.caches
        for cache in caches:
            cache.take()
        await self._write(effects, commits, marks)
        for cache in caches:
            cache.settle()

    async def _write(
        self,
        effects: list[Effect],
        commits: Mapping[str, Mapping[Position, int]],
        marks: Mapping[str, float],
    ) -> None:
        async with self._writing:
            effects, self._loose = self._loose + effects, []
            records = [effect.record for effect in effects]
            offsets = await self._insist(records, commits, marks)
            if offsets is None:
                return
            for (record, message), offset in zip(effects, offsets, strict=True):
                at = TP(record.topic, record.partition)
                done = RecordMetadata(at.topic, at.partition, at, offset)
                message.set_result(done)
                if message.message.callback:
                    message.message.callback(message)
            for tell in self.transport.written:
                tell()
            self.transport.refresh()

    async def _insist(
        self,
        records: list[NewRecord],
        commits: Mapping[str, Mapping[Position, int]],
        marks: Mapping[str, float],
    ) -> list[int] | None:
        """Write until it succeeds: meanwhile queues fill and nothing more is acknowledged.

        None if the app is to stop before: what is not committed is delivered again.
        """
        pause, longest = PAUSE_S
        while True:
            try:
                return await self.transport.run(self.transport.log.write, records, commits, marks)
            except LogUnavailable as error:
                log.warning("the log cannot be written, trying again in %.2f s: %s", pause, error)
            if self.app.should_stop:
                return None
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def create_topic(self, topic: str, partitions: int, *_: Any, **options: Any) -> None:
        """Declare a topic of the app's own, as a changelog."""
        if not self.transport.partitions(topic):
            spec = TopicSpec(topic, compact=bool(options.get("compacting")))
            await self.transport.run(self.transport.log.create, [spec], partitions)
            self.transport.refresh()

    def key_partition(self, topic: str, key: bytes) -> TP:
        """Refuse: partitions are the client's and always given."""
        raise NotImplementedError(f"{topic}: the partition must be given")
