"""A client's own usual: centre and scale of a chart over settled nights, then frozen."""

from dataclasses import dataclass, replace
from hashlib import sha256
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.series import Flags, Floats

SHRINK = 8
"""Free nights below which no free-day effect is estimated, and its shrinkage."""
MAD = 1.4826
CLIP = 4.0
MOST_PHI = 0.6
CUT, STEPS = 1.5, 12
"""Own SD beyond which a night counts no further, and steps until that has settled."""
CUT_POWER = 0.7784655
"""Of a standard normal value cut there: the mean square."""

Numbers = NDArray[np.int64]
"""Numbers of nights in a series, ascending."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Centre, scale, free-day effect and carry-over of some nights."""

    centre: float
    scale: float
    effect: float
    phi: float


def estimate(
    values: Floats, free: Flags, numbers: Numbers, floor: float, estimator: str = "median"
) -> Estimate:
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
    estimator
        `median`: median and scaled median absolute deviation. `huber`: mean and spread in which
        no night counts for more than 1.5 SD; from 28 nights of a normal process both vary about
        a third less than with `median`, and half the nights may not be spoilt, but a fifth.

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
    scale = MAD * median(np.abs(adjusted - centre))
    if estimator == "huber":
        centre, scale = _huber(adjusted, centre, max(scale, floor / 2))
    scale = max(scale, floor)
    return Estimate(centre, scale, effect, carry_over((adjusted - centre) / scale, numbers))


def _huber(values: Floats, centre: float, scale: float) -> tuple[float, float]:
    """Return centre and scale by Huber's second proposal, from a first guess of both."""
    for _ in range(STEPS):
        cut = np.clip((values - centre) / scale, -CUT, CUT)
        power = float(cut @ cut) / cut.size
        centre += scale * float(cut.sum()) / cut.size
        if power == 0:
            break
        scale *= sqrt(power / CUT_POWER)
    return centre, scale


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
            *((baseline.ceilings,) if baseline.ceilings else ()),
        )
    )
    return replace(baseline, id=sha256(content.encode()).hexdigest()[:24])
