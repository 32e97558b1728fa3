"""One chart of a client, night by night, under the baselines it stands on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.charts import (
    BASELINE,
    DEVICE,
    MISSING,
    SIDES,
    UNUSED,
    guarded,
    held,
    limit,
    unused,
)
from daykeel.rhythm.freeze import Frozen
from daykeel.rhythm.inputs import PAIR
from daykeel.rhythm.ledger import ChartPoint
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Floats, Interval, Series

NIGHTLY = ("low", "high", "z", "up", "down", "ewma", "limit", "unused", "bare_up", "bare_down")
"""The arrays of a chart that are filled in night by night; signals follow from them."""


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
    declared: Flags
    """Nights of which an illness or a life event was declared."""
    bare_up: Floats
    """`up` and `down` as if nothing were known of the nights that were declared."""
    bare_down: Floats
    signal_up: Flags
    signal_down: Flags
    frozen: tuple[Frozen, ...]
    by: Rules

    @property
    def evidence(self) -> Flags:
        """Which nights carry evidence."""
        return np.asarray((self.unused == 0) & (self.limit > 0))

    @property
    def signal(self) -> Flags:
        """Nights with a signal to either side."""
        return self.signal_up | self.signal_down

    @property
    def stands_up(self) -> Flags:
        """Signals upwards that would be there without the declared nights."""
        return self.signal_up & (self.bare_up > self.limit) & ~self.declared

    @property
    def stands_down(self) -> Flags:
        """Signals downwards that would be there without the declared nights."""
        return self.signal_down & (self.bare_down > self.limit) & ~self.declared

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


class Read(NamedTuple):
    """A baseline, and what the chart reads under it."""

    frozen: Frozen
    interval: Interval
    device: Numbers
    """Of each night."""
    speaks: Flags | None = None
    """Nights on which there is a chart; None where that is all of the baseline's."""


def track(
    chart: str, series: Series, pieces: Sequence[Read], travel: Flags, by: Rules = LIVE
) -> Track:
    """Return a chart under its baselines, each with the interval the chart reads under it."""
    found = _blank(chart, series, by)
    for piece in pieces:
        _put(found, series, piece, travel)
    return _signalled(found, [one.frozen for one in pieces])


def continued(  # noqa: PLR0913, PLR0917  what a chart is made of, and the chart to go on from
    before: Track,
    until: int,
    series: Series,
    frozen: Sequence[Frozen],
    pieces: Sequence[Read],
    travel: Flags,
) -> Track:
    """Return a chart as it was before night `until`, and under its baselines from then on.

    Parameters
    ----------
    before
        The chart of a series that was the same up to night `until`.
    frozen
        All baselines of the chart; before night `until` they are those of the chart before.
    pieces
        Those in use from night `until` on; what was read before it does not matter.
    """
    found = _begun(before, until, series)
    for piece in pieces:
        _put(found, series, piece, travel, until)
    return _signalled(found, frozen)


def refined_track(before: Track, series: Series, piece: Read, travel: Flags) -> Track:
    """Return a chart as it stands before a refinement of its baseline, and under it from then."""
    found = _begun(before, len(series), series)
    _put(found, series, piece, travel)
    refined = piece.frozen
    frozen = [
        replace(one, stop=refined.start) if one.start < refined.start < one.stop else one
        for one in before.frozen
    ]
    return _signalled(found, sorted([*frozen, refined], key=lambda one: one.start))


def _blank(chart: str, series: Series, by: Rules) -> Track:
    n = len(series)
    never, up, down = np.zeros(n, dtype=bool), np.zeros(n), np.zeros(n)
    declared = _declared(chart, series)
    has_any = declared.any()
    return Track(
        chart=chart,
        interval=Interval(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)),
        low=np.full(n, np.nan),
        high=np.full(n, np.nan),
        z=np.full(n, np.nan),
        up=up,
        down=down,
        ewma=np.zeros(n),
        limit=np.zeros(n),
        unused=np.full(n, MISSING),
        declared=declared,
        bare_up=np.zeros(n) if has_any else up,
        bare_down=np.zeros(n) if has_any else down,
        signal_up=never,
        signal_down=never,
        frozen=(),
        by=by,
    )


def _declared(chart: str, series: Series) -> Flags:
    """Return the nights a chart knows by what was declared; a pair by that of either night."""
    found = series.declared
    if chart == PAIR and found.any():
        found = found | np.append(False, found[:-1])
    return found


def _begun(before: Track, until: int, series: Series) -> Track:
    """Return a chart that is as before up to night `until`, and whose arrays may be written to."""
    found = _blank(before.chart, series, before.by)
    for whole, part in zip(_arrays(found), _arrays(before), strict=True):
        whole[:until] = part[:until]
    return found


def _put(found: Track, series: Series, piece: Read, travel: Flags, since: int = 0) -> None:
    """Fill in the nights of one baseline, from night `since` on."""
    frozen, _, device, speaks = piece
    here, base = slice(max(frozen.start, since), frozen.stop), frozen.baseline
    interval = Interval(*(part[here] for part in _parts(piece.interval)))
    adjusted = interval.shifted(base.centre + base.free_day_effect * series.free[here])
    found.low[here], found.high[here] = adjusted.lo / base.scale, adjusted.hi / base.scale
    found.z[here] = adjusted.value / base.scale
    for whole, part in zip(_parts(found.interval), _parts(interval), strict=True):
        whole[here] = part
    codes = unused(series, interval, travel, here)
    others = (device[here] != frozen.device) & (device[here] >= 0)
    codes[others & (codes == 0)] = DEVICE if speaks is None else BASELINE
    if base.provisional:
        codes[codes == 0] = BASELINE
    found.unused[here] = codes
    bound = limit(base, found.by)
    found.limit[here] = bound if speaks is None else np.where(speaks[here], bound, 0.0)
    is_first = here.start == frozen.start
    _accumulate(found, here, codes == 0, is_anew=is_first and frozen.is_anew)


def _accumulate(found: Track, here: slice, has: Flags, *, is_anew: bool) -> None:
    """Fill in the statistics of some nights, going on from the night before or from zero."""
    before = here.start - 1
    sides = [(found.up, found.low[here], has), (found.down, -found.high[here], has)]
    if found.declared.any():
        bare = has & ~found.declared[here]
        sides += [
            (found.bare_up, found.low[here], bare),
            (found.bare_down, -found.high[here], bare),
        ]
    by = found.by
    for statistic, evidence, counts in sides:
        start = 0.0 if is_anew else float(statistic[before])
        statistic[here] = guarded(np.where(counts, evidence, by.least), start, by)
    ewma = 0.0 if is_anew else float(found.ewma[before])
    found.ewma[here] = held(np.where(has, found.z[here], np.nan), ewma)


def _signalled(found: Track, frozen: Sequence[Frozen]) -> Track:
    has = found.evidence
    rises, falls = SIDES[found.chart]
    return replace(
        found,
        signal_up=has & (found.up > found.limit) & bool(rises),
        signal_down=has & (found.down > found.limit) & bool(falls),
        frozen=tuple(frozen),
    )


def _arrays(of: Track) -> Iterator[NDArray[Any]]:
    """Yield what is filled in night by night, signals apart."""
    yield from _parts(of.interval)
    yield from (getattr(of, name) for name in NIGHTLY)


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
