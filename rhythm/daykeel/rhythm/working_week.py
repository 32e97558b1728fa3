"""Which days of a week are free where a client lives and works, and which are public holidays."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from daykeel.rhythm.in_force import in_force


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """What holds of days for which the client's calendar says nothing, from `first` on."""

    first: date = date.min
    free_weekdays: tuple[int, ...] = (5, 6)
    """Monday is 0; all seven: nobody expects the client anywhere."""
    region: str = ""
    """Whose public holidays are free: a country of ISO 3166-1, or a part of one of 3166-2."""


Weeks = tuple[WorkingWeek, ...]
"""Oldest first."""

CUSTOMARY = WorkingWeek()


def week_on(told: Weeks, day: date) -> WorkingWeek:
    """Return the working week in force on a day; before the first one the customary one.

    >>> week_on((WorkingWeek(date(2026, 3, 1), (4, 5)),), date(2026, 3, 6)).free_weekdays
    (4, 5)
    """
    return in_force([(one.first, one) for one in told], day, CUSTOMARY)


def is_public_holiday(day: date, region: str) -> bool:
    """Return whether a date is a public holiday of a region; nowhere if none is named.

    >>> is_public_holiday(date(2026, 1, 6), "DE-BY"), is_public_holiday(date(2026, 1, 6), "DE-BE")
    (True, False)
    """
    return bool(region) and day in public_holidays(region, day.year)


@lru_cache(maxsize=256)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """Return the public holidays of a region in a year; none of one that is not known.

    Source: the package `holidays`. It is loaded for a region only: everything else of
    `daykeel.rhythm` needs numpy alone.
    """
    import holidays  # noqa: PLC0415

    country, _, part = region.partition("-")
    if region not in regions():
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Return the names of all regions whose public holidays are known."""
    import holidays  # noqa: PLC0415

    known = holidays.list_supported_countries()
    parts = (f"{country}-{part}" for country, all_of in known.items() for part in all_of)
    return frozenset((*known, *parts))
