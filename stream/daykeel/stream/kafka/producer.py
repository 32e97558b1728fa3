"""Faust's producer over Kafka: effects, then tables, then offsets, each once the last is kept.

A worker that dies between two of these steps has its events delivered again, and they come to the
same: outputs are said twice, a client's tables are written all or not at all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faust.types import TP

from daykeel.log.kafka_topics import LARGEST as LARGEST_RECORD
from daykeel.log.topics import CHANGELOG
from daykeel.stream.kafka.account import Said
from daykeel.stream.kafka.table import Change, of_clients
from daykeel.stream.transport.effects import Effect
from daykeel.stream.transport.holding import Holding

if TYPE_CHECKING:
    from daykeel.stream.kafka.driver import Transport

log = logging.getLogger(__name__)

LARGEST = 15_000_000
"""Bytes of a batch of several records; topics take more of a single one."""

PAUSE_S = 0.5
"""How long what was sent is waited for before asking whether it still matters."""

STOP_S = 5.0

Send = Callable[[], Awaitable["asyncio.Future[Any]"]]


class Stale(Exception):  # noqa: N818  a state of the worker
    """A rebalance or the end of the worker came between: what was gathered is not ours to write."""


class Producer(Holding):
    """Writes what agents cause before the offsets that acknowledge the events."""

    transport: "Transport"

    def __init__(self, transport: "Transport", **kwargs: Any) -> None:
        super().__init__(transport, **kwargs)
        self._kafka: AIOKafkaProducer | None = None
        self._unsent: list[Effect] = []
        """Of events that are done; like tables and offsets, owed until they are written."""

    async def on_start(self) -> None:
        """Connect."""
        await super().on_start()
        self._kafka = AIOKafkaProducer(
            **self.transport.connection,
            acks="all",
            enable_idempotence=True,
            max_batch_size=LARGEST,
            max_request_size=LARGEST_RECORD,
        )
        await self._kafka.start()

    async def on_stop(self) -> None:
        """Disconnect; what nobody acknowledged is not waited for long."""
        await super().on_stop()
        if self._kafka is not None:
            kafka, self._kafka = self._kafka, None
            try:
                await asyncio.wait_for(kafka.stop(), STOP_S)
            except TimeoutError:
                log.warning("Kafka does not answer; what was sent last may be sent again")

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: topics are declared before any worker starts."""

    async def clear(self) -> None:
        """Wait until nothing sent before is still on its way."""
        await self._connected.flush()

    def forget(self) -> None:
        """Forget all that is held: what causes it will be delivered again."""
        super().forget()
        self._unsent = []

    # Writing

    async def flush(self) -> None:
        """Write what no event caused."""
        generation = self.app.consumer_generation_id
        effects = self._take_loose()
        if effects:
            async with self._writing:
                await self._if_fresh(self._send_effects(effects, generation))

    async def commit(self, group: str, offsets: Mapping[TP, int]) -> None:  # noqa: ARG002  Faust's signature
        """Write what was caused up to now and then say how far the worker is.

        All is gathered before the first await, so that it is what holds at one instant.
        """
        generation = self.app.consumer_generation_id
        done = {(tp.topic, tp.partition): at for tp, at in offsets.items()}
        self._unsent += self.effects.take(done)
        effects = list(self._unsent)
        if self.effects:
            raise RuntimeError("an event is done of which something before is not")
        owed = self.transport.owed(offsets)
        for store in self.transport.caches:
            store.take()
        changes = of_clients(self.transport.caches)
        if effects or changes or owed:
            async with self._writing:
                await self._if_fresh(self._write(effects, changes, owed, generation))

    async def _if_fresh(self, writing: Awaitable[None]) -> None:
        try:
            await writing
        except Stale:  # what was not written is owed, or done again from the last commit on
            log.info("not written: partitions were handed out anew, or the worker ends")

    async def _write(
        self,
        effects: Sequence[Effect],
        changes: Mapping[int, Sequence[Sequence[Change]]],
        owed: Mapping[tuple[str, int], Said],
        generation: int,
    ) -> None:
        await self._make_sure()
        await self._send_effects(effects, generation)
        self._check(generation)
        del self._unsent[: len(effects)]
        await self._make_sure()
        stops = await self._send_changes(changes, generation)
        self._check(generation)
        if owed and not await self.transport.say(owed):
            raise Stale
        self._check(generation)
        self.transport.keep(changes, stops, owed)

    async def _make_sure(self) -> None:
        if not await self.transport.is_ours():
            raise Stale

    def _check(self, generation: int) -> None:
        if generation != self.app.consumer_generation_id or self._kafka is None:
            raise Stale

    async def _send_effects(self, effects: Sequence[Effect], generation: int) -> None:
        kept = await self._sent([self._sending(effect) for effect in effects], generation)
        self._tell(effects, [one.offset for one in kept])

    def _sending(self, effect: Effect) -> Send:
        topic, partition, key, value, headers = effect.record
        return lambda: self._connected.send(topic, value, key, partition, headers=list(headers))

    async def _send_changes(
        self, changes: Mapping[int, Sequence[Sequence[Change]]], generation: int
    ) -> dict[int, int]:
        """Return up to where the changelog of each partition now goes."""
        batches = [
            (partition, batch)
            for partition, clients in changes.items()
            for batch in self._batches(clients)
        ]
        topic = self.transport.full(CHANGELOG.name)
        kept = await self._sent([self._sending_batch(topic, *one) for one in batches], generation)
        return {
            partition: one.offset + batch.record_count()
            for (partition, batch), one in zip(batches, kept, strict=True)
        }

    def _sending_batch(self, topic: str, partition: int, batch: Any) -> Send:
        return lambda: self._connected.send_batch(batch, topic, partition=partition)

    def _batches(self, clients: Sequence[Sequence[Change]]) -> list[Any]:
        """Return batches of which each is kept whole or not at all, a client in one if it fits."""
        batches: list[Any] = []
        room = 0
        for changes in clients:
            size = sum(len(key) + len(value or b"") + 50 for key, value in changes)
            if size > room:
                batches.append(self._connected.create_batch())
                room = LARGEST
            for key, value in changes:
                if batches[-1].append(timestamp=None, key=key, value=value) is None:
                    batches.append(self._connected.create_batch())
                    batches[-1].append(timestamp=None, key=key, value=value)
                    room = LARGEST
            room -= size
        for batch in batches:
            batch.close()
        return batches

    @property
    def _connected(self) -> AIOKafkaProducer:
        if self._kafka is None:
            raise Stale
        return self._kafka

    async def _sent(self, sends: Sequence[Send], generation: int) -> list[Any]:
        """Return what Kafka says of each once all are kept, however long that takes."""
        acks = [await self._accepted(send, generation) for send in sends]
        while waiting := [ack for ack in acks if not ack.done()]:
            self._check(generation)
            await asyncio.wait(waiting, timeout=PAUSE_S)
        return [ack.result() for ack in acks]

    async def _accepted(self, send: Send, generation: int) -> "asyncio.Future[Any]":
        """Return the promise of a record; while Kafka is away and buffers are full none is made."""
        while True:
            self._check(generation)
            try:
                return await send()
            except KafkaError as error:
                if not error.retriable:
                    raise
                log.warning("the log cannot be written, trying again: %s", type(error).__name__)
            await asyncio.sleep(PAUSE_S)
