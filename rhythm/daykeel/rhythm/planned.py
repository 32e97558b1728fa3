"""The baselines of a client, as they were decided before any of their nights was deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daykeel.rhythm.anchors import Anchors, anchors_of
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.decisions import Decisions
from daykeel.rhythm.drawn import NOTHING_BEFORE, Before
from daykeel.rhythm.freeze import NEEDED
from daykeel.rhythm.inputs import stop_of
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.plan import (
    NOTHING_HELD,
    Charts,
    Held,
    Materials,
    Plan,
    decided,
    frozen_plan,
    materials,
)
from daykeel.rhythm.refining import refined
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import DAY, Flags, Series, devices_of, series_of
from daykeel.rhythm.travel import Journey, journeys, travelling


@dataclass(frozen=True, slots=True)
class Planned:
    """A client's days as arrays, and all charts under their baselines."""

    series: Series
    anchors: Anchors
    trips: Sequence[Journey]
    travel: Flags
    made: Materials
    plan: Plan
    charts: Charts
    by: Sequence[Rules]
    """The rules in force on each night."""
    decisions: Decisions


def planned(
    days: Sequence[DayRecord],
    context: ClientContext,
    by: Rules = LIVE,
    before: Planned | None = None,
) -> Planned:
    """Return all charts of a client, under baselines that later deletions left as they were.

    What was deleted counts from the first night that was not final when the deletion came
    (`DayRecord.before`). So the baselines are decided stage by stage: up to each such night from
    what was known then, and held from there on. Each stage costs one evaluation of the charts;
    there are as many as days on which something of a night was deleted.

    Parameters
    ----------
    before
        Charts of the client by the same rules from other records, to go on from: up to the first
        night of which something else is known now, nothing is worked out twice. The result is
        the same without.
    """
    held = NOTHING_HELD
    devices = devices_of(sorted(days, key=lambda day: day.day))
    stages = _stages(days)
    for night in stages:
        known = [known_before(day, night) for day in days]
        stage = _planned(series_of(known, context, devices), context, held, by)
        held = decided(stage.plan, stage.series, stage.series.at(night), stage.travel)
    series = series_of(days, context, devices)
    return _planned(series, context, held, by, None if stages else before)


def _stages(days: Sequence[DayRecord]) -> list[date]:
    """Return the nights from which deletions count, without those before any baseline."""
    nights = {night for day in days for night, _ in day.before}
    first = min(day.day for day in days) + (NEEDED - 1) * DAY
    return sorted(night for night in nights if night > first)


def known_before(day: DayRecord, night: date) -> DayRecord:
    """Return what was known of a date for baselines that froze before a night."""
    return next((record for until, record in day.before if until >= night), day)


def _planned(
    series: Series,
    context: ClientContext,
    held: Held,
    by: Rules,
    before: Planned | None = None,
) -> Planned:
    anchors = anchors_of(series)
    trips = journeys(series)
    travel = travelling(series, trips)
    travel[: held.travel.size] |= held.travel
    made = materials(series, anchors, context.tracked, travel, by)
    since, known = held.since, NOTHING_BEFORE
    if before is not None and (until := _same_until(before, series, travel, made, context)):
        held = decided(before.plan, before.series, until, before.travel)
        known = Before(before.charts.tracks, until)
    first = frozen_plan(made, held, context.decisions)
    # A refinement that was refused before stays refused, so that is asked for again.
    plan, charts = refined(series, first, travel, since, by, known)
    by_night = [by] * len(series)
    return Planned(series, anchors, trips, travel, made, plan, charts, by_night, context.decisions)


def _same_until(
    before: Planned, series: Series, travel: Flags, made: Materials, context: ClientContext
) -> int:
    """Return the night before which an evaluation read the same and had not come to its end.

    That is up to the first other record, and to the first night of which marks, what is tracked,
    or whether it lies on a journey or in a bridged gap, are other than they were.
    """
    was = before.series
    if before.decisions != context.decisions:
        return 0
    pairs = zip(was.days, series.days, strict=False)
    days = (at for at, (one, other) in enumerate(pairs) if one is not other and one != other)
    least = min(len(was), len(series))
    others = (
        (was.excluded, series.excluded),
        (was.episode, series.episode),
        (was.marked, series.marked),
        (was.declared, series.declared),
        (was.bridged, series.bridged),
        (before.travel, travel),
        (before.made.tracked.version, made.tracked.version),
    )
    apart = [int(np.argmax(np.append(one[:least] != other[:least], True))) for one, other in others]
    ends = (stop_of(was.complete), stop_of(series.complete))
    first = min(next(days, least), *apart, *ends)
    return max(first - 1, 0)  # a day is complete with the night after it
