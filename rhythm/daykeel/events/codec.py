"""How values lie on the log, in tables and in stores: one schema byte, then MessagePack."""

from typing import TypeVar

import msgspec

T = TypeVar("T")

SCHEMA = 1
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoders: dict[object, msgspec.msgpack.Decoder[object]] = {}


class BadValue(ValueError):  # noqa: N818  a fact about the bytes, not a fault of ours
    """The bytes are no value of the type asked for."""


def encode(value: object) -> bytes:
    """Return `value` as bytes; equal values give equal bytes.

    >>> encode({"b": 1, "a": 2}) == encode({"a": 2, "b": 1})
    True
    """
    return bytes([SCHEMA]) + _encoder.encode(value)


def decode(kind: type[T], data: bytes) -> T:
    """Return the value of type `kind` that `data` holds.

    Raises
    ------
    BadValue
        `data` is of another schema or type.
    """
    if not data or data[0] != SCHEMA:
        raise BadValue(f"schema {data[:1].hex() or 'missing'}, this version reads {SCHEMA}")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        return decoder.decode(memoryview(data)[1:])  # type: ignore[return-value]  # keyed by kind
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadValue(str(error)) from error
