"""Where a synthetic client is, and how far the body lags behind the clocks there."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from daykeel.rhythm.context import ZoneChange
from daykeel.rhythm.synthetic.life import Script

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
LANDING = time(13)
"""Local time at the other end, so that the night in the air is over."""

EAST, WEST = 1.0, 1.5
"""Hours a day by which the body follows clocks that went ahead or back."""


def midnight(day: date, tz: str) -> datetime:
    """Return the instant at which `day` begins in `tz`."""
    return datetime.combine(day, time(), ZoneInfo(tz)).astimezone(UTC)


def noon_before(night: date, tz: str) -> datetime:
    """Return the instant at which a night begins in `tz`."""
    return datetime.combine(night - DAY, time(12), ZoneInfo(tz)).astimezone(UTC)


def zone_history(script: Script, dates: Sequence[date]) -> tuple[ZoneChange, ...]:
    """Return where the client lives; a flight shorter than the life has a landing in it."""
    home = ZoneChange(ALWAYS, script.tz)
    if script.flight is None or script.flight.nights >= len(dates):
        return (home,)
    day = dates[-1 - script.flight.nights]
    landing = datetime.combine(day, LANDING, ZoneInfo(script.flight.tz)).astimezone(UTC)
    return (home, ZoneChange(landing, script.flight.tz))


def landing_day(script: Script, dates: Sequence[date]) -> date | None:
    """Return the date of the landing, or None if there is none."""
    zones = zone_history(script, dates)
    if len(zones) == 1:
        return None
    return zones[1].start.astimezone(ZoneInfo(zones[1].tz)).date()


def zone_of(zones: Sequence[ZoneChange], day: date) -> str:
    """Return the zone in which `day` begins; the day of a landing begins in the old one."""
    last = zones[0]
    for change in zones[1:]:
        if change.start.astimezone(ZoneInfo(change.tz)).date() < day:
            last = change
    return last.tz


def lags(zones: Sequence[ZoneChange], dates: Sequence[date]) -> list[float]:
    """Return by how many hours of the clock each night comes late because clocks moved ahead.

    Negative after clocks went back. The body follows by `EAST` or `WEST` hours a day.

    >>> days = [date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31)]
    >>> lags([ZoneChange(ALWAYS, "Europe/Berlin")], days)
    [0.0, 1.0, 0.0]
    """
    lag, found = 0.0, []
    before = _offset(zones, dates[0])
    for day in dates:
        now = _offset(zones, day)
        lag, before = lag + (now - before) / HOUR, now
        found.append(lag)
        lag = max(lag - EAST, 0.0) if lag > 0 else min(lag + WEST, 0.0)
    return found


def _offset(zones: Sequence[ZoneChange], day: date) -> timedelta:
    there = ZoneInfo(zone_of(zones, day))
    return midnight(day, there.key).astimezone(there).utcoffset() or timedelta()
