"""The cosine wave that fits a recording best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.manyfold import Centred, centred

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
    found = waves(taken, value[None, None], centred(value[None]), period=period)
    if found.condition[0] > SINGULAR:
        raise NotEnoughData("the times cannot tell the wave from its level")
    return Cosinor(*(part[0].item() for part in found))


class Waves(NamedTuple):
    """What `Cosinor` holds, of many series: one entry each."""

    mesor: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    acrophase: NDArray[np.float64]
    r2: NDArray[np.float64]
    p: NDArray[np.float64]
    n: NDArray[np.int64]
    condition: NDArray[np.float64]


def waves(
    hours: NDArray[np.float64], values: NDArray[np.float64], around: Centred, *, period: float
) -> Waves:
    """Return the wave that fits each of several series best, taken at the same hours every day.

    Parameters
    ----------
    hours
        Shape (m,).
    values
        Shape (series, days, m); NaN where unknown. What comes of a series that never changes, or
        whose times cannot tell the wave from its level, means nothing.
    around
        Of each series.

    Notes
    -----
    Days repeat the hours, so least squares over all values are those over the mean of each hour,
    weighted by how many it is of.
    """
    angle = hours * (2 * np.pi / period)
    design = np.column_stack((np.ones(angle.size), np.cos(angle), np.sin(angle)))
    known = ~np.isnan(values)
    weight = np.sqrt(known.sum(axis=1))
    held = np.where(known, values, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(weight > 0, held.sum(axis=1) / weight, 0.0)
        left, singular, right = np.linalg.svd(weight[..., None] * design, full_matrices=False)
        along = (left * middle[..., None]).sum(axis=1) / singular
        wave = (right * along[..., None]).sum(axis=1)
        fitted = (wave[:, None] * design).sum(axis=2)
        rest = np.where(known, values - fitted[:, None], 0.0)
        r2 = 1 - np.square(rest).reshape(len(rest), -1).sum(axis=1) / around.total
        condition = singular[:, 0] / singular[:, -1]
    r2 = np.clip(r2, 0.0, 1.0)
    turn = np.arctan2(wave[:, 2], wave[:, 1]) * period / (2 * np.pi)
    return Waves(
        mesor=wave[:, 0],
        amplitude=np.hypot(wave[:, 1], wave[:, 2]),
        acrophase=turn % period % period,
        r2=r2,
        p=(1 - r2) ** ((around.n - 3) / 2),
        n=around.n,
        condition=condition,
    )
