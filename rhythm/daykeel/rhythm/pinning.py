"""Which baselines stand once therapists have decided: pinned ones, and those made anew since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.decisions import Decisions, periods
from daykeel.rhythm.freeze import NEEDED, SPAN, Frozen, Material, freezes
from daykeel.rhythm.hit_material import HitMaterial
from daykeel.rhythm.inputs import SleepMaterial
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.pair_material import PairMaterial
from daykeel.rhythm.series import Series
from daykeel.rhythm.step_material import StepMaterial

M = TypeVar("M", bound=SleepMaterial | HitMaterial | PairMaterial | StepMaterial)
Piece = tuple[Frozen, Material]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The nights [start, stop): baselines in it are made of its own nights only."""

    start: int
    stop: int


def stretches(decisions: Decisions, series: Series) -> list[Stretch]:
    """Return the stretches that renewals make of a series, oldest first."""
    told = [series.at(night) for night in periods(decisions.renewed, series.dates[0])]
    starts = [start for start in told if start < len(series)]
    stops = [*starts[1:], len(series)]
    return [Stretch(start, stop) for start, stop in zip(starts, stops, strict=True)]


def decided_freezes(
    material: M, held: Sequence[Frozen], since: int, decisions: Decisions, chart: str
) -> list[Frozen]:
    """Return the baselines of a chart that freeze anew, pinned ones in their places.

    As `freezes`, stretch by stretch; a pinned one stands from the night after it froze, whatever
    would have frozen then, until it expires as any does.
    """
    series, found = material.series, list[Frozen]()
    pins = decisions.pinned(chart)
    for here in stretches(decisions, series):
        mine = within(material, here)
        own = [one for one in held if here.start < one.start <= here.stop]
        ahead = [
            one
            for one in pins
            if max(here.start, since) <= series.at(one.frozen) < min(here.stop, mine.stop)
        ]
        found += _with_pins(mine, own, since, ahead)
    return found


def within(material: M, here: Stretch) -> M:
    """Return the same material with the nights of a stretch only."""
    valid = material.valid.copy()
    valid[: here.start] = False
    return replace(material, valid=valid, stop=min(material.stop, here.stop))


def _with_pins(
    material: M, held: Sequence[Frozen], since: int, pins: Sequence[Baseline]
) -> list[Frozen]:
    for pin in pins:
        at = material.series.at(pin.frozen)
        before: list[Frozen] = freezes(replace(material, stop=at + 1), held, since)
        if pin.refines and any(one.start <= at < one.stop for one in before):
            continue
        stands: Frozen = pinned(pin, material, stop=material.stop)
        free: list[Frozen] = [one for one in before if not _would_be(one, stands)]
        held = [*free, stands]
        since = at + 1
    return freezes(material, held, since)


def _would_be(frozen: Frozen, pin: Frozen) -> bool:
    """Return whether a baseline is what late data would have made of a pinned one."""
    return frozen.stop >= pin.start and bool(np.isin(frozen.used, pin.used).any())


def pinned_steps(decisions: Decisions, chart: str, of: Piece, since: int) -> list[Frozen]:
    """Return the pinned refinements of a baseline while it is in use, from night `since` on."""
    frozen, material = of
    found = (
        pinned(one, material, stop=frozen.stop, of=frozen)
        for one in decisions.pinned(chart)
        if one.refines
    )
    return [one for one in found if max(frozen.start + 1, since + 1) <= one.start < frozen.stop]


def pinned(pin: Baseline, material: Material, *, stop: int, of: Frozen | None = None) -> Frozen:
    """Return a pinned baseline in use from the night after it froze.

    `of` is the baseline it refines, if that is in use then.
    """
    start = material.series.at(pin.frozen) + 1
    used = _numbers(pin.nights, material)
    baseline = replace(pin, confirmed=True)
    origin = of.origin if of else baseline
    return Frozen(baseline, used, start, stop, _device(material, used), origin, baseline)


def _numbers(nights: Sequence[date], material: Material) -> Numbers:
    numbers = np.array([material.series.at(night) for night in nights], dtype=np.int64)
    return numbers[(numbers >= 0) & (numbers < material.valid.size)]


def _device(material: Material, used: Numbers) -> int:
    """Return the device that most of the nights are of; -1 if all are gone."""
    told = material.device[used]
    known, counts = np.unique(told[told >= 0], return_counts=True)
    return int(known[counts.argmax()]) if known.size else -1


def late(pin: Frozen, material: Material, first: int = 0) -> Baseline | None:
    """Return the baseline to propose where late data changed what a pinned one was made of.

    `first` is the first night of its stretch. That nights were deleted is no reason, nor is that
    other rules estimate otherwise.
    """
    now = _estimated(pin, material, first)
    if now is None or now.id == pin.baseline.id:
        return None
    by_others = now.rule_version != pin.baseline.rule_version
    return None if by_others or set(now.nights) < set(pin.baseline.nights) else now


def _estimated(pin: Frozen, material: Material, first: int) -> Baseline | None:
    """Return what the nights of a pinned baseline come to by now; None with fewer than 28."""
    at = pin.start - 1
    used = pin.used[material.valid[pin.used]]
    if not pin.baseline.refines:
        recent = np.arange(max(at - SPAN + 1, first), min(at + 1, material.valid.size))
        is_own = material.valid[recent] & (material.device[recent] == pin.device)
        used = material.used(recent[is_own])
    if used.size < NEEDED:
        return None
    return replace(material.baseline(used, at), refines=pin.baseline.refines, why="late_data")
