"""What a date is: work or free, near a change of clocks, declared something special."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import DAY
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.working_week import is_public_holiday, week_on

NOON = time(12)
NEAR = 7
"""Nights after a change of clocks that are marked `dst`."""

BARRED = 3
"""Of them, the first ones, which carry no evidence."""

EXCLUDED = "exclude"


def day_type(day: date, context: ClientContext) -> tuple[str, str]:
    """Return whether a date is `work` or `free`, and why.

    >>> from daykeel.rhythm.context import ZoneChange
    >>> zone = ZoneChange(datetime.fromisoformat("2026-01-01T00:00Z"), "UTC")
    >>> day_type(date(2026, 3, 1), ClientContext("c-1", (zone,)))
    ('free', 'weekend')
    """
    for told, kind, why in context.calendar:
        if told == day:
            return kind, why or "calendar"
    week = week_on(context.weeks, day)
    if is_public_holiday(day, week.region):
        return "free", "holiday"
    return ("free", "weekend") if day.weekday() in week.free_weekdays else ("work", "weekday")


def flags(day: date, zone: str, reading: Reading, context: ClientContext) -> tuple[str, ...]:
    """Return the flags of a night: of changes of clocks, then marks in the order of names."""
    marks = {"excluded" if what == EXCLUDED else what for what in _marks(day, reading, context)}
    return (*_dst(day, zone), *sorted(marks))


def _dst(day: date, zone: str) -> Iterator[str]:
    since = nights_since_change(day, zone)
    if since is not None:
        yield "dst"
        if since < BARRED:
            yield f"dst_{since + 1}"


@lru_cache(maxsize=4096)
def nights_since_change(day: date, zone: str) -> int | None:
    """Return how many nights ago clocks were changed; 0 in that night, None above a week.

    >>> [nights_since_change(date(2026, 3, day), "Europe/Berlin") for day in (28, 29, 31)]
    [None, 0, 2]
    """
    if _offset(day, zone) == _offset(day - NEAR * DAY, zone):
        return None
    changed = (n for n in range(NEAR) if _offset(day - n * DAY, zone) != _before(day, n, zone))
    return next(changed, None)


def _before(day: date, nights: int, zone: str) -> timedelta:
    return _offset(day - (nights + 1) * DAY, zone)


def _offset(day: date, zone: str) -> timedelta:
    return datetime.combine(day, NOON, ZoneInfo(zone)).utcoffset() or timedelta()


def _marks(day: date, reading: Reading, context: ClientContext) -> Iterator[str]:
    yield from (mark.what for mark in context.marks if mark.first <= day <= mark.last)
    yield from _told(day, (event.value for event in reading.standing("night.mark")))


def _told(day: date, marks: Iterable[dict[str, str]]) -> Iterator[str]:
    text = day.isoformat()
    return (mark["what"] for mark in marks if mark["first"] <= text <= mark["last"])
