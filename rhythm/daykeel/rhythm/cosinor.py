"""The cosine wave that fits a recording best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from daykeel.rhythm.errors import NotEnoughData

FEW = 4
"""Values below which nothing is left to judge the fit by."""
SINGULAR = 1e8
"""Condition number from which the times cannot tell the wave from its level."""


class Cosinor(NamedTuple):
    """A fitted cosine wave."""

    mesor: float
    """Its level, in the unit of the values."""
    amplitude: float
    """Half its height, in the unit of the values, at least 0."""
    acrophase: float
    """When it peaks, in hours, at least 0 and below the period."""
    r2: float
    """Share of the variance it explains, 0 to 1."""
    p: float
    """Chance of such a wave in independent noise; too small where neighbours are alike."""
    n: int
    """Values that were known."""
    condition: float
    """Condition number of the design: 1.41 when the times are spread evenly."""


def fit(hours: ArrayLike, values: ArrayLike, *, period: float = 24.0) -> Cosinor:
    """Return the cosine of one period that fits best by least squares.

    Parameters
    ----------
    hours
        When each value was taken, in hours from midnight, shape (n,). A mean over an hour belongs
        to the middle of the hour.
    values
        Shape (n,); NaN where unknown, which leaves the value out. Any unit.
    period
        Hours.

    Raises
    ------
    NotEnoughData
        Fewer than four values are known, they never change, or their times cannot tell the wave
        from its level.

    Notes
    -----
    With two degrees of freedom in the numerator the F test of [1]_ has the closed form
    `p = (1 - r2) ** ((n - 3) / 2)`.

    References
    ----------
    .. [1] G. Cornelissen, Theoretical Biology and Medical Modelling 11, 16 (2014),
       doi:10.1186/1742-4682-11-16.

    Examples
    --------
    >>> hours = np.arange(48) + 0.5
    >>> found = fit(hours, 10 + 5 * np.cos(2 * np.pi * (hours - 15) / 24))
    >>> round(found.mesor, 9), round(found.amplitude, 9), round(found.acrophase, 9)
    (10.0, 5.0, 15.0)
    """
    taken, value = np.asarray(hours, dtype=float), np.asarray(values, dtype=float)
    known = ~(np.isnan(value) | np.isnan(taken))
    taken, value = taken[known], value[known]
    if value.size < FEW or value.min() == value.max():
        raise NotEnoughData("fewer than four values are known, or they never change")
    angle = taken * (2 * np.pi / period)
    design = np.column_stack((np.ones(value.size), np.cos(angle), np.sin(angle)))
    condition = float(np.linalg.cond(design))
    if condition > SINGULAR:
        raise NotEnoughData("the times cannot tell the wave from its level")
    mesor, cosine, sine = np.linalg.lstsq(design, value, rcond=None)[0]
    left = np.square(value - design @ np.array([mesor, cosine, sine])).sum()
    r2 = min(max(1 - float(left / np.square(value - value.mean()).sum()), 0.0), 1.0)
    return Cosinor(
        mesor=float(mesor),
        amplitude=float(np.hypot(cosine, sine)),
        acrophase=float(np.arctan2(sine, cosine) * period / (2 * np.pi)) % period % period,
        r2=r2,
        p=float((1 - r2) ** ((value.size - 3) / 2)),
        n=int(value.size),
        condition=condition,
    )
