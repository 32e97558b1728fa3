"""The minutes of one night: where it begins and ends, in which zone, and its clock grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from daykeel.events.zones import resolve
from daykeel.rhythm.context import ClientContext, ZoneChange

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MARGIN = timedelta(hours=6)
DAY_MINUTES = 1440
SHORTEST = timedelta(hours=1)
"""Of a core: who crosses the date line may leave a date before it has begun."""

LASTING = 2
"""Nights a stay in another zone must have to count; a shorter trip keeps the zone before it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The span of a night in UTC minutes: six hours, the core, six hours."""

    day: date
    zone: str
    start: datetime
    """First instant of the span."""
    core: tuple[int, int]
    """Half-open minutes of the core in the span: 1380, 1440 or 1500 long, and more or less where
    the client has changed zones."""
    size: int
    """Minutes of the span."""
    exists: int
    """Minutes of the span that are not after `as_of`."""
    zone_changed: bool
    begins: datetime
    """What clocks in `zone` show at the night boundary of the date before."""

    @property
    def stop(self) -> datetime:
        """First instant after the span: at it the night is final whatever arrived."""
        return self.start + self.size * MINUTE

    @property
    def core_start(self) -> datetime:
        """First instant of the core."""
        return self.at(self.core[0])

    @property
    def core_stop(self) -> datetime:
        """First instant after the core."""
        return self.at(self.core[1])

    def at(self, minute: int) -> datetime:
        """Return the instant at which a minute of the span begins."""
        return self.start + minute * MINUTE

    def minute(self, instant: datetime) -> int:
        """Return the minute of the span an instant lies in, rounded down, cut to the span."""
        return min(max((instant - self.start) // MINUTE, 0), self.size)

    def owns(self, start: datetime, stop: datetime) -> bool:
        """Return whether a stretch of sleep is dated to this night: by its middle."""
        return self.core_start <= start + (stop - start) / 2 < self.core_stop


def wall_hours(instant: datetime, zone: str, day: date) -> float:
    """Return the wall time of an instant in hours from the midnight of `day`.

    >>> wall_hours(datetime(2026, 3, 1, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 2))
    -0.5
    """
    return _since_midnight(instant, zone, day) / timedelta(hours=1)


def wall_minutes(instant: datetime, zone: str, day: date) -> float:
    """Return the wall time of an instant in minutes from the midnight of `day`."""
    return _since_midnight(instant, zone, day) / MINUTE


def _since_midnight(instant: datetime, zone: str, day: date) -> timedelta:
    wall = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return wall - datetime.combine(day, time())


def zone_at(context: ClientContext, instant: datetime) -> str:
    """Return the zone the client lives in at an instant."""
    zones = lasting(context.zones)
    name = zones[0].tz
    for change in zones:
        if change.start <= instant:
            name = change.tz
    return name


@lru_cache(maxsize=256)
def lasting(zones: Sequence[ZoneChange]) -> tuple[ZoneChange, ...]:
    """Return the changes of zone without trips of less than two nights.

    Parameters
    ----------
    zones
        Oldest first; the last one goes on.
    """
    found = [zones[0]]
    for change, after in pairwise((*zones[1:], None)):
        is_trip = change and after and _nights(change, after.start) < LASTING
        if change is not None and not is_trip and change.tz != found[-1].tz:
            found.append(change)
    return tuple(found)


def _nights(stay: ZoneChange, stop: datetime) -> int:
    """Return how many local midnights a stay has."""
    zone = ZoneInfo(stay.tz)
    return (stop.astimezone(zone).date() - stay.start.astimezone(zone).date()).days


def local_instant(context: ClientContext, day: date, hours: float) -> datetime:
    """Return the instant of a wall time of a date, in hours from its midnight."""
    wall = datetime.combine(day, time()) + timedelta(hours=hours)
    return resolve(wall, ZoneInfo(zone_of_wall(context, wall))).instant


def zone_of_wall(context: ClientContext, wall: datetime) -> str:
    """Return the zone whose clocks the client looks at when they show `wall`."""
    if len(context.zones) == 1:
        return context.zones[0].tz
    name = zone_at(context, wall.replace(tzinfo=UTC))
    return zone_at(context, resolve(wall, ZoneInfo(name)).instant)


def frame_of(day: date, context: ClientContext, as_of: datetime) -> Frame:
    """Return the span of night `day`, whose core ends at the night boundary of `day`.

    It begins where the night before ends, so that every instant is in the core of one night,
    however many zones lie between the two.
    """
    boundary = context.night_boundary_hour
    core_stop = local_instant(context, day, boundary)
    zone = zone_at(context, core_stop)
    core_start = local_instant(context, day - DAY, boundary)
    core_start = min(core_start, core_stop - SHORTEST)
    start, stop = core_start - MARGIN, core_stop + MARGIN
    size = (stop - start) // MINUTE
    exists = min(max((as_of - start) // MINUTE, 0), size)
    core = ((core_start - start) // MINUTE, (core_stop - start) // MINUTE)
    begins = datetime.combine(day - DAY, time()) + timedelta(hours=boundary)
    is_new = zone_at(context, core_start) != zone
    return Frame(day, zone, start, core, size, exists, is_new, begins)


def clock_columns(
    start: datetime, minutes: int, zone: str, first: datetime | None = None
) -> NDArray[np.int64]:
    """Return which minute after `start` each of the 1440 clock minutes of a day is, or -1.

    The missing and the repeated hour of a change of clocks have none, nor has what lies before
    `start` or after its minutes.

    Parameters
    ----------
    start
        The first minute there is.
    minutes
        How many there are.
    zone
        Of the clock.
    first
        What the clock shows when its day begins; what it shows at `start` if left out.
    """
    there = ZoneInfo(zone)
    shown = start.astimezone(there).replace(tzinfo=None)
    if minutes == DAY_MINUTES and first in (None, shown):
        return np.arange(DAY_MINUTES)
    walls = [
        (start + minute * MINUTE).astimezone(there).replace(tzinfo=None)
        for minute in range(minutes)
    ]
    columns = np.array([(wall - (first or shown)) // MINUTE for wall in walls])
    inside = (columns >= 0) & (columns < DAY_MINUTES)
    found = np.full(DAY_MINUTES, -1)
    found[columns[inside]] = np.flatnonzero(inside)
    found[np.bincount(columns[inside], minlength=DAY_MINUTES) != 1] = -1
    return found
