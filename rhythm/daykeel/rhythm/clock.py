"""Times of day, where 23:30 and 00:30 meet at midnight: anchoring, differences, averages."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData

HOURS = 24.0
DIRECTION = 0.3
"""Mean resultant length below which times of day have no centre worth naming."""
FEW = 3
NOWHERE = 1e-9
"""Resultant length that is rounding error: the times have no mean."""


class ClockTime(NamedTuple):
    """The centre and spread of some times of day, both in hours."""

    mean: float
    sd: float


def anchored(hours: ArrayLike) -> NDArray[np.float64]:
    """Return times of day anchored on midnight, in [-12, 12) hours.

    >>> anchored([23.5, 0.5, 12.0]).tolist()
    [-0.5, 0.5, -12.0]
    """
    return (np.asarray(hours, dtype=float) + 12) % HOURS - 12


def difference(later: ArrayLike, earlier: ArrayLike) -> NDArray[np.float64]:
    """Return by how many hours one time of day is later than another, the short way round.

    >>> float(difference(0.5, 23.5)), float(difference(23.0, 1.0))
    (1.0, -2.0)
    """
    return anchored(np.asarray(later, dtype=float) - np.asarray(earlier, dtype=float))


def summarise(hours: ArrayLike) -> ClockTime:
    """Return the circular mean and standard deviation of times of day.

    Parameters
    ----------
    hours
        Local clock times in hours, shape (n,). 25.0 and 1.0 are the same time; NaN is left out.

    Returns
    -------
    ClockTime
        Mean in [0, 24) and standard deviation in hours.

    Raises
    ------
    NotEnoughData
        There are no times, or they cancel out and so have no mean.

    References
    ----------
    .. [1] K. V. Mardia and P. E. Jupp, Directional Statistics (2000), sections 2.2 and 2.3.

    Examples
    --------
    >>> summarise([23.5, 0.5]).mean
    0.0
    """
    resultant = resultants(hours)
    mean = float(direction(resultant))
    if np.isnan(mean):
        raise NotEnoughData("the times of day have no mean")
    return ClockTime(mean=mean, sd=float(circular_deviation(resultant)))


def has_direction(hours: ArrayLike) -> bool:
    """Return whether times of day gather anywhere: at least three, resultant at least 0.3.

    >>> has_direction([23.0, 0.0, 1.0]), has_direction([0.0, 8.0, 16.0])
    (True, False)
    """
    times = np.asarray(hours, dtype=float)
    is_enough = int((~np.isnan(times)).sum()) >= FEW
    return is_enough and bool(abs(resultants(times)) >= DIRECTION)


def centre(hours: ArrayLike) -> float:
    """Return the mean of times of day anchored on midnight, in hours, [-12, 12).

    The plain mean of the anchored times; the circular mean where they lie on both sides of noon,
    so that their anchored values are half a day or more apart.

    Raises
    ------
    NotEnoughData
        There are no times, or they cancel out.

    Examples
    --------
    >>> centre([23.0, 2.0]), round(centre([11.0, 13.0]), 9)
    (0.5, -12.0)
    """
    found = float(centres(anchored(hours)))
    if np.isnan(found):
        raise NotEnoughData("there are no times of day, or they cancel out")
    return found


def centres(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `centre` of each row of anchored times; NaN where a row has none."""
    n, mean = means(times)
    astride = ranges(times) >= HOURS / 2
    if not astride.any():
        return np.where(n > 0, mean, np.nan)
    return np.where(astride, anchored(direction(resultants(times))), mean)


def ranges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much the known values of each row differ, -inf where none is known."""
    most: NDArray[np.float64] = np.fmax.reduce(values, axis=-1, initial=-np.inf)
    least: NDArray[np.float64] = np.fmin.reduce(values, axis=-1, initial=np.inf)
    return np.subtract(most, least)


def means(
    values: NDArray[np.float64], axis: int = -1
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return how many values along an axis are known and their mean, NaN where none is."""
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    with np.errstate(invalid="ignore"):
        return n, np.where(known, values, 0.0).sum(axis=axis) / n


def resultants(hours: ArrayLike) -> NDArray[np.complex128]:
    """Return the mean of each row of times of day as a point in the unit circle; 0 of none."""
    angles = np.asarray(hours, dtype=float) * (2 * np.pi / HOURS)
    known = ~np.isnan(angles)
    points = np.where(known, np.exp(1j * np.where(known, angles, 0.0)), 0.0)
    found: NDArray[np.complex128] = points.sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return found


def direction(resultant: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the time of day that mean points lie at, NaN where times cancelled out."""
    hours = np.round(np.angle(resultant) * (HOURS / (2 * np.pi)), 12) % HOURS
    return np.where(np.abs(resultant) < NOWHERE, np.nan, hours)


def circular_deviation(resultant: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the circular standard deviation, in hours, of times of day by their mean point."""
    length = np.clip(np.abs(resultant), np.finfo(float).tiny, 1.0)
    found: NDArray[np.float64] = np.sqrt(np.abs(2 * np.log(length))) * (HOURS / (2 * np.pi))
    return found
