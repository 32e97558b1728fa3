"""Line protocol: one point as the text InfluxDB takes, or a reason why it never will be one.

A field keeps what it last held when it is not sent, and has no way to be empty. So every field is
sent every time, and beside a number that may be unknown stands whether it is known.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from math import isfinite

FIRST, LAST = date(1677, 9, 22), date(2262, 4, 11)
"""The days whose noon a 64-bit count of nanoseconds can tell."""

ABSENT = -1e99
"""What stands for a number that is not known; it shows in whatever forgets to look."""

LONGEST_TEXT = 1_000_000
"""Bytes of text in one field. InfluxDB promises 64 KiB and takes far more; a record on the log
is no longer."""

_ABSENT = repr(ABSENT)
_FLAGS = ("false", "true")
_END = datetime(2262, 4, 11, 23, tzinfo=UTC)
_MIDNIGHT = time(tzinfo=UTC)
_EPOCH = date(1970, 1, 1).toordinal()
_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


class BadPoint(ValueError):  # noqa: N818  a fact about the values, not a fault of ours
    """The values make no point; the text is the reason, and quotes none of them."""


def series(measurement: str, tags: Iterable[tuple[str, str]]) -> str:
    r"""Return what identifies a series, each tag with its value.

    Raises
    ------
    BadPoint
        A value is empty, or cannot be told from the syntax around it however it is escaped.

    Examples
    --------
    >>> print(series("nights", [("client", "a,b =c")]))
    nights,client=a\,b\ \=c
    """
    return measurement + "".join(f",{name}={_tag(value)}" for name, value in tags)


def is_taggable(value: str) -> bool:
    r"""Whether a text can be a tag's value, and stand in quotes in a predicate as it is.

    >>> is_taggable("c-7f3k"), is_taggable(""), is_taggable("c\\"), is_taggable('c"')
    (True, False, False, False)
    """
    return value.isprintable() and not {'"', "\\"} & set(value) and value.strip() != ""


@cache
def field_name(text: str) -> str:
    """Return a field's name with its commas, equals signs and spaces escaped."""
    if not is_taggable(text):
        raise BadPoint("bad_name")
    return text.translate(_KEY)


def number(value: float) -> str:
    """Return a number so that the same one is read; `ABSENT` if it is not finite.

    >>> number(0.1 + 0.2), number(7), number(float("nan"))
    ('0.30000000000000004', '7.0', '-1e+99')
    """
    return repr(float(value)) if isfinite(value) else _ABSENT


def flag(*, holds: bool) -> str:
    """Return a boolean."""
    return _FLAGS[holds]


def text(value: str) -> str:
    r"""Return a text in quotes.

    >>> print(text('say "a\\b"'))
    "say \"a\\b\""
    """
    if len(value) * 4 > LONGEST_TEXT and len(value.encode()) > LONGEST_TEXT:
        raise BadPoint("too_long")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def bounded(name: str, value: float | None, lo: float | None, hi: float | None) -> str:
    """Return the five fields of a value and its bounds.

    >>> bounded("mid", 3.5, 3.0, None)
    'mid.value=3.5,mid.value_known=true,mid.lo=-1e+99,mid.hi=-1e+99,mid.bounds_known=false'
    """
    has_value = value is not None and isfinite(value)
    has_bounds = lo is not None and hi is not None and isfinite(lo) and isfinite(hi)
    return (
        f"{name}.value={_number(value, has_value)},{name}.value_known={_FLAGS[has_value]},"
        f"{name}.lo={_number(lo, has_bounds)},{name}.hi={_number(hi, has_bounds)},"
        f"{name}.bounds_known={_FLAGS[has_bounds]}"
    )


def optional(name: str, value: float | None) -> str:
    """Return the two fields of a number that may be unknown."""
    is_known = value is not None and isfinite(value)
    return f"{name}={_number(value, is_known)},{name}_known={_FLAGS[is_known]}"


def noon(day: date) -> int:
    """Return 12:00Z of a local date, in seconds since 1970: where the points of it lie.

    Raises
    ------
    BadPoint
        InfluxDB counts no such time.
    """
    if not FIRST <= day <= LAST:
        raise BadPoint("bad_date")
    return (day.toordinal() - _EPOCH) * 86_400 + 43_200


def instants(first: date, stop: date) -> tuple[datetime, datetime]:
    """Return a half-open range of time that holds the noons of [first, stop) and no others.

    Days that InfluxDB cannot tell hold no points.
    """
    return _begin(first), _begin(stop)


def _begin(day: date) -> datetime:
    """Return the first instant of a date, or what comes nearest of what InfluxDB counts."""
    if day > LAST:
        return _END
    return datetime.combine(max(day, FIRST), _MIDNIGHT)


def _tag(value: str) -> str:
    if not is_taggable(value):
        raise BadPoint("bad_tag")
    return value.translate(_KEY)


def _number(value: float | None, is_known: bool) -> str:
    return repr(float(value)) if is_known and value is not None else _ABSENT
