"""From the packed minutes of a night to stretches of minutes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MINUTES = 1440


class Run(NamedTuple):
    """Minutes [start, stop) after the boundary of the night."""

    start: int
    stop: int


def minutes_of(bits: bytes) -> NDArray[np.bool_]:
    """Return the 1440 minutes of a packed night, the first bit first."""
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=MINUTES).astype(bool)


def runs(minutes: NDArray[np.bool_]) -> list[Run]:
    """Return the stretches that are set, oldest first.

    >>> runs(np.array([False, True, True, False, True]))
    [Run(start=1, stop=3), Run(start=4, stop=5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], minutes.astype(np.int8), [0]))))
    return [Run(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def total(stretches: Sequence[Run]) -> int:
    """Return how many minutes the stretches hold."""
    return sum(run.stop - run.start for run in stretches)
