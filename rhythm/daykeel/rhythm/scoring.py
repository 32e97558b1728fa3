"""Sleep told from wrist activity by published rules, each rule under its own name.

They were made for wrist counts per minute. On steps they call nearly all time sleep, and indices
of sleep from different rules are never compared.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.rest import BIN, DAY_BINS, rest_by_mean

AROUND = 5
"""Epochs before and after the scored one that Sadeh's rule reads."""
COLE = np.array([106.0, 54, 58, 76, 230, 74, 67])
"""Weights of the four minutes before, the scored one and the two after."""


def sadeh(counts: ArrayLike, *, scale: float = 1.0) -> NDArray[np.float64]:
    """Return in which minutes somebody slept, after Sadeh.

    Parameters
    ----------
    counts
        Activity counts of each minute, shape (n,), oldest first; NaN where unknown.
    scale
        Factor from the device's counts to those of the rule's device (AMA-32, zero crossings).

    Returns
    -------
    NDArray
        1 asleep, 0 awake, NaN where one of the eleven minutes around is unknown. The first and
        last five minutes, which the rule cannot see, are awake.

    Notes
    -----
    A minute is sleep when `7.601 - 0.065 mean - 1.08 nat - 0.056 sd - 0.703 log` is at least 0:
    the mean of the eleven minutes around it, how many of those hold 50 to below 100 counts, the
    sample standard deviation of the six that end with it, the logarithm of its own counts + 1.

    References
    ----------
    .. [1] A. Sadeh, K. M. Sharkey and M. A. Carskadon, Sleep 17, 201-207 (1994),
       doi:10.1093/sleep/17.3.201.

    Examples
    --------
    >>> sadeh([0.0] * 12).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    values = np.asarray(counts, dtype=float) * scale
    if values.size <= 2 * AROUND:
        return np.zeros(values.size)
    around = sliding_window_view(values, 2 * AROUND + 1)
    natural = ((around >= 50) & (around < 100)).sum(axis=1)  # noqa: PLR2004  of the rule
    spread = np.std(around[:, : AROUND + 1], axis=1, ddof=1)
    own = np.log(around[:, AROUND] + 1)
    level = 7.601 - 0.065 * around.mean(axis=1) - 1.08 * natural - 0.056 * spread - 0.703 * own
    return _at(values.size, AROUND, np.where(np.isnan(level), np.nan, level >= 0))


def cole_kripke(counts: ArrayLike, *, scale: float = 0.001) -> NDArray[np.float64]:
    """Return in which minutes somebody slept, after Cole and Kripke.

    Parameters
    ----------
    counts
        Mean activity counts of each minute, shape (n,), oldest first; NaN where unknown.
    scale
        Factor of the weighted sum. It belongs to the device and to how it sums up a minute.

    Returns
    -------
    NDArray
        1 asleep, 0 awake, NaN where one of the seven minutes read is unknown. The first four and
        last two minutes, which the rule cannot see, are awake.

    Notes
    -----
    A minute is sleep when the weighted sum times `scale` is below 1. No rescoring is done.

    References
    ----------
    .. [1] R. J. Cole et al., Sleep 15, 461-469 (1992), doi:10.1093/sleep/15.5.461.

    Examples
    --------
    >>> cole_kripke([0.0] * 8).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    """
    values = np.asarray(counts, dtype=float)
    if values.size < COLE.size:
        return np.zeros(values.size)
    level = sliding_window_view(values, COLE.size) @ COLE * scale
    return _at(values.size, 4, np.where(np.isnan(level), np.nan, level < 1))


def _at(size: int, start: int, told: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.zeros(size)
    found[start : start + told.size] = told
    return found


def munich(counts: ArrayLike, *, epochs_per_day: int) -> NDArray[np.float64]:
    """Return in which epochs somebody slept, by the Munich rule (MASDA) on ten minutes.

    The same code guesses the product's sleep where only activity is known.

    Parameters
    ----------
    counts
        Activity of each epoch, shape (n_epochs,), oldest first; NaN where unknown. Any unit.
    epochs_per_day
        A multiple of 144: the rule reads ten minutes at a time.

    Returns
    -------
    NDArray
        1 asleep, 0 awake; NaN in ten minutes not known throughout, where less than half of the
        24 hours around is known, and in a last part of ten minutes.

    Raises
    ------
    ValueError
        Epochs do not fill ten minutes.

    References
    ----------
    .. [1] T. Roenneberg et al., Methods in Enzymology 552, 257-283 (2015),
       doi:10.1016/bs.mie.2014.11.028.

    Examples
    --------
    >>> day = np.repeat([0.0, 50.0], [48, 96])
    >>> int(munich(np.tile(day, 3), epochs_per_day=144)[144:288].sum())
    48
    """
    values = np.asarray(counts, dtype=float)
    width, rest = divmod(epochs_per_day, DAY_BINS)
    if rest or not width:
        raise ValueError(f"{epochs_per_day} epochs a day do not fill {BIN} minutes")
    bins = values[: values.size // width * width].reshape(-1, width).sum(axis=1)
    known = ~np.isnan(bins)
    asleep, told = rest_by_mean(np.where(known, bins, 0.0), known)
    found = np.full(values.size, np.nan)
    found[: bins.size * width] = np.repeat(np.where(told, asleep, np.nan), width)
    return found
