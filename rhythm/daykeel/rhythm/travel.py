"""Journeys over time zones, and the nights during which the body is still arriving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from math import ceil
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.rhythm.series import DAY, Flags, Series

LASTING = 2
"""Nights in a zone from which it counts."""
WESTWARD = 1.5
"""Hours a night the body manages westward; eastward it is one."""
ARRIVED = 2
"""Nights more until it counts as arrived."""
NOTABLE = 3.0
"""Hours from which the therapist is told."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A change of zone that lasted."""

    first: date
    """First night in the new zone."""
    hours: float
    """Eastward positive."""
    left: str
    came: str

    @property
    def nights(self) -> int:
        """How many nights carry no evidence."""
        return window(self.hours)

    @property
    def last(self) -> date:
        """The last of them."""
        return self.first + (self.nights - 1) * DAY

    @property
    def is_notable(self) -> bool:
        """Whether the therapist is told of it."""
        return abs(self.hours) >= NOTABLE


def window(hours: float) -> int:
    """Return for how many nights a journey over `hours` of zones, east positive, counts.

    >>> [window(hours) for hours in (6, -6, 3, -9, 9, 5.5)]
    [8, 6, 5, 8, 11, 8]
    """
    return ceil(abs(hours) if hours > 0 else abs(hours) / WESTWARD) + ARRIVED


def journeys(series: Series) -> list[Journey]:
    """Return the journeys to zones with another clock in which at least two nights passed.

    A stay of one night keeps the zone from before; what matters is the clock, not the name.
    """
    zones = [one.night.zone if one and one.night.final else "" for one in series.days]
    found: list[Journey] = []
    home = ""
    for zone, first, nights in _stays(zones):
        if home and nights < LASTING:
            continue
        day = series.date(first)
        if home and (hours := _ahead(home, zone, day)):
            found.append(Journey(day, hours, home, zone))
        home = zone
    return found


def _stays(zones: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return (zone, first number, nights) of each stay; nights without a zone do not count."""
    told = [(at, zone) for at, zone in enumerate(zones) if zone]
    stays = []
    for zone, group in groupby(told, key=lambda one: one[1]):
        numbers = [at for at, _ in group]
        stays.append((zone, numbers[0], len(numbers)))
    return stays


def _ahead(left: str, came: str, day: date) -> float:
    """Return by how many hours clocks in `came` are ahead of those in `left` at noon of `day`."""
    noon = datetime.combine(day, time(12), ZoneInfo(came))
    there, here = noon.utcoffset(), noon.astimezone(ZoneInfo(left)).utcoffset()
    if there is None or here is None:
        return 0.0
    return (there - here) / timedelta(hours=1)


def travelling(series: Series, found: Sequence[Journey]) -> Flags:
    """Return the nights that lie in the window of a journey."""
    nights = np.zeros(len(series), dtype=bool)
    for journey in found:
        at = series.at(journey.first)
        nights[at : at + journey.nights] = True
    return nights
