"""How the headers of a record lie in a SQLite log: beside it, and nothing where it has none."""

import sqlite3

import msgspec

from daykeel.log.protocol import Headers

_unpack = msgspec.msgpack.Decoder(Headers).decode


def packed(headers: Headers) -> bytes | None:
    """Return headers as the file has them.

    >>> unpacked(packed((("trace", b"7"),)))
    (('trace', b'7'),)
    """
    return msgspec.msgpack.encode(headers) if headers else None


def unpacked(found: bytes | None) -> Headers:
    """Return what `packed` was given."""
    return () if found is None else _unpack(found)


def has_room(db: sqlite3.Connection) -> bool:
    """Return whether the file can keep headers; one of before they were kept cannot."""
    return "headers" in {name for _, name, *_ in db.execute("PRAGMA table_info(log)")}
