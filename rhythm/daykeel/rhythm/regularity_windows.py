"""The sleep regularity index of each window, from the counts of its pairs of nights."""

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.regularity import MINUTES, VALID, Pairs
from daykeel.rhythm.series import Flags
from daykeel.rhythm.windows import Column, Floats, Windows

MIN_SLEEP = 60
"""Minutes of sleep with which a night counts as slept in."""
ENOUGH, SOME = {7: 5, 14: 10, 28: 20}, {7: 3, 14: 5, 28: 10}
"""Valid pairs that the index needs, and from which it is shown."""

Bits = NDArray[np.uint8]


def regularity_column(
    windows: Windows, sleep: Bits, valid: Bits, found: Pairs, unsure: Flags
) -> Column:
    """Return `sri.window`; the minutes of a pair that is not valid count as unknown in its bounds.

    Parameters
    ----------
    windows
        Which nights each holds.
    sleep, valid
        Packed minutes of all nights, shape (n, 180).
    found
        Counts of all their pairs.
    unsure
        Nights whose main sleep has wide bounds, or none.
    """
    is_valid = found.common >= VALID
    used = windows.holds & windows.cut(is_valid)
    used[:, 0] = False
    used[:, 1:] &= windows.holds[:, :-1]
    known, differ, fallback = (
        np.where(used, windows.cut(part), 0).sum(axis=1)
        for part in (found.common, found.differ, found.fallback)
    )
    n, whole = used.sum(axis=1), MINUTES * (windows.lengths - 1)
    few = ("few_pairs", n < windows.needed(SOME))
    sleepless = 2 * _slept(windows, sleep, valid, is_valid)
    touched = used.copy()
    touched[:, :-1] |= used[:, 1:]
    return Column(
        "sri.window",
        _index(differ, known),
        n,
        windows.lengths - 1,
        (known - fallback / 2) / whole,
        known == whole,
        [few, ("no_sleep_in_window", sleepless < windows.lengths)],
        (
            ("few_pairs", n < windows.needed(ENOUGH)),
            ("edge_unknown", (touched & windows.cut(unsure)).any(axis=1)),
        ),
        bounds=(_index(differ + whole - known, whole), _index(differ, whole)),
    )


def _index(differ: NDArray[np.int64], common: NDArray[np.int64]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = 100 - 200 * differ / common
    return found


def _slept(windows: Windows, sleep: Bits, valid: Bits, is_valid: Flags) -> NDArray[np.int64]:
    """Return in how many nights of each window an hour of sleep enters a valid pair of it."""
    days = windows.days
    both = np.zeros((days.stop - days.start + 1, valid.shape[1]), dtype=np.uint8)
    common = valid[days][1:] & valid[days][:-1]
    both[1:-1] = np.where(is_valid[days][1:, None], common, 0)
    asleep = sleep[days]
    before, after, either = (
        np.bitwise_count(asleep & bits).sum(axis=1, dtype=np.int64) >= MIN_SLEEP
        for bits in (both[:-1], both[1:], both[:-1] | both[1:])
    )
    at = windows.index - days.start
    enters = either[at]
    first = windows.holds.argmax(axis=1)
    rows = np.arange(len(at))
    enters[rows, first] = after[at[rows, first]]
    enters[:, -1] = before[at[:, -1]]
    found: NDArray[np.int64] = (enters & windows.holds).sum(axis=1)
    return found
