"""What enters each chart: an interval for every night that holds all it could have been."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from daykeel.rhythm.baseline import Numbers, estimate, named
from daykeel.rhythm.clock import has_direction
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.series import DAY, Flags, Floats, Interval, Series

MID, DURATION, HITS, DEVIATION = (
    "sleep.mid",
    "sleep.duration",
    "srm.hit_fraction",
    "sleep.mid.deviation",
)
FLOORS = {MID: 0.25, DURATION: 0.25, HITS: 0.2, DEVIATION: 0.25}
"""Least scale of each chart."""


@dataclass(frozen=True, slots=True)
class SleepMaterial:
    """Midsleep or duration: the interval is the same whatever the baseline."""

    chart: str
    series: Series
    interval: Interval
    valid: Flags
    stop: int

    @property
    def silent(self) -> Flags:
        """Nights without data."""
        return ~self.interval.is_bounded & ~self.series.sleepless

    @property
    def device(self) -> Numbers:
        """Of each night."""
        return self.series.device

    def used(self, candidates: Numbers) -> Numbers:
        """Return all of them; none where sleep has no time of its own, as in rotating shifts."""
        if self.chart == MID and not has_direction(self.interval.value[candidates]):
            return candidates[:0]
        return candidates

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return what is usual over some nights, frozen at the end of night `at`."""
        return made_of(self.chart, self.series, self.interval.value[used], used, at)

    def read(self, baseline: Baseline) -> Interval:  # noqa: ARG002  another chart needs it
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
        return made_of(DEVIATION, self.series, self.interval.value[used], used, at)

    def read(self, baseline: Baseline) -> Interval:  # noqa: ARG002  another chart needs it
        """Return what the chart reads under a baseline."""
        return self.interval


def made_of(chart: str, series: Series, values: Floats, used: Numbers, at: int) -> Baseline:
    """Return what is usual of a chart over some nights, frozen at the end of night `at`."""
    free = series.free[used]
    return _made(chart, series.date(0), at, used.tobytes(), values.tobytes(), free.tobytes())


@lru_cache(maxsize=2048)
def _made(  # noqa: PLR0913, PLR0917  plain values, so that the same nights are estimated once
    chart: str, first: date, at: int, used: bytes, values: bytes, free: bytes
) -> Baseline:
    numbers = np.frombuffer(used, dtype=np.int64)
    found = estimate(np.frombuffer(values), np.frombuffer(free, bool), numbers, FLOORS[chart])
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
        )
    )


def settled(series: Series, travel: Flags) -> Flags:
    """Return the nights nothing speaks against: final, at home, no change of clocks, no mark."""
    return series.final & ~(travel | series.dst | series.excluded | series.episode)


def sleep_material(chart: str, series: Series, is_settled: Flags) -> SleepMaterial:
    """Return what the charts of midsleep and duration are made of."""
    interval = series.mid if chart == MID else series.duration
    valid = is_settled & series.certain & np.isfinite(interval.value)
    return SleepMaterial(chart, series, interval, valid, stop_of(series.final))


def stop_of(final: Flags) -> int:
    """Return the first night after the last final one."""
    found = np.flatnonzero(final)
    return int(found[-1]) + 1 if found.size else 0
