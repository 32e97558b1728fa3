"""What may go on the log: a message with its sender's credential becomes a record, or it does not.

Pure: consents and the instant are arguments. A stream without consent leaves nothing at all;
everything else that is refused is noted with its reason. Payloads are admitted whole up to the
limit of their transport; `splitting` makes several records of a large one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from daykeel.events.event import Quarantined, RawRecord
from daykeel.sources.payload import is_deep

MQTT_BYTES = 2_000_000
HTTP_BYTES = 16 * 1024 * 1024
HEAD_BYTES = 4096
"""How much of a refused payload is kept."""

_OWN_TREE = ("daykeel", "v1")
_STREAM_LEVEL = 5
_TO_DEVICE = "cmd"


class Credential(Protocol):
    """Who sends: the part of a device's credential that is read here."""

    @property
    def client(self) -> str:
        """Whose device it is."""

    @property
    def adapter(self) -> str:
        """Which adapter reads what it sends."""

    @property
    def device(self) -> str:
        """Which device."""

    @property
    def topics(self) -> Sequence[str]:
        """MQTT filters of what it may publish on."""


class Consent(Protocol):
    """The client allows a source from `start` to `stop`."""

    @property
    def source(self) -> str:
        """Adapter name, or `*`."""

    @property
    def start(self) -> datetime | None:
        """First instant; None: always."""

    @property
    def stop(self) -> datetime | None:
        """First instant after it; None: until withdrawn."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came in."""

    topic: str
    payload: bytes
    retain: bool = False
    """Whether it is the replay of a retained message, as a subscriber sees it."""
    transport: str = "mqtt"
    """`mqtt` or `http`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing of the message may be kept; it is only counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What is known of a payload that nobody held as a whole."""

    size: int
    sha256: str


def admit(
    message: Incoming, credential: Credential, consents: Sequence[Consent], now: datetime
) -> RawRecord | Quarantined | Refusal:
    """Return what goes on the log for a message, or that nothing may.

    Parameters
    ----------
    message
        As it came in.
    credential
        Of the sender: the identity is always its, whatever topic and payload say.
    consents
        All of the client's.
    now
        When it was received.

    Returns
    -------
    RawRecord | Quarantined | Refusal
        For `events.raw`, for `quarantine`, or for nothing but a counter.
    """
    if not is_allowed(credential.adapter, consents, now):
        return Refusal("no_consent")
    reason = _fault(message, credential)
    if reason is not None:
        return _note(message, credential, now, reason, digest_of(message.payload))
    return _raw(message, credential, now)


def note_oversize(
    message: Incoming,
    digest: Digest,
    credential: Credential,
    consents: Sequence[Consent],
    now: datetime,
) -> Quarantined | Refusal:
    """Return what to note of a message too large to be held, of which only the head was kept."""
    if not is_allowed(credential.adapter, consents, now):
        return Refusal("no_consent")
    reason = "too_large" if _may_publish(message, credential) else "topic_not_allowed"
    return _note(message, credential, now, reason, digest)


def is_allowed(adapter: str, consents: Sequence[Consent], now: datetime) -> bool:
    """Return whether any consent covers what an adapter reads now."""
    return any(
        one.source in (adapter, "*")
        and (one.start is None or one.start <= now)
        and (one.stop is None or now < one.stop)
        for one in consents
    )


def is_withdrawn(adapter: str, consents: Sequence[Consent]) -> bool:
    """Return whether an adapter was withdrawn, or everything there was, and none of it runs."""
    own = [one for one in consents if one.source in (adapter, "*")]
    return any(told and all(one.stop is not None for one in told) for told in (own, consents))


def digest_of(payload: bytes) -> Digest:
    """Return size and SHA-256 of a payload."""
    return Digest(len(payload), sha256(payload).hexdigest())


def matches(pattern: str, topic: str) -> bool:
    """Return whether an MQTT topic filter matches a topic.

    >>> matches("owntracks/ann/+/#", "owntracks/ann/phone")
    True
    >>> matches("owntracks/ann/+", "owntracks/ann/phone/event")
    False
    >>> matches("#", "$SYS/broker/uptime")
    False
    """
    if topic.startswith("$") and pattern[:1] in ("+", "#"):
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)]
    return len(wanted) == len(levels) and all(
        one in ("+", level) for one, level in zip(wanted, levels, strict=True)
    )


def _fault(message: Incoming, credential: Credential) -> str | None:
    """Return why a message is refused, or None."""
    limit = MQTT_BYTES if message.transport == "mqtt" else HTTP_BYTES
    if not _may_publish(message, credential):
        return "topic_not_allowed"
    if len(message.payload) > limit:
        return "too_large"
    if not message.payload and _stream(message.topic) != "status":
        return "empty"
    if is_deep(message.payload):
        return "too_deep"
    return None


def _may_publish(message: Incoming, credential: Credential) -> bool:
    """Return whether the sender may use the topic; over HTTP we name it ourselves."""
    if message.transport != "mqtt":
        return True
    topic = message.topic
    is_name = not any(mark in topic for mark in "+#\0")
    return (
        is_name
        and _stream(topic) != _TO_DEVICE
        and any(matches(pattern, topic) for pattern in credential.topics)
    )


def _stream(topic: str) -> str:
    """Return what follows the device in our own tree; other trees have no streams.

    >>> _stream("daykeel/v1/c-7f3k/daykeel/phone/event")
    'event'
    >>> _stream("owntracks/ann/phone/waypoints")
    'raw'
    """
    levels = topic.split("/")
    if tuple(levels[:2]) == _OWN_TREE and len(levels) > _STREAM_LEVEL:
        return "/".join(levels[_STREAM_LEVEL:])
    return "raw"


def _raw(message: Incoming, credential: Credential, now: datetime) -> RawRecord:
    return RawRecord(
        client=credential.client,
        adapter=credential.adapter,
        device=credential.device,
        topic=message.topic,
        payload=message.payload,
        received_at=now,
        stream=_stream(message.topic),
        retain=message.retain,
        transport=message.transport,
    )


def _note(
    message: Incoming, credential: Credential, now: datetime, reason: str, digest: Digest
) -> Quarantined:
    head = Incoming(message.topic, message.payload[:HEAD_BYTES], message.retain, message.transport)
    return Quarantined(
        reason=reason,
        raw=_raw(head, credential, now),
        size=digest.size,
        sha256=digest.sha256,
    )
