"""Instants: how they are written, and which of them cannot be true."""

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)
"""By how much a device's clock may be ahead of ours."""

EASTMOST = timedelta(hours=14)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO = (_EPOCH, datetime(1, 1, 1, tzinfo=UTC))


class BadTime(ValueError):  # noqa: N818  a fact about the text, not a fault of ours
    """The text or number is no time."""


def in_utc(instant: datetime) -> datetime:
    """Return an aware instant in UTC.

    Raises
    ------
    BadTime
        It has no zone, or lies outside the years 1 to 9999.
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise BadTime("no zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise BadTime("outside the calendar") from error


def parse_instant(text: object) -> datetime:
    """Return the instant an ISO 8601 text with a zone names, in UTC.

    Examples
    --------
    >>> parse_instant("2026-03-01T23:30:00+02:00")
    datetime.datetime(2026, 3, 1, 21, 30, tzinfo=datetime.timezone.utc)

    Raises
    ------
    BadTime
        It is no such text.
    """
    if not isinstance(text, str):
        raise BadTime("not a text")
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise BadTime("not a time") from error


def from_seconds(seconds: object) -> datetime:
    """Return the instant a number of seconds since 1970 names; a text of digits counts as one.

    >>> from_seconds("1455138000")
    datetime.datetime(2016, 2, 10, 21, 0, tzinfo=datetime.timezone.utc)

    Raises
    ------
    BadTime
        It is no number, or one outside the calendar (as milliseconds taken for seconds are).
    """
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = float(seconds[:20])
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadTime("not a number of seconds")
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:
        raise BadTime("outside the calendar") from error


def to_wire(instant: datetime) -> str:
    """Return an instant in UTC as text with `Z`, or a local time as text without a zone.

    >>> to_wire(datetime(2026, 3, 1, 21, 30, tzinfo=UTC))
    '2026-03-01T21:30:00Z'
    """
    return instant.isoformat().replace("+00:00", "Z")


def offset_minutes(instant: datetime) -> int | None:
    """Return the offset an instant was written with, or None if it was written in UTC.

    >>> offset_minutes(datetime.fromisoformat("2026-03-01T23:30:00-02:30"))
    -150
    """
    offset = instant.utcoffset()
    return None if not offset else round(offset / timedelta(minutes=1))


def implausible(start: datetime, end: datetime | None, now: datetime) -> str | None:
    """Return why these times cannot be true, or None if they can.

    Parameters
    ----------
    start, end
        Of the event, aware and in UTC; no `end` for a point.
    now
        When the record was received.

    Examples
    --------
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> implausible(now + timedelta(minutes=6), None, now)
    'future_time'
    >>> implausible(now, now + timedelta(minutes=5), now) is None
    True
    """
    if start < EARLIEST:
        return "zero_time" if start in _ZERO else "before_2000"
    if end is not None and end < start:
        return "end_before_start"
    if max(start, end or start) - now > TOLERANCE:
        return "future_time"
    return None


def implausible_local(start: datetime, end: datetime | None, now: datetime) -> str | None:
    """Return why these local times of an unknown zone cannot be true in any zone, or None."""
    shifted = [time and time.replace(tzinfo=UTC) for time in (start, end)]
    return implausible(shifted[0] or now, shifted[1], now + EASTMOST)
