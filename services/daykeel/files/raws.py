"""Files as raw records: one payload, or a recording of the messages a broker handed over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from daykeel.events.event import RawRecord, Reject
from daykeel.events.kinds import BadShape, shaped
from daykeel.events.times import in_utc
from daykeel.events.values import Instant
from daykeel.sources.payload import BadPayload, read_json

STREAMS = frozenset({"event", "raw", "status"})


class NoRecording(ValueError):  # noqa: N818  a fact about the file, not a fault of ours
    """The file is no list of messages; its text is the reason."""


class Message(msgspec.Struct, kw_only=True):
    """One message of a recording."""

    topic: str
    payload: Any
    qos: int = 0
    retain: bool = False
    received_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the records are from, and when they were received if they do not say."""

    client: str
    adapter: str
    received_at: datetime
    topic: str | None = None


def one_record(payload: bytes, sender: Sender) -> RawRecord:
    """Return a whole file as the payload of one raw record."""
    return _raw(sender, sender.topic or _own_topic(sender), payload, sender.received_at)


def recorded(payload: bytes, sender: Sender) -> Iterator[RawRecord | Reject]:
    """Yield the messages of a recording, a JSON list, as raw records, or why one is none.

    A payload that is no text stands for its JSON.

    Raises
    ------
    NoRecording
        The file is no JSON list.
    """
    for number, one in enumerate(_listed(payload)):
        try:
            message = shaped(Message, one)
        except BadShape as error:
            yield Reject("no_message", f"{number}: {error}")
            continue
        at = in_utc(message.received_at) if message.received_at else sender.received_at
        topic = sender.topic or message.topic
        yield _raw(sender, topic, _bytes(message.payload), at, retain=message.retain)


def _listed(payload: bytes) -> list[object]:
    try:
        read = read_json(payload)
    except BadPayload as error:
        raise NoRecording(str(error)) from error
    if not isinstance(read, list):
        raise NoRecording("wrong_shape")
    return read


def _bytes(payload: object) -> bytes:
    if payload is None:
        return b""
    return payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)


def _raw(
    sender: Sender, topic: str, payload: bytes, received_at: datetime, *, retain: bool = False
) -> RawRecord:
    device, stream = _named(topic, sender.adapter)
    return RawRecord(
        client=sender.client,
        adapter=sender.adapter,
        device=device,
        topic=topic,
        payload=payload,
        received_at=received_at,
        stream=stream,
        retain=retain,
        transport="file",
    )


def _own_topic(sender: Sender) -> str:
    stream = "event" if sender.adapter == "daykeel" else "raw"
    return f"daykeel/v1/{sender.client}/{sender.adapter}/{sender.adapter}/{stream}"


def _named(topic: str, adapter: str) -> tuple[str, str]:
    """Return the device and stream a topic names; its own tree and OwnTracks' do."""
    match topic.split("/"):
        case ["daykeel", "v1", _, _, device, stream] if stream in STREAMS:
            return device, stream
        case ["owntracks", _, device, *_]:
            return device, "raw"
    return adapter, "event" if adapter == "daykeel" else "raw"
