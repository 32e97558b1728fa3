"""Ingest's neighbours in memory, a broker on loopback over them, and devices that call it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import paho.mqtt.client as mqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from daykeel.cli.profile import free_port
from daykeel.events.event import Quarantined, RawRecord
from daykeel.ingest.appender import Appender
from daykeel.ingest.broker import device_broker
from daykeel.ingest.directory import Directory, authenticated
from daykeel.ingest.handler import Edge
from daykeel.ingest.mailbox import Mailbox
from daykeel.ingest.room import Room
from daykeel.log.codec import decode
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Record
from daykeel.log.topics import EVENTS_RAW, QUARANTINE
from daykeel.process.broker import address
from daykeel.records.errors import RecordsUnavailable

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEADLINE_S = 60.0
PARTITIONS = 4


def until(true: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.005)


@dataclass(frozen=True)
class Credential:
    username: str
    client: str
    device: str = "phone"
    adapter: str = "daykeel"
    secret_hash: str = "hash:pw"
    topics: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class Consent:
    source: str = "*"
    start: datetime | None = None
    stop: datetime | None = None


def credential(username: str, client: str, **changes) -> Credential:
    own = (f"daykeel/v1/{client}/daykeel/phone/#",)
    return replace(Credential(username, client, topics=own), **changes)


def topic(client: str, stream: str = "event") -> str:
    return f"daykeel/v1/{client}/daykeel/phone/{stream}"


class MemoryRecords:
    """Credentials and consents; it may stop answering."""

    def __init__(self) -> None:
        self.known = {"ann": credential("ann", "c-ann"), "ben": credential("ben", "c-ben")}
        self.consented = {"c-ann": [Consent()], "c-ben": [Consent()]}
        self.is_away = False
        self.asked: list[str] = []

    def credential(self, username):
        self._answer(f"credential {username}")
        return self.known.get(username)

    def credentials(self):
        self._answer("credentials")
        return [one for one in self.known.values() if one is not None]

    def consents(self, client):
        self._answer(f"consents {client}")
        return self.consented.get(client, [])

    def all_consents(self):
        self._answer("all consents")
        return {client: list(told) for client, told in self.consented.items()}

    def _answer(self, question):
        self.asked.append(question)
        if self.is_away:
            raise RecordsUnavailable("gone")


class MemoryLog:
    """A log that can be held up in the middle of an append, or be unavailable."""

    def __init__(self) -> None:
        self.kept = []
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = 0
        self.is_away = False
        self.memos: dict[str, str] = {}

    def memo(self, name):
        if self.is_away:
            raise LogUnavailable
        return self.memos.get(name, "")

    def append(self, records, memo=None):
        if self.is_away:
            raise LogUnavailable
        self.waiting = len(records)
        assert self.gate.wait(DEADLINE_S), "nobody opened the gate"
        self.waiting = 0
        self.kept.extend(records)
        self.batches.append(len(records))
        if memo is not None:
            self.memos[memo.name] = memo.text
        return list(range(len(records)))

    def fetch(self, at, offset, limit):
        if self.is_away:
            raise LogUnavailable
        lane = [one for one in self.kept if (one.topic, one.partition) == at]
        numbered = list(enumerate(lane))[offset : offset + limit]
        return [Record(*at, number, 0.0, one.key, one.value) for number, one in numbered]

    def raws(self) -> list[RawRecord]:
        return [decode(RawRecord, one.value) for one in self.kept if one.topic == EVENTS_RAW]

    def payloads(self) -> list[bytes]:
        return [one.payload for one in self.raws()]

    def notes(self) -> list[Quarantined]:
        return [decode(Quarantined, one.value) for one in self.kept if one.topic == QUARANTINE]

    def reasons(self) -> list[str]:
        return [one.reason for one in self.notes()]


@dataclass
class FixedClock:
    instant: datetime = NOW
    stepped: bool = True

    def now(self) -> datetime:
        return self.instant


def is_secret(kept: str, said: str) -> bool:
    return kept == f"hash:{said}"


@dataclass
class Shore:
    """A running broker and what lies behind it."""

    records: MemoryRecords = field(default_factory=MemoryRecords)
    log: MemoryLog = field(default_factory=MemoryLog)
    clock: FixedClock = field(default_factory=FixedClock)
    room: Room = field(default_factory=Room)
    url: str = "embedded://127.0.0.1"
    port: int = 0
    tls: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.directory = Directory(self.records)
        self.appender = Appender(self.log, self.directory, self.clock, partitions=PARTITIONS)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Shore":
        self.appender.start()
        self._thread.start()
        assert self._ready.wait(DEADLINE_S), "the broker did not start"
        return self

    def __exit__(self, *_) -> None:
        self.log.gate.set()
        self._loop.call_soon_threadsafe(self._told.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive(), "the broker did not stop"

    def _door(self, username, password):
        return authenticated(self.directory, is_secret, "hash:decoy!", username, password)

    async def _serve(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self.edge = Edge(self.appender.submit, Mailbox(self._loop), self.room)
        broker = device_broker(
            address(f"{self.url}:{self.port}"), self._door, self.edge, **self.tls
        )
        await broker.start()
        self.broker = broker
        self._ready.set()
        await self._told.wait()
        await broker.shutdown()
        await asyncio.to_thread(self.appender.close)


class Phone:
    """A device with paho: what was acknowledged, and how its connections went."""

    def __init__(
        self,
        port: int,
        username: str | None = "ann",
        password: str | None = "pw",  # noqa: S107  nobody's
        **more,
    ):
        self.acked: list[int] = []
        self.connacks: list[object] = []
        self.ends = 0
        self.subscribed: list[object] = []
        self.heard: list[mqtt.MQTTMessage] = []
        client = self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=more.pop("client_id", f"{username}-phone"),
            protocol=more.pop("protocol", mqtt.MQTTv311),
            reconnect_on_failure=more.pop("again", False),
        )
        client.username_pw_set(username, password)
        client.max_inflight_messages_set(0)
        client.on_publish = lambda *args: self.acked.append(args[2])
        client.on_connect = lambda *args: self.connacks.append(args[3])
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = lambda *args: self.subscribed.extend(args[3])
        client.on_message = lambda *args: self.heard.append(args[2])
        if "ca" in more:
            client.tls_set(more.pop("ca"))
        client.connect("127.0.0.1", port, more.pop("keepalive", 60))
        client.loop_start()
        until(lambda: self.connacks or self.ends, "an answer to CONNECT")

    def _on_disconnect(self, *_) -> None:
        self.ends += 1

    @property
    def is_in(self) -> bool:
        return bool(self.connacks) and not self.connacks[0].is_failure

    def publish(self, where: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> int:
        return self.client.publish(where, payload, qos, retain).mid

    def say(self, where: str, payload: bytes) -> None:
        mid = self.publish(where, payload)
        until(lambda: mid in self.acked, "an acknowledgement")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def phone(port: int, *args, **more):
    made = Phone(port, *args, **more)
    try:
        yield made
    finally:
        made.close()


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(2) + data


def packet(first: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([first]) + length + body


def connect(
    username: str = "ann",
    password: str = "pw",  # noqa: S107  nobody's
    name: str = "raw",
    keepalive: int = 60,
    will: tuple[str, bytes] | None = None,
) -> bytes:
    flags = bytes([0xC2 if will is None else 0xEE])
    said = [name, *(will or ()), username, password]
    about = text("MQTT") + b"\x04" + flags + keepalive.to_bytes(2)
    return packet(0x10, about + b"".join(map(text, said)))


def publish(
    where: str, payload: bytes, mid: int = 1, qos: int = 1, *, again: bool = False
) -> bytes:
    return packet(
        0x30 | qos << 1 | again << 3, text(where) + (mid.to_bytes(2) if qos else b"") + payload
    )


class Wire:
    """A device that says bytes and reads bytes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self, count: int) -> bytes:
        """Return `count` bytes, or fewer where the connection ends before."""
        heard = b""
        try:
            while len(heard) < count and (more := self._socket.recv(count - len(heard))):
                heard += more
        except ConnectionResetError:
            pass
        return heard

    def sign_in(self, **more) -> None:
        self.say(connect(**more))
        assert self.hear(4) == b"\x20\x02\x00\x00"

    def is_ended(self) -> bool:
        return self.hear(1) == b""


def self_signed(folder: Path) -> tuple[Path, Path]:

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file
