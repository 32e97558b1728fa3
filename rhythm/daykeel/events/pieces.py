"""What each event group last said, by UTC date: the truth that nights and days are built from.

Pieces are kept by the UTC date of their start, so that a change of zone moves none of them. A
local time without zone is kept under its own date. Night D reads the pieces of `piece_dates`.
"""

from datetime import date, timedelta

import msgspec

from daykeel.events.event import Event


class Epochs(msgspec.Struct, omit_defaults=True):
    """Epochs of one device and unit on one UTC date, columns of equal length, by start."""

    adapter: str
    source: str
    device: str
    kind: str
    unit: str
    start: list[int]
    """Seconds since 1970."""
    seconds: list[int]
    value: list[int]
    """Thousandths of the unit."""
    observed: list[int]
    """Microseconds since 1970."""
    received: list[int]
    revision: list[str]


class Pieces(msgspec.Struct, omit_defaults=True):
    """All pieces of one client and UTC date."""

    events: list[Event] = []
    """By (start, id)."""
    epochs: list[Epochs] = []
    """By (device, source, kind, unit)."""
    tombstones: list[Event] = []
    """`meta.tombstone` events that name something of this date."""


def piece_dates(night: date) -> tuple[date, ...]:
    """Return the UTC dates whose pieces night `night` and its calendar day may need.

    The night's span runs from 06:00 on the day before to 18:00, the calendar and social day to
    04:00 on the day after, in zones from UTC-12 to UTC+14; one more date before it holds the
    sessions that began earlier.

    >>> from datetime import date
    >>> [str(day) for day in piece_dates(date(2026, 3, 2))]
    ['2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03']
    """
    return tuple(night + timedelta(days=offset) for offset in (-2, -1, 0, 1))


def nights_reading(utc_date: date) -> tuple[date, ...]:
    """Return the nights that may read pieces of `utc_date`: the inverse of `piece_dates`.

    >>> from datetime import date
    >>> [str(day) for day in nights_reading(date(2026, 3, 1))]
    ['2026-02-28', '2026-03-01', '2026-03-02', '2026-03-03']
    """
    return tuple(utc_date + timedelta(days=offset) for offset in (-1, 0, 1, 2))
