"""Records onto Kafka: on all its replicas, or refused within some seconds."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from daykeel.log.kafka_cluster import ANSWER_S, Cluster
from daykeel.log.kafka_topics import LARGEST
from daykeel.log.protocol import NewRecord

DELIVERY_S = 15.0
"""How long an append may take before it fails; a server that starts anew is back sooner."""
BATCH_BYTES = 1_000_000
BESIDE = 1_000
"""More than what a batch holds beside key, value and headers of a single record."""
OF_EACH = 10
"""More than what a batch holds beside name and value of a header."""


class Appender:
    """A producer, made anew after any failure: its successor numbers its batches afresh."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def append(self, records: Sequence[NewRecord]) -> list[int]:
        """Return the offsets of the records once all of them are durable.

        Raises
        ------
        ValueError
            A record is too large for any server.
        """
        await self._cluster.expect({(one.topic, one.partition) for one in records})
        if any(_size(one) > LARGEST - BESIDE for one in records):
            raise ValueError(f"a record has more than {LARGEST - BESIDE} bytes")
        try:
            async with asyncio.timeout(DELIVERY_S):
                return await self._sent(await self._started(), records)
        except BaseException:
            self._give_up()
            raise

    async def close(self) -> None:
        """End what was begun."""
        self._give_up()
        await asyncio.gather(*self._ending)

    async def _sent(self, producer: AIOKafkaProducer, records: Sequence[NewRecord]) -> list[int]:
        name = self._cluster.address.name
        under_way = []
        try:
            for topic, partition, key, value, headers in records:
                send = producer.send(name(topic), value, key, partition, headers=list(headers))
                under_way.append(await send)
            done = await asyncio.gather(*under_way)
        finally:
            for one in under_way:
                one.cancel()
        return [one.offset for one in done]

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._cluster.address.connection(),
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH_BYTES,
                    max_request_size=LARGEST,
                    request_timeout_ms=int(ANSWER_S * 1000),
                )
                try:
                    await producer.start()
                except BaseException:
                    self._end(producer)
                    raise
                self._producer = producer
            return self._producer

    def _give_up(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            self._end(producer)

    def _end(self, producer: AIOKafkaProducer) -> None:
        ending = asyncio.get_running_loop().create_task(_end(producer))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _size(record: NewRecord) -> int:
    headers = sum(len(name.encode()) + len(value) + OF_EACH for name, value in record.headers)
    return len(record.key) + len(record.value or b"") + headers


async def _end(producer: AIOKafkaProducer) -> None:
    """End a producer without waiting for servers to take what it still holds."""
    # its own `stop` does, for as long as they are away
    await producer._sender.close()
    producer._message_accumulator._batches.clear()
    producer._message_accumulator._pending_batches.clear()
    await producer.stop()
