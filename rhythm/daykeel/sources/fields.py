"""Reading fields of foreign payloads, where anything may stand anywhere."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]

NO_FIELDS: Fields = {}
LONGEST_NUMBER = 32


def number(value: object) -> float | None:
    """Return a finite number, also one written as text, or None.

    >>> number("7.5"), number(True), number({"value": 1}), number("nan")
    (7.5, None, None, None)
    """
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER:
        value = _read(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) else None


def _read(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def amount(value: object) -> float | None:
    """Return a number that is not negative, or None: many sources send -1 for missing."""
    read = number(value)
    return read if read is not None and read >= 0 else None


def whole(value: object) -> int | None:
    """Return the whole number nearest to one that is not negative, or None."""
    read = amount(value)
    return None if read is None else round(read)


def label(value: object, limit: int = 200) -> str | None:
    """Return a text that is not empty and not longer than `limit`, or None."""
    return value if isinstance(value, str) and 0 < len(value) <= limit else None


def fields(value: object) -> Fields:
    """Return a JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else NO_FIELDS


def rows(value: object) -> Iterator[Fields]:
    """Yield the objects of a JSON array; null and anything that is no array holds none."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def present(**members: object) -> dict[str, Any]:
    """Return the members that are known.

    >>> present(steps=0, name=None)
    {'steps': 0}
    """
    return {name: member for name, member in members.items() if member is not None}
