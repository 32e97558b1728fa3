"""Which anchors can be known of a client, by date: one that is not tracked does not count."""

from datetime import date

from daykeel.rhythm.in_force import in_force
from daykeel.rhythm.ledger import ANCHORS

Tracked = tuple[tuple[date, tuple[str, ...]], ...]
"""(first day, anchors), oldest first; before the first entry all five are tracked."""


def tracked_on(told: Tracked, day: date) -> tuple[str, ...]:
    """Return the anchors that are tracked on a day.

    >>> tracked_on(((date(2026, 3, 1), ("bed", "dinner")),), date(2026, 3, 2))
    ('dinner', 'bed')
    """
    items = in_force(told, day, ANCHORS)
    return tuple(item for item in ANCHORS if item in items)
