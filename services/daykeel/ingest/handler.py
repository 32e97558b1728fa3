"""One device's connection: PUBACK is sent once the log has the message, and not before.

Replaces the reader of amqtt's handler, which answers before anything is stored, reads packets of
any size, starts a task per packet without bound and never ends a silent connection.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from amqtt.adapters import BufferReader
from amqtt.errors import AMQTTError, CodecError, MQTTError, NoDataError
from amqtt.mqtt import packet_class
from amqtt.mqtt.disconnect import DisconnectPacket
from amqtt.mqtt.packet import (
    DISCONNECT,
    PINGREQ,
    PUBLISH,
    SUBSCRIBE,
    UNSUBSCRIBE,
    MQTTFixedHeader,
)
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket

from daykeel.ingest.appender import Outcome, Submission
from daykeel.ingest.directory import Credential
from daykeel.ingest.mailbox import Mailbox
from daykeel.ingest.packets import (
    HEAD,
    PUBACK,
    PUBLISH_BYTES,
    Publish,
    Violation,
    publish_of,
    remaining_length,
)
from daykeel.ingest.room import Room
from daykeel.log.admission import HEAD_BYTES, Digest, Incoming
from daykeel.log.tally import Delivery

CONTROL_BYTES = 70_000
"""Most bytes of a packet that is no PUBLISH."""
PACKET_S = 60.0
"""How long a packet may take from its first byte to its last."""
TURN = 50
"""Packets after which other connections have theirs taken."""
PATIENCE = 1.5
"""Silence after which a connection ends, in its keep-alive times."""

_CHUNK = 65_536
_PINGRESP = b"\xd0\x00"

BROKEN = (
    Violation,
    AMQTTError,
    MQTTError,
    CodecError,
    NoDataError,
    EOFError,
    OSError,
    TimeoutError,
    ValueError,
)
"""All by which a connection can end that nobody closed."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What all connections share."""

    submit: Callable[[Submission], None]
    mailbox: Mailbox
    room: Room = field(default_factory=Room)
    counts: Counter[str] = field(default_factory=Counter)
    """Why connections ended that no device closed."""


