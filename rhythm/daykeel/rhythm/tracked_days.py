"""The anchors that are tracked, day by day of a series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.tracked import Tracked

Flags = NDArray[np.bool_]

ENOUGH_ITEMS = 3
"""Tracked anchors with which there is a chart of them, and known ones with which a day counts."""


@dataclass(frozen=True, slots=True)
class TrackedDays:
    """Which anchors are tracked on each of some dates that follow each other."""

    each: Mapping[str, Flags]
    """By anchor, all five."""

    @property
    def version(self) -> NDArray[np.int64]:
        """Which of them are, as one number a day: the same ones have the same number."""
        bits = [of * (1 << at) for at, of in enumerate(self.each.values())]
        return np.asarray(np.sum(bits, axis=0, dtype=np.int64))

    @property
    def number(self) -> NDArray[np.int64]:
        """How many are tracked on each date."""
        return np.asarray(np.sum(list(self.each.values()), axis=0, dtype=np.int64))

    @property
    def enough(self) -> Flags:
        """On which dates there are enough for a chart."""
        return np.asarray(self.number >= ENOUGH_ITEMS)


def tracked_days(told: Tracked, dates: Sequence[date]) -> TrackedDays:
    """Return which anchors are tracked on dates that follow each other."""
    each = {item: np.ones(len(dates), dtype=bool) for item in ANCHORS}
    for first, items in told:
        from_here = slice(max((first - dates[0]).days, 0), None)
        for item, of in each.items():
            of[from_here] = item in items
    return TrackedDays(each)
