"""What enters each chart: an interval for every night that holds all it could have been."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from daykeel.rhythm.baseline import Numbers, estimate, median, named
from daykeel.rhythm.clock import has_direction
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import DAY, Flags, Floats, Interval, Series

MID, DURATION, HITS, DEVIATION = (
    "sleep.mid",
    "sleep.duration",
    "srm.hit_fraction",
    "sleep.mid.deviation",
)
ONSET, OFFSET, TST = "sleep.onset", "sleep.offset", "sleep.tst"
PAIR, M10, STEPS = "sri.pair", "act.m10_onset", "steps"
FLOORS = {
    MID: 0.25,
    DURATION: 0.25,
    HITS: 0.2,
    DEVIATION: 0.25,
    ONSET: 0.25,
    OFFSET: 0.25,
    TST: 0.25,
    PAIR: 5.0,
    M10: 0.25,
}
"""Least scale of each chart but that of steps, whose logarithm tells of shares."""
FEW_STEPS = 300.0
"""Least scale of a day's steps."""
DAILY = frozenset({HITS, M10, STEPS})
"""Charts of calendar days, which are complete with the night after them."""
TIMED = frozenset({MID, ONSET, OFFSET})
"""Charts of times of day, which have no centre where sleep has no time of its own."""


@dataclass(frozen=True, slots=True)
class SleepMaterial:
    """When and how long somebody slept: the interval is the same whatever the baseline."""

    chart: str
    series: Series
    interval: Interval
    valid: Flags
    stop: int
    by: Rules

    @property
    def silent(self) -> Flags:
        """Nights without data."""
        return ~self.interval.is_bounded & ~self.series.sleepless & ~self.series.bridged

    @property
    def device(self) -> Numbers:
        """Of each night."""
        return self.series.device

    def used(self, candidates: Numbers) -> Numbers:
        """Return all of them; none where sleep has no time of its own, as in rotating shifts."""
        if self.chart in TIMED and not has_direction(self.interval.value[candidates]):
            return candidates[:0]
        return candidates

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return what is usual over some nights, frozen at the end of night `at`."""
        return made_of(self.chart, self.series, self.interval.value[used], used, at, self.by)

    def read(self, baseline: Baseline, nights: slice = slice(None)) -> Interval:  # noqa: ARG002  another chart needs them
        """Return what the chart reads under a baseline."""
        return self.interval


@dataclass(frozen=True, slots=True)
class DeviationMaterial:
    """How far midsleep lies from its centre, to whichever side."""

    series: Series
    mid: SleepMaterial
    usual: Baseline
    """Of midsleep, as it froze."""

    @property
    def valid(self) -> Flags:
        """Nights that may enter a baseline."""
        return self.mid.valid

    @property
    def silent(self) -> Flags:
        """Nights without data."""
        return self.mid.silent

    @property
    def device(self) -> Numbers:
        """Of each night."""
        return self.series.device

    @property
    def stop(self) -> int:
        """First night that does not count yet."""
        return self.mid.stop

    @property
    def interval(self) -> Interval:
        """Distances, from 0 where the interval of midsleep holds the centre."""
        usual = self.usual.centre + self.usual.free_day_effect * self.series.free
        apart = self.mid.interval.shifted(usual)
        lo, hi = np.abs(apart.lo), np.abs(apart.hi)
        nearest = np.where((apart.lo < 0) & (apart.hi > 0), 0.0, np.minimum(lo, hi))
        return Interval(np.abs(apart.value), nearest, np.maximum(lo, hi))

    def used(self, candidates: Numbers) -> Numbers:
        """Return all of them."""
        return candidates

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return what is usual over some nights, frozen at the end of night `at`."""
        return made_of(DEVIATION, self.series, self.interval.value[used], used, at, self.mid.by)

    def read(self, baseline: Baseline, nights: slice = slice(None)) -> Interval:  # noqa: ARG002  another chart needs them
        """Return what the chart reads under a baseline."""
        return self.interval


def made_of(  # noqa: PLR0913, PLR0917
    chart: str,
    series: Series,
    values: Floats,
    used: Numbers,
    at: int,
    by: Rules = LIVE,
    ceilings: tuple[int, ...] = (),
) -> Baseline:
    """Return what is usual of a chart over some nights, frozen at the end of night `at`."""
    night = Nights(used.tobytes(), values.tobytes(), series.free[used].tobytes(), ceilings)
    return _made(chart, series.date(0), at, night, by.estimator, by.version)


class Nights(NamedTuple):
    """Numbers, values and free days of some nights, as bytes."""

    used: bytes
    values: bytes
    free: bytes
    ceilings: tuple[int, ...]
    """That the values were read under."""


@lru_cache(maxsize=2048)
def _made(  # noqa: PLR0913, PLR0917  plain values, so that the same nights are estimated once
    chart: str, first: date, at: int, told: Nights, estimator: str, version: str
) -> Baseline:
    numbers = np.frombuffer(told.used, dtype=np.int64)
    values, free = np.frombuffer(told.values), np.frombuffer(told.free, bool)
    found = estimate(values, free, numbers, floor_of(chart, values), estimator)
    nights = tuple(first + number * DAY for number in numbers.tolist())
    return named(
        Baseline(
            chart=chart,
            first=nights[0],
            frozen=first + at * DAY,
            nights=nights,
            centre=found.centre,
            scale=found.scale,
            phi=found.phi,
            free_day_effect=found.effect,
            ceilings=told.ceilings,
            rule_version=version,
        )
    )


def floor_of(chart: str, values: Floats) -> float:
    """Return the least scale of a chart over some nights.

    >>> floor_of("sleep.mid", np.zeros(1)), floor_of("steps", np.log1p([2999.0, 0.0, 9999.0]))
    (0.25, 0.1)
    """
    if chart != STEPS:
        return FLOORS[chart]
    return FEW_STEPS / (1 + float(np.expm1(median(values))))


def settled(series: Series, travel: Flags) -> Flags:
    """Return the nights nothing speaks against: final, at home, no change of clocks, no mark."""
    return series.final & ~(travel | series.dst | series.excluded | series.episode)


def sleep_material(
    chart: str, series: Series, is_settled: Flags, by: Rules = LIVE
) -> SleepMaterial:
    """Return what a chart of sleep is made of."""
    interval = _of_sleep(chart, series)
    valid = is_settled & series.certain & np.isfinite(interval.value)
    return SleepMaterial(chart, series, interval, valid, stop_of(series.final), by)


def _of_sleep(chart: str, series: Series) -> Interval:
    """Return what was known of each night.

    Of the time asleep only where that of main sleep is bounded: elsewhere it would say no more
    than that a night has 24 hours.
    """
    if chart == TST:
        told = series.duration.is_bounded
        whole = (series.tst.value, series.tst.lo, series.tst.hi)
        return Interval(*(np.where(told, part, np.nan) for part in whole))
    of = {
        MID: series.mid,
        DURATION: series.duration,
        ONSET: series.onset,
        OFFSET: series.offset,
    }
    return of[chart]


def stop_of(final: Flags) -> int:
    """Return the first night after the last final one."""
    found = np.flatnonzero(final)
    return int(found[-1]) + 1 if found.size else 0
