"""The rows of scores of a date: one for each window, with every measure of the registry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

import numpy as np

from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.drift import score_drift
from daykeel.rhythm.freeze import Material
from daykeel.rhythm.hits import score_hits
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.ledger import ANCHORS, Score, ScoreRow
from daykeel.rhythm.registry import NOT_COMPUTED
from daykeel.rhythm.regularity import VALID, Pairs, pairs, score_pair, score_window, slept
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.timing import score_night
from daykeel.rhythm.track import Track
from daykeel.rhythm.weeks import (
    ROLLING,
    SLEEP,
    SLEEP_ANCHORS,
    WEEKLY,
    Days,
    score_week,
)

WEEK = 7
LENGTHS = {"1d": 2, "7d": 7, "14d": 14, "28d": 28, "week": 7}
"""Days that a row of each window reads."""


@dataclass(frozen=True, slots=True)
class Told:
    """Everything rows are made of."""

    series: Series
    context: ClientContext
    anchors: Anchors
    travel: Flags
    tracks: dict[str, Track]
    materials: dict[str, Material]
    """Of charts that may have a provisional baseline."""

    @property
    def items(self) -> tuple[str, ...]:
        """Tracked anchors."""
        return tuple(item for item in ANCHORS if item in self.context.tracked_items)


def score_rows(told: Told, first: int) -> Iterator[ScoreRow]:
    """Yield the rows of every date from number `first` on."""
    series = told.series
    found = pairs(series.sleep_bits, series.valid_bits, series.fallback_bits)
    for at in range(max(first, 0), len(series)):
        day = series.date(at)
        yield _row(told, at, "1d", _daily(told, found, at))
        yield _row(told, at, "7d", _rolling(told, found, at))
        yield _row(told, at, "14d", ())
        yield _row(told, at, "28d", ())
        if _ends_week(day, told.context.therapy_week_starts):
            yield _row(told, at, "week", _weekly(told, at))


def _ends_week(day: date, starts: int) -> bool:
    return (day.weekday() + 1) % WEEK == starts


def _row(told: Told, at: int, window: str, scores: Iterable[Score]) -> ScoreRow:
    measured = {**NOT_COMPUTED[window], **{one.measure: one for one in scores}}
    return ScoreRow(
        client=told.context.client,
        local_date=told.series.date(at),
        window=window,
        zone=_zone(told, at),
        scores=tuple(measured.values()),
        inputs=_inputs(told, at, window),
    )


def _zone(told: Told, at: int) -> str:
    record = told.series.days[at]
    return record.night.zone if record else told.context.zones[0].tz


def _inputs(told: Told, at: int, window: str) -> str:
    """Return a hash of the days read, the next one included: going to bed stands there."""
    first = max(at + 1 - LENGTHS[window], 0)
    read = [record.inputs if record else "" for record in told.series.days[first : at + 2]]
    if window == "1d":
        frozen = (one.baseline(at) for one in told.tracks.values())
        read += [one.baseline.id if one else "" for one in frozen]
    return sha256("|".join(read).encode()).hexdigest()[:24]


def _daily(told: Told, found: Pairs, at: int) -> Iterator[Score]:
    series = told.series
    record, travelling = series.days[at], bool(told.travel[at])
    yield from score_night(record.night if record else None, travelling=travelling)
    yield _checked(score_pair(found, at), told, slice(max(at - 1, 0), at + 1), found)
    yield score_hits(
        told.tracks[HITS],
        at,
        complete=bool(series.complete[at]),
        travelling=travelling,
        items=len(told.items),
    )
    for chart, track in told.tracks.items():
        yield score_drift(track, at, series, told.materials.get(chart))


def _rolling(told: Told, found: Pairs, at: int) -> Iterator[Score]:
    if at + 1 < WEEK:
        yield replace(NOT_COMPUTED["7d"]["sri.window"], reasons=("few_pairs",), n_expected=WEEK - 1)
        yield replace(NOT_COMPUTED["7d"]["srm5.rolling"], reasons=("few_days",))
        return
    week = slice(at + 1 - WEEK, at + 1)
    cut = Pairs(*(np.concatenate(([0], part[week][1:])) for part in found))
    series = told.series
    asleep = slept(series.sleep_bits[week], series.valid_bits[week], cut.common)
    yield _checked(score_window(cut, asleep), told, week, found)
    yield score_week(ROLLING, _days(told, week), told.anchors, told.items, _usual(told, at))


def _weekly(told: Told, at: int) -> Iterator[Score]:
    if at + 1 < WEEK:
        yield replace(NOT_COMPUTED["week"]["srm5.weekly"], reasons=("few_days",))
        yield replace(NOT_COMPUTED["week"]["srm.sleep_anchors"], reasons=("few_days",))
        return
    week = _days(told, slice(at + 1 - WEEK, at + 1))
    usual = _usual(told, at)
    yield score_week(WEEKLY, week, told.anchors, told.items, usual)
    yield score_week(SLEEP, week, told.anchors, SLEEP_ANCHORS, usual)


def _days(told: Told, week: slice) -> Days:
    return Days(week, told.series.complete, bool(told.travel[week].any()))


def _usual(told: Told, at: int) -> dict[str, str]:
    frozen = told.tracks[HITS].baseline(at)
    return dict(frozen.baseline.classes) if frozen else {}


def _checked(score: Score, told: Told, nights: slice, found: Pairs) -> Score:
    """Return the score with what is doubtful about the nights it read."""
    series = told.series
    if score.value is None:
        late = not series.final[nights].all()
        return replace(score, reasons=(*score.reasons, "night_provisional")) if late else score
    numbers = np.arange(nights.start, nights.stop)
    used = np.zeros(numbers.size, dtype=bool)
    valid = found.common[nights][1:] >= VALID
    used[1:] |= valid
    used[:-1] |= valid
    unsure = ~(series.certain[nights] | series.sleepless[nights])
    doubts = []
    if (unsure & used).any():
        doubts.append("edge_unknown")
    if told.travel[nights].any():
        doubts.append("travel")
    noted = ["dst"] if series.near_dst[nights].any() else []
    return replace(
        score,
        status="provisional" if doubts else score.status,
        reasons=(*score.reasons, *doubts, *noted),
    )
