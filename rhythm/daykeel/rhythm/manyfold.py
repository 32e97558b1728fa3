"""What the rest and activity of many recordings come to at once, a row of an array for each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.clock import means, ranges

TIE = 1e-12
"""Of the size of the values: what two windows may differ by and still be equally active."""


class Centred(NamedTuple):
    """Sums of the known values of each row around their mean."""

    mean: NDArray[np.float64]
    total: NDArray[np.float64]
    """Of squares; 0 where nothing is known or nothing changes."""
    n: NDArray[np.int64]
    """How many are known."""


def centred(values: NDArray[np.float64]) -> Centred:
    """Return what stability and variability share, of each row; NaN is left out."""
    n, mean = means(values)
    squares = np.square(values - mean[..., None])
    total = np.where(np.isnan(squares), 0.0, squares).sum(axis=-1)
    return Centred(mean, np.where(ranges(values) > 0, total, 0.0), n)


def stabilities(found: Centred, days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `interdaily_stability` of each series; NaN where it is not defined.

    Parameters
    ----------
    found
        Of the same values on one line, shape (..., n).
    days
        The values by day and time of day, shape (..., days, period).
    """
    profile = profiles(days) - found.mean[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = found.n * np.square(profile).sum(axis=-1)
        share: NDArray[np.float64] = between / (days.shape[-1] * found.total)
    return np.minimum(share, 1.0)


def variabilities(found: Centred, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `intradaily_variability` of each row; NaN where it is not defined."""
    steps = np.diff(values)
    known = ~np.isnan(steps)
    squares = np.square(np.where(known, steps, 0.0)).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: NDArray[np.float64] = found.n * squares / (known.sum(axis=-1) * found.total)
    return ratio


def profiles(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each time of day over the last axis but one; NaN where never known."""
    sums = days.sum(axis=-2)
    if not np.isnan(sums).any():  # a whole recording: a tenth of the time
        return np.asarray(sums / days.shape[-2])
    return means(days, axis=-2)[1]


def extremes(
    bins: NDArray[np.float64], width: int, *, sign: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean and the first bin of the least active stretch of each row.

    Parameters
    ----------
    bins
        Shape (n, m); a day goes on after midnight if its first bins follow once more. A row
        with an unknown bin has no such stretch: its mean is NaN.
    width
        Bins of a stretch.
    sign
        -1 for the most active stretch.
    """
    sums = np.zeros((len(bins), bins.shape[1] + 1))
    np.cumsum(bins, axis=1, out=sums[:, 1:])
    totals = sign * (sums[:, width:] - sums[:, :-width])
    slack = TIE * np.maximum(1.0, np.abs(bins).sum(axis=1, keepdims=True))
    start = np.argmax(totals <= totals.min(axis=1, keepdims=True) + slack, axis=1)
    rows = np.arange(len(bins))[:, None]
    return bins[rows, start[:, None] + np.arange(width)].mean(axis=1), start


def contrasts(least: NDArray[np.float64], most: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how different quietest and most active hours are; NaN where nothing ever moved."""
    with np.errstate(invalid="ignore"):
        return np.maximum((most - least) / (most + least), 0.0)
