"""The minutes of one night: where it begins and ends, in which zone, and its clock grid."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from daykeel.events.zones import resolve
from daykeel.rhythm.context import ClientContext

MINUTE = timedelta(minutes=1)
MARGIN = timedelta(hours=6)
DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Frame:
    """The span of a night in UTC minutes: six hours, the core, six hours."""

    day: date
    zone: str
    start: datetime
    """First instant of the span."""
    core: tuple[int, int]
    """Half-open minutes of the core in the span: 1380, 1440 or 1500 long."""
    size: int
    """Minutes of the span."""
    exists: int
    """Minutes of the span that are not after `as_of`."""
    zone_changed: bool

    @property
    def stop(self) -> datetime:
        """First instant after the span: at it the night is final whatever arrived."""
        return self.start + self.size * MINUTE

    def at(self, minute: int) -> datetime:
        """Return the instant at which a minute of the span begins."""
        return self.start + minute * MINUTE

    def minute(self, instant: datetime) -> int:
        """Return the minute of the span an instant lies in, rounded down, cut to the span."""
        return min(max((instant - self.start) // MINUTE, 0), self.size)

    def hours(self, instant: datetime) -> float:
        """Return the wall time of an instant in hours from the night's midnight."""
        wall = instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return (wall - datetime.combine(self.day, time())) / timedelta(hours=1)


def zone_at(context: ClientContext, instant: datetime) -> str:
    """Return the zone the client lives in at an instant."""
    name = context.zones[0].tz
    for change in context.zones:
        if change.start <= instant:
            name = change.tz
    return name


def local_instant(context: ClientContext, day: date, hours: float) -> datetime:
    """Return the instant of a wall time of a date, in hours from its midnight."""
    wall = datetime.combine(day, time()) + timedelta(hours=hours)
    name = zone_at(context, wall.replace(tzinfo=UTC))
    name = zone_at(context, resolve(wall, ZoneInfo(name)).instant)
    return resolve(wall, ZoneInfo(name)).instant


def frame_of(day: date, context: ClientContext, as_of: datetime) -> Frame:
    """Return the span of night `day`, whose core ends at the night boundary of `day`."""
    boundary = context.night_boundary_hour
    core_stop = local_instant(context, day, boundary)
    zone = zone_at(context, core_stop)
    wall = datetime.combine(day - timedelta(days=1), time()) + timedelta(hours=boundary)
    core_start = resolve(wall, ZoneInfo(zone)).instant
    start, stop = core_start - MARGIN, core_stop + MARGIN
    size = (stop - start) // MINUTE
    exists = min(max((as_of - start) // MINUTE, 0), size)
    core = ((core_start - start) // MINUTE, (core_stop - start) // MINUTE)
    return Frame(day, zone, start, core, size, exists, zone_at(context, core_start) != zone)


def clock_columns(frame: Frame) -> NDArray[np.int64]:
    """Return, for each of the 1440 clock minutes of the core, its minute in the span, or -1.

    The missing and the repeated hour of a change of clocks have none.
    """
    first, stop = frame.core
    if stop - first == DAY_MINUTES:
        return np.arange(first, stop)
    zone = ZoneInfo(frame.zone)
    walls = [
        frame.at(minute).astimezone(zone).replace(tzinfo=None) for minute in range(first, stop)
    ]
    origin = walls[0]
    columns = np.array([(wall - origin) // MINUTE for wall in walls])
    found = np.full(DAY_MINUTES, -1)
    inside = (columns >= 0) & (columns < DAY_MINUTES)
    counts = np.bincount(columns[inside], minlength=DAY_MINUTES)
    found[columns[inside]] = np.arange(first, stop)[inside]
    found[counts != 1] = -1
    return found
