"""From day records to scores, baselines, charts and signals: what State says of one client."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.episodes import KINDS, rhythm_episodes
from daykeel.rhythm.freeze import Material, valid_nights
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.journeys import travel_episodes
from daykeel.rhythm.ledger import DayRecord, Episode, Evaluation, SignalSet
from daykeel.rhythm.plan import Materials, Plan
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rows import Told, score_rows
from daykeel.rhythm.series import Series
from daykeel.rhythm.silence import silences
from daykeel.rhythm.track import Track, points

OVERLAP = timedelta(days=1)
"""A day's anchors end in the next date's night, so a change reaches the row before it."""


def evaluate(
    days: Sequence[DayRecord], context: ClientContext, as_of: datetime, since: date
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
    """
    if not days:
        return Evaluation((), (), {}, _signals({}, context, as_of))
    found = planned(days, context)
    series, charts, plan = found.series, found.charts, found.plan
    episodes = rhythm_episodes(charts, series, context)
    episodes["data_loss"] = silences(series, context, charts.tracks, episodes)
    episodes["travel"] = travel_episodes(series, context, plan, found.trips)
    told = Told(
        series, context, found.anchors, found.travel, dict(charts.tracks), _provisional(found.made)
    )
    return Evaluation(
        scores=tuple(score_rows(told, series.at(since - OVERLAP))),
        baselines=tuple(pieces[-1][0].baseline for pieces in plan.values() if pieces),
        charts={
            chart: points(one, series, one.frozen[0].start, _stop(series, one))
            for chart, one in charts.tracks.items()
            if one.frozen
        },
        signals=_signals(episodes, context, as_of),
        progress=_progress(found.made, plan),
    )


def _provisional(made: Materials) -> dict[str, Material]:
    found: dict[str, Material] = {MID: made.mid, DURATION: made.duration}
    if made.hits is not None:
        found[HITS] = made.hits
    return found


def _stop(series: Series, track: Track) -> int:
    """Return the first night the chart does not tell of yet."""
    final = series.complete if track.chart == HITS else series.final
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
