"""What rules come to over an invented life: the same functions that evaluate a client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.evaluate import episodes_of
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.ledger import DayRecord, Episode
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import SECONDARY, Rules

INFORMATION = ("data_loss", "travel", "agreed_threshold")
"""Kinds that are outside the budget."""
EARLY = 90


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one life came to under one set of rules."""

    monitored: int
    """Nights with evidence on a chart of sleep."""
    days: int
    alerts: tuple[tuple[str, str, date], ...]
    """(kind, rule that signalled first, onset)."""
    held: int
    """How many of them nobody is told of, because the client declared why."""
    urgent: int
    """How many are to be acted on at once."""
    losses: int
    """Data-loss notices."""
    early: bool
    """Whether one came in the first 90 nights of the charts."""
    delay: int | None
    """Nights from the change to the first signal; None if there was none, or no change."""


def outcome(
    days: Sequence[DayRecord], context: ClientContext, rules: Rules, change: date | None = None
) -> Outcome:
    """Return what rules come to over a life, in which `change` is the first night of a change."""
    found = planned(days, context, rules)
    sets = episodes_of(found, context)
    tracks = [found.charts.tracks[chart] for chart in (MID, DURATION)]
    evidence = tracks[0].evidence | tracks[1].evidence
    rhythm = [one for kind, own in sets.items() if kind not in INFORMATION for one in own]
    first = found.series.date(int(evidence.argmax()))
    return Outcome(
        monitored=int(evidence.sum()),
        days=len(found.series),
        alerts=tuple((one.kind, _first(one), one.onset) for one in rhythm),
        held=sum(one.is_held for one in rhythm),
        urgent=sum(one.severity == "act" for one in rhythm),
        losses=sum(not one.pending for one in sets["data_loss"]),
        early=any((one.onset - first).days < EARLY for one in rhythm),
        delay=None if change is None else _delay(rhythm, change),
    )


def _first(one: Episode) -> str:
    """Return the rule that signalled first; two secondary charts together are one of their own."""
    first = one.findings[0]
    is_together = first.rule == "slow" and first.chart in SECONDARY
    return "slow, two together" if is_together else first.rule


def _delay(rhythm: Sequence[Episode], change: date) -> int | None:
    """Return the nights to the first signal since, also of an episode that had begun before."""
    nights = [night for one in rhythm for night in one.nights if night >= change]
    return (min(nights) - change).days + 1 if nights else None
