"""Minutes of invented lives: awake in the night, naps, and the steps of the days."""

import numpy as np

from daykeel.rhythm.cohort.lives import Flags, Floats, Ints, Nights
from daykeel.rhythm.synthetic.sleep import carried

MINUTES, NOON = 1440, 720
WAKINGS, AWAKE, UNEVEN = 8, 4.0, 0.5
"""Times awake in a night, minutes of each, and the spread (of its logarithm) over nights."""
NAPS, SHORTEST, LONGEST = 0.05, 30, 90
"""Share of days with a nap, and its minutes."""
STEPS, PERSON, SPREAD, CARRY, FEWEST = 8500.0, 0.3, 4060.0, 0.18, 500.0
"""Steps of a day: mean, spread of its logarithm over people, spread over days, carry-over
from day to day, and least."""
BINS, WIDTH = 144, 6
"""Ten minutes in a day, and in an hour."""
WAVE, AFTER, WIDE = 2.0, 6.0, 4.0
"""How much more there is at the height of a day, hours after waking, and its width."""
CHARGED = 4
"""Ten minutes of a day in which the tracker is charged."""


def minutes_asleep(rng: np.random.Generator, nights: Nights, *, broken: bool) -> Flags:
    """Return which minutes of each night are asleep, from noon to noon.

    `broken`: with minutes awake in between, and naps.
    """
    count = len(nights.dates)
    clock = np.arange(MINUTES)
    onset = np.round(60 * nights.onset)[:, None] + NOON
    length = np.round(60 * nights.duration)[:, None] * ~nights.sleepless[:, None]
    asleep = (clock >= onset) & (clock < onset + length)
    if not broken:
        return asleep
    uneven = np.exp(rng.normal(0, UNEVEN, count))
    more = 0.0 if nights.awake is None else nights.awake / WAKINGS
    for _ in range(WAKINGS):
        start = onset + length * rng.random((count, 1))
        stop = start + (rng.exponential(AWAKE, count) * uneven + more)[:, None]
        asleep &= ~((clock >= start) & (clock < stop))
    first = rng.integers(2 * 60, 5 * 60, count)[:, None]
    nap = rng.integers(SHORTEST, LONGEST, count) * (rng.random(count) < NAPS)
    return np.asarray(asleep | ((clock >= first) & (clock < first + nap[:, None])))


def day_steps(rng: np.random.Generator, nights: Nights) -> tuple[Ints, Ints]:
    """Return the steps of each ten minutes of the day after each night, and the minutes known."""
    if nights.steps is not None:
        known = nights.steps >= 0
        paced = np.round(nights.steps * _pace(nights)).astype(np.int64)
        return paced * known, 10 * known.astype(np.int64)
    count = len(nights.dates)
    hours = (np.arange(BINS) + 0.5) / WIDTH
    wakes = (nights.onset + nights.duration)[:, None]
    sleeps = np.append(nights.onset[1:], nights.onset[-1:])[:, None] + 24
    later = 0.0 if nights.later is None else nights.later[:, None]
    centre = wakes + AFTER + later + rng.normal(0, 1, (count, 1))
    wave = 1 + WAVE * np.exp(-(((hours - centre) / WIDE) ** 2))
    weights = rng.gamma(0.5, 1.0, (count, BINS)) * wave * ((hours >= wakes) & (hours < sleeps))
    share = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    steps = np.round(_totals(rng, nights)[:, None] * share).astype(np.int64)
    charged = rng.integers(0, BINS - CHARGED, count)[:, None]
    known = (np.arange(BINS) < charged) | (np.arange(BINS) >= charged + CHARGED)
    return steps * known, 10 * known.astype(np.int64)


def _totals(rng: np.random.Generator, nights: Nights) -> Floats:
    """Return the steps of each day."""
    count = len(nights.dates)
    usual = STEPS * np.exp(rng.normal(0, PERSON))
    walked = usual + SPREAD * carried(rng.standard_normal(count), CARRY)
    return np.asarray(np.maximum(walked, FEWEST) * _pace(nights)[:, 0])


def _pace(nights: Nights) -> Floats:
    """Return the share of its usual steps that each day has, shape (n, 1)."""
    pace = np.ones(len(nights.dates)) if nights.pace is None else nights.pace
    return pace[:, None]
