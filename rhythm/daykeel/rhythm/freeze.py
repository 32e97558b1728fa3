"""When a baseline freezes, ends, and is refined by quiet nights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.series import Flags, Interval, Series

NEEDED, SPAN = 28, 42
"""Valid nights needed, among so many last ones."""
PROVISIONAL = 14
STEP, MOST = 28, 84
"""Quiet nights that are added at once, and how many nights a baseline may come to."""
EXPIRES = 21
"""Nights in a row without data after which a baseline no longer holds."""
EVERY = slice(None)
"""Night."""
MOVES = 0.5
"""Scales by which the centre may move by itself from where it was frozen."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A baseline and the nights it is to be used on."""

    baseline: Baseline
    used: Numbers
    """The nights it was estimated on."""
    start: int
    """First night on the chart."""
    stop: int
    """First night after it was replaced or expired."""
    device: int
    origin: Baseline
    """As it froze, before any refinement: itself, unless it refines the one before."""
    pinned: Baseline | None = None
    """What a therapist confirmed last: itself, or what it refines; None if nobody did."""

    @property
    def is_anew(self) -> bool:
        """Whether the statistics start at zero on its first night."""
        return self.origin is self.baseline

    @property
    def is_pinned(self) -> bool:
        """Whether a therapist confirmed just this one."""
        return self.pinned is not None and self.pinned.id == self.baseline.id


class Material(Protocol):
    """What the baselines of one chart are made of."""

    @property
    def series(self) -> Series:
        """The nights it speaks of."""

    @property
    def stop(self) -> int:
        """First night that does not count yet."""

    @property
    def valid(self) -> Flags:
        """Nights that may enter a baseline."""

    @property
    def silent(self) -> Flags:
        """Nights without data."""

    @property
    def device(self) -> Numbers:
        """Of each night; a baseline never mixes them."""

    def used(self, candidates: Numbers) -> Numbers:
        """Return which of the valid nights of one device a baseline would be made of."""

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return the baseline made of some nights, frozen at the end of night `at`."""

    def read(self, baseline: Baseline, nights: slice = EVERY) -> Interval:
        """Return what the chart reads under a baseline, at least on some nights."""


def freezes(material: Material, held: Sequence[Frozen] = (), since: int = 0) -> list[Frozen]:
    """Return the baselines that freeze by themselves, oldest first.

    The first at the first night at which 28 of the last 42 are valid; another once that is so of
    another device, or again after 21 nights in a row without data. Those that froze before night
    `since` are `held`, and so is which of them had expired by then.
    """
    found = [*held[:-1], *(replace(one, stop=material.stop) for one in held[-1:])]
    expiries = _expiries(material.silent[: material.stop])
    if held:
        expiries = _held(held[-1], material, expiries, since)
    devices = material.device.tolist()
    expired = _expired(found, expiries)
    for at in _candidates(material):
        if at < since:
            continue
        end = _end(found, expired, at, devices[at])
        if end is None:
            continue
        used = material.used(_recent(material, at))
        if used.size < NEEDED:
            continue
        if found:
            found[-1] = replace(found[-1], stop=end)
        baseline = material.baseline(used, at)
        found.append(Frozen(baseline, used, at + 1, material.stop, devices[at], baseline))
        expired = _expired(found, expiries)
    if expired is not None:
        found[-1] = replace(found[-1], stop=expired)
    return found


def _candidates(material: Material) -> list[int]:
    """Return the nights at which the last 42 hold 28 valid ones of the night's own device."""
    found: list[int] = []
    valid, device = material.valid[: material.stop], material.device[: material.stop]
    for one in np.unique(device[valid]):
        mine = valid & (device == one)
        counts = np.cumsum(mine)
        recent = counts.copy()
        recent[SPAN:] -= counts[:-SPAN]
        found.extend(np.flatnonzero(mine & (recent >= NEEDED)).tolist())
    return sorted(found)


def _end(found: Sequence[Frozen], expired: int | None, at: int, device: int) -> int | None:
    """Return where the newest baseline ends if another may freeze at night `at`, else None."""
    if not found:
        return 0
    if expired is not None and expired <= at:
        return expired
    return at + 1 if device != found[-1].device else None


def _expired(found: Sequence[Frozen], expiries: Sequence[int]) -> int | None:
    """Return the night at which the newest baseline no longer holds."""
    return next((one for one in expiries if found and one >= found[-1].start), None)


