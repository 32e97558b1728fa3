"""How stable, how fragmented and how strong the daily wave of rest and activity is."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.clock import HOURS
from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.manyfold import (
    Centred,
    centred,
    contrasts,
    extremes,
    profiles,
    stabilities,
    variabilities,
)

MINUTES = 1440
BINS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 30, 32, 36, 40, 45, 48, 60)
"""Minutes: every width up to an hour that divides the day."""


class Span(NamedTuple):
    """A stretch of the average day."""

    mean: float
    """Mean activity in it, in the unit of the recording."""
    onset: float
    """When it begins, in hours from midnight, at least 0 and below 24."""


def interdaily_stability(hourly: ArrayLike, *, period: int = 24) -> float:
    """Return how alike the days are: the share of variance that the average day explains.

    Parameters
    ----------
    hourly
        Mean activity of each hour, shape (n,), oldest first; NaN where unknown. Any unit.
    period
        Values per day: 24 for hours, 48 for half hours.

    Returns
    -------
    float
        Between 0 and 1. Uneven gaps can lift the formula a little above 1, which is cut off.

    Raises
    ------
    NotEnoughData
        A time of day is never known, or activity never changes.

    Notes
    -----
    The mean of all known values is the centre, and each time of day counts the same [2]_. Short
    recordings come out too high: `days` days of white noise give about 1 / `days`.

    References
    ----------
    .. [1] W. Witting et al., Biological Psychiatry 27, 563-572 (1990),
       doi:10.1016/0006-3223(90)90523-5.
    .. [2] E. J. W. Van Someren et al., Chronobiology International 16, 505-518 (1999),
       doi:10.3109/07420529908998724.

    Examples
    --------
    >>> day = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
    >>> interdaily_stability(np.tile(day, 7))
    1.0
    """
    values = np.asarray(hourly, dtype=float)
    found = float(stabilities(_checked(centred(values)), _by_day(values, period)))
    if np.isnan(found):
        raise NotEnoughData("a time of day is never known")
    return found


def intradaily_variability(hourly: ArrayLike) -> float:
    """Return how often rest and activity take turns: about 0 for a wave, about 2 for noise.

    Parameters
    ----------
    hourly
        Mean activity of each hour, shape (n,), oldest first; NaN where unknown. Any unit.

    Returns
    -------
    float
        At least 0, without unit.

    Raises
    ------
    NotEnoughData
        No two consecutive hours are known, or activity never changes.

    Notes
    -----
    Only differences between two known consecutive hours count, and they are averaged over their
    own number.

    References
    ----------
    .. [1] W. Witting et al., Biological Psychiatry 27, 563-572 (1990),
       doi:10.1016/0006-3223(90)90523-5.

    Examples
    --------
    >>> day = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
    >>> round(intradaily_variability(np.tile(day, 7)), 10)
    0.377245509
    """
    values = np.asarray(hourly, dtype=float)
    found = float(variabilities(_checked(centred(values)), values))
    if np.isnan(found):
        raise NotEnoughData("no two consecutive values are known")
    return found


def _checked(found: Centred) -> Centred:
    if not found.total:
        raise NotEnoughData("activity never changes")
    return found


def _by_day(values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    return np.append(values, np.full(-values.size % period, np.nan)).reshape(-1, period)


def binned(minutes: ArrayLike, *, width: int) -> NDArray[np.float64]:
    """Return the mean of each `width` epochs, NaN where fewer than half of them are known.

    A last bin that is not whole is left out.

    >>> binned([1.0, 3.0, np.nan, 4.0, np.nan, np.nan, 9.0], width=2).tolist()
    [2.0, 4.0, nan]
    """
    values = np.asarray(minutes, dtype=float)
    shaped = values[: values.size // width * width].reshape(-1, width)
    sums = shaped.sum(axis=1)
    if not np.isnan(sums).any():
        return np.asarray(sums / width)
    known = (~np.isnan(shaped)).sum(axis=1)
    mean: NDArray[np.float64] = np.nansum(shaped, axis=1) / np.maximum(known, 1)
    return np.where(2 * known >= width, mean, np.nan)


def mean_interdaily_stability(minutes: ArrayLike) -> float:
    """Return interdaily stability averaged over 22 bin widths from 1 to 60 minutes (ISm).

    Parameters
    ----------
    minutes
        Activity of each minute from midnight on, shape (n,); NaN where unknown.

    Raises
    ------
    NotEnoughData
        At some width the stability is not defined.

    References
    ----------
    .. [1] B. S. B. Goncalves et al., Sleep Science 7, 158-164 (2014),
       doi:10.1016/j.slsci.2014.09.013.
    """
    return _over_widths(
        minutes, lambda values, width: interdaily_stability(values, period=MINUTES // width)
    )


def mean_intradaily_variability(minutes: ArrayLike) -> float:
    """Return intradaily variability averaged over 22 bin widths from 1 to 60 minutes (IVm).

    Parameters, errors and source are those of `mean_interdaily_stability`.
    """
    return _over_widths(minutes, lambda values, _: intradaily_variability(values))


def _over_widths(minutes: ArrayLike, measure: Callable[[NDArray[np.float64], int], float]) -> float:
    return float(np.mean([measure(binned(minutes, width=width), width) for width in BINS]))


def least_active(activity: ArrayLike, *, epochs_per_day: int, hours: float = 5) -> Span:
    """Return the quietest hours of the average day (L5).

    Parameters
    ----------
    activity
        Activity of each epoch, shape (n_epochs,), from midnight on; NaN where unknown. Any unit.
    epochs_per_day
        1440 for epochs of a minute, 144 for the ten minutes the product uses.
    hours
        How long the stretch is, above 0 and at most 24.

    Returns
    -------
    Span
        Of stretches that tie the one that begins first. It may run across midnight.

    Raises
    ------
    NotEnoughData
        A time of day is never known.

    References
    ----------
    .. [1] E. J. W. Van Someren et al., Chronobiology International 16, 505-518 (1999),
       doi:10.3109/07420529908998724.

    Examples
    --------
    >>> day = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
    >>> least_active(day, epochs_per_day=24)
    Span(mean=0.0, onset=0.0)
    """
    return _extreme(_day(activity, epochs_per_day), hours, sign=1)


def most_active(activity: ArrayLike, *, epochs_per_day: int, hours: float = 10) -> Span:
    """Return the most active hours of the average day (M10).

    Parameters, errors and source are those of `least_active`.

    >>> day = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
    >>> most_active(day, epochs_per_day=24)
    Span(mean=100.0, onset=7.0)
    """
    return _extreme(_day(activity, epochs_per_day), hours, sign=-1)


def relative_amplitude(activity: ArrayLike, *, epochs_per_day: int) -> float:
    """Return how different the most active 10 and the quietest 5 hours are, 0 to 1.

    Parameters and source are those of `least_active`.

    Raises
    ------
    NotEnoughData
        A time of day is never known, or nothing ever moved.

    Examples
    --------
    >>> day = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
    >>> relative_amplitude(day, epochs_per_day=24)
    1.0
    """
    profile = _day(activity, epochs_per_day)
    least = _extreme(profile, 5, sign=1).mean
    most = _extreme(profile, 10, sign=-1).mean
    if most + least == 0:
        raise NotEnoughData("nothing ever moved")
    return float(contrasts(np.array(least), np.array(most)))


def _day(activity: ArrayLike, epochs_per_day: int) -> NDArray[np.float64]:
    found = profiles(_by_day(np.asarray(activity, dtype=float), epochs_per_day))
    if np.isnan(found).any():
        raise NotEnoughData("a time of day is never known")
    return found


def _extreme(profile: NDArray[np.float64], hours: float, *, sign: int) -> Span:
    width = round(hours * profile.size / HOURS)
    if not 0 < width <= profile.size:
        raise ValueError(f"{hours} hours are no stretch of a day of {profile.size} epochs")
    twice = np.concatenate((profile, profile[: width - 1]))
    mean, start = extremes(twice[None], width, sign=sign)
    return Span(float(mean[0]), float(start[0]) * HOURS / profile.size)
