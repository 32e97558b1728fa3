"""Whether Kafka would take a record now, without giving it one.

A batch whose checksum is wrong is refused at the very last step before it would be written, after
the leader has looked whether it leads, whether enough replicas are in step, and whether its disk
is in order. So that it is refused for its checksum alone says that a sound one would be taken.
"""

from collections.abc import Sequence

from aiokafka.errors import CorruptRecordException, KafkaError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from daykeel.log.kafka_cluster import ANSWER_S, ByTopic, Cluster

ALL_IN_STEP = -1
_CRC_AT = 17
_NO_COMPRESSION = 0
_ROOM = 1_000


async def try_writing(cluster: Cluster, topics: Sequence[str]) -> None:
    """Raise what keeps Kafka from taking records into any partition of the topics."""
    layout = await cluster.layout(topics)
    batch = _unsound()
    wanted = dict.fromkeys(layout.positions(topics), batch)
    answers = await cluster.of_leaders(wanted, _request)
    for answer in answers:
        for _, parts in answer.topics:
            for _, error_code, *_ in parts:
                error = for_code(error_code)
                if error is not CorruptRecordException:
                    raise error() if issubclass(error, KafkaError) else KafkaError()


def _request(topics: ByTopic) -> ProduceRequest:
    return ProduceRequest(None, ALL_IN_STEP, int(ANSWER_S * 1000), topics)


def _unsound() -> bytes:
    """Return a batch of one small record whose checksum is another one's."""
    made = DefaultRecordBatchBuilder(2, _NO_COMPRESSION, 0, -1, -1, -1, _ROOM)
    made.append(0, timestamp=0, key=b"probe", value=b"", headers=[])
    batch = bytearray(made.build())
    batch[_CRC_AT] ^= 0xFF
    return bytes(batch)
