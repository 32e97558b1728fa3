"""The rows of scores of a date: one for each window, with every measure of the registry."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import chain

import numpy as np

from daykeel.rhythm.activity_daily import daily_columns
from daykeel.rhythm.activity_days import activity_days
from daykeel.rhythm.activity_windows import activity_columns, still_columns
from daykeel.rhythm.adherence import NO_TARGET, Targets, score_adherence
from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.drift import score_drift
from daykeel.rhythm.freeze import Material
from daykeel.rhythm.hits import score_hits
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.ledger import Score, ScoreRow
from daykeel.rhythm.night_scores import score_night
from daykeel.rhythm.phase_daily import READ, phase_columns
from daykeel.rhythm.registry import NOT_COMPUTED
from daykeel.rhythm.regularity import VALID, Pairs, pairs, score_pair
from daykeel.rhythm.regularity_windows import regularity_column
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.sleep_windows import sleep_columns
from daykeel.rhythm.track import Track
from daykeel.rhythm.weeks import (
    ROLLING,
    SLEEP,
    SLEEP_ANCHORS,
    WEEKLY,
    Days,
    score_ali,
    score_week,
)
from daykeel.rhythm.windows import Column, Key, Windows, scores_of, windows_of

WEEK = 7
BLOCK = 8
"""Dates whose windows are computed at once: more would take memory, and not be faster."""
LENGTHS = {"1d": READ + WEEK - 1, "7d": 7, "14d": 14, "28d": 28, "week": 7}
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
    targets: Targets


def score_rows(told: Told, first: int) -> Iterator[ScoreRow]:
    """Yield the rows of every date from number `first` on."""
    series = told.series
    found = pairs(series.sleep_bits, series.valid_bits, series.fallback_bits)
    for start in range(max(first, 0), len(series), BLOCK):
        ends = range(start, min(start + BLOCK, len(series)))
        windowed = window_scores(told, found, ends)
        for at in ends:
            yield _row(told, at, "1d", (*_daily(told, found, at), *windowed[at, "1d"]))
            yield _row(told, at, "7d", (*_rolling(told, at), *windowed[at, "7d"]))
            yield _row(told, at, "14d", windowed[at, "14d"])
            yield _row(told, at, "28d", windowed[at, "28d"])
            if _ends_week(series.date(at), told.context.therapy_week_starts):
                yield _row(told, at, "week", _weekly(told, at))


def window_scores(told: Told, found: Pairs, ends: range) -> Mapping[Key, Sequence[Score]]:
    """Return the scores of all windows that end on some dates, each measure for all at once."""
    scores: dict[Key, list[Score]] = defaultdict(list)
    for windows, columns in _columns(told, found, ends):
        for key, score in chain.from_iterable(scores_of(windows, column) for column in columns):
            scores[key].append(score)
    for at in ends:
        for window, none in NO_TARGET.items():
            scores[at, window].append(_adherence(told, at, window) if told.targets else none)
    return scores


def _columns(told: Told, found: Pairs, ends: range) -> Iterator[tuple[Windows, Iterable[Column]]]:
    series = told.series
    windows = windows_of(series, told.travel, ends)
    unsure = ~(series.certain | series.sleepless)
    index = regularity_column(windows, series.sleep_bits, series.valid_bits, found, unsure)
    yield windows, [index]
    yield windows, sleep_columns(windows, series, told.travel)
    activity = activity_days(series.days[windows.days], series.complete[windows.days])
    days = windows_of(series, told.travel, ends, (1,))
    if not activity.is_empty:
        yield windows, activity_columns(windows, activity)
        yield days, daily_columns(days, activity)
    else:
        yield windows, still_columns(windows)
        yield days, still_columns(days)
    yield days, phase_columns(days, series, told.context.night_boundary_hour)


def _adherence(told: Told, at: int, window: str) -> Score:
    days = slice(at + 1 - LENGTHS[window], at + 1)
    travelling = bool(told.travel[max(days.start, 0) : days.stop].any())
    return score_adherence(window, days, told.anchors, told.targets, travelling=travelling)


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
        items=len(_items(told, at)),
    )
    for chart, track in told.tracks.items():
        yield score_drift(track, at, series, told.materials.get(chart))


def _rolling(told: Told, at: int) -> Iterator[Score]:
    if at + 1 < WEEK:
        yield replace(NOT_COMPUTED["7d"]["srm5.rolling"], reasons=("few_days",))
        return
    week = slice(at + 1 - WEEK, at + 1)
    yield score_week(ROLLING, _days(told, week), told.anchors, _items(told, at), _usual(told, at))


def _weekly(told: Told, at: int) -> Iterator[Score]:
    if at + 1 < WEEK:
        yield replace(NOT_COMPUTED["week"]["srm5.weekly"], reasons=("few_days",))
        yield replace(NOT_COMPUTED["week"]["srm.sleep_anchors"], reasons=("few_days",))
        yield replace(NOT_COMPUTED["week"]["srm.ali"], reasons=("few_days",))
        return
    week = _days(told, slice(at + 1 - WEEK, at + 1))
    items, usual = _items(told, at), _usual(told, at)
    yield score_week(WEEKLY, week, told.anchors, items, usual)
    yield score_week(SLEEP, week, told.anchors, SLEEP_ANCHORS, usual)
    yield score_ali(week, told.anchors, items)


def _items(told: Told, at: int) -> tuple[str, ...]:
    """Return the anchors that are tracked on a date: of a week those of its last day count."""
    return told.context.tracked_items(told.series.date(at))


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
