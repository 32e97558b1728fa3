"""Journeys as episodes: the notice that takes the place of a rhythm alert."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.drawn import charts
from daykeel.rhythm.episodes import finding
from daykeel.rhythm.ledger import Episode, Finding
from daykeel.rhythm.plan import Plan
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import DAY, Series
from daykeel.rhythm.streams import slow_streams
from daykeel.rhythm.travel import LASTING, Journey


def travel_episodes(
    series: Series,
    context: ClientContext,
    plan: Plan,
    journeys: Sequence[Journey],
    by: Rules = LIVE,
) -> list[Episode]:
    """Return the journeys over at least three hours, with what the charts would have said."""
    notable = [one for one in journeys if one.is_notable]
    if not notable:
        return []
    nowhere = np.zeros(len(series), dtype=bool)
    streams = slow_streams(charts(series, plan, nowhere, by))
    found = []
    for one in notable:
        last = series.at(one.first) + one.nights
        window = range(series.at(one.first), min(last, len(series)))
        held = []
        for stream in streams:
            nights = [at for at in window if stream.signal[at]]
            if nights:
                held.append(finding(stream, nights, series))
        found.append(_episode(series, context, one, window, held))
    return found


def _episode(
    series: Series,
    context: ClientContext,
    journey: Journey,
    window: range,
    held: Sequence[Finding],
) -> Episode:
    nights = tuple(series.date(at) for at in window if series.final[at])
    over = window.start + journey.nights
    is_over = over < len(series) and bool(series.final[over])
    told = Finding(
        chart="zone",
        rule="zone_change",
        side="",
        onset=journey.first,
        nights=nights,
        statistic=journey.hours,
    )
    return Episode(
        client=context.client,
        kind="travel",
        onset=journey.first,
        nights=nights,
        severity="info",
        findings=(told, *held),
        coverage=float(series.coverage[window.start : window.start + len(nights)].mean()),
        confidence=1.0,
        recovered=series.date(over) if is_over else None,
        evidence_at=_known_at(series, window.start),
        note=(
            ("from", journey.left),
            ("to", journey.came),
            ("hours", f"{journey.hours:+g}"),
            ("no evidence until", f"{journey.last + DAY:%d %b %Y}"),
        ),
    )


def _known_at(series: Series, start: int) -> datetime | None:
    """Return when the second night in the new zone was final."""
    final = (record for record in series.days[start:] if record and record.night.final)
    second = [record.night.finalised_at for record, _ in zip(final, range(LASTING), strict=False)]
    return max((at for at in second if at), default=None)
