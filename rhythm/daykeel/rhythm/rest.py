"""Sleep guessed from activity alone, where no source tells of any (science.md 5.2)."""

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.activity import Flags, Minutes
from daykeel.rhythm.assembly import Window, runs

BIN = 10
"""Minutes."""

DAY_BINS = 144
HALF_DAY = 72
SHARE = 0.15
"""Of the mean of the day around it, up to which a bin is rest."""

SEED = 3
"""Bins of rest from which a sleep may start."""

LONGEST = 72
"""Bins a sleep may last."""

FEW_STEPS = 10_000
"""Thousandths of steps in a bin, below which it is quiet."""

QUIET, STIR, SHORTEST = 6, 6, 18
"""Bins: quiet that counts, what may interrupt it, and the least there must be of it in all."""


def bins_of(minutes: Minutes) -> tuple[NDArray[np.float64], Flags]:
    """Return the sum of each ten minutes and whether all of them are known."""
    count = minutes.value.size // BIN
    shape = (count, BIN)
    value = minutes.value[: count * BIN].reshape(shape).sum(axis=1).astype(float)
    known: Flags = np.all(minutes.valid[: count * BIN].reshape(shape), axis=1)
    return value, known


def rest_by_mean(value: NDArray[np.float64], known: Flags) -> tuple[Flags, Flags]:
    """Return in which bins somebody slept, and in which that can be told (MASDA).

    Rest is what lies far below the mean of the 24 hours around it, of which at least 12 must be
    known. Each run of rest of half an hour may begin a sleep; it lasts as long as fits best to
    "so much rest, then none".

    Parameters
    ----------
    value, known
        Sum of each bin and whether it is known, oldest first.

    References
    ----------
    .. [1] T. Roenneberg et al., Methods in Enzymology 552, 257-283 (2015),
       doi:10.1016/bs.mie.2014.11.028.
    """
    mean, enough = _around(value, known)
    told = known & enough
    rest = told & (value <= SHARE * mean)
    asleep = np.zeros(rest.size, dtype=bool)
    for start, stop in runs(rest):
        if stop - start >= SEED:
            asleep[start : start + _length(rest[start : _until(told, start)])] = True
    return asleep & told, told


def _around(value: NDArray[np.float64], known: Flags) -> tuple[NDArray[np.float64], Flags]:
    """Return the mean of the 24 hours around each bin and whether half of them are known."""
    sums = np.concatenate(([0.0], np.cumsum(np.where(known, value, 0.0))))
    counts = np.concatenate(([0], np.cumsum(known)))
    at = np.arange(value.size)
    low, high = np.maximum(at - HALF_DAY, 0), np.minimum(at + HALF_DAY, value.size)
    n = counts[high] - counts[low]
    mean: NDArray[np.float64] = (sums[high] - sums[low]) / np.maximum(n, 1)
    return mean, np.asarray(n >= HALF_DAY)


def _until(told: Flags, start: int) -> int:
    """Return where what is told ends, at most 12 hours on."""
    ahead = np.flatnonzero(~told[start : start + LONGEST])
    return int(start + ahead[0]) if ahead.size else min(start + LONGEST, told.size)


def _length(rest: Flags) -> int:
    """Return for how many bins from the first on a series is most like rest, then none.

    >>> _length(np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0], dtype=bool))
    6
    """
    size = rest.size
    if rest.all():
        return size
    n = np.arange(1, size)
    fit = (np.cumsum(rest)[:-1] - n * rest.mean()) / np.sqrt(n * (size - n))
    return int(n[np.argmax(np.round(fit, 12))])


def rest_by_steps(value: NDArray[np.float64], known: Flags) -> tuple[Flags, Flags]:
    """Return in which bins somebody slept, and in which that can be told, from steps alone.

    Sleep is the longest quiet stretch of at least 3 hours. It is read twice, with unknown bins
    stirring and with them quiet, and told only where no unknown bin could make another stretch
    the longest, and where steps bound it: without them it is no night but a device nobody wore.
    What is unknown can therefore take a sleep away or leave its ends open, never move it. Where
    no sleep is found nothing is told: who sits takes no steps either.

    Parameters
    ----------
    value
        Steps in each bin, thousandths, from 18:00 to 14:00.
    known
        Whether they are known.
    """
    quiet = value < FEW_STEPS
    certain, possible = _stretches(quiet & known), _stretches(quiet | ~known)
    asleep, told = np.zeros(value.size, dtype=bool), np.zeros(value.size, dtype=bool)
    found = max(certain, key=lambda one: (_size(one), -one[0]), default=None)
    if found is None or _size(found) < SHORTEST:
        return asleep, told
    around = next(one for one in possible if one[0] <= found[0] and found[1] <= one[1])
    rivals = (one for one in possible if one != around)
    is_longest = 2 * _size(found) > _size(around) and all(
        _size(one) < _size(found) for one in rivals
    )
    if is_longest and around[0] > 0 and around[1] < value.size:
        asleep[found[0] : found[1]] = True
        told[: around[0]] = told[around[1] :] = True
    return asleep & known, (asleep | told) & known


def _stretches(quiet: Flags) -> list[Window]:
    merged: list[Window] = []
    for start, stop in runs(quiet):
        if stop - start < QUIET:
            continue
        if merged and start - merged[-1][1] <= STIR:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged


def _size(stretch: Window) -> int:
    return stretch[1] - stretch[0]
