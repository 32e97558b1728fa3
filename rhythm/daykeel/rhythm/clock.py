"""Times of day, where 23:30 and 00:30 meet at midnight: anchoring, differences, averages."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData

HOURS = 24.0
DIRECTION = 0.3
"""Mean resultant length below which times of day have no centre worth naming."""
FEW = 3


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
    resultant = _resultant(hours)
    length = min(abs(resultant), 1.0)
    if length < 1e-9:  # noqa: PLR2004  below rounding error there is no direction
        raise NotEnoughData("the times of day have no mean")
    to_hours = HOURS / (2 * np.pi)
    mean = round(float(np.angle(resultant)) * to_hours, 12) % HOURS
    return ClockTime(mean=mean, sd=float(np.sqrt(-2 * np.log(length))) * to_hours)


def has_direction(hours: ArrayLike) -> bool:
    """Return whether times of day gather anywhere: at least three, resultant at least 0.3.

    >>> has_direction([23.0, 0.0, 1.0]), has_direction([0.0, 8.0, 16.0])
    (True, False)
    """
    times = np.asarray(hours, dtype=float)
    is_enough = int((~np.isnan(times)).sum()) >= FEW
    return is_enough and bool(abs(_resultant(times)) >= DIRECTION)


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
    times = anchored(hours)
    times = times[~np.isnan(times)]
    if times.size and np.ptp(times) < HOURS / 2:
        return float(times.mean())
    return float(anchored(summarise(times).mean))


def _resultant(hours: ArrayLike) -> complex:
    times = np.asarray(hours, dtype=float)
    angles = times[~np.isnan(times)] * (2 * np.pi / HOURS)
    return complex(np.exp(1j * angles).mean()) if angles.size else 0j
