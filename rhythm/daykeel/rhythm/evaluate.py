"""From day records to scores, baselines, charts and signals: what State says of one client."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np

from daykeel.rhythm.adherence import targets_of
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.episodes import KINDS, rhythm_episodes
from daykeel.rhythm.freeze import Material, valid_nights
from daykeel.rhythm.inputs import DAILY, DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.journeys import travel_episodes
from daykeel.rhythm.ledger import ChartPoint, DayRecord, Episode, Evaluation, SignalSet
from daykeel.rhythm.plan import Materials, Plan
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.rows import Told, score_rows
from daykeel.rhythm.rulebook import planned_by
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.series import Series
from daykeel.rhythm.silence import silences
from daykeel.rhythm.standing import standing
from daykeel.rhythm.track import Track, points

OVERLAP = timedelta(days=1)
"""A day's anchors end in the next date's night, so a change reaches the row before it."""


def evaluate(
    days: Sequence[DayRecord],
    context: ClientContext,
    as_of: datetime,
    since: date,
    by: Rules | None = None,
) -> Evaluation:
    """Return everything that follows from a client's day records.

    Parameters
    ----------
    days
        All of them, in any order.
    context
        What people decided about the client.
    as_of
        The instant up to which the records speak; it is only passed on, since what depends on
        the clock, as whether a night is final, stands in the records.
    since
        Date of the first record that changed: rows are returned from the first date that it can
        change, the day before. Everything else is complete.
    by
        The rules by which charts signal, on every night; by default those in force on each.
    """
    if not days:
        return Evaluation((), (), {}, _signals({}, context, as_of))
    found = planned_by(days, context if by is None else replace(context, rules=((date.min, by),)))
    series, charts, plan = found.series, found.charts, found.plan
    episodes = episodes_of(found, context)
    told = Told(
        series=series,
        context=context,
        anchors=found.anchors,
        travel=found.travel,
        tracks=dict(charts.tracks),
        materials={**_provisional(found.made), **found.made.secondary},
        targets=targets_of(context.targets, found.made.tracked, series.dates),
    )
    return Evaluation(
        scores=tuple(score_rows(told, series.at(since - OVERLAP))),
        baselines=tuple(standing(found, context.decisions)),
        charts=_Drawn(series, charts.tracks),
        signals=_signals(episodes, context, as_of),
        progress=_progress(found.made, plan),
    )


class _Drawn(Mapping[str, tuple[ChartPoint, ...]]):
    """The points of each chart that has a baseline, made when they are asked for."""

    def __init__(self, series: Series, tracks: Mapping[str, Track]) -> None:
        self._series = series
        self._tracks = {chart: one for chart, one in tracks.items() if one.frozen}

    def __getitem__(self, chart: str) -> tuple[ChartPoint, ...]:
        one = self._tracks[chart]
        return points(one, self._series, one.frozen[0].start, _stop(self._series, one))

    def __iter__(self) -> Iterator[str]:
        return iter(self._tracks)

    def __len__(self) -> int:
        return len(self._tracks)


def episodes_of(found: Planned, context: ClientContext) -> dict[str, list[Episode]]:
    """Return every kind's episodes, oldest first: what alerts are about."""
    series, charts = found.series, found.charts
    episodes = rhythm_episodes(found, context)
    episodes["data_loss"] = silences(series, context, charts.tracks, episodes, found.by)
    episodes["travel"] = travel_episodes(series, context, found.plan, found.trips, found.by[-1])
    return episodes


def _provisional(made: Materials) -> dict[str, Material]:
    found: dict[str, Material] = {MID: made.mid, DURATION: made.duration}
    if made.hits is not None:
        found[HITS] = made.hits
    return found


def _stop(series: Series, track: Track) -> int:
    """Return the first night the chart does not tell of yet."""
    final = series.complete if track.chart in DAILY else series.final
    return int(np.flatnonzero(final).max(initial=-1)) + 1


def _signals(
    episodes: Mapping[str, Sequence[Episode]], context: ClientContext, as_of: datetime
) -> tuple[SignalSet, ...]:
    return tuple(
        SignalSet(context.client, kind, as_of, tuple(episodes.get(kind, ()))) for kind in KINDS
    )


def _progress(made: Materials, plan: Plan) -> dict[str, int]:
    """Return the valid nights of each chart that has no baseline."""
    waiting = {
        chart: valid_nights(material)
        for chart, material in _provisional(made).items()
        if not plan[chart]
    }
    if made.hits is None and not plan[DEVIATION]:
        waiting[DEVIATION] = waiting.get(MID, 0)
    return waiting
