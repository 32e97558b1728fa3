"""How many steps a synthetic client takes in each minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.life import Habit, TrueDay, TrueNight
from daykeel.rhythm.synthetic.sleep import carried

DAY_MIN = 1440
CARRY = 0.18
"""Lag-1 autocorrelation of the steps of a day."""

FEWEST = 800.0
BOUT = 600.0
"""Steps of a walk, on average."""

PACE = 100.0
"""Steps in a minute of walking."""

FIDGET = 0.3
"""Share of waking minutes with a few steps."""

COMMUTE = 20
"""Minutes of walking to and from work."""


def steps(
    rng: np.random.Generator,
    habit: Habit,
    start: datetime,
    nights: Sequence[TrueNight],
    days: Sequence[TrueDay],
) -> NDArray[np.int64]:
    """Return the steps of each minute from `start` on, shape (1440 * (n_nights + 1),)."""
    count = len(nights) + 1
    totals = habit.steps + habit.steps_sd * carried(rng.standard_normal(count), CARRY)
    walked = np.concatenate([_day(rng, total) for total in np.maximum(totals, FEWEST)])
    for day in days:
        for instant in (day.work.start, day.work.stop) if day.work else ():
            at = _minute(start, instant)
            walked[max(at - COMMUTE, 0) : at] = rng.poisson(PACE, at - max(at - COMMUTE, 0))
    for span in _asleep(nights):
        walked[max(_minute(start, span.start), 0) : max(_minute(start, span.stop), 0)] = 0
    return walked


def _day(rng: np.random.Generator, total: float) -> NDArray[np.int64]:
    """Return a day of walks anywhere and a few steps now and then."""
    few = np.where(rng.uniform(size=DAY_MIN) < FIDGET, rng.poisson(8, DAY_MIN), 0)
    for at in rng.integers(0, DAY_MIN, max(int(total / BOUT), 1)):
        length = int(rng.integers(3, 10))
        stretch = few[at : at + length]
        stretch += rng.poisson(PACE, len(stretch))
    return few.astype(np.int64)


def _minute(start: datetime, instant: datetime) -> int:
    return (instant - start) // timedelta(minutes=1)


def _asleep(nights: Sequence[TrueNight]) -> list[Span]:
    return [span for night in nights for span in (night.sleep, night.nap) if span is not None]
