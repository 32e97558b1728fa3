"""The baselines of a client, as they were decided before any of their nights was deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daykeel.rhythm.anchors import Anchors, anchors_of
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.freeze import NEEDED
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
    refined,
)
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


def planned(days: Sequence[DayRecord], context: ClientContext) -> Planned:
    """Return all charts of a client, under baselines that later deletions left as they were.

    What was deleted counts from the first night that was not final when the deletion came
    (`DayRecord.before`). So the baselines are decided stage by stage: up to each such night from
    what was known then, and held from there on. Each stage costs one evaluation of the charts;
    there are as many as days on which something of a night was deleted.
    """
    held = NOTHING_HELD
    devices = devices_of(sorted(days, key=lambda day: day.day))
    for night in _stages(days):
        known = [known_before(day, night) for day in days]
        stage = _planned(series_of(known, context, devices), context, held)
        held = decided(stage.plan, stage.series, stage.series.at(night), stage.travel)
    return _planned(series_of(days, context, devices), context, held)


def _stages(days: Sequence[DayRecord]) -> list[date]:
    """Return the nights from which deletions count, without those before any baseline."""
    nights = {night for day in days for night, _ in day.before}
    first = min(day.day for day in days) + (NEEDED - 1) * DAY
    return sorted(night for night in nights if night > first)


def known_before(day: DayRecord, night: date) -> DayRecord:
    """Return what was known of a date for baselines that froze before a night."""
    return next((record for until, record in day.before if until >= night), day)


def _planned(series: Series, context: ClientContext, held: Held) -> Planned:
    anchors = anchors_of(series)
    trips = journeys(series)
    travel = travelling(series, trips)
    travel[: held.travel.size] |= held.travel
    made = materials(series, anchors, context.tracked_items, travel)
    plan, charts = refined(series, frozen_plan(made, held), travel, held.since)
    return Planned(series, anchors, trips, travel, made, plan, charts)
