"""The newest baseline of each chart: whether it is in use, and what might take its place."""

from collections.abc import Iterator
from dataclasses import replace

from daykeel.rhythm.decisions import Decisions, periods
from daykeel.rhythm.freeze import Frozen, Material, moved
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.pinning import late
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.series import Flags, Series

RENEWED = "renewed"
"""Why it ended: a therapist let another one begin with other nights."""


def standing(found: Planned, decisions: Decisions) -> Iterator[Baseline]:
    """Yield the newest baseline of each chart that ever had one."""
    for chart, pieces in found.plan.items():
        if not pieces:
            continue
        disturbed = found.charts.disturbing(chart) | found.travel | found.series.marked
        last, material = pieces[-1]
        is_over = last.stop < material.stop
        pins = [one for one, _ in pieces if one.is_pinned]
        proposal = None
        if not is_over:
            first = _stretch(last, found.series, decisions)
            proposal = _proposed(last, pins, material, disturbed, first)
        until = found.series.date(last.stop) if is_over else None
        why = RENEWED if until in decisions.renewed else ""
        yield replace(last.baseline, until=until, proposal=proposal, why=why)


def _stretch(last: Frozen, series: Series, decisions: Decisions) -> int:
    """Return the first night of the stretch a baseline was made in."""
    starts = [series.at(night) for night in periods(decisions.renewed, series.dates[0])]
    return max(start for start in starts if start < last.start)


def _proposed(
    last: Frozen, pins: list[Frozen], material: Material, disturbed: Flags, first: int
) -> Baseline | None:
    """Return what late data make of the pinned baseline, else what quiet nights would."""
    pin = next(
        (one for one in reversed(pins) if last.pinned and one.baseline.id == last.pinned.id), None
    )
    changed = late(pin, material, first) if pin else None
    if changed is not None:
        return changed
    step = moved(material, last, disturbed)
    return None if step is None else replace(step, why="moved")
