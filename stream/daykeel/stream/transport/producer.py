"""Faust's producer over the SQLite log."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import NewRecord, Position, TopicSpec
from daykeel.stream.transport.effects import Effect
from daykeel.stream.transport.holding import Holding

if TYPE_CHECKING:
    from daykeel.stream.transport.driver import Transport

log = logging.getLogger(__name__)

PAUSE_S = (0.05, 5.0)
"""Shortest and longest wait before a write that failed is tried again."""


class Producer(Holding):
    """Writes what agents cause in one transaction with their offsets, anything else at once."""

    transport: "Transport"

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
            effects = self._take_loose() + effects
            records = [effect.record for effect in effects]
            offsets = await self._insist(records, commits, marks)
            if offsets is None:
                return
            self._tell(effects, offsets)
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
