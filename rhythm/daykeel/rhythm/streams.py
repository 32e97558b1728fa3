"""Charts and rules to one side, as fusion sees them: on which nights each says what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.agreed import Agreed
from daykeel.rhythm.charts import FAMILIES, PRIMARY, SIDES
from daykeel.rhythm.inputs import DAILY, DEVIATION, DURATION, HITS, MID, OFFSET, ONSET, PAIR, TST
from daykeel.rhythm.lost import MANY, Lost
from daykeel.rhythm.plan import Charts
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.series import Flags, Floats, Series
from daykeel.rhythm.track import Track

ACUTE, AGREED, LOST = "acute_change", "agreed_threshold", "lost_anchors"
MEANS = {
    (MID, "early_high"): "phase_advance",
    (MID, "late_low"): "phase_delay",
    (DURATION, "early_high"): "short_sleep",
    (DURATION, "late_low"): "long_sleep",
    (HITS, "irregular"): "irregularity",
    (DEVIATION, "irregular"): "irregularity",
    (ONSET, "early_high"): "phase_advance",
    (ONSET, "late_low"): "phase_delay",
    (OFFSET, "early_high"): "phase_advance",
    (OFFSET, "late_low"): "phase_delay",
    (TST, "early_high"): "short_sleep",
    (TST, "late_low"): "long_sleep",
    (PAIR, "irregular"): "irregularity",
}
"""Kind of what a chart's signal opens; a chart without one only supports others."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One chart or rule to one side, as fusion sees it."""

    kind: str
    chart: str
    rule: str
    side: str
    signal: Flags
    statistic: Floats
    limit: Floats
    known: Flags
    """Nights that can tell whether it has passed."""
    track: Track | None
    counting: Flags | None = None
    """Nights on which it counts towards a signal; None where it does not count."""
    family: str = ""
    """Of a secondary chart, which opens nothing alone; else empty."""
    stands: Flags | None = None
    """Nights on which it would signal without those that were declared; None: on all it does."""
    lag: int = 0
    """Nights by which what it says is later than the day it says it of."""

    @property
    def standing(self) -> Flags:
        """Nights on which it signals, and would without those that were declared."""
        return self.signal if self.stands is None else self.signal & self.stands


def slow_streams(found: Charts) -> list[Stream]:
    """Return the primary charts' directions that mean something."""
    return [one for chart in PRIMARY for one in _sides(found.tracks[chart])]


def secondary_streams(found: Charts, by: Sequence[Rules]) -> list[Stream]:
    """Return the directions of secondary charts, on the nights whose rules have them take part."""
    few = {id(one): one for one in by}  # most often one, and asking each night takes time
    streams: list[Stream] = []
    for chart, track in found.tracks.items():
        has = {key: chart in one.secondary for key, one in few.items()}
        if all(has.values()):
            streams += _sides(track)
        elif any(has.values()):
            part = np.array([has[id(one)] for one in by], dtype=bool)
            streams += [replace(one, signal=one.signal & part) for one in _sides(track)]
    return [_a_night_later(one) if one.chart in DAILY else one for one in streams]


def _a_night_later(one: Stream) -> Stream:
    """Return what a day tells on the night after it, with which it is complete."""
    return replace(
        one,
        signal=_later(one.signal),
        statistic=_later(one.statistic),
        limit=_later(one.limit),
        known=_later(one.known),
        stands=None if one.stands is None else _later(one.stands),
        lag=1,
    )


def _later(days: NDArray[Any]) -> NDArray[Any]:
    found = np.roll(days, 1)
    found[:1] = 0
    return found


def _sides(one: Track) -> Iterator[Stream]:
    rises, falls = SIDES[one.chart]
    up, down = (one.stands_up, one.stands_down) if one.declared.any() else (None, None)
    sides = ((rises, one.signal_up, one.up, up), (falls, one.signal_down, one.down, down))
    for side, signal, statistic, stands in sides:
        if side:
            yield Stream(
                kind=MEANS.get((one.chart, side), ""),
                chart=one.chart,
                rule="slow",
                side=side,
                signal=signal,
                statistic=statistic,
                limit=one.limit,
                known=one.evidence,
                track=one,
                family=FAMILIES.get(one.chart, ""),
                stands=stands,
            )


def acute_streams(found: Charts, series: Series) -> list[Stream]:
    """Return the acute rules; the statistic is 1 on nights that meet their condition."""
    known = series.final & series.duration.is_bounded
    return [
        Stream(
            kind=ACUTE,
            chart=one.chart,
            rule=one.rule,
            side=one.side,
            signal=one.signal,
            statistic=one.met * 1.0,
            limit=np.ones(one.met.size),
            known=known,
            track=found.tracks.get(one.chart),
        )
        for one in found.rules
    ]


def agreed_streams(found: Charts, agreed: Sequence[Agreed]) -> list[Stream]:
    """Return the thresholds agreed on; the statistic is 1 on nights beyond them."""
    return [
        Stream(
            kind=AGREED,
            chart=one.threshold.chart,
            rule="agreed",
            side=one.side,
            signal=one.signal,
            statistic=one.met * 1.0,
            limit=np.ones(one.met.size),
            known=one.known,
            track=found.tracks.get(one.threshold.chart),
            counting=one.counting,
            stands=one.stands,
        )
        for one in agreed
    ]


def lost_streams(found: Charts, lost: Sequence[Lost]) -> list[Stream]:
    """Return the anchors that may be lost; the statistic is the days of a week they were missed."""
    track = found.tracks[HITS]
    return [
        Stream(
            kind=LOST,
            chart=HITS,
            rule=f"lost.{one.item}",
            side="",
            signal=one.signal,
            statistic=one.missed * 1.0,
            limit=np.where(one.watched, float(MANY), 0.0),
            known=one.known,
            track=track,
            stands=one.stands,
        )
        for one in lost
    ]


def opened(streams: Sequence[Stream], closed: Flags) -> list[Stream]:
    """Return the streams without their signals on nights on which they may open nothing."""
    if not closed.any():
        return list(streams)
    return [
        replace(
            one,
            signal=one.signal & ~closed,
            counting=None if one.counting is None else one.counting & ~closed,
        )
        for one in streams
    ]
