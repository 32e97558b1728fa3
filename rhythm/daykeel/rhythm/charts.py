"""The slow channel: a pair of guarded one-sided EWMA statistics for each chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from daykeel.rhythm.baseline import Frozen, Numbers
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.ledger import Baseline, ChartPoint
from daykeel.rhythm.series import Flags, Floats, Interval, Series

LAMBDA = 0.2
LEAST, MOST = -1.0, 4.0
"""What one night may contribute; a missing night contributes the least."""
YOUNG, GROWN = 5.0, 4.6
"""Limits in asymptotic SD for baselines below 56 nights, and from 56 on."""
SKEWED = 1.1
"""By how much more for the distance from usual midsleep: its upper tail is longer. At the plain
limits `bench/false_alerts.py` gave 0.6 (normal) and 0.9 (t5) false alerts a year of this chart
alone; so widened it gives 0.4 and 0.3."""
GROWN_UP = 56

SIDES = {
    MID: ("late_low", "early_high"),
    DURATION: ("late_low", "early_high"),
    HITS: ("", "irregular"),
    DEVIATION: ("irregular", ""),
}
"""What a rise and a fall of each chart mean; empty: nothing."""
UNUSED = ("", "missing", "dst", "travel", "excluded", "device")
"""Why a night carries no evidence, by its code; 0 where it does."""
_MISSING, _DST, _TRAVEL, _EXCLUDED, _DEVICE = range(1, 6)


@dataclass(frozen=True, slots=True)
class Track:
    """One chart, night by night; entry i of every array is night i of the series."""

    chart: str
    interval: Interval
    """As recorded, read under the baseline in force that night; NaN before the first one."""
    low: Floats
    """Bounds in the client's own SD; NaN where there is no baseline or no bound."""
    high: Floats
    z: Floats
    up: Floats
    down: Floats
    ewma: Floats
    limit: Floats
    """0 where there is no chart yet."""
    unused: Numbers
    """Code of why the night carries no evidence."""
    signal_up: Flags
    signal_down: Flags
    frozen: tuple[Frozen, ...]

    @property
    def evidence(self) -> Flags:
        """Which nights carry evidence."""
        return np.asarray((self.unused == 0) & (self.limit > 0))

    @property
    def signal(self) -> Flags:
        """Nights with a signal to either side."""
        return self.signal_up | self.signal_down

    def baseline(self, at: int) -> Frozen | None:
        """Return the baseline in use on a night."""
        return next((one for one in self.frozen if one.start <= at < one.stop), None)

    def started(self, at: int) -> int:
        """Return the first night of the chart that night `at` stands on."""
        start = at
        for one in self.frozen:
            if one.start <= at and one.is_anew:
                start = one.start
        return start


def limit(baseline: Baseline) -> float:
    """Return the asymptotic limit of the EWMA, widened for carry-over from night to night."""
    bound = YOUNG if len(baseline.nights) < GROWN_UP else GROWN
    return ewma_limit(bound * (SKEWED if baseline.chart == DEVIATION else 1), baseline.phi)


def ewma_limit(bound: float, phi: float) -> float:
    """Return `bound` asymptotic SD of an EWMA of a process that carries over `phi`.

    >>> round(ewma_limit(3.3, 0.0), 9), round(ewma_limit(1.0, 0.3) / ewma_limit(1.0, 0.0), 7)
    (1.1, 1.2773327)
    """
    keeps = phi * (1 - LAMBDA)
    return bound * sqrt(LAMBDA / (2 - LAMBDA)) * sqrt((1 + keeps) / (1 - keeps))


def guarded(evidence: Sequence[float], start: float = 0.0) -> list[float]:
    """Return the one-sided statistic after each night.

    Parameters
    ----------
    evidence
        For each night the standardised bound that speaks least for a change to this side; -1 or
        less where nothing is known.
    start
        The statistic before.

    Examples
    --------
    >>> [round(u, 5) for u in guarded([0.5, 2.0, -1.0, 3.0, 1.5])]
    [0.1, 0.48, 0.184, 0.7472, 0.89776]
    """
    found, last = [], start
    for one in evidence:
        clipped = LEAST if one < LEAST else min(one, MOST)
        last = max(0.0, (1 - LAMBDA) * last + LAMBDA * clipped)
        found.append(last)
    return found


