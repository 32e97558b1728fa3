"""From the bytes of a payload to JSON values, within limits."""

import re
from typing import Any

import msgspec

DEPTH = 32
"""Objects and arrays inside each other."""

_BOM = b"\xef\xbb\xbf"
_ALL_BUT_THOSE = bytes(set(range(256)) - set(b'[]{}"'))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_FINITE = re.compile(rb"(?<![\w\"])(?:NaN|-?Infinity)(?![\w\"])")
_decoder = msgspec.json.Decoder()


class BadPayload(ValueError):  # noqa: N818  a fact about the bytes, not a fault of ours
    """The payload cannot be read; its text is the reason."""


def read_json(payload: bytes) -> Any:
    """Return the JSON value a payload holds; a byte-order mark before it is passed over.

    >>> read_json(b'{"event": "awake"}')
    {'event': 'awake'}

    Raises
    ------
    BadPayload
        `too_deep`, `not_finite` (NaN, Infinity, or a number no float can hold) or `not_json`.
    """
    text = payload.removeprefix(_BOM)
    if is_deep(text):
        raise BadPayload("too_deep")
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadPayload(_reason(text, error)) from error


def _reason(text: bytes, error: Exception) -> str:
    if "out of range" in str(error) or _NOT_FINITE.search(text):
        return "not_finite"
    return "not_json"


def is_deep(text: bytes) -> bool:
    """Return whether brackets outside of strings are nested more than `DEPTH` times.

    Each round takes away the innermost level. What is left after the last one lies deeper, or
    was never closed.
    """
    bare = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    marks = bare.translate(None, _ALL_BUT_THOSE)
    left = b"".join(marks.split(b'"')[::2]).translate(_AS_SQUARE)
    for _ in range(DEPTH):
        left = left.replace(b"[]", b"")
    return b"[]" in left or len(left) > DEPTH
