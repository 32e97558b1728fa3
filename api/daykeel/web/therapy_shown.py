"""Targets and baselines of a client in words, for the page of therapy."""

from dataclasses import dataclass
from datetime import timedelta

from daykeel.rhythm.ledger import ANCHORS, Baseline
from daykeel.rhythm.rules import SECONDARY
from daykeel.web import words
from daykeel.web.services import Services
from daykeel.web.therapy import Therapy
from daykeel.web.week import Week, strips

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ShownTarget:
    """One anchor: when it happens, and what was agreed on."""

    anchor: str
    label: str
    habitual: str
    now: str
    to_come: tuple[str, ...]
    goal: str
    """What the forms begin with."""
    current: str


@dataclass(frozen=True, slots=True)
class ShownBaseline:
    """What is usual of one chart, in words."""

    id: str
    chart: str
    usual: str
    nights: str
    is_confirmed: bool
    is_over: bool
    proposal: "ShownBaseline | None"
    why: str
    is_secondary: bool = False
    """It alerts only together with another."""


def shown_targets(told: Services, held: Therapy) -> list[ShownTarget]:
    """Return each anchor with its habitual time of the last week and what was agreed on."""
    first = held.today - WEEK
    days = {one.day: one for one in told.scores.days(held.client.id, first, held.today + DAY)}
    week = Week([first + n * DAY for n in range(7)], held.today, held.context.tracked)
    habitual = {one.item: one.habitual for one in strips(week, days)}
    return [_target(anchor, habitual.get(anchor), held) for anchor in ANCHORS]


def _target(anchor: str, habitual: float | None, held: Therapy) -> ShownTarget:
    now = held.targets(held.today).get(anchor)
    rows = [(day, to) for item, day, to in held.context.targets if item == anchor]
    to_come = tuple(
        f"from {words.day(day)}: {words.clock_of(to) if to is not None else 'none'}"
        for day, to in rows
        if day > held.today
    )
    begins = habitual if habitual is not None else now
    return ShownTarget(
        anchor=anchor,
        label=words.ITEMS[anchor],
        habitual=words.clock_of(habitual),
        now=words.clock_of(now) if now is not None else "none",
        to_come=to_come,
        goal=words.clock_of(now if now is not None else habitual) if begins is not None else "",
        current=words.clock_of(begins) if begins is not None else "",
    )


def shown_baseline(one: Baseline, held: Therapy) -> ShownBaseline:
    """Return a baseline in words, with what is proposed in its place."""
    return ShownBaseline(
        id=one.id,
        chart=words.CHARTS.get(one.chart, one.chart),
        usual=words.chart_value(one.chart, one.centre),
        nights=f"{len(one.nights)} nights, {words.day(one.first)} to {words.day(one.frozen)}",
        is_confirmed=held.is_confirmed(one),
        is_over=one.until is not None,
        proposal=shown_baseline(one.proposal, held) if one.proposal else None,
        why=words.PROPOSED.get(one.why, ""),
        is_secondary=one.chart in SECONDARY,
    )
