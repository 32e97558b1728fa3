"""The broker inside: amqtt's, made to keep what ingest promises.

Beside what `handler` replaces, amqtt 0.12.1 ends the session of a client id before it has asked
for a password, shares a session among users of the same client id, and reads a CONNECT of any
size for any time. Here nobody touches a session who has not signed in, a client id is its user's
own, and no session, subscription or retained message outlives its connection.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

from amqtt.adapters import BufferReader, ReaderAdapter, WriterAdapter
from amqtt.broker import Broker, Server
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import AMQTTError
from amqtt.mqtt.connack import BAD_USERNAME_PASSWORD, SERVER_UNAVAILABLE, ConnackPacket
from amqtt.mqtt.packet import CONNECT
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from daykeel.ingest.appender import Outcome, Submission
from daykeel.ingest.directory import Credential, Unreachable
from daykeel.ingest.handler import BROKEN, CONTROL_BYTES, DeviceHandler, Edge
from daykeel.ingest.packets import Violation, remaining_length
from daykeel.log.admission import Incoming, matches
from daykeel.process.broker import Address

AMQTT = "0.12.1"
"""The version whose inner parts are replaced here and in `handler`."""
CONNECT_S = 10.0
CONNECTIONS = 1000

Door = Callable[[str, str], Credential | None]
"""Returns the credential that user name and password belong to; blocks."""


class OtherVersion(RuntimeError):  # noqa: N818  a fact about the installation
    """The amqtt that is installed is not the one this broker was made for."""


class DeviceBroker(Broker):
    """Lets devices in by their credentials and hands all they publish to the log."""

    def __init__(self, config: BrokerConfig, door: Door, edge: Edge) -> None:
        check_version(version("amqtt"))
        super().__init__(config)
        self._door = door
        self._edge = edge

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a device, and close its connection: amqtt does not where the device did before."""
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()

    async def _initialize_client_session(
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        remote_address: str,  # noqa: ARG002  amqtt's signature
        remote_port: int,  # noqa: ARG002  amqtt's signature
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Return the handler and the session of a device that has signed in, or raise."""
        try:
            async with asyncio.timeout(CONNECT_S):
                packet = BufferReader(await _connect_packet(reader))
                handler, session = await DeviceHandler.init_from_connect(
                    packet, writer, self.plugins_manager, self._loop
                )
                credential = await self._signed_in(session, writer)
        except BROKEN as error:
            self._edge.counts["not_signed_in"] += 1
            with suppress(OSError):
                await writer.close()
            raise AMQTTError("nobody signed in") from error
        assert isinstance(handler, DeviceHandler)  # noqa: S101  amqtt says less than it does
        handler.edge, handler.credential = self._edge, credential
        await self._make_own(session, credential)
        return handler, session

    async def _signed_in(self, session: Session, writer: WriterAdapter) -> Credential:
        username, password = session.username or "", session.password or ""
        session.password = None
        try:
            found = await asyncio.to_thread(self._door, username, password)
        except Unreachable as error:
            await ConnackPacket.build(0, SERVER_UNAVAILABLE).to_stream(writer)
            raise AMQTTError("records_unreachable") from error
        if found is None:
            await ConnackPacket.build(0, BAD_USERNAME_PASSWORD).to_stream(writer)
            raise AMQTTError("credential_wrong")
        return found

    async def _make_own(self, session: Session, credential: Credential) -> None:
        """Make the session new and its user's own, and end the one of the same name."""
        name = session.client_id = f"{credential.username}/{session.client_id}"
        session.clean_session = True
        session.parent = 0
        _, former = self._sessions.get(name, (None, None))
        if former is not None:
            await former.stop()
            await self._delete_session(name)

    async def _handle_client_session(  # noqa: PLR0913, PLR0917  amqtt's signature
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        client_session: Session,
        handler: BrokerProtocolHandler,
        server: Server,
        listener_name: str,
    ) -> None:
        """Serve a device until its connection ends, and its session with it."""
        try:
            await super()._handle_client_session(
                reader, writer, client_session, handler, server, listener_name
            )
        finally:
            name = client_session.client_id or ""
            if self._sessions.get(name, (None, None))[1] is handler:
                await self._delete_session(name)

    async def _session_monitor(self) -> None:
        """Expire nothing: a session ends with its connection."""

    async def _authenticate(
        self,
        session: Session,  # noqa: ARG002  amqtt's signature
        _: ListenerConfig,
    ) -> bool:
        """Return True: without having signed in there is no session."""
        return True

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        """Let a device hear what is addressed to it, and nothing else."""
        _, handler = self._sessions.get(session.client_id or "", (None, None))
        return (
            isinstance(handler, DeviceHandler)
            and action is Action.SUBSCRIBE
            and topic.endswith("/cmd")
            and not any(mark in topic for mark in "+#")
            and any(matches(pattern, topic) for pattern in handler.credential.topics)
        )

    async def _broadcast_message(
        self,
        session: Session | None,
        topic: str | None,
        data: bytes | bytearray | None,
        force_qos: int | None = None,  # noqa: ARG002  amqtt's signature
    ) -> None:
        """Hand a last will to the log if there is room: all else comes through the handler."""
        if session is None or not session.username or not topic:
            return
        message = Incoming(topic, bytes(data or b""))
        if self._edge.room.enter_now(len(message.payload)):
            leave = partial(self._edge.room.leave, len(message.payload))
            settle = partial(self._settle_soon, leave)
            self._edge.submit(Submission(message, settle, session.username))
        else:
            self._edge.counts["last_will_dropped"] += 1

    def _settle_soon(self, leave: Callable[[], None], _: Outcome) -> None:
        """Go on in the loop's thread; called in the appender's."""
        self._edge.mailbox.put(leave)

    async def retain_message(
        self,
        source_session: Session | None,
        topic_name: str | None,
        data: bytes | bytearray | None,
        qos: int | None = None,
    ) -> None:
        """Retain nothing: what devices say is for the log only."""

    async def shutdown(self) -> None:
        """Let nobody in any more, then end all connections."""
        for server in self._servers.values():
            server.instance.close()
        await super().shutdown()


def device_broker(
    address: Address, door: Door, edge: Edge, *, cert: Path | None = None, key: Path | None = None
) -> DeviceBroker:
    """Return the broker that will listen at an address once started.

    Raises
    ------
    ValueError
        The address wants TLS, and there is no certificate or no key.
    """
    if address.is_tls and (cert is None or key is None):
        raise ValueError("embedded+tls:// needs DAYKEEL_CERT and DAYKEEL_KEY")
    host = f"[{address.host}]" if ":" in address.host else address.host
    listener = ListenerConfig(
        bind=f"{host}:{address.port}",
        max_connections=CONNECTIONS,
        ssl=address.is_tls,
        certfile=cert if address.is_tls else None,
        keyfile=key if address.is_tls else None,
    )
    quieten()
    return DeviceBroker(BrokerConfig(listeners={"default": listener}, plugins={}), door, edge)


def check_version(found: str) -> None:
    """Raise `OtherVersion` where the inner parts replaced here may be others."""
    if found != AMQTT:
        raise OtherVersion(
            f"the embedded broker needs amqtt {AMQTT}, not {found}; "
            "install that, or use an external broker with DAYKEEL_MQTT=mqtt://"
        )


def quieten() -> None:
    """Keep amqtt's log lines, which name clients and addresses, out of our logs."""
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


async def _connect_packet(reader: ReaderAdapter) -> bytes:
    """Return a CONNECT as it lies on the wire; anything else is a `Violation`."""
    packet = await reader.read(1)
    if packet[0] >> 4 != CONNECT:
        raise Violation("no_connect")
    length, written = await remaining_length(partial(reader.read, 1))
    if length > CONTROL_BYTES:
        raise Violation("oversize_control_packet")
    return packet + written + await reader.read(length)
