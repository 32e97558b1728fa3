"""Nights of many invented lives, without the minutes: enough for charts, and quick to make.

Two generators that differ in kind. `stated` is the one of science.md 16.1, on which limits are
set. `other` is what they are reported on: people differ in how steady they are, alarms hold the
end of sleep on working days, sleep is shorter after late nights, some weeks are rougher than
others, and one night in twenty is far off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.context import Mark
from daykeel.rhythm.synthetic.life import Habit, Script
from daykeel.rhythm.synthetic.places import zone_history
from daykeel.rhythm.synthetic.sleep import LONGEST, SATURDAY, SHORTEST, carried, times, worn

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY = timedelta(days=1)
OUTLYING, OUTLIER = 0.05, 2.5
"""Share of nights that are far off, and how many times farther."""
ROUGH, WEEK = 0.2, 7
"""Spread of the weeks' roughness (of its logarithm)."""
REBOUND = 0.3
"""Hours of sleep lost for each hour that it began late."""
BINS_PER_HOUR = 6
HOLIDAYS, ILLNESSES = 2, 2
SEASON = 1 / 3


@dataclass(frozen=True, slots=True)
class Nights:
    """One life; entry i of every array is night i."""

    dates: tuple[date, ...]
    onset: Floats
    """Hours from the night's midnight."""
    duration: Floats
    """Hours."""
    sleepless: Flags
    worn: Flags
    marks: tuple[Mark, ...] = ()
    """What the person could declare."""
    pace: Floats | None = None
    """Share of the usual steps of each day; None: as usual."""
    later: Floats | None = None
    """Hours by which the height of each day comes later than after waking; None: none."""
    awake: Floats | None = None
    """Minutes more awake in each night than usual; None: none."""
    steps: Ints | None = None
    """Recorded steps of each ten minutes of the days, shape (n, 144), -1 where not known; None:
    they are invented."""

    @property
    def free(self) -> Flags:
        """Whether the date is a day off."""
        return np.array([day.weekday() >= SATURDAY for day in self.dates])


def dates_from(first: date, count: int) -> tuple[date, ...]:
    """Return so many dates in a row."""
    return tuple(first + number * DAY for number in range(count))


def stated(rng: np.random.Generator, habit: Habit, dates: Sequence[date]) -> Nights:
    """Return a life of the stated generator."""
    script = Script("cohort", "UTC", habit)
    slept = times(rng, script, zone_history(script, dates), dates)
    return _nights(rng, habit, dates, slept.onset, slept.duration)


def other(rng: np.random.Generator, habit: Habit, dates: Sequence[date]) -> Nights:
    """Return a life of the other generator; of the habit only carry-over and gaps are used."""
    count = len(dates)
    free = np.array([day.weekday() >= SATURDAY for day in dates])
    steady, evening = float(np.exp(rng.normal(-0.45, 0.3))), rng.normal(-0.25, 0.8)
    weeks = np.exp(rng.normal(0, ROUGH, count // WEEK + 1)).repeat(WEEK)[:count]
    far = np.where(rng.random(count) < OUTLYING, OUTLIER, 1.0)
    late = steady * weeks * carried(rng.standard_normal(count) * far, habit.carry)
    onset = evening + late + rng.uniform(0.3, 1.3) * free
    length = rng.normal(7.4, 0.6)
    alarm = evening + length + rng.normal(0, 0.35, count) * weeks
    sleeps_in = onset + length + 0.5 - REBOUND * late + steady * rng.standard_normal(count) * weeks
    duration = np.clip(np.where(free, sleeps_in, alarm) - onset, SHORTEST, LONGEST)
    return _nights(rng, habit, dates, onset, duration)


def _nights(
    rng: np.random.Generator,
    habit: Habit,
    dates: Sequence[date],
    onset: Floats,
    duration: Floats,
) -> Nights:
    sleepless = rng.random(len(dates)) < habit.sleepless
    is_worn = worn(rng, Script("cohort", "UTC", habit), len(dates))
    return Nights(tuple(dates), onset, duration, sleepless, is_worn)


@dataclass(frozen=True, slots=True)
class Shift:
    """A change that lasts, if not said otherwise."""

    name: str
    mid: float = 0.0
    """Hours by which midsleep comes later once the change is whole."""
    longer: float = 0.0
    """Hours by which main sleep is longer, from falling asleep to the last waking."""
    ramp: int = 1
    """Nights until the change is whole."""
    awake: float = 0.0
    """Minutes more awake in the night."""
    fewer: float = 0.0
    """Share of its steps that a day has less."""
    later: float = 0.0
    """Hours by which the height of the day comes later than after waking."""
    nights: int | None = None
    """How long it lasts; None: for good."""
    wide: float = 1.0
    """How many times farther from usual sleep begins while it lasts."""

    @property
    def is_of_sleep(self) -> bool:
        """Whether it shows in when or how long somebody slept."""
        return bool(self.mid or self.longer)


def moved(nights: Nights, since: int, shift: Shift) -> Nights:
    """Return the life with a change that begins at a night."""
    part = np.clip((np.arange(len(nights.dates)) - since + 1) / shift.ramp, 0.0, 1.0)
    if shift.nights is not None:
        part[since + shift.nights :] = 0.0
    if shift.wide != 1:
        nights = _scattered(nights, 1 + (shift.wide - 1) * part)
    steps = nights.steps
    if steps is not None:
        steps = _later(steps, np.rint(BINS_PER_HOUR * part * (shift.mid + shift.later)))
    return replace(
        _changed(nights, part * shift.mid, part * shift.longer),
        pace=1 - part * shift.fewer,
        later=part * shift.later,
        awake=part * shift.awake,
        steps=steps,
    )


def _later(steps: Ints, bins: Floats) -> Ints:
    """Return recorded days that come later; what leaves a day in the evening begins it."""
    found = [np.roll(day, by) for day, by in zip(steps, bins.astype(int).tolist(), strict=True)]
    return np.array(found, dtype=np.int64)


def ordinary(rng: np.random.Generator, nights: Nights) -> Nights:
    """Return the life with two holidays, two illnesses and a season in each year."""
    count = len(nights.dates)
    mid, wide = np.zeros(count), np.ones(count)
    marks = []
    for what, many, least, most, late in (
        ("event", HOLIDAYS, 7, 14, 1.0),
        ("illness", ILLNESSES, 3, 5, 1.5),
    ):
        for first in rng.integers(0, count, max(round(many * count / 365), 1)):
            last = min(int(first + rng.integers(least, most + 1)), count) - 1
            mid[first : last + 1] += late
            if what == "event":
                wide[first : last + 1] = 1.5
            marks.append(Mark(what, nights.dates[first], nights.dates[last]))
    mid += SEASON * np.sin(2 * np.pi * (np.arange(count) / 365.25 + rng.random()))
    spread = _scattered(nights, wide)
    return replace(_changed(spread, mid, np.zeros(count)), marks=tuple(marks))


def _scattered(nights: Nights, wide: Floats) -> Nights:
    """Return the life in which sleep begins so many times farther from when it usually does."""
    usual = float(np.median(nights.onset))
    return replace(nights, onset=usual + (nights.onset - usual) * wide)


def _changed(nights: Nights, mid: Floats, longer: Floats) -> Nights:
    duration = np.clip(nights.duration + longer, SHORTEST, LONGEST)
    onset = nights.onset + mid - (duration - nights.duration) / 2
    return replace(nights, onset=onset, duration=duration)
