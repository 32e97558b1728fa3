"""A client's own usual: centre and scale of a chart over settled nights, then frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.series import Flags, Floats, Interval

NEEDED, SPAN = 28, 42
"""Valid nights needed, among so many last ones."""
PROVISIONAL = 14
STEP, MOST = 28, 84
"""Quiet nights that are added at once, and how many nights a baseline may come to."""
EXPIRES = 21
"""Nights in a row without data after which a baseline no longer holds."""
MOVES = 0.5
"""Scales by which the centre may move by itself from where it was frozen."""
SHRINK = 8
"""Free nights below which no free-day effect is estimated, and its shrinkage."""
MAD = 1.4826
CLIP = 4.0
MOST_PHI = 0.6

Numbers = NDArray[np.int64]
"""Numbers of nights in a series, ascending."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Centre, scale, free-day effect and carry-over of some nights."""

    centre: float
    scale: float
    effect: float
    phi: float


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

    @property
    def is_anew(self) -> bool:
        """Whether the statistics start at zero on its first night."""
        return self.origin is self.baseline


class Material(Protocol):
    """What the baselines of one chart are made of."""

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

    def read(self, baseline: Baseline) -> Interval:
        """Return what the chart reads under a baseline."""


def estimate(values: Floats, free: Flags, numbers: Numbers, floor: float) -> Estimate:
    """Return what is usual over some nights.

    Parameters
    ----------
    values
        Of each night used, oldest first.
    free
        Whether it was a free night.
    numbers
        The nights' numbers: only nights that follow each other tell of carry-over.
    floor
        Least scale.

    Examples
    --------
    >>> nights = np.array([3.0, 3.2, 2.9, 3.5, 3.1, 3.0, 4.6])
    >>> found = estimate(nights, np.zeros(7, dtype=bool), np.arange(7), 0.25)
    >>> round(found.centre, 6), found.scale
    (3.1, 0.25)
    """
    effect = free_day_effect(values, free)
    adjusted = values - effect * free
    centre = median(adjusted)
    apart = adjusted - centre
    scale = max(MAD * median(np.abs(apart)), floor)
    return Estimate(centre, scale, effect, carry_over(apart / scale, numbers))


def free_day_effect(values: Floats, free: Flags) -> float:
    """Return by how much free nights differ, shrunk towards nothing; 0 below 8 of them."""
    many = int(free.sum())
    if many < SHRINK or many == free.size:
        return 0.0
    apart = median(values[free]) - median(values[~free])
    return apart * many / (many + SHRINK)


def median(values: Floats) -> float:
    """Return the median; many times faster than numpy's on so few values.

    >>> median(np.array([3.0, 1.0, 2.0, 4.0]))
    2.5
    """
    ordered = sorted(values.tolist())
    half = len(ordered) // 2
    return float(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def carry_over(residuals: Floats, numbers: Numbers) -> float:
    """Return the lag-1 autocorrelation of standardised residuals, corrected, in [0, 0.6]."""
    clipped = np.clip(residuals, -CLIP, CLIP)
    clipped = clipped - clipped.mean()
    follows = np.diff(numbers) == 1
    power = float(np.mean(clipped**2))
    if power == 0 or not follows.any():
        return 0.0
    raw = float(np.mean((clipped[1:] * clipped[:-1])[follows])) / power
    corrected: float = raw + (1 + 3 * raw) / clipped.size
    return min(max(corrected, 0.0), MOST_PHI)


def freezes(material: Material) -> list[Frozen]:
    """Return the baselines that freeze by themselves, oldest first.

    The first at the first night at which 28 of the last 42 are valid; another once that is so of
    another device, or again after 21 nights in a row without data.
    """
    found: list[Frozen] = []
    expiries, devices = _expiries(material.silent[: material.stop]), material.device.tolist()
    for at in _candidates(material):
        end = _end(found, expiries, at, devices[at])
        if end is None:
            continue
        used = material.used(_recent(material, at))
        if used.size < NEEDED:
            continue
        if found:
            found[-1] = replace(found[-1], stop=end)
        baseline = material.baseline(used, at)
        found.append(Frozen(baseline, used, at + 1, material.stop, devices[at], baseline))
    if found and (expired := _expired(found[-1], expiries)) is not None:
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


def _end(found: Sequence[Frozen], expiries: Sequence[int], at: int, device: int) -> int | None:
    """Return where the newest baseline ends if another may freeze at night `at`, else None."""
    if not found:
        return 0
    expired = _expired(found[-1], expiries)
    if expired is not None and expired <= at:
        return expired
    return at + 1 if device != found[-1].device else None


def _expired(frozen: Frozen, expiries: Sequence[int]) -> int | None:
    return next((one for one in expiries if one >= frozen.start), None)


def _expiries(silent: Flags) -> list[int]:
    """Return the nights at which 22 in a row are without data, once for each such run."""
    found, run = [], 0
    for at, is_silent in enumerate(silent.tolist()):
        run = run + 1 if is_silent else 0
        if run == EXPIRES + 1:
            found.append(at)
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


def steps(material: Material, last: Frozen, disturbed: Flags) -> Frozen | None:
    """Return the next refinement of a baseline, or None: 28 more nights without disturbance.

    Parameters
    ----------
    material
        What it is made of.
    last
        The baseline as it stands.
    disturbed
        Nights with a signal, in a journey, or marked: counting starts again after them.

    Notes
    -----
    Nights without data are passed over. Where the centre would move by more than half a scale
    the baseline stays as it is: that is for a therapist to decide.
    """
    if last.used.size + STEP > MOST:
        return None
    found: list[int] = []
    here = slice(last.start, last.stop)
    counts = material.valid[here] & (material.device[here] == last.device)
    for at, (counted, broken) in enumerate(
        zip(counts.tolist(), disturbed[here].tolist(), strict=True), last.start
    ):
        if broken:
            found = []
        elif counted:
            found.append(at)
        if len(found) == STEP:
            return _step(material, last, np.array(found, dtype=np.int64), at)
    return None


def _step(material: Material, last: Frozen, added: Numbers, at: int) -> Frozen | None:
    used = np.concatenate((last.used, material.used(added)))
    baseline = material.baseline(used, at)
    if abs(baseline.centre - last.origin.centre) > MOVES * last.origin.scale:
        return None
    return replace(last, baseline=baseline, used=used, start=at + 1)


def named(baseline: Baseline) -> Baseline:
    """Return the baseline with the hash of its content as id."""
    content = repr(
        (
            baseline.chart,
            baseline.frozen.isoformat(),
            [night.isoformat() for night in baseline.nights],
            baseline.centre,
            baseline.scale,
            baseline.phi,
            baseline.free_day_effect,
            baseline.habitual,
            baseline.classes,
            baseline.rule_version,
        )
    )
    return replace(baseline, id=sha256(content.encode()).hexdigest()[:24])
