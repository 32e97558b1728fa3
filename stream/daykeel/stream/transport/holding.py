"""What a producer of either log holds: what events cause, until their offsets are committed."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any

from faust.streams import current_event
from faust.transport.producer import Producer as FaustProducer
from faust.types import TP
from faust.types.tuples import FutureMessage, RecordMetadata
from mode import Service

from daykeel.log.protocol import Headers, NewRecord
from daykeel.stream.transport.effects import Effect, Effects
from daykeel.stream.transport.membership import FAUST


def headers_of(given: Mapping[str, bytes] | Iterable[tuple[str, bytes]] | None) -> Headers:
    """Return the headers that Faust was given, as a record has them.

    >>> headers_of({"trace": b"7"})
    (('trace', b'7'),)

    Raises
    ------
    TypeError
        A name is no text, or a value no bytes.
    """
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    headers = tuple((name, value) for name, value in pairs)
    if not all(isinstance(name, str) and isinstance(value, bytes) for name, value in headers):
        raise TypeError("a header is a name and bytes")
    return headers


class Holding(FaustProducer):
    """Writes what agents cause together with their offsets, anything else soon."""

    logger = FAUST

    transport: Any

    def __init__(self, transport: Any, **kwargs: Any) -> None:
        super().__init__(transport, **kwargs)
        self.effects = Effects()
        self._loose: list[Effect] = []
        self._wanted = asyncio.Event()
        self._writing = asyncio.Lock()

    def send_soon(self, fut: FutureMessage) -> None:
        """Hold what an event causes until its offset is committed; write anything else soon.

        The partition must be given: it is always the client's, never the key's.
        """
        message: Any = fut.message  # by now its key and value are bytes
        record = NewRecord(
            message.channel.get_topic_name(),
            message.partition,
            message.key,
            message.value,
            headers_of(message.headers),
        )
        effect = Effect(record, fut)
        event = current_event()
        if event is None or event.message.acked:
            self._loose.append(effect)
            self._wanted.set()
        elif event.message.generation_id == self.app.consumer_generation_id:
            source = (event.message.topic, event.message.partition)
            self.effects.hold(source, event.message.offset, effect)

    def supports_headers(self) -> bool:
        """Return that either log keeps them."""
        return True

    async def send(self, *args: Any, **kwargs: Any) -> Awaitable[RecordMetadata]:
        """Refuse: only `send_soon` keeps effects and offsets together."""
        raise NotImplementedError("use topic.send_soon(key=…, value=…, partition=…)")

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Refuse: an agent that waits for its own commit waits for ever."""
        raise NotImplementedError("use topic.send_soon(key=…, value=…, partition=…)")

    @Service.task
    async def _write_loose(self) -> None:
        while not self.should_stop:
            await self._wanted.wait()
            await self.flush()

    def forget(self) -> None:
        """Forget all that is held: what causes it will be delivered again."""
        self.effects.forget()
        self._take_loose()

    def _take_loose(self) -> list[Effect]:
        self._wanted.clear()
        taken, self._loose = self._loose, []
        return taken

    @abstractmethod
    async def flush(self) -> None:
        """Write what no event caused."""

    @abstractmethod
    async def commit(self, group: str, offsets: Mapping[TP, int]) -> None:
        """Write offsets and the effects of the events before them."""

    def _tell(self, effects: Sequence[Effect], offsets: Sequence[int]) -> None:
        """Tell those who wait at which offsets their records lie."""
        for (record, message), offset in zip(effects, offsets, strict=True):
            at = TP(record.topic, record.partition)
            message.set_result(RecordMetadata(at.topic, at.partition, at, offset))
            if message.message.callback:
                message.message.callback(message)
        for tell in self.transport.written:
            tell()

    def key_partition(self, topic: str, key: bytes) -> TP:
        """Refuse: partitions are the client's and always given."""
        raise NotImplementedError(f"{topic}: the partition must be given")
