"""The charts of steps: how many there are in a day, and when its most active hours begin."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daykeel.rhythm.activity import UNITS
from daykeel.rhythm.activity_days import THOUSANDTHS, Ints, activity_days
from daykeel.rhythm.activity_windows import BINS_PER_HOUR, MOST
from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.inputs import STEPS, made_of, stop_of
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Floats, Interval, Series

Days = Numbers | slice
UNIT = UNITS.index("steps")
MINUTES = 10
"""Of a bin."""
SHARE, LEAST = 0.9, 20
"""Share of days whose steps of ten minutes count in full, and steps that always do."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of consecutive days, oldest first."""

    bins: Ints
    """Thousandths in each ten minutes, shape (n, 144)."""
    whole: Flags
    """Whether every minute of a bin is known, shape (n, 144)."""
    counted: Flags
    """Days on which steps were counted, and that may no longer change."""
    device: Numbers
    """That counted them; -1 where none did."""
    known: dict[object, Any] = field(default_factory=dict)
    """What was found so far: both charts ask for the same."""

    def ceilings(self, used: Numbers) -> tuple[int, ...]:
        """Return the ceilings that some days give."""
        key = used.tobytes()
        if key not in self.known:
            self.known[key] = ceilings(self.bins[used], self.whole[used])
        found: tuple[int, ...] = self.known[key]
        return found

    def read(self, chart: str, most: tuple[int, ...], days: Days) -> Interval:
        """Return what a chart reads of some days under ceilings, NaN where nothing was counted."""
        key = most, days.tobytes() if isinstance(days, np.ndarray) else (days.start, days.stop)
        if key not in self.known:
            self.known[key] = clipped(self.bins[days], self.whole[days], most)
        found = (totals if chart == STEPS else onsets)(*self.known[key])
        counted = self.counted[days]
        return Interval(*(np.where(counted, one, np.nan) for one in _parts(found)))


def _parts(found: Interval) -> tuple[Floats, Floats, Floats]:
    return found.value, found.lo, found.hi


@dataclass(frozen=True, slots=True)
class StepMaterial:
    """What a chart of steps is made of: steps of ten minutes, cut where the baseline says.

    So one long run says no more of a day than that somebody ran, and ten minutes of which
    nothing is known have bounds.
    """

    chart: str
    series: Series
    steps: Steps
    valid: Flags
    stop: int
    by: Rules

    @property
    def silent(self) -> Flags:
        """Days without steps."""
        return ~self.steps.counted & ~self.series.bridged

    @property
    def device(self) -> Numbers:
        """That counted on each day."""
        return self.steps.device

    def used(self, candidates: Numbers) -> Numbers:
        """Return all of them."""
        return candidates

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return what is usual over some days, and the ceilings they give, frozen at day `at`."""
        most = self.steps.ceilings(used)
        value = self.steps.read(self.chart, most, used).value
        return made_of(self.chart, self.series, value, used, at, self.by, most)

    def read(self, baseline: Baseline, nights: slice = slice(None)) -> Interval:
        """Return what the chart reads of some days under the ceilings of a baseline, else NaN."""
        told = self.steps.read(self.chart, baseline.ceilings, nights)
        found = np.full((3, len(self.series)), np.nan)
        found[:, nights] = _parts(told)
        return Interval(*found)


def ceilings(steps: Ints, whole: Flags) -> tuple[int, ...]:
    """Return the steps up to which ten minutes count: the 90th percentile of some days, >= 20.

    Parameters
    ----------
    steps
        Thousandths in each ten minutes, shape (days, 144).
    whole
        Which of them are wholly known: only they tell.

    Examples
    --------
    >>> days = np.array([[0], [50_000], [100_000]])
    >>> ceilings(days, np.ones((3, 1), bool)), ceilings(days, np.zeros((3, 1), bool))
    ((90,), (20,))
    """
    ordered = np.sort(np.where(whole, steps, np.iinfo(np.int64).max), axis=0)
    last = np.maximum(whole.sum(axis=0) - 1, 0)
    place = SHARE * last
    below = place.astype(np.int64)
    column = np.arange(steps.shape[1])
    low, high = ordered[below, column], ordered[np.minimum(below + 1, last), column]
    found = np.where(whole.any(axis=0), low + (place - below) * (high - low), 0) / THOUSANDTHS
    return tuple(np.maximum(np.rint(found), LEAST).astype(np.int64).tolist())


def clipped(steps: Ints, whole: Flags, most: tuple[int, ...]) -> tuple[Ints, Ints]:
    """Return the least and the most that each ten minutes may count, in thousandths.

    Of what is not wholly known at least what was recorded, at most the ceiling.
    """
    ceiling = np.array(most, dtype=np.int64) * THOUSANDTHS
    least = np.minimum(steps, ceiling)
    return least, np.where(whole, least, ceiling)


def totals(least: Ints, most: Ints) -> Interval:
    """Return the logarithm of one more than the steps of each day, with bounds.

    >>> steps = np.array([[100_000, 100_000, 0]])
    >>> found = totals(*clipped(steps, np.array([[True, True, False]]), (80, 200, 50)))
    >>> found.lo.round(7).tolist(), found.hi.round(7).tolist()
    ([5.198497], [5.4424177])
    """
    lo, hi = (np.log1p(one.sum(axis=1) / THOUSANDTHS) for one in (least, most))
    return Interval(lo, lo, hi)


def onsets(least: Ints, most: Ints) -> Interval:
    """Return when the most active ten hours of each day begin, in hours, with bounds.

    It may be any stretch that might have more steps than every other has at least.
    """
    low, high = _windows(least), _windows(most)
    may_be = high >= low.max(axis=1, keepdims=True)
    last = may_be.shape[1] - 1 - may_be[:, ::-1].argmax(axis=1)
    starts = (low.argmax(axis=1), may_be.argmax(axis=1), last)
    return Interval(*(np.asarray(start / BINS_PER_HOUR) for start in starts))


def _windows(bins: Ints) -> Ints:
    """Return the sums of the stretches of ten hours that begin and end in a day."""
    sums = np.cumsum(bins, axis=1)
    found: Ints = sums[:, MOST - 1 :].copy()
    found[:, 1:] -= sums[:, :-MOST]
    return found


def step_materials(
    series: Series, is_settled: Flags, charts: tuple[str, ...], by: Rules = LIVE
) -> dict[str, StepMaterial]:
    """Return what the charts of steps are made of; activity in other units has none."""
    found = activity_days(series.days, series.complete)
    counted = found.unit == UNIT
    steps = Steps(found.bins, found.bins_n == MINUTES, counted, _devices(series, counted))
    valid = is_settled & counted & found.is_complete
    stop = stop_of(series.complete)
    return {chart: StepMaterial(chart, series, steps, valid, stop, by) for chart in charts}


def _devices(series: Series, counted: Flags) -> Numbers:
    """Return a number for each device that counted, in the order they appear; -1 for none."""
    numbers: dict[str, int] = {}
    found = [
        numbers.setdefault(day.act_device, len(numbers)) if day and is_counted else -1
        for day, is_counted in zip(series.days, counted.tolist(), strict=True)
    ]
    return np.array(found, dtype=np.int64)
