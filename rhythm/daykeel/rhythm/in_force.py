"""What holds on a day, of what was said to hold from some day on."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

T = TypeVar("T")


def in_force(told: Sequence[tuple[date, T]], day: date, before: T) -> T:
    """Return what was said last to begin on a day or earlier.

    Parameters
    ----------
    told
        First day and what holds from then on, by day; of one day the last counts.
    day
        The day asked about.
    before
        What holds before the first of them.

    Examples
    --------
    >>> told = [(date(2026, 3, 1), "middle"), (date(2026, 5, 1), "graduation")]
    >>> [in_force(told, date(2026, month, 1), "formulation") for month in (2, 3, 6)]
    ['formulation', 'middle', 'graduation']
    """
    return next((one for first, one in reversed(told) if first <= day), before)
