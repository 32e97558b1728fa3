"""How alike one day's sleep is to the next."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.ledger import Score

MINUTES = 1440
VALID = 960
"""Minutes that must be known in both nights of a pair."""


def sleep_regularity_index(asleep: ArrayLike, *, epochs_per_day: int) -> float:
    """Return the Sleep Regularity Index of a recording.

    The chance of being in the same state, asleep or awake, at two moments 24 hours apart,
    rescaled so that certainty gives 100 and even odds give 0.

    Parameters
    ----------
    asleep
        1 asleep, 0 awake, NaN unknown in each epoch, shape (n_epochs,), oldest first.
    epochs_per_day
        Epochs in 24 hours: 2880 for epochs of 30 seconds.

    Returns
    -------
    float
        Between -100 and 100, without unit.

    Raises
    ------
    NotEnoughData
        No pair of epochs 24 hours apart is known.

    Notes
    -----
    The recordings in [1]_ have no gaps. Leaving out the pairs that touch a gap is our choice;
    the result does not say how many pairs were left.

    References
    ----------
    .. [1] A. J. K. Phillips et al., Scientific Reports 7, 3216 (2017),
       doi:10.1038/s41598-017-03171-4.

    Examples
    --------
    >>> night = np.array([True] * 8 + [False] * 16)
    >>> sleep_regularity_index(np.tile(night, 7), epochs_per_day=24)
    100.0
    """
    common, differ = _day_pairs(asleep, epochs_per_day)
    return _index(differ.sum(), common.sum())


def sleep_regularity_by_day_pair(asleep: ArrayLike, *, epochs_per_day: int) -> NDArray[np.float64]:
    """Return the Sleep Regularity Index of each pair of consecutive days.

    Parameters
    ----------
    asleep, epochs_per_day
        As in `sleep_regularity_index`; the first day begins with the first epoch.

    Returns
    -------
    NDArray
        Shape (days - 1,), between -100 and 100; NaN for a pair without a common known epoch. A
        last day that is not whole counts with what is known of it.

    Raises
    ------
    NotEnoughData
        No pair of epochs 24 hours apart is known.

    Notes
    -----
    Their mean is the index of the recording only if every pair has equally many known epochs.

    References
    ----------
    .. [1] A. J. K. Phillips et al., Scientific Reports 7, 3216 (2017),
       doi:10.1038/s41598-017-03171-4.

    Examples
    --------
    >>> early, late = np.array([1.0] * 8 + [0.0] * 16), np.array([0.0] * 2 + [1.0] * 8 + [0.0] * 14)
    >>> found = sleep_regularity_by_day_pair([*early, *early, *late], epochs_per_day=24)
    >>> found.round(3).tolist()
    [100.0, 66.667]
    """
    common, differ = _day_pairs(asleep, epochs_per_day)
    pairs_of_days = zip(differ.tolist(), common.tolist(), strict=True)
    return np.array([_index(*one) if one[1] else np.nan for one in pairs_of_days])


def _day_pairs(
    asleep: ArrayLike, epochs_per_day: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return of each pair of consecutive days the epochs known in both, and those that differ."""
    states = np.asarray(asleep, dtype=float)
    padded = np.append(states, np.full(-states.size % epochs_per_day, np.nan))
    days = padded.reshape(-1, epochs_per_day)
    known = ~(np.isnan(days[1:]) | np.isnan(days[:-1]))
    if not known.any():
        raise NotEnoughData("no two epochs 24 hours apart are known")
    return known.sum(axis=1), ((days[1:] != days[:-1]) & known).sum(axis=1)


def _index(differ: float, common: float) -> float:
    return float(100 - 200 * differ / common)


class Pairs(NamedTuple):
    """Counts over pairs of consecutive nights; entry i is the pair (i - 1, i), entry 0 empty."""

    common: NDArray[np.int64]
    """Minutes known in both."""
    differ: NDArray[np.int64]
    """Of those, minutes asleep in one and awake in the other."""
    fallback: NDArray[np.int64]
    """Of those, minutes that only a fallback source knows in either."""
    asleep: NDArray[np.int64]
    """Of those, minutes asleep in either."""


def pairs(sleep: NDArray[np.uint8], valid: NDArray[np.uint8], fallback: NDArray[np.uint8]) -> Pairs:
    """Return the counts of all pairs of consecutive nights.

    Parameters
    ----------
    sleep, valid, fallback
        Whether each clock minute of each night was asleep, known, known from a fallback source
        only; packed bits, shape (n, 180), oldest first.
    """
    before, after = slice(None, -1), slice(1, None)
    both = valid[before] & valid[after]
    return Pairs(
        common=_count(both),
        differ=_count((sleep[before] ^ sleep[after]) & both),
        fallback=_count((fallback[before] | fallback[after]) & both),
        asleep=_count((sleep[before] | sleep[after]) & both),
    )


def _count(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return np.concatenate(([0], counts))


def score_pair(found: Pairs, at: int) -> Score:
    """Return `sri.pair` of night `at` and the one before."""
    common, differ = int(found.common[at]), int(found.differ[at])
    coverage = (common - int(found.fallback[at]) / 2) / MINUTES
    why = "few_pairs" if common < VALID else "no_sleep_in_window" if not found.asleep[at] else ""
    if why:
        return Score("sri.pair", "1d", None, coverage=coverage, reasons=(why,), n=0, n_expected=1)
    return Score(
        measure="sri.pair",
        window="1d",
        value=_index(differ, common),
        lo=_index(differ + MINUTES - common, MINUTES),
        hi=_index(differ, MINUTES),
        coverage=coverage,
        status="ok",
        n=1,
        n_expected=1,
    )
