"""The eight topics, their keys and their partitions."""

from functools import lru_cache

from daykeel.log.protocol import TopicSpec

DAY_S = 86_400.0

EVENTS_RAW = "events.raw"
DUE = "due"
DAYS = "days"
NIGHTS = "nights"
SCORES = "scores"
SIGNALS = "signals"
COMMANDS = "commands"
QUARANTINE = "quarantine"

TOPICS = (
    TopicSpec(EVENTS_RAW, retention_s=30 * DAY_S),
    TopicSpec(DUE, retention_s=DAY_S),
    TopicSpec(DAYS, compact=True),
    TopicSpec(NIGHTS, compact=True),
    TopicSpec(SCORES, compact=True),
    TopicSpec(SIGNALS, compact=True),
    TopicSpec(COMMANDS, compact=True),
    TopicSpec(QUARANTINE, retention_s=90 * DAY_S),
)

CHANGELOG = TopicSpec("stream-changelog", compact=True)
"""What the stream's tables hold, on Kafka; on SQLite each table has its own."""

GROUPS = {
    "stream": (EVENTS_RAW, COMMANDS, DUE),
    "scored": (EVENTS_RAW, COMMANDS),
    "sink": (DAYS, NIGHTS, SCORES),
    "alerts": (SIGNALS,),
}
"""Who reads what; nothing is forgotten that one of them has not committed."""

SQLITE_PARTITIONS = 4
KAFKA_PARTITIONS = 16

CLIENTS = 4096
"""Whose partition is remembered: every access to a table asks for it."""


def partitions_at(url: str) -> int:
    """Return how many partitions the topics of the log at a URL have.

    >>> partitions_at("kafka://localhost:9092")
    16
    """
    return KAFKA_PARTITIONS if url.startswith("kafka:") else SQLITE_PARTITIONS


@lru_cache(maxsize=CLIENTS)
def partition_of(client: str, partitions: int) -> int:
    """Return the partition of a client: Kafka's default partitioner on its id.

    >>> partition_of("c-7f3k", 4) == partition_of("c-7f3k", 4)
    True
    """
    return (_murmur2(client.encode()) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """Return Kafka's 32-bit murmur2 of `data`."""
    seed, multiplier, mask = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    h = seed ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * multiplier & mask
        k = (k ^ (k >> 24)) * multiplier & mask
        h = (h * multiplier & mask) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * multiplier & mask
    h = (h ^ (h >> 13)) * multiplier & mask
    return h ^ (h >> 15)