class DeviceHandler(BrokerProtocolHandler):
    """The broker's side of one connection."""

    edge: Edge
    credential: Credential

    async def start(self) -> None:
        """Start to read; what ends the connection is remembered, however early it comes."""
        self._disconnect_waiter = asyncio.get_running_loop().create_future()
        await super(BrokerProtocolHandler, self).start()

    async def stop(self) -> None:
        """Stop to read and close the connection."""
        self._hang_up()
        if self._reader_task is not None and self._reader_ready is not None:
            # cancelled before its first step it would never say that it has ended
            await self._reader_ready.wait()
        await super(BrokerProtocolHandler, self).stop()

    async def handle_disconnect(self, disconnect: DisconnectPacket | None) -> None:
        """Note that the connection ends, on the device's wish or without it."""
        if self._disconnect_waiter is not None and not self._disconnect_waiter.done():
            self._disconnect_waiter.set_result(disconnect)

    async def _reader_loop(self) -> None:
        if self._reader_ready is not None:
            self._reader_ready.set()
        try:
            await self._take_packets()
        except BROKEN as error:
            self.edge.counts[_why(error)] += 1
        except asyncio.CancelledError:
            # `stop` cancels this task and waits for the event below, not for the task
            pass
        await self.handle_connection_closed()
        self._reader_stopped.set()
        await self.stop()

    async def _take_packets(self) -> None:
        taken = 0
        while await self._take_packet():
            taken += 1
            if taken % TURN == 0:
                # a device with much to say does not wait for anything by itself
                await asyncio.sleep(0)

    async def _take_packet(self) -> bool:
        """Take one packet in; return whether more may come."""
        first = (await self._read(1, self._silence_s()))[0]
        async with asyncio.timeout(PACKET_S):
            length, _ = await remaining_length(partial(self._read, 1))
            kind, flags = first >> 4, first & 0x0F
            if kind == PUBLISH:
                await self._take_publish(flags, length)
                return True
            if length > CONTROL_BYTES:
                raise Violation("oversize_control_packet")
            body = await self._read(length)
        return await self._take_control(MQTTFixedHeader(kind, flags, length), body)

    async def _take_control(self, header: MQTTFixedHeader, body: bytes) -> bool:
        kind = header.packet_type
        if kind == PINGREQ:
            self._write(_PINGRESP)
        elif kind == DISCONNECT:
            await self.handle_disconnect(DisconnectPacket(header))
            return False
        elif kind in (SUBSCRIBE, UNSUBSCRIBE):
            packet = await packet_class(header).from_stream(BufferReader(body), fixed_header=header)
            if isinstance(packet, SubscribePacket):
                await self.handle_subscribe(packet)
            elif isinstance(packet, UnsubscribePacket):
                await self.handle_unsubscribe(packet)
        else:
            raise Violation(f"unexpected_packet_{kind}")
        return True

    async def _take_publish(self, flags: int, length: int) -> None:
        if length > PUBLISH_BYTES:
            publish, digest = await self._drained(flags, length)
        else:
            publish, digest = publish_of(flags, await self._read(length)), None
        size = len(publish.payload)
        await self.edge.room.enter(size)
        settle = partial(self._settle_soon, publish.packet_id, size)
        self.edge.submit(
            Submission(
                Incoming(publish.topic, publish.payload),
                settle,
                self.credential.username,
                digest,
                self._delivery(publish),
            )
        )
        if self.writer is not None:
            await self.writer.drain()

    def _delivery(self, publish: Publish) -> Delivery | None:
        """Return by what device and broker know a message; nothing where it is not promised."""
        if not publish.packet_id:
            return None
        session = self.session.client_id if self.session else None
        return Delivery(session or "", int.from_bytes(publish.packet_id), publish.is_again)

    async def _drained(self, flags: int, length: int) -> tuple[Publish, Digest]:
        """Read a message too large to hold; return it with the head of its payload."""
        read = await self._read(HEAD)
        publish = publish_of(flags, read)
        sha, left = hashlib.sha256(publish.payload), length - len(read)
        size = len(publish.payload) + left
        while left:
            chunk = await self._read(min(left, _CHUNK))
            sha.update(chunk)
            left -= len(chunk)
        head = publish._replace(payload=publish.payload[:HEAD_BYTES])
        return head, Digest(size, sha.hexdigest())

    def _settle_soon(self, packet_id: bytes, size: int, outcome: Outcome) -> None:
        """Go on in the loop's thread; called in the appender's."""
        self.edge.mailbox.put(partial(self._settled, packet_id, size, outcome))

    def _settled(self, packet_id: bytes, size: int, outcome: Outcome) -> None:
        """Acknowledge what was taken care of; cut off who sent what he may not."""
        self.edge.room.leave(size)
        if outcome is Outcome.REFUSED:
            self._hang_up()
        elif packet_id:
            self._write(PUBACK + packet_id)

    def _hang_up(self) -> None:
        if self._disconnect_waiter is not None and not self._disconnect_waiter.done():
            self._disconnect_waiter.set_result(None)

    def _write(self, data: bytes) -> None:
        if self.writer is not None:
            self.writer.write(data)

    async def _read(self, count: int, seconds: float | None = None) -> bytes:
        if self.reader is None:
            raise EOFError
        if count == 0:
            return b""
        async with asyncio.timeout(seconds):
            return await self.reader.read(count)

    def _silence_s(self) -> float | None:
        seconds = self.keepalive_timeout
        return None if seconds is None else PATIENCE * seconds


def _why(error: BaseException) -> str:
    """Return what may be said of an error: our own words, or the name of its class."""
    return str(error) if isinstance(error, Violation) else type(error).__name__
