"""The servers of a log on Kafka: who leads which partition, and one question to each of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import BrokerResponseError, KafkaError, LeaderNotAvailableError, for_code
from aiokafka.protocol.offset import OffsetRequest

from daykeel.log.errors import UnknownTopic
from daykeel.log.kafka_address import Address
from daykeel.log.protocol import Position

ANSWER_S = 5.0
"""How long one question waits for its answer."""
SETTLED_S = 10.0
"""How long servers that answer may say `not yet`, as they do after a start."""
AGAIN_S = 0.1

EARLIEST, LATEST = -2, -1
READ_UNCOMMITTED = 0

ByTopic = list[tuple[str, list[Any]]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How many partitions each topic has, and who leads them."""

    partitions: Mapping[str, int]
    leaders: Mapping[Position, int]

    def positions(self, topics: Iterable[str]) -> list[Position]:
        """Return all partitions of the topics that are there."""
        return [(name, part) for name in topics for part in range(self.partitions.get(name, 0))]


class Cluster:
    """One connection to each server, made anew after any failure."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: AIOKafkaClient | None = None
        self._layout: Layout | None = None
        self._coordinators: dict[str, int] = {}
        self._connecting = asyncio.Lock()

    async def layout(self, topics: Iterable[str] | None = None) -> Layout:
        """Return what is known of the topics; asked anew for those not known, or for None."""
        known = self._layout
        if known is None or topics is None or not known.partitions.keys() >= set(topics):
            known = self._layout = await self._ask_layout()
        return known

    async def expect(self, positions: Iterable[Position]) -> Layout:
        """Return what is known of partitions that must be there.

        Raises
        ------
        UnknownTopic
            One is not.
        """
        wanted = set(positions)
        layout = await self.layout({topic for topic, _ in wanted})
        for topic, partition in sorted(wanted):
            if not 0 <= partition < layout.partitions.get(topic, 0):
                raise UnknownTopic(f"{topic} has no partition {partition}")
        return layout

    async def offsets(self, positions: Iterable[Position], when: int) -> dict[Position, int]:
        """Return the `EARLIEST` or `LATEST` offset of each partition."""
        wanted = dict.fromkeys(positions, when)
        if not wanted:
            return {}
        answers = await self.of_leaders(
            wanted, lambda topics: OffsetRequest(-1, READ_UNCOMMITTED, topics)
        )
        return {
            self.position(topic, part): offset
            for answer in answers
            for topic, parts in answer.topics
            for part, error_code, _, offset in checked(parts)
        }

    async def of_leaders(
        self, wanted: Mapping[Position, Any], request: Callable[[ByTopic], Any]
    ) -> list[Any]:
        """Return what the leaders of the partitions answer, each asked for its own."""
        layout = await self.expect(wanted)
        shares: dict[int, dict[str, list[Any]]] = {}
        for at, asked in wanted.items():
            if layout.leaders[at] < 0:
                raise LeaderNotAvailableError
            share = shares.setdefault(layout.leaders[at], {})
            row = asked if isinstance(asked, tuple) else (asked,)
            share.setdefault(self.address.name(at[0]), []).append((at[1], *row))
        client = await self._connected()
        return await asyncio.gather(
            *(client.send(node, request(list(share.items()))) for node, share in shares.items())
        )

    async def of_coordinator(self, group: str, request: Any) -> Any:
        """Return what the server answers that keeps a group's offsets."""
        client = await self._connected()
        if group not in self._coordinators:
            self._coordinators[group] = await client.coordinator_lookup(
                CoordinationType.GROUP, self.address.name(group)
            )
        node = self._coordinators[group]
        return await client.send(node, request, group=ConnectionGroup.COORDINATION)

    def position(self, name: str, partition: int) -> Position:
        """Return a partition under the topic's plain name."""
        plain = self.address.plain(name)
        assert plain is not None, "nothing else was asked for"  # noqa: S101
        return plain, partition

    async def forget(self) -> None:
        """Close the connections; the next question connects anew."""
        client, self._client = self._client, None
        self._layout = None
        self._coordinators.clear()
        if client is not None:
            await client.close()

    async def _connected(self) -> AIOKafkaClient:
        async with self._connecting:
            if self._client is None:
                client = AIOKafkaClient(
                    **self.address.connection(), request_timeout_ms=int(ANSWER_S * 1000)
                )
                try:
                    await client.bootstrap()
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client

    async def _ask_layout(self) -> Layout:
        metadata = await (await self._connected()).fetch_all_metadata()
        partitions, leaders = {}, {}
        for name in metadata.topics():
            plain = self.address.plain(name)
            if plain is None:
                continue
            count = len(metadata.partitions_for_topic(name))
            partitions[plain] = count
            for part in range(count):
                leader = metadata.leader_for_partition(TopicPartition(name, part))
                leaders[plain, part] = -1 if leader is None else leader
        return Layout(partitions, leaders)


def checked(rows: Iterable[tuple[Any, ...]], code_at: int = 1) -> list[tuple[Any, ...]]:
    """Return the rows of an answer.

    Raises
    ------
    KafkaError
        One of them says that something is wrong.
    """
    found = list(rows)
    for row in found:
        check(row[code_at])
    return found


def check(error_code: int) -> None:
    """Raise what a server's answer says is wrong, if it is."""
    if error_code:
        raise for_code(error_code)()


def may_settle(error: KafkaError) -> bool:
    """Return whether a server that answers has said `not yet`."""
    return bool(error.retriable) and isinstance(error, BrokerResponseError)