def unused(series: Series, interval: Interval, travel: Flags) -> Numbers:
    """Return for each night the code of why it carries no evidence, 0 where it does."""
    codes = np.where(interval.is_bounded, 0, _MISSING)
    codes[series.dst] = _DST
    codes[travel] = _TRAVEL
    codes[series.excluded] = _EXCLUDED
    return codes


def track(
    chart: str,
    series: Series,
    pieces: Sequence[tuple[Frozen, Interval]],
    travel: Flags,
    *,
    by_device: bool,
) -> Track:
    """Return a chart under its baselines, each with the interval the chart reads under it."""
    n = len(series)
    low, high, z = (np.full(n, np.nan) for _ in range(3))
    up, down, ewma, limits = (np.zeros(n) for _ in range(4))
    shown = Interval(*(np.full(n, np.nan) for _ in range(3)))
    codes = np.full(n, _MISSING)
    for frozen, interval in pieces:
        here = slice(frozen.start, frozen.stop)
        base = frozen.baseline
        adjusted = interval.shifted(base.centre + base.free_day_effect * series.free)
        low[here], high[here] = adjusted.lo[here] / base.scale, adjusted.hi[here] / base.scale
        z[here] = adjusted.value[here] / base.scale
        for whole, part in zip(_parts(shown), _parts(interval), strict=True):
            whole[here] = part[here]
        codes[here] = unused(series, interval, travel)[here]
        if by_device:
            others = (series.device[here] != frozen.device) & (series.device[here] >= 0)
            codes[here] = np.where(others & (codes[here] == 0), _DEVICE, codes[here])
        limits[here] = limit(base)
        before = frozen.start - 1
        starts = (0.0,) * 3 if frozen.is_anew else (up[before], down[before], ewma[before])
        has = codes[here] == 0
        up[here] = guarded(np.where(has, low[here], LEAST).tolist(), float(starts[0]))
        down[here] = guarded(np.where(has, -high[here], LEAST).tolist(), float(starts[1]))
        ewma[here] = _held(np.where(has, z[here], np.nan).tolist(), float(starts[2]))
    has = (codes == 0) & (limits > 0)
    rises, falls = SIDES[chart]
    return Track(
        chart=chart,
        interval=shown,
        low=low,
        high=high,
        z=z,
        up=up,
        down=down,
        ewma=ewma,
        limit=limits,
        unused=codes,
        signal_up=has & (up > limits) & bool(rises),
        signal_down=has & (down > limits) & bool(falls),
        frozen=tuple(frozen for frozen, _ in pieces),
    )


def _parts(interval: Interval) -> tuple[Floats, Floats, Floats]:
    return interval.value, interval.lo, interval.hi


def _held(values: Sequence[float], start: float) -> list[float]:
    """Return the two-sided EWMA, held over nights without a value: for display only."""
    found, last = [], start
    for one in values:
        if one == one:  # noqa: PLR0124  NaN is not itself
            last = (1 - LAMBDA) * last + LAMBDA * min(max(one, -MOST), MOST)
        found.append(last)
    return found


def points(found: Track, series: Series, first: int, stop: int) -> tuple[ChartPoint, ...]:
    """Return the nights [first, stop) of a chart."""
    rows = zip(
        found.interval.value[first:stop].tolist(),
        found.interval.lo[first:stop].tolist(),
        found.interval.hi[first:stop].tolist(),
        found.z[first:stop].tolist(),
        found.up[first:stop].tolist(),
        found.down[first:stop].tolist(),
        found.ewma[first:stop].tolist(),
        found.limit[first:stop].tolist(),
        found.unused[first:stop].tolist(),
        (found.signal_up[first:stop] * 1 + found.signal_down[first:stop] * 2).tolist(),
        strict=True,
    )
    return tuple(
        ChartPoint(
            night=series.date(first + at),
            value=value if value == value else None,  # noqa: PLR0124  NaN is not itself
            lo=lo if lo == lo else None,  # noqa: PLR0124
            hi=hi if hi == hi else None,  # noqa: PLR0124
            z=z if z == z else None,  # noqa: PLR0124
            up=up,
            down=down,
            ewma=ewma,
            limit=bound,
            evidence=code == 0 and bound > 0,
            why=UNUSED[code],
            signal=("", "up", "down", "up")[signal],
        )
        for at, (value, lo, hi, z, up, down, ewma, bound, code, signal) in enumerate(rows)
    )
