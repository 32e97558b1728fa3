"""The chart of anchors: how many were near the times that the baseline holds for usual."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from daykeel.rhythm.anchors import Anchors, Told, believed
from daykeel.rhythm.baseline import Numbers, named
from daykeel.rhythm.inputs import HITS, made_of, stop_of
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Floats, Interval, Series
from daykeel.rhythm.srm import DAY, NEAR, ROUNDING, habitual_time
from daykeel.rhythm.tracked_days import ENOUGH_ITEMS, TrackedDays


@dataclass(frozen=True, slots=True)
class HitMaterial:
    """How many of the day's anchors were near the times that the baseline holds for usual."""

    series: Series
    anchors: Anchors
    tracked: TrackedDays
    valid: Flags
    stop: int
    by: Rules
    known: dict[tuple[object, ...], Interval] = field(default_factory=dict)
    """What was read so far, by habitual times and classes: reading is the same every time."""

    @property
    def silent(self) -> Flags:
        """Days on which no anchor is known."""
        known = _known(self.anchors, self.tracked)
        return np.asarray((known == 0) & ~self.series.bridged)

    @property
    def device(self) -> Numbers:
        """What is tracked: a baseline is of the same anchors throughout.

        Devices do not matter: the class of each anchor does, and it is in the baseline.
        """
        return self.tracked.version

    def speaks(self, version: int) -> Flags:
        """Return the days on which the chart has a say under a baseline of one version.

        What was usual of other anchors says nothing of those tracked now.
        """
        return np.asarray((self.tracked.version == version) & self.tracked.enough)

    def used(self, candidates: Numbers) -> Numbers:
        """Return the days with enough anchors known by the class believed over all of them."""
        told = self._believed(candidates)
        known = sum(
            ((one.known[candidates] >= 0).astype(np.int64) for one in told.values()),
            np.zeros(candidates.size, dtype=np.int64),
        )
        return candidates[known >= ENOUGH_ITEMS]

    def _believed(self, days: Numbers) -> Mapping[str, Told]:
        classes = dict(self._classes(days))
        return {item: self.anchors[item][name] for item, name in classes.items() if name}

    def _classes(self, days: Numbers) -> Iterator[tuple[str, str]]:
        """Yield whom to believe of each anchor that is tracked on days of one version."""
        for item, is_tracked in self.tracked.each.items():
            if is_tracked[days].any():
                yield item, believed(self.anchors[item], days)

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return usual times and how often they were kept, frozen at the end of day `at`."""
        classes = list(self._classes(used))
        times = (
            (item, name, self.anchors[item][name].times[used]) for item, name in classes if name
        )
        found = [(item, name, _habitual(when.tobytes())) for item, name, when in times]
        habitual = {item: when for item, _, when in found if when is not None}
        names = {item: name for item, name, when in found if when is not None}
        value = self._interval(tuple(habitual.items()), names).value[used]
        is_known = np.isfinite(value)
        made = made_of(HITS, self.series, value[is_known], used[is_known], at, self.by)
        return named(
            replace(
                made,
                nights=tuple(self.series.date(int(one)) for one in used),
                habitual=tuple(habitual.items()),
                classes=tuple(names.items()),
            )
        )

    def read(self, baseline: Baseline, nights: slice = slice(None)) -> Interval:  # noqa: ARG002  another chart needs them
        """Return the fraction of anchors hit each day, against the times of a baseline."""
        return self._interval(baseline.habitual, dict(baseline.classes))

    def _interval(
        self, habitual: tuple[tuple[str, float], ...], classes: Mapping[str, str]
    ) -> Interval:
        key = habitual, tuple(classes.items())
        if key not in self.known:
            self.known[key] = self._counted(habitual, classes)
        return self.known[key]

    def _counted(
        self, habitual: Iterable[tuple[str, float]], classes: Mapping[str, str]
    ) -> Interval:
        hits = np.zeros(len(self.series))
        misses = np.zeros(len(self.series))
        enough = self.tracked.enough
        for item, usual in habitual:
            told = self.anchors[item].get(classes[item]) if item in self.anchors else None
            if told is not None:
                is_hit, is_miss = near(told, usual)
                counts = self.tracked.each[item] & enough
                hits += is_hit & counts
                misses += is_miss & counts
        return fraction(hits, misses, self.tracked.number)


def near(told: Told, usual: float) -> tuple[Flags, Flags]:
    """Return on which days an anchor certainly was within 45 minutes of `usual`, and was not."""
    early = (told.lo - usual + DAY / 2) % DAY - DAY / 2
    late = early + (told.hi - told.lo)
    is_hit = (early >= -NEAR - ROUNDING) & (late <= NEAR + ROUNDING)
    # An interval that reaches round the clock may come near from the other side.
    apart = ((early > NEAR + ROUNDING) & (late < DAY - NEAR)) | (late < -NEAR - ROUNDING)
    return (told.known == 1) & is_hit, (told.known == 0) | ((told.known == 1) & apart)


def fraction(hits: Floats, misses: Floats, items: Numbers) -> Interval:
    """Return hits per known anchor, and what it could be if the others were known.

    >>> found = fraction(np.array([3.0]), np.array([1.0]), np.array([5]))
    >>> found.value.tolist(), found.lo.tolist(), found.hi.tolist()
    ([0.75], [0.6], [0.8])
    """
    known = hits + misses
    nothing = known == 0
    value = np.where(nothing, np.nan, hits / np.where(nothing, 1, known))
    many = np.where(nothing, 1, items)
    lo = np.where(nothing, np.nan, hits / many)
    hi = np.where(nothing, np.nan, (items - misses) / many)
    return Interval(value, lo, hi)


@lru_cache(maxsize=4096)
def _habitual(times: bytes) -> float | None:
    when = np.frombuffer(times)
    return habitual_time(when[np.isfinite(when)])


def _known(anchors: Anchors, tracked: TrackedDays) -> Numbers:
    """Return how many of the tracked anchors anybody knows each day."""
    known = np.zeros(tracked.version.size, dtype=np.int64)
    for item, is_tracked in tracked.each.items():
        said = [one.known >= 0 for one in anchors[item].values()]
        if said:
            known += np.logical_or.reduce(said) & is_tracked
    return known


def hit_material(
    series: Series,
    anchors: Anchors,
    tracked: TrackedDays,
    is_settled: Flags,
    by: Rules = LIVE,
) -> HitMaterial | None:
    """Return what the chart of anchors is made of; None where three were never tracked."""
    if not tracked.enough.any():
        return None
    valid = is_settled & (_known(anchors, tracked) >= ENOUGH_ITEMS)
    return HitMaterial(series, anchors, tracked, valid, stop_of(series.complete), by)
