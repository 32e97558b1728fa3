"""When people work: the clinic's hours on the wall clock of whoever is told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = timedelta(days=1)
FARTHEST = 400
"""Days ahead within which somebody must work again."""


class BadHours(ValueError):  # noqa: N818  what is wrong with a text
    """The text names no hours; it says which form is right."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours, half-open, on these days of the week but not on closed dates."""

    days: frozenset[int] = frozenset(range(5))
    """0 = Monday."""
    start: time = time(8)
    stop: time = time(18)
    closed: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Return whether people work on a date."""
        return day.weekday() in self.days and day not in self.closed

    @property
    def told(self) -> str:
        """The hours as `hours` reads them.

        >>> Hours().told
        'Mon,Tue,Wed,Thu,Fri 08:00-18:00'
        """
        days = ",".join(NAMES[one] for one in sorted(self.days))
        return f"{days} {self.start:%H:%M}-{self.stop:%H:%M}"


def hours(text: str, closed: frozenset[date] = frozenset()) -> Hours:
    """Return the hours a text names.

    >>> hours("Mon-Thu,Sat 09:00-17:30").told
    'Mon,Tue,Wed,Thu,Sat 09:00-17:30'

    Raises
    ------
    BadHours
        It is not of that form, names no day, or ends before it begins.
    """
    found = re.fullmatch(r"(\S+) (\d\d:\d\d)-(\d\d:\d\d)", text.strip())
    if found is None:
        raise BadHours(f"{text!r} is not of the form 'Mon-Fri 08:00-18:00'")
    days = frozenset(one for part in found[1].split(",") for one in _days(part))
    start, stop = clock_time(found[2]), clock_time(found[3])
    if stop <= start:
        raise BadHours(f"{text!r} ends before it begins")
    return Hours(days, start, stop, closed)


def _days(part: str) -> list[int]:
    names = part.split("-")
    if not 1 <= len(names) <= 2 or any(one not in NAMES for one in names):  # noqa: PLR2004  from-to
        raise BadHours(f"{part!r} names no days; days are {' '.join(NAMES)}")
    first, last = NAMES.index(names[0]), NAMES.index(names[-1])
    if last < first:
        raise BadHours(f"{part!r} ends before it begins")
    return list(range(first, last + 1))


def clock_time(text: str) -> time:
    """Return the time of day a text names.

    >>> clock_time("08:30")
    datetime.time(8, 30)

    Raises
    ------
    BadHours
        It is no time of day.
    """
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a time of day
    except ValueError:
        raise BadHours(f"{text!r} is no time of day such as 08:00") from None


def instant(day: date, at: time, zone: str) -> datetime:
    """Return when a wall clock shows a time; one that the change to summer time skips comes later.

    >>> instant(date(2026, 3, 29), time(8), "Europe/Berlin").isoformat()
    '2026-03-29T06:00:00+00:00'
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def local_date(now: datetime, zone: str) -> date:
    """Return the date a wall calendar shows."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_open(hours: Hours, zone: str, now: datetime) -> bool:
    """Return whether people work at `now`."""
    return hours.is_worked(local_date(now, zone)) and _opens(hours, zone, now) <= now < _closes(
        hours, zone, now
    )


def _opens(hours: Hours, zone: str, now: datetime) -> datetime:
    return instant(local_date(now, zone), hours.start, zone)


def _closes(hours: Hours, zone: str, now: datetime) -> datetime:
    return instant(local_date(now, zone), hours.stop, zone)


def next_open(hours: Hours, zone: str, now: datetime) -> datetime:
    """Return `now` if people work then, else when they begin next."""
    if is_open(hours, zone, now):
        return now
    days = worked_from(hours, local_date(now, zone))
    starts = (instant(day, hours.start, zone) for day in days)
    return next(start for start in starts if start >= now)


def worked_from(hours: Hours, first: date) -> Iterator[date]:
    """Yield the working dates from `first` on, as far as anybody has to look.

    Raises
    ------
    BadHours
        There are no more.
    """
    yield from (first + n * DAY for n in range(FARTHEST) if hours.is_worked(first + n * DAY))
    raise BadHours("the clinic is never open again")


def days_later(hours: Hours, zone: str, since: datetime, days: int) -> datetime:
    """Return the same time of day so many working days later, within working hours.

    >>> friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
    >>> days_later(Hours(), "UTC", friday, 2).isoformat()
    '2026-03-10T09:00:00+00:00'
    """
    begun = local_date(since, zone)
    day = next(islice(worked_from(hours, begun + DAY), days - 1, None))
    same = since.astimezone(ZoneInfo(zone)).time()
    return next_open(hours, zone, instant(day, same, zone))
