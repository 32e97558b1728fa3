"""The topics of a log on Kafka: declared by one command before any process starts."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from daykeel.log.errors import LogUnavailable
from daykeel.log.kafka_address import MARKER
from daykeel.log.kafka_cluster import AGAIN_S, SETTLED_S, Cluster, Layout
from daykeel.log.protocol import TopicSpec
from daykeel.log.topics import DAY_S, EVENTS_RAW

LARGEST = 18_000_000
"""Bytes of a batch: an upload of 16 MiB that cannot be split is one record."""
SEGMENT_S = 7 * DAY_S
"""After which a file of records is closed: only closed ones are compacted or forgotten."""
REPLICAS = 3
"""Of each record, where there are as many servers."""


def incarnation(layout: Layout) -> str:
    """Return which log this is, or an empty text where none has been declared."""
    return min((name.removeprefix(MARKER) for name in _markers(layout)), default="")


def missing(layout: Layout, topics: Iterable[str], partitions: int) -> str | None:
    """Return what keeps the topics from being used and what to do, or None."""
    if not incarnation(layout):
        return "the log has not been made: run `daykeel create`"
    for topic in topics:
        count = layout.partitions.get(topic, 0)
        if count == 0:
            return f"the topic {topic} is not there: run `daykeel create`"
        if count != partitions:
            return (
                f"the topic {topic} has {count} partitions and must have {partitions}: "
                "give the log another prefix and run `daykeel create`"
            )
    return None


async def declare(cluster: Cluster, topics: Sequence[TopicSpec], partitions: int) -> None:
    """Make the topics that are not there, and wait until they can be used."""
    layout = await cluster.layout()
    fresh = [topic for topic in topics if topic.name not in layout.partitions]
    if not fresh:
        return
    old: list[str] = []
    marker: list[str] = []
    if EVENTS_RAW in {topic.name for topic in fresh}:
        old, marker = _markers(layout), [MARKER + secrets.token_hex(8)]
    name = cluster.address.name
    admin = AIOKafkaAdminClient(**cluster.address.connection())
    try:
        await admin.start()
        replicas = min(REPLICAS, len((await admin.describe_cluster())["brokers"]))
        if old:
            _check(await admin.delete_topics([name(one) for one in old]))
        wanted = [NewTopic(name(one), 1, replicas) for one in marker] + [
            NewTopic(name(one.name), partitions, replicas, topic_configs=_settings(one))
            for one in fresh
        ]
        _check(await admin.create_topics(wanted))
    finally:
        await admin.close()
    await _until_led(cluster, [*marker, *(topic.name for topic in fresh)], old)


def _markers(layout: Layout) -> list[str]:
    return [name for name in layout.partitions if name.startswith(MARKER)]


def _settings(topic: TopicSpec) -> dict[str, str]:
    settings = {"max.message.bytes": str(LARGEST)}
    if topic.compact:
        return {**settings, "cleanup.policy": "compact"}
    settings["cleanup.policy"] = "delete"
    if topic.retention_s is None:
        return {**settings, "retention.ms": "-1"}
    return {
        **settings,
        "retention.ms": _ms(topic.retention_s),
        "segment.ms": _ms(min(topic.retention_s, SEGMENT_S)),
    }


def _ms(seconds: float) -> str:
    return str(int(seconds * 1000))


def _check(answer: object) -> None:
    """Raise what an answer says of a topic; that it is there already is what was wanted."""
    rows = getattr(answer, "topic_errors", None) or getattr(answer, "topic_error_codes", [])
    for _, code, *_ in rows:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)()


async def _until_led(cluster: Cluster, fresh: Sequence[str], old: Sequence[str]) -> None:
    """Wait until the fresh topics have a leader for every partition and the old ones are gone."""
    end = asyncio.get_running_loop().time() + SETTLED_S
    while True:
        layout = await cluster.layout()
        leaders = [layout.leaders[at] for at in layout.positions(fresh)]
        are_there = all(topic in layout.partitions for topic in fresh) and min(leaders) >= 0
        if are_there and not any(topic in layout.partitions for topic in old):
            return
        if asyncio.get_running_loop().time() > end:
            raise LogUnavailable("the topics were made and have no leader yet") from None
        await asyncio.sleep(AGAIN_S)
