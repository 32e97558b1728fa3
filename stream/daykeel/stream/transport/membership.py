"""What a consumer of the SQLite log owns, which is every partition, and where it reads on."""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

from daykeel.stream.transport.acking import Acking

if TYPE_CHECKING:
    from daykeel.stream.transport.driver import Transport

FAUST = logging.getLogger("faust.daykeel")
"""Where Faust tells the crashes of our services, with texts that might quote values."""


class Membership(Acking):
    """The part of a consumer that knows what it owns and where it reads on."""

    logger = FAUST

    transport: "Transport"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owned: set[TP] = set()
        self._topics: frozenset[str] = frozenset()

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
        self.app.consumer_generation_id += 1
        assignor = self.app.assignor
        mine = assignor.assign(self, {"me": assignor.metadata(set(self._topics))})["me"]
        assignor.on_assignment(mine)
        self._owned = {TP(topic, part) for topic, parts in mine.assignment for part in parts}
        for tp in self._owned:
            self._next.setdefault(tp, 0)
        await self.on_partitions_assigned(set(self._owned), self.app.consumer_generation_id)

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
        self.forget()
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
