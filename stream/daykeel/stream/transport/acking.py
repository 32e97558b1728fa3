"""What a consumer of either log knows of events between delivery and commit."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP, Message
from mode import Service

from daykeel.stream.transport.inflight import InFlight
from daykeel.stream.transport.pinned import is_pinned

AT_ONCE = 500
"""Pending events after which a commit does not wait."""


class Acking(FaustConsumer):
    """The part of a consumer that commits: exactly what is done, as soon as nothing is left to do.

    Stock Faust commits what it has no acknowledgement of (upstream issue 606), and nothing at all
    once partitions are being taken away.
    """

    app: Any
    """Faust's interfaces leave out much that its own consumers use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._overrides = is_pinned()
        self._next: dict[TP, int] = {}
        """The offset read next, of each partition owned."""
        self._in_flight: dict[TP, InFlight] = defaultdict(InFlight)
        self._pending = 0
        self._commit_wanted = asyncio.Event()

    def forget(self) -> None:
        """Forget what was delivered: it will be delivered again."""
        self._in_flight.clear()
        self._acked.clear()
        self._acked_index.clear()
        self._pending = 0

    def ack(self, message: Message) -> bool:
        """Note that an agent is done with an event; commit at once if it was the last one."""
        if message.generation_id != self.app.consumer_generation_id:
            return False
        is_first = bool(super().ack(message))
        if is_first:
            self._in_flight[message.tp].acknowledge(message.offset)
            self._pending += 1
            if self._pending >= AT_ONCE or self._is_idle():
                self._commit_wanted.set()
        return is_first

    def _is_idle(self) -> bool:
        return not any(map(self._behind, self._in_flight))

    def behind(self, topics: Iterable[str]) -> int:
        """Return how many records of the topics agents are not done with."""
        return sum(self._behind(tp) for tp in self._next if tp.topic in topics)

    def _behind(self, tp: TP) -> int:
        unread = (self.highwater(tp) or 0) - self._next.get(tp, 0)
        return max(unread, 0) + self._in_flight[tp].open

    @Service.task
    async def _commit_handler(self) -> None:
        """Commit when asked to, else after the interval of the app."""
        while not self.should_stop:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._commit_wanted.wait(), self.commit_interval)
            self._commit_wanted.clear()
            self._pending = 0
            await self.commit()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Do nothing: liveness is progress, and its marks tell it."""

    async def _commit_tps(
        self,
        tps: Iterable[TP],
        start_new_transaction: bool,  # noqa: ARG002  Faust's signature
    ) -> bool:
        offsets = self._committable(tps)
        await self._commit(offsets)
        self.app.tables.on_commit(offsets)
        self._committed_offset.update(offsets)
        return bool(offsets)

    def _committable(self, tps: Iterable[TP]) -> Mapping[TP, int]:
        """Return how far each partition may be committed, where that has moved."""
        return self._filter_committable_offsets(tps)

    def _new_offset(self, tp: TP) -> int | None:
        if not self._overrides:
            return super()._new_offset(tp)
        offset = self._in_flight[tp].advance()
        if offset is not None:
            self._acked[tp] = [at for at in self._acked[tp] if at >= offset]
            self._acked_index[tp] = set(self._acked[tp])
        return offset

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        await self.app.producer.commit(self.app.conf.id, offsets)
        return True

    def commit_soon(self) -> None:
        """Commit as soon as the loop gets to it."""
        self._commit_wanted.set()

    async def on_task_error(self, exc: BaseException) -> None:
        """End the app when an agent has died: the event it was at would never be committed."""
        await self.app.crash(exc)
