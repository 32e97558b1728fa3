"""The activity of consecutive days as arrays: what windows and days are measured from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.activity import UNITS
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.series import Flags
from daykeel.rhythm.windows import Floats

Ints = NDArray[np.int64]

HOURS, BINS = 24, 144
THOUSANDTHS = 1000
VALID = 30
"""Minutes with which an hour is valid."""
COMPLETE = 20
"""Valid hours with which a day is complete."""
_SUMS = Struct(f"{BINS}q")
_NOTHING = (0,) * BINS


@dataclass(frozen=True, slots=True)
class ActivityDays:
    """Consecutive days, oldest first; nothing is known of those that may still change."""

    unit: Ints
    """Place in `UNITS`; -1 where nothing was counted."""
    hours: Ints
    """Sums in thousandths of the unit, shape (n, 24)."""
    hours_n: Ints
    """Valid minutes."""
    bins: Ints
    """Sums of ten minutes, shape (n, 144)."""
    bins_n: Ints

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted on any of them."""
        return bool((self.unit < 0).all())

    @property
    def minutes(self) -> Ints:
        """How many are valid."""
        found: Ints = self.bins_n.sum(axis=1)
        return found

    @property
    def valid(self) -> Flags:
        """Which hours are, shape (n, 24)."""
        return self.hours_n >= VALID

    @property
    def is_complete(self) -> Flags:
        """Which days are."""
        return np.asarray(self.valid.sum(axis=1) >= COMPLETE)

    @property
    def hourly(self) -> Floats:
        """Mean of each valid hour in the unit, NaN elsewhere."""
        return np.where(self.valid, means_of(self.hours, self.hours_n), np.nan)


def means_of(sums: NDArray[np.generic], minutes: NDArray[np.generic]) -> Floats:
    """Return means in the unit from sums in thousandths, NaN where no minute is valid."""
    with np.errstate(invalid="ignore"):
        found: Floats = np.asarray(sums, dtype=float) / (np.asarray(minutes) * THOUSANDTHS)
    return found


def activity_days(days: Sequence[DayRecord | None], settled: Flags) -> ActivityDays:
    """Return the activity of days; of those not settled nothing counts."""
    counted = [
        day if day is not None and day.act_unit and is_settled else None
        for day, is_settled in zip(days, settled.tolist(), strict=True)
    ]
    sums = b"".join(_packed(day.bin_sum if day else _NOTHING) for day in counted)
    minutes = b"".join(bytes(day.bin_n if day else _NOTHING) for day in counted)
    units = [-1 if day is None else _place(day.act_unit or "") for day in counted]
    bins = np.frombuffer(sums, dtype=np.int64).reshape(-1, BINS)
    bins_n = np.frombuffer(minutes, dtype=np.uint8).astype(np.int64).reshape(-1, BINS)
    return ActivityDays(
        np.array(units, dtype=np.int64), _by_hour(bins), _by_hour(bins_n), bins, bins_n
    )


@lru_cache(maxsize=1024)
def _packed(sums: tuple[int, ...]) -> bytes:
    """Return the sums of a day as they lie in an array: each day stands in many windows."""
    return _SUMS.pack(*sums)


def _by_hour(bins: Ints) -> Ints:
    found: Ints = bins.reshape(-1, HOURS, BINS // HOURS).sum(axis=2)
    return found


def _place(unit: str) -> int:
    return UNITS.index(unit)
