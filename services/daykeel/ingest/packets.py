"""Packets of MQTT 3.1.1 from bytes, as far as amqtt's own reading of them is too trusting."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from daykeel.log.admission import HEAD_BYTES, MQTT_BYTES

ENVELOPE = 2 + 65_535 + 2
"""Most bytes of a PUBLISH before its payload."""
PUBLISH_BYTES = MQTT_BYTES + ENVELOPE
"""Up to here a PUBLISH is read whole."""
HEAD = ENVELOPE + HEAD_BYTES
"""What is read of a larger one."""

PUBACK = b"\x40\x02"
_QOS_MASK, _AGAIN = 0x06, 0x08
_AT_LEAST = 1
_LENGTH_BYTES = 4


class Violation(Exception):  # noqa: N818  a fact about the sender, not a fault of ours
    """The sender broke MQTT 3.1.1 or uses of it what we do not offer; its text is the reason."""


class Publish(NamedTuple):
    """A message as a device publishes it."""

    topic: str
    payload: bytes
    packet_id: bytes
    """Two bytes; none where no acknowledgement is wanted."""
    is_again: bool = False
    """Whether the device may have sent it before."""


def publish_of(flags: int, body: bytes) -> Publish:
    r"""Return the message of a PUBLISH.

    Parameters
    ----------
    flags
        Low half of its first byte.
    body
        All after the length, or at least the part before the payload.

    Examples
    --------
    >>> publish_of(0b0010, b"\x00\x01a\x00\x07{}")
    Publish(topic='a', payload=b'{}', packet_id=b'\x00\x07', is_again=False)

    Raises
    ------
    Violation
        It is malformed or of quality of service 2.
    """
    qos = (flags & _QOS_MASK) >> 1
    if qos > _AT_LEAST:
        raise Violation("qos_2")
    at = 2 + int.from_bytes(body[:2])
    stop = at + 2 * (qos == _AT_LEAST)
    packet_id = body[at:stop]
    if len(body) < max(stop, 2) or packet_id == b"\0\0":
        raise Violation("malformed")
    try:
        topic = body[2:at].decode()
    except UnicodeDecodeError as error:
        raise Violation("malformed") from error
    return Publish(topic, body[stop:], packet_id, bool(flags & _AGAIN))


async def remaining_length(byte: Callable[[], Awaitable[bytes]]) -> tuple[int, bytes]:
    """Return the length of a packet after its first byte, and the bytes that said it.

    Raises
    ------
    Violation
        It takes more than four bytes.
    """
    length, written = 0, b""
    while len(written) < _LENGTH_BYTES:
        digit = await byte()
        length |= (digit[0] & 0x7F) << 7 * len(written)
        written += digit
        if digit[0] < 0x80:  # noqa: PLR2004  the high bit says that more follows
            return length, written
    raise Violation("malformed")
