"""Target times agreed on in therapy, and the small weekly steps that lead there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

DAY_MINUTES = 1440
STEP, MOST_STEP = 30.0, 60.0
"""Minutes by which a target moves in a week if nothing else is said, and at most."""
WEEK = timedelta(days=7)

Targets = tuple[tuple[str, date, float | None], ...]
"""(anchor, first day, minutes from midnight or None for no target any more), oldest first."""


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """From `first` on an anchor's target moves week by week to `goal`."""

    anchor: str
    first: date
    goal: float | None
    """Minutes from midnight; None: from then on there is no target."""
    current: float | None = None
    """Where it starts, usually near the habitual time; None: at the goal at once."""
    step: float = STEP


def target_plan(current: float, goal: float, step: float = STEP) -> list[float]:
    """Return the target of each week on the shorter way from `current` to `goal`.

    Parameters
    ----------
    current
        Where the anchor is now, minutes from midnight.
    goal
        Where it shall be.
    step
        Minutes by which the target moves in a week, above 0 and at most 60.

    Returns
    -------
    list
        Minutes in [0, 1440), the last one is the goal.

    Raises
    ------
    ValueError
        The step is none of these.

    Examples
    --------
    >>> target_plan(90, 0, 30), target_plan(30, 1425, 30)
    ([60.0, 30.0, 0.0], [0.0, 1425.0])
    """
    if not 0 < step <= MOST_STEP:
        raise ValueError(f"a step of {step} minutes: above 0 and at most {MOST_STEP:g}")
    apart = (goal - current + DAY_MINUTES / 2) % DAY_MINUTES - DAY_MINUTES / 2
    weeks = max(1, ceil(abs(apart) / step - 1e-9))
    way = step if apart > 0 else -step
    between = [float((current + way * week) % DAY_MINUTES) for week in range(1, weeks)]
    return [*between, float(goal % DAY_MINUTES)]


def targets_by_day(plans: Iterable[TargetPlan]) -> Targets:
    """Return the targets of all plans; where another plan of an anchor begins, the old one ends.

    So a later plan never changes what was agreed on for days before it.
    """
    by_anchor: dict[str, list[TargetPlan]] = {}
    for plan in sorted(plans, key=_order):
        by_anchor.setdefault(plan.anchor, []).append(plan)
    rows = (row for own in by_anchor.values() for row in _rows(own))
    return tuple(sorted(rows, key=lambda row: (row[1], row[0])))


def _order(plan: TargetPlan) -> tuple[date, float, float, float]:
    """Order plans; of those that begin on one day any one holds, but always the same."""
    return plan.first, plan.goal or -1.0, plan.current or -1.0, plan.step


def _rows(own: Sequence[TargetPlan]) -> Iterator[tuple[str, date, float | None]]:
    for plan, after in zip(own, [*own[1:], None], strict=True):
        for day, minutes in weekly(plan):
            if after is None or day < after.first:
                yield plan.anchor, day, minutes


def weekly(plan: TargetPlan) -> Iterator[tuple[date, float | None]]:
    """Yield the first day of each week of a plan and its target."""
    if plan.goal is None or plan.current is None:
        yield plan.first, plan.goal
        return
    for number, minutes in enumerate(target_plan(plan.current, plan.goal, plan.step)):
        yield plan.first + number * WEEK, minutes


def in_force(targets: Targets, day: date) -> dict[str, float]:
    """Return the target of each anchor that has one on a day."""
    found = {anchor: minutes for anchor, first, minutes in targets if first <= day}
    return {anchor: minutes for anchor, minutes in found.items() if minutes is not None}
