"""Faust's consumer over the SQLite log: one member that owns every partition."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from faust.transport.consumer import Consumer as FaustConsumer
from faust.types import TP, ConsumerMessage, Message
from mode import Service, ServiceT

from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Record
from daykeel.stream.transport.inflight import InFlight
from daykeel.stream.transport.pinned import is_pinned

if TYPE_CHECKING:
    from daykeel.stream.transport.driver import Transport

AT_ONCE = 500
"""Records fetched from a partition, and pending events after which a commit does not wait."""

WATCH_S = 0.004
"""How often another process's appends are looked for; a look takes some microseconds."""

EXPIRE_S = 60.0


class Consumer(FaustConsumer):
    """Delivers records to agents, and commits as soon as nothing is left to process."""

    logger = logging.getLogger("faust.sqlite")
    """Faust tells crashes here, with texts that might quote values."""

    transport: "Transport"
    app: Any
    """Faust's interfaces leave out much that its own consumers use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._overrides = is_pinned()
        self._owned: set[TP] = set()
        self._topics: frozenset[str] = frozenset()
        self._next: dict[TP, int] = {}
        self._generation = 0
        self._in_flight: dict[TP, InFlight] = defaultdict(InFlight)
        self._pending = 0
        self._commit_wanted = asyncio.Event()

    # Membership

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Own every partition of the topics."""
        wanted = frozenset(topics)
        if wanted != self._topics:
            self._topics = wanted
            self.add_future(self._rebalance())

    async def _rebalance(self) -> None:
        """Go through what Faust expects when partitions are handed out: once, at the start.

        Were it to happen later, nothing uncommitted survives it: events delivered before are of
        an older generation, whose effects and acknowledgements no longer count.
        """
        self.app.on_rebalance_start()
        await self.on_partitions_revoked(set(self._owned))
        self.app.producer.effects.forget()
        self._generation += 1
        self.app.consumer_generation_id = self._generation
        assignor = self.app.assignor
        mine = assignor.assign(self, {"me": assignor.metadata(set(self._topics))})["me"]
        assignor.on_assignment(mine)
        self._owned = {TP(topic, part) for topic, parts in mine.assignment for part in parts}
        for tp in self._owned:
            self._next.setdefault(tp, 0)
        await self.on_partitions_assigned(set(self._owned), self._generation)

    def assignment(self) -> set[TP]:
        """Return every partition there is."""
        return set(self._owned)

    def partitions_for_topic(self, topic: str) -> set[int]:
        """Return the partitions of a topic, for the assignor."""
        return set(range(self.transport.partitions(topic)))

    def topic_partitions(self, topic: str) -> int | None:
        """Return how many partitions the topic has."""
        return self.transport.partitions(topic) or None

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        """Declare a topic of the app's own."""
        await self.app.producer.create_topic(*args, **kwargs)

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def key_partition(
        self,
        topic: str,
        key: bytes | None,  # noqa: ARG002  Faust's signature
        partition: int | None = None,
    ) -> int:
        """Return the partition given: it is the client's."""
        if partition is None:
            raise NotImplementedError(f"{topic}: the partition must be given")
        return partition

    # Positions

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to what the group has committed."""
        self._in_flight.clear()
        self._acked.clear()
        self._acked_index.clear()
        self._pending = 0
        done = await self.transport.run(self.transport.log.committed, self.app.conf.id)
        wanted = {tp: done.get(tp, 0) for tp in self._owned if not self._is_changelog_tp(tp)}
        self._next.update(wanted)
        return wanted

    async def _seek(self, partition: TP, offset: int) -> None:
        self._next[partition] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Read on from the given offsets."""
        for tp, offset in partitions.items():
            await self.seek(tp, offset)

    async def position(self, tp: TP) -> int | None:
        """Return the offset read next."""
        return self._next.get(tp)

    def highwater(self, tp: TP) -> int:
        """Return the offset the next record gets."""
        return self.transport.heads.get(tp, 0)

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        """Return the offsets the next records get."""
        return {tp: self.highwater(tp) for tp in tps}

    async def earliest_offsets(self, *tps: TP) -> Mapping[TP, int]:
        """Return where reading may begin; what is gone before that is passed over."""
        return dict.fromkeys(tps, 0)

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
            None,
            record.key,
            record.value,
            None,
            tp=tp,
            generation_id=self._generation,
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

    # Committing

    def ack(self, message: Message) -> bool:
        """Note that an agent is done with an event; commit at once if it was the last one."""
        if message.generation_id != self._generation:
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
        return sum(self._behind(tp) for tp in self._owned if tp.topic in topics)

    def _behind(self, tp: TP) -> int:
        return self.highwater(tp) - self._next[tp] + self._in_flight[tp].open

    def _new_offset(self, tp: TP) -> int | None:
        if not self._overrides:
            return super()._new_offset(tp)
        offset = self._in_flight[tp].advance()
        if offset is not None:
            self._acked[tp] = [at for at in self._acked[tp] if at >= offset]
            self._acked_index[tp] = set(self._acked[tp])
        return offset

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
        """Do nothing: there is no broker that could have stopped answering."""

    async def _commit_tps(
        self,
        tps: Iterable[TP],
        start_new_transaction: bool,  # noqa: ARG002  Faust's signature
    ) -> bool:
        offsets = self._filter_committable_offsets(tps)
        await self._commit(offsets)
        self.app.tables.on_commit(offsets)
        self._committed_offset.update(offsets)
        return bool(offsets)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        await self.app.producer.commit(self.app.conf.id, offsets)
        return True

    def commit_soon(self) -> None:
        """Commit as soon as the loop gets to it."""
        self._commit_wanted.set()

    async def on_task_error(self, exc: BaseException) -> None:
        """End the app when an agent has died: the event it was at would never be committed."""
        await self.app.crash(exc)

    @Service.task
    async def _expire(self) -> None:
        while not self.should_stop:
            await self.sleep(EXPIRE_S)
            with suppress(LogUnavailable):  # there is time
                await self.transport.run(self.transport.log.expire, time.time())
