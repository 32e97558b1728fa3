"""The offsets of groups on Kafka: read and committed by whoever asks, without membership."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest

from daykeel.log.kafka_cluster import Cluster, check, checked
from daykeel.log.kafka_metadata import decode, encode, least
from daykeel.log.protocol import Memo, Position
from daykeel.log.topics import DUE, QUARANTINE

STREAM = "stream"
SCORED = "scored"
"""A group whose offsets lie in what `STREAM` commits beside its own."""

MEMO = "memo."
MEMO_AT = (QUARANTINE, 0)
"""Beside which offset of its own group a memo lies; nobody reads by that group."""

NOBODY = ""
NO_GENERATION = -1
AS_CONFIGURED = -1


class Said(NamedTuple):
    """What a group has committed of a partition."""

    offset: int
    text: str = ""


class Groups:
    """What groups have committed."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def committed(self, group: str) -> dict[Position, int]:
        """Return the offsets a group has committed."""
        if group == SCORED:
            said = {at: decode(one.text)[0] for at, one in (await self.said(STREAM)).items()}
            return {at: offset for at, offset in said.items() if offset is not None}
        return {at: one.offset for at, one in (await self.said(group)).items()}

    async def commit(self, group: str, positions: Mapping[Position, int]) -> None:
        """Store what a group is done with."""
        await self._cluster.expect(positions)
        if group not in (STREAM, SCORED):
            await self._commit(group, {at: Said(offset) for at, offset in positions.items()})
            return
        before = await self.said(STREAM)
        fresh = {}
        for at, offset in positions.items():
            old = before.get(at, Said(0))
            if group == STREAM:
                fresh[at] = Said(offset, old.text)
            else:
                fresh[at] = Said(old.offset, encode(offset, decode(old.text)[1]))
        await self._commit(STREAM, fresh)

    async def keep(self, group: str) -> None:
        """Commit again what is committed: Kafka forgets it some days after the last commit."""
        await self._commit(group, await self.said(group))

    async def mark(self, name: str, value: float) -> None:
        """Set a progress mark for all partitions."""
        before = await self.said(STREAM)
        fresh = {}
        for at in await self._marked():
            old = before.get(at, Said(0))
            scored, marks = decode(old.text)
            fresh[at] = Said(old.offset, encode(scored, {**marks, name: value}))
        await self._commit(STREAM, fresh)

    async def marks(self) -> dict[str, float]:
        """Return the progress marks that hold for all partitions."""
        said = await self.said(STREAM)
        return least(decode(said[at].text)[1] if at in said else {} for at in await self._marked())

    async def remember(self, memo: Memo) -> None:
        """Keep a text; like an offset Kafka forgets it some days after the last commit."""
        await self._cluster.expect([MEMO_AT])
        await self._commit(MEMO + memo.name, {MEMO_AT: Said(0, memo.text)})

    async def memo(self, name: str) -> str:
        """Return the text kept under a name, or an empty one."""
        return (await self.said(MEMO + name)).get(MEMO_AT, Said(0)).text

    async def _marked(self) -> Iterable[Position]:
        return (await self._cluster.layout((DUE,))).positions((DUE,))

    async def said(self, group: str) -> dict[Position, Said]:
        """Return what a group has committed, with the text beside each offset."""
        request = OffsetFetchRequest(self._cluster.address.name(group), None)
        answer = await self._cluster.of_coordinator(group, request)
        check(answer.error_code)
        return {
            (plain, part): Said(offset, text or "")
            for name, parts in answer.topics
            if (plain := self._cluster.address.plain(name)) is not None
            for part, offset, text, _ in checked(parts, 3)
            if offset >= 0
        }

    async def _commit(self, group: str, said: Mapping[Position, Said]) -> None:
        if not said:
            return
        name = self._cluster.address.name
        topics: dict[str, list[tuple[int, int, str]]] = {}
        for (topic, part), (offset, text) in said.items():
            topics.setdefault(name(topic), []).append((part, offset, text))
        request = OffsetCommitRequest(
            name(group), NO_GENERATION, NOBODY, AS_CONFIGURED, list(topics.items())
        )
        answer = await self._cluster.of_coordinator(group, request)
        for _, parts in answer.topics:
            checked(parts)
