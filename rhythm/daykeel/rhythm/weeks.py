"""A week of anchors as scores: SRM-5 by therapy week and rolling, and the sleep anchors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from daykeel.rhythm.anchors import Anchors, Told, believed
from daykeel.rhythm.ledger import Score
from daykeel.rhythm.series import Flags
from daykeel.rhythm.srm import WEEK, ItemWeek, item_week

SLEEP_ANCHORS = ("out_of_bed", "bed")
RECORDED = 5
"""Recorded days that a score needs."""


class Rule(NamedTuple):
    """What a score of a week needs."""

    measure: str
    window: str
    known: int
    """Known anchors with which a day is recorded."""
    scored: int
    """Anchors with at least three times."""


WEEKLY = Rule("srm5.weekly", "week", 3, 3)
ROLLING = Rule("srm5.rolling", "7d", 3, 3)
SLEEP = Rule("srm.sleep_anchors", "week", 1, 2)


@dataclass(frozen=True, slots=True)
class Days:
    """The seven social days a score is of."""

    days: slice
    complete: Flags
    """Of each day: the night after it is final too."""
    travelling: bool
    """Any of them lies in the window of a journey."""


def score_week(
    rule: Rule,
    week: Days,
    anchors: Anchors,
    items: tuple[str, ...],
    usual: Mapping[str, str],
) -> Score:
    """Return the mean of the anchors' scores over seven social days.

    Parameters
    ----------
    rule
        Which measure, and what it needs.
    week
        The days.
    anchors
        What is said of every day.
    items
        Anchors that count.
    usual
        The class of each anchor in the baseline, if there is one: another one is noted.
    """
    told = {item: _believed(anchors, item, week.days) for item in items}
    found = {item: one for item, (_, one) in told.items() if one is not None}
    known = _known(found, week.days)
    is_whole = bool(week.complete[week.days].all())
    scored = _scored(found, week.days) if is_whole else {}
    recorded = int((known >= rule.known).sum())
    why = _missing(rule, recorded, len(scored)) if is_whole else ("night_provisional",)
    noted = _noted(week, scored, {item: name for item, (name, _) in told.items()}, usual)
    value = sum(one.score for one in scored.values()) / len(scored) if scored else 0.0
    lo, hi = _bounds(found, scored, week.days, len(items))
    return Score(
        measure=rule.measure,
        window=rule.window,
        value=None if why else value,
        lo=None if why else lo,
        hi=None if why else hi,
        coverage=_coverage(found, week.days, len(items)),
        status="insufficient" if why else "provisional" if week.travelling else "ok",
        reasons=(*why, *noted),
        n=int(known.sum()),
        n_expected=WEEK * len(items),
    )


def score_ali(week: Days, anchors: Anchors, items: tuple[str, ...]) -> Score:
    """Return how many anchors were done over seven social days; nothing is prorated."""
    told = [one for item in items if (one := _believed(anchors, item, week.days)[1]) is not None]
    states = np.full((len(items), WEEK), -1)
    weights = np.zeros((len(items), WEEK))
    for at, one in enumerate(told):
        states[at], weights[at] = one.known[week.days], one.weight[week.days]
    is_known = states >= 0
    n, done = int(is_known.sum()), float((states == 1).sum())
    recorded = int((is_known.sum(axis=0) >= WEEKLY.known).sum())
    is_whole = bool(week.complete[week.days].all())
    why = [] if is_whole else ["night_provisional"]
    if is_whole and recorded < RECORDED:
        why = ["few_days"]
    return Score(
        measure="srm.ali",
        window="week",
        value=None if why else done,
        lo=None if why else done,
        hi=None if why else done + states.size - n,
        coverage=float(weights[is_known].sum()) / max(states.size, 1),
        status="insufficient" if why else "provisional" if week.travelling else "ok",
        reasons=(*why, *(["travel"] if week.travelling else [])),
        n=n,
        n_expected=states.size,
    )


def _believed(anchors: Anchors, item: str, days: slice) -> tuple[str, Told | None]:
    name = believed(anchors[item], days)
    return name, anchors[item][name] if name else None


def _sharp(told: Told, days: slice) -> Flags:
    """Return the days on which it is known when, or that not."""
    known = told.known[days]
    return np.asarray((known == 0) | ((known == 1) & np.isfinite(told.times[days])))


def _known(found: Mapping[str, Told], days: slice) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    known = np.zeros(days.stop - days.start, dtype=np.int64)
    for one in found.values():
        known += _sharp(one, days)
    return known


def _scored(found: Mapping[str, Told], days: slice) -> dict[str, ItemWeek]:
    weeks = {item: item_week(one.times[days], one.known[days]) for item, one in found.items()}
    return {item: one for item, one in weeks.items() if one is not None}


def _missing(rule: Rule, recorded: int, scored: int) -> tuple[str, ...]:
    """Return why there is no score; empty where there is one."""
    why = []
    if recorded < RECORDED:
        why.append("few_days")
    if scored < rule.scored:
        why.append("few_items")
    return tuple(why)


def _noted(
    week: Days,
    scored: Mapping[str, ItemWeek],
    classes: Mapping[str, str],
    usual: Mapping[str, str],
) -> tuple[str, ...]:
    noted = []
    if any(one.k < WEEK for one in scored.values()):
        noted.append("prorated")
    if any(classes[item] not in ("", usual.get(item, classes[item])) for item in classes):
        noted.append("mixed_sources")
    if week.travelling:
        noted.append("travel")
    return tuple(noted)


def _bounds(
    found: Mapping[str, Told], scored: Mapping[str, ItemWeek], days: slice, items: int
) -> tuple[float, float]:
    """Return what the score could be if every day were known.

    An anchor with an unknown day may come to anything from 0 to 7.
    """
    whole = [item for item, one in found.items() if _sharp(one, days).all()]
    fixed = [scored[item].score for item in whole if item in scored]
    open_ended = items - len(whole)
    many = len(fixed) + open_ended
    if not many:
        return 0.0, 0.0
    return sum(fixed) / many, (sum(fixed) + WEEK * open_ended) / many


def _coverage(found: Mapping[str, Told], days: slice, items: int) -> float:
    if not items:
        return 0.0
    known = sum(float((_sharp(one, days) * one.weight[days]).sum()) for one in found.values())
    return known / (WEEK * items)
