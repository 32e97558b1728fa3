"""One chart of a client, night by night, under the baselines it stands on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.charts import (
    BASELINE,
    DEVICE,
    LEAST,
    MISSING,
    SIDES,
    UNUSED,
    guarded,
    held,
    limit,
    unused,
)
from daykeel.rhythm.freeze import Frozen
from daykeel.rhythm.ledger import ChartPoint
from daykeel.rhythm.series import Flags, Floats, Interval, Series


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


Read = tuple[Frozen, Interval]
"""A baseline, and what the chart reads under it."""


def track(
    chart: str, series: Series, pieces: Sequence[Read], travel: Flags, *, by_device: bool
) -> Track:
    """Return a chart under its baselines, each with the interval the chart reads under it."""
    found = _blank(chart, len(series))
    for piece in pieces:
        _put(found, series, piece, travel, by_device=by_device)
    return _signalled(found, [frozen for frozen, _ in pieces])


def refined_track(
    before: Track, series: Series, piece: Read, travel: Flags, *, by_device: bool
) -> Track:
    """Return a chart as it stands before a refinement of its baseline, and under it from then."""
    found = _copy(before)
    _put(found, series, piece, travel, by_device=by_device)
    refined = piece[0]
    frozen = [
        replace(one, stop=refined.start) if one.start < refined.start < one.stop else one
        for one in before.frozen
    ]
    return _signalled(found, sorted([*frozen, refined], key=lambda one: one.start))


def _blank(chart: str, n: int) -> Track:
    never = np.zeros(n, dtype=bool)
    return Track(
        chart=chart,
        interval=Interval(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)),
        low=np.full(n, np.nan),
        high=np.full(n, np.nan),
        z=np.full(n, np.nan),
        up=np.zeros(n),
        down=np.zeros(n),
        ewma=np.zeros(n),
        limit=np.zeros(n),
        unused=np.full(n, MISSING),
        signal_up=never,
        signal_down=never,
        frozen=(),
    )


def _copy(of: Track) -> Track:
    """Return a chart whose arrays may be written to."""
    return replace(
        of,
        interval=Interval(*(part.copy() for part in _parts(of.interval))),
        low=of.low.copy(),
        high=of.high.copy(),
        z=of.z.copy(),
        up=of.up.copy(),
        down=of.down.copy(),
        ewma=of.ewma.copy(),
        limit=of.limit.copy(),
        unused=of.unused.copy(),
    )


def _put(found: Track, series: Series, piece: Read, travel: Flags, *, by_device: bool) -> None:
    """Fill in the nights of one baseline."""
    frozen, interval = piece
    here, base = slice(frozen.start, frozen.stop), frozen.baseline
    adjusted = interval.shifted(base.centre + base.free_day_effect * series.free)
    found.low[here], found.high[here] = (
        adjusted.lo[here] / base.scale,
        adjusted.hi[here] / base.scale,
    )
    found.z[here] = adjusted.value[here] / base.scale
    for whole, part in zip(_parts(found.interval), _parts(interval), strict=True):
        whole[here] = part[here]
    codes = unused(series, interval, travel)[here]
    if by_device:
        others = (series.device[here] != frozen.device) & (series.device[here] >= 0)
        codes[others & (codes == 0)] = DEVICE
    if base.provisional:
        codes[codes == 0] = BASELINE
    found.unused[here] = codes
    found.limit[here] = limit(base)
    _accumulate(found, here, codes == 0, is_anew=frozen.is_anew)


def _accumulate(found: Track, here: slice, has: Flags, *, is_anew: bool) -> None:
    """Fill in the statistics of some nights, going on from the night before or from zero."""
    before = here.start - 1
    starts = (found.up, found.down, found.ewma)
    up, down, ewma = (0.0 if is_anew else float(part[before]) for part in starts)
    found.up[here] = guarded(np.where(has, found.low[here], LEAST).tolist(), up)
    found.down[here] = guarded(np.where(has, -found.high[here], LEAST).tolist(), down)
    found.ewma[here] = held(np.where(has, found.z[here], np.nan).tolist(), ewma)


def _signalled(found: Track, frozen: Sequence[Frozen]) -> Track:
    has = found.evidence
    rises, falls = SIDES[found.chart]
    return replace(
        found,
        signal_up=has & (found.up > found.limit) & bool(rises),
        signal_down=has & (found.down > found.limit) & bool(falls),
        frozen=tuple(frozen),
    )


def _parts(interval: Interval) -> tuple[Floats, Floats, Floats]:
    return interval.value, interval.lo, interval.hi


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
