"""When a synthetic client sleeps, and which nights the tracker sees."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.context import ZoneChange
from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.life import Change, Habit, Script, TrueNight
from daykeel.rhythm.synthetic.places import lags, midnight, zone_of

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SATURDAY = 5
RUN = 2.5
"""Nights in a row that a tracker is forgotten, on average."""

SHORTEST, LONGEST = 2.5, 13.0
FARTHEST = 4.0
"""SDs beyond which nobody goes to bed."""

ON_BOARD = timedelta(hours=1)
"""From waking to landing, at least."""

AWAKE = timedelta(hours=4)
"""Between two nights, at least."""

APART = timedelta(hours=2)
"""Between a nap and the nights around it, at least."""

Floats = NDArray[np.float64]


class Times(NamedTuple):
    """Sleep of each night, in hours."""

    onset: Floats
    """From midnight."""
    duration: Floats


def nights(
    rng: np.random.Generator,
    script: Script,
    zones: Sequence[ZoneChange],
    dates: Sequence[date],
) -> tuple[TrueNight, ...]:
    """Return how each night was."""
    slept = times(rng, script, zones, dates)
    is_worn = worn(rng, script, len(dates))
    found: list[TrueNight] = []
    up = midnight(dates[0], zones[0].tz) - DAY
    for number, day in enumerate(dates):
        begins = midnight(day, zone_of(zones, day))
        sleep = _sleep(rng, script.habit, begins, slept, number)
        sleep = _ended_by_landing(_rested(sleep, up), zones)
        nap = _apart(_nap(rng, script.habit, begins), up, sleep)
        found.append(TrueNight(day, sleep, _awake(rng, sleep), nap, bool(is_worn[number])))
        up = sleep.stop if sleep else up
    return tuple(found)


def times(
    rng: np.random.Generator,
    script: Script,
    zones: Sequence[ZoneChange],
    dates: Sequence[date],
) -> Times:
    """Return when each night's sleep begins and how long it is, if there is any."""
    habit, count = script.habit, len(dates)
    free = np.array([day.weekday() >= SATURDAY for day in dates])
    residual = np.clip(carried(_draws(rng, habit, count), habit.carry), -FARTHEST, FARTHEST)
    onset = habit.onset + habit.onset_sd * residual + habit.free_day * free
    duration = habit.duration + habit.duration_sd * _draws(rng, habit, count)
    for change in script.changes:
        mid, longer = _shift(rng, change, count)
        onset, duration = onset + mid - longer / 2, duration + longer
    return Times(onset + np.array(lags(zones, dates)), np.clip(duration, SHORTEST, LONGEST))


def _draws(rng: np.random.Generator, habit: Habit, count: int) -> Floats:
    """Return independent draws of variance 1."""
    if habit.tails == "normal":
        return rng.standard_normal(count)
    draws: Floats = rng.standard_t(5, count) * np.sqrt(3 / 5)
    return draws


def carried(draws: Floats, carry: float) -> Floats:
    """Return a series of variance 1 in which part of each value carries over to the next."""
    series = draws.copy()
    for at in range(1, len(series)):
        series[at] = carry * series[at - 1] + np.sqrt(1 - carry**2) * draws[at]
    return series


def _shift(rng: np.random.Generator, change: Change, count: int) -> tuple[Floats, Floats]:
    """Return the hours by which a change moves midsleep and lengthens sleep, each night."""
    since = np.arange(count) - (count - change.nights) + 1
    part = np.clip(since / change.ramp, 0.0, 1.0)
    way = np.where(since % 2 == 0, 1.0, -1.0) * rng.uniform(0.7, 1.3, count)
    return part * (change.mid + change.swing * way), part * change.duration


def worn(rng: np.random.Generator, script: Script, count: int) -> NDArray[np.bool_]:
    """Return on which nights the tracker was worn: a chain of two states."""
    draws, share = rng.uniform(size=count), script.habit.missing
    forgets = share / (1 - share) / RUN
    found = np.ones(count, dtype=bool)
    for at in range(1, count):
        found[at] = draws[at] >= forgets if found[at - 1] else draws[at] < 1 / RUN
    if script.off is not None:
        first = max(count - script.off[0], 0)
        found[first : first + script.off[1]] = False
    return found


def _sleep(
    rng: np.random.Generator, habit: Habit, begins: datetime, times: Times, number: int
) -> Span | None:
    if rng.uniform() < habit.sleepless:
        return None
    start = begins + whole_minutes(times.onset[number])
    return Span(start, start + whole_minutes(times.duration[number]))


def whole_minutes(hours: float) -> timedelta:
    """Return hours as a length of whole minutes."""
    return timedelta(minutes=round(60 * float(hours)))


def _rested(sleep: Span | None, up: datetime) -> Span | None:
    """Return a sleep that does not begin too soon after the last one."""
    if sleep is None or sleep.start >= up + AWAKE:
        return sleep
    return Span(up + AWAKE, up + AWAKE + (sleep.stop - sleep.start))


def _ended_by_landing(sleep: Span | None, zones: Sequence[ZoneChange]) -> Span | None:
    """Return a sleep on board that ends in time."""
    for change in zones[1:]:
        latest = change.start - ON_BOARD
        if sleep is not None and sleep.start < latest < sleep.stop:
            return Span(sleep.start, latest)
    return sleep


def _awake(rng: np.random.Generator, sleep: Span | None) -> tuple[Span, ...]:
    """Return up to three short awakenings, none near another or an end of sleep."""
    places = rng.permutation(5)[: min(int(rng.poisson(1.2)), 3)]
    lengths = rng.integers(3, 16, size=3)
    if sleep is None:
        return ()
    part = (sleep.stop - sleep.start) // 6 // MINUTE * MINUTE
    starts = [sleep.start + (int(place) + 1) * part for place in sorted(places)]
    return tuple(
        Span(start, start + int(length) * MINUTE)
        for start, length in zip(starts, lengths, strict=False)
    )


def _apart(nap: Span | None, up: datetime, sleep: Span | None) -> Span | None:
    """Return the nap unless it would run into one of the nights around it."""
    if nap is None or nap.start < up + APART:
        return None
    return None if sleep is not None and nap.stop > sleep.start - APART else nap


def _nap(rng: np.random.Generator, habit: Habit, begins: datetime) -> Span | None:
    naps, hour, minutes = rng.uniform(), rng.uniform(13.0, 15.5), int(rng.integers(30, 91))
    if naps >= habit.naps:
        return None
    start = begins - DAY + whole_minutes(hour)
    return Span(start, start + minutes * MINUTE)