def _expiries(silent: Flags) -> list[int]:
    """Return the nights at which 22 in a row are without data, once for each such run."""
    nights = np.arange(silent.size)
    heard = np.maximum.accumulate(np.where(silent, -1, nights))
    found: list[int] = np.flatnonzero(nights - heard == EXPIRES + 1).tolist()
    return found


def _held(last: Frozen, material: Material, expiries: Sequence[int], since: int) -> list[int]:
    """Return the expiries with those before night `since` as they were decided.

    A silence that only deleting made ends the baseline at `since`, if it lasts until then or
    has left too few of its nights: nothing else might ever let its chart speak again.
    """
    found = [at for at in expiries if at >= since]
    if last.stop < since:
        return [last.stop, *found]
    if since >= material.stop:
        return found
    made = [last.start + at for at in _expiries(material.silent[last.start : since])]
    is_short = int(material.valid[last.used].sum()) < NEEDED
    if any(is_short or material.silent[at : since + 1].all() for at in made):
        return [since, *found]
    return found


def _recent(material: Material, at: int) -> Numbers:
    """Return the valid nights of the device of night `at` among the 42 up to it."""
    first = max(at - SPAN + 1, 0)
    same = material.device[first : at + 1] == material.device[at]
    return np.asarray(first + np.flatnonzero(material.valid[first : at + 1] & same))


def valid_nights(material: Material) -> int:
    """Return how many valid nights there are of the 28 that a baseline needs."""
    known = np.flatnonzero(material.valid[: material.stop])
    if not known.size or known[-1] <= material.stop - 1 - SPAN:
        return 0
    recent = material.used(_recent(material, int(known[-1])))
    return int((recent > material.stop - 1 - SPAN).sum())


def steps(material: Material, last: Frozen, disturbed: Flags, since: int = 0) -> Frozen | None:
    """Return the next refinement of a baseline, or None: 28 more nights without disturbance.

    Parameters
    ----------
    material
        What it is made of.
    last
        The baseline as it stands.
    disturbed
        Nights with a signal, in a journey, or marked: counting starts again after them.
    since
        First night at which it may be refined: what was decided before is known.

    Notes
    -----
    Nights without data are passed over, and nights of the baseline that were deleted since are
    left out of the new estimate. Where the centre would move by more than half a scale
    the baseline stays as it is: that is for a therapist to decide.
    """
    found = _quiet(material, last, disturbed, since)
    if found is None:
        return None
    step = _step(material, last, *found)
    return None if _moves(step, last) else step


def tried(material: Material, last: Frozen, disturbed: Flags, since: int = 0) -> int:
    """Return the first night that did not count for the next refinement; 0 if there is none."""
    found = _quiet(material, last, disturbed, since)
    return 0 if found is None else found[1] + 1


def moved(material: Material, last: Frozen, disturbed: Flags) -> Baseline | None:
    """Return the refinement that is left to a therapist, since the centre would move too far."""
    found = _quiet(material, last, disturbed, last.start)
    if found is None:
        return None
    step = _step(material, last, *found)
    return step.baseline if _moves(step, last) else None


def _quiet(
    material: Material, last: Frozen, disturbed: Flags, since: int
) -> tuple[Numbers, int] | None:
    """Return the first 28 undisturbed nights of a baseline in use, and the last of them."""
    if last.used.size + STEP > MOST:
        return None
    here = slice(last.start, last.stop)
    broken = disturbed[here]
    counts = material.valid[here] & (material.device[here] == last.device) & ~broken
    so_far = np.cumsum(counts)
    running = so_far - np.maximum.accumulate(np.where(broken, so_far, 0))
    enough = np.flatnonzero(running[max(since - last.start, 0) :] >= STEP)
    if not enough.size:
        return None
    at = int(enough[0]) + max(since - last.start, 0)
    return last.start + np.flatnonzero(counts[: at + 1])[-STEP:], last.start + at


def _step(material: Material, last: Frozen, added: Numbers, at: int) -> Frozen:
    used = np.concatenate((last.used[material.valid[last.used]], material.used(added)))
    baseline = replace(
        material.baseline(used, at),
        refines=last.baseline.id,
        confirmed=last.pinned is not None,
    )
    return replace(last, baseline=baseline, used=used, start=at + 1)


def _moves(step: Frozen, last: Frozen) -> bool:
    """Return whether the centre leaves where it froze, or where a therapist confirmed it."""
    usual = last.pinned or last.origin
    return abs(step.baseline.centre - usual.centre) > MOVES * usual.scale
