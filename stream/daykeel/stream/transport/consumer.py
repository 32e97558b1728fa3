"""Faust's consumer over the SQLite log: one member that owns every partition."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from faust.types import TP, ConsumerMessage, Message
from mode import Service, ServiceT

from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Record
from daykeel.log.sqlite_retention import AT_ONCE as AT_MOST
from daykeel.stream.transport.membership import FAUST, Membership

AT_ONCE = 500
"""Records fetched from a partition."""

WATCH_S = 0.004
"""How often another process's appends are looked for; a look takes some microseconds."""

EXPIRE_S = 60.0
EXPIRE_MORE_S = 0.5
"""How long others may write before more is forgotten, while there is much to forget."""


class Consumer(Membership):
    """Delivers records to agents, and commits as soon as nothing is left to process."""

    logger = FAUST

    # Fetching

    @Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            await asyncio.sleep(WATCH_S)
            self.transport.refresh()

    async def _wait_next_records(
        self,
        timeout: float,  # noqa: ASYNC109  Faust's signature
    ) -> tuple[Mapping[TP, list[Any]] | None, set[TP] | None]:
        """Wait for records; Faust's own waits a whole second when every queue is full."""
        if not self._overrides:
            return await super()._wait_next_records(timeout)
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        active = self._get_active_partitions()
        return await self._getmany(active, timeout), active

    def on_buffer_drop(self, tp: TP) -> None:
        """Fetch again from a partition whose events have been processed."""
        super().on_buffer_drop(tp)
        self.transport.arrived.set()

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109  Faust's signature
    ) -> dict[TP, list[Record]]:
        tps = self._owned if active_partitions is None else active_partitions
        end = time.monotonic() + timeout
        while self.flow_active and not self.should_stop:
            self.transport.arrived.clear()
            wanted = {tp: self._next[tp] for tp in tps if self._next[tp] < self.highwater(tp)}
            if wanted:
                return self._moved(wanted, await self.transport.run(self._fetch, wanted))
            left = end - time.monotonic()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self.transport.arrived.wait(), left)
            except TimeoutError:
                break
        return {}

    def _fetch(self, wanted: Mapping[TP, int]) -> dict[TP, list[Record]]:
        return {tp: self.transport.log.fetch(tp, at, AT_ONCE) for tp, at in wanted.items()}

    def _moved(
        self, wanted: Mapping[TP, int], found: Mapping[TP, list[Record]]
    ) -> dict[TP, list[Record]]:
        """Return what was found where nobody has moved the position meanwhile, and move it."""
        records = {tp: found[tp] for tp, at in wanted.items() if self._next[tp] == at}
        for tp, some in records.items():
            self._next[tp] = some[-1].offset + 1 if some else self.highwater(tp)
        return {tp: some for tp, some in records.items() if some}

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp,
            0,
            list(record.headers),
            record.key,
            record.value,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        """Hand records to agents.

        Faust's own loop waits for each callback with `wait_first`, which is four tasks and three
        turns of the loop for each event. It does so because partitions may be taken away
        meanwhile; here they never are.
        """
        if not self._overrides:
            await super()._drain_messages(fetcher)
            return
        try:
            while not (self.should_stop or fetcher.should_stop):
                await asyncio.sleep(0)
                async for tp, message in self.getmany(timeout=1.0):
                    await self._deliver(tp, message)
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _deliver(self, tp: TP, message: Message) -> None:
        seen = self._read_offset[tp]
        if seen is not None and message.offset < seen:
            return
        if self.app.topics.acks_enabled_for(message.topic):
            self._in_flight[tp].deliver(message.offset)
        await self.callback(message)
        self._read_offset[tp] = message.offset

    @Service.task
    async def _expire(self) -> None:
        while not self.should_stop:
            await self.sleep(EXPIRE_S)
            with suppress(LogUnavailable):  # there is time
                while await self._expired() >= AT_MOST and not self.should_stop:
                    await self.sleep(EXPIRE_MORE_S)

    async def _expired(self) -> int:
        return await self.transport.run(self.transport.log.expire, time.time())
