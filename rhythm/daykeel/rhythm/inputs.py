"""What enters each chart: an interval for every night that holds all it could have been."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np

from daykeel.rhythm.anchors import Anchors, Told, believed
from daykeel.rhythm.baseline import Numbers, estimate, named
from daykeel.rhythm.clock import has_direction
from daykeel.rhythm.ledger import ANCHORS, Baseline
from daykeel.rhythm.series import DAY, Flags, Floats, Interval, Series
from daykeel.rhythm.srm import DAY as DAY_MINUTES
from daykeel.rhythm.srm import NEAR, ROUNDING, habitual_time

MID, DURATION, HITS, DEVIATION = (
    "sleep.mid",
    "sleep.duration",
    "srm.hit_fraction",
    "sleep.mid.deviation",
)
FLOORS = {MID: 0.25, DURATION: 0.25, HITS: 0.2, DEVIATION: 0.25}
"""Least scale of each chart."""
ENOUGH_ITEMS = 3
"""Known anchors with which a day counts."""


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
        return _baseline(self.chart, self.series, self.interval.value[used], used, at)

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
        return _baseline(DEVIATION, self.series, self.interval.value[used], used, at)

    def read(self, baseline: Baseline) -> Interval:  # noqa: ARG002  another chart needs it
        """Return what the chart reads under a baseline."""
        return self.interval


@dataclass(frozen=True, slots=True)
class HitMaterial:
    """How many of the day's anchors were near the times that the baseline holds for usual."""

    series: Series
    anchors: Anchors
    items: tuple[str, ...]
    """Tracked anchors."""
    valid: Flags
    stop: int

    @property
    def silent(self) -> Flags:
        """Days on which no anchor is known."""
        return np.asarray(_known(self.anchors, self.items, len(self.series)) == 0)

    @property
    def device(self) -> Numbers:
        """Devices do not matter: the class of each anchor does, and it is in the baseline."""
        return np.zeros(len(self.series), dtype=np.int64)

    def used(self, candidates: Numbers) -> Numbers:
        """Return the days with enough anchors known by the class believed over all of them."""
        told = self._believed(candidates)
        known = sum(
            ((one.known[candidates] >= 0).astype(np.int64) for one in told.values()),
            np.zeros(candidates.size, dtype=np.int64),
        )
        return candidates[known >= ENOUGH_ITEMS]

    def _believed(self, days: Numbers) -> Mapping[str, Told]:
        classes = {item: believed(self.anchors[item], days) for item in self.items}
        return {item: self.anchors[item][name] for item, name in classes.items() if name}

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return usual times and how often they were kept, frozen at the end of day `at`."""
        classes = [(item, believed(self.anchors[item], used)) for item in self.items]
        times = (
            (item, name, self.anchors[item][name].times[used]) for item, name in classes if name
        )
        found = [(item, name, _habitual(when.tobytes())) for item, name, when in times]
        habitual = {item: when for item, _, when in found if when is not None}
        names = {item: name for item, name, when in found if when is not None}
        value = self._interval(habitual, names).value[used]
        is_known = np.isfinite(value)
        made = _baseline(HITS, self.series, value[is_known], used[is_known], at)
        return named(
            replace(
                made,
                nights=tuple(self.series.date(int(one)) for one in used),
                habitual=tuple(habitual.items()),
                classes=tuple(names.items()),
            )
        )

    def read(self, baseline: Baseline) -> Interval:
        """Return the fraction of anchors hit each day, against the times of a baseline."""
        return self._interval(dict(baseline.habitual), dict(baseline.classes))

    def _interval(self, habitual: Mapping[str, float], classes: Mapping[str, str]) -> Interval:
        hits = np.zeros(len(self.series))
        misses = np.zeros(len(self.series))
        for item, usual in habitual.items():
            told = self.anchors[item].get(classes[item]) if item in self.anchors else None
            if told is not None and item in self.items:
                is_hit, is_miss = near(told, usual)
                hits += is_hit
                misses += is_miss
        return fraction(hits, misses, len(self.items))


def near(told: Told, usual: float) -> tuple[Flags, Flags]:
    """Return on which days an anchor certainly was within 45 minutes of `usual`, and was not."""
    early = (told.lo - usual + DAY_MINUTES / 2) % DAY_MINUTES - DAY_MINUTES / 2
    late = early + (told.hi - told.lo)
    is_hit = (early >= -NEAR - ROUNDING) & (late <= NEAR + ROUNDING)
    # An interval that reaches round the clock may come near from the other side.
    apart = ((early > NEAR + ROUNDING) & (late < DAY_MINUTES - NEAR)) | (late < -NEAR - ROUNDING)
    return (told.known == 1) & is_hit, (told.known == 0) | ((told.known == 1) & apart)


def fraction(hits: Floats, misses: Floats, items: int) -> Interval:
    """Return hits per known anchor, and what it could be if the others were known.

    >>> found = fraction(np.array([3.0]), np.array([1.0]), 5)
    >>> found.value.tolist(), found.lo.tolist(), found.hi.tolist()
    ([0.75], [0.6], [0.8])
    """
    known = hits + misses
    nothing = known == 0
    value = np.where(nothing, np.nan, hits / np.where(nothing, 1, known))
    lo = np.where(nothing, np.nan, hits / items)
    hi = np.where(nothing, np.nan, (items - misses) / items)
    return Interval(value, lo, hi)


@lru_cache(maxsize=4096)
def _habitual(times: bytes) -> float | None:
    when = np.frombuffer(times)
    return habitual_time(when[np.isfinite(when)])


def _known(anchors: Anchors, items: tuple[str, ...], n: int) -> Numbers:
    """Return how many of the anchors anybody knows each day."""
    known = np.zeros(n, dtype=np.int64)
    for item in items:
        said = [one.known >= 0 for one in anchors[item].values()]
        if said:
            known += np.logical_or.reduce(said)
    return known


def _baseline(chart: str, series: Series, values: Floats, used: Numbers, at: int) -> Baseline:
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
    return SleepMaterial(chart, series, interval, valid, _stop(series.final))


def hit_material(
    series: Series, anchors: Anchors, tracked: tuple[str, ...], is_settled: Flags
) -> HitMaterial | None:
    """Return what the chart of anchors is made of; None with fewer than three tracked ones."""
    items = tuple(item for item in ANCHORS if item in tracked)
    if len(items) < ENOUGH_ITEMS:
        return None
    valid = is_settled & (_known(anchors, items, len(series)) >= ENOUGH_ITEMS)
    return HitMaterial(series, anchors, items, valid, _stop(series.complete))


def _stop(final: Flags) -> int:
    found = np.flatnonzero(final)
    return int(found[-1]) + 1 if found.size else 0
