"""From what is known of each minute to the main sleep of a night and its bounds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ASLEEP, AWAKE, UNKNOWN = 1, 0, 2
MIN_WINDOW, MERGE_GAP, MIN_MAIN, MARGIN = 10, 60, 60, 360
CERTAIN_WIDTH = 30
RULES = "1.2.0"
"""Version of the rules by which a night is assembled."""

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MainSleep:
    """The main window of a night, in minutes from the start of the span, with its bounds.

    `onset` is None where the night is not bounded; `none_certain` says that there certainly was
    no main sleep.
    """

    onset: Window | None = None
    """(least, greatest) minute of falling asleep; the published one is the greatest."""
    offset: Window | None = None
    """(least, greatest) minute of waking; the published one is the least."""
    none_certain: bool = False
    naps: tuple[Window, ...] = ()

    @property
    def main(self) -> Window | None:
        """The window published: what is known to be sleep."""
        if self.onset is None or self.offset is None:
            return None
        return self.onset[1], self.offset[0]

    @property
    def is_certain(self) -> bool:
        """Whether onset and offset are each known within half an hour."""
        if self.onset is None or self.offset is None:
            return False
        widths = (self.onset[1] - self.onset[0], self.offset[1] - self.offset[0])
        return max(widths) <= CERTAIN_WIDTH


def windows(asleep: NDArray[np.bool_]) -> list[Window]:
    """Return the sleep windows of a minute vector, half-open, oldest first.

    Runs of sleep below 10 minutes are dropped, what is left merges over gaps below 60 minutes.

    >>> windows(np.array([True] * 20 + [False] * 30 + [True] * 20 + [False] * 5 + [True] * 5))
    [(0, 70)]
    """
    merged: list[Window] = []
    for start, stop in runs(asleep):
        if stop - start < MIN_WINDOW:
            continue
        if merged and start - merged[-1][1] < MERGE_GAP:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged


def runs(flags: NDArray[np.bool_]) -> list[Window]:
    """Return the half-open runs of True.

    >>> runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def main_sleep(states: NDArray[np.int8], core: Window) -> MainSleep:
    """Return the main sleep of the night whose core is `core`, with its bounds.

    Parameters
    ----------
    states
        What is known of each minute of the span: 1 asleep, 0 awake, 2 unknown.
    core
        Half-open minutes of the core in the span: the night owns the windows whose middle is
        in it.

    Notes
    -----
    Two readings are compared, one with everything unknown awake and one with it asleep; turning
    known minutes into unknown ones can only widen the bounds or take the night away.
    """
    known, possible = windows(states == ASLEEP), windows(states != AWAKE)
    owned = [window for window in known if _owned(window, core)]
    found = max(
        (window for window in owned if _length(window) >= MIN_MAIN),
        key=lambda window: (_length(window), -window[0]),
        default=None,
    )
    if found is None:
        none = all(_cap(window, core) < MIN_MAIN for window in possible)
        return MainSleep(none_certain=none, naps=tuple(owned) if none else ())
    around = next(w for w in possible if w[0] <= found[0] and w[1] >= found[1])
    if not _is_bounded(found, around, possible, states, core):
        return MainSleep()
    naps = tuple(window for window in owned if window != found)
    return MainSleep((around[0], found[0]), (found[1], around[1]), naps=naps)


def _length(window: Window) -> int:
    return window[1] - window[0]


def _owned(window: Window, core: Window) -> bool:
    return 2 * core[0] <= window[0] + window[1] < 2 * core[1]


def _cap(window: Window, core: Window) -> int:
    """Return the longest part of a window that could still be dated to the night."""
    return min(_length(window), 2 * (core[1] - window[0]), 2 * (window[1] - core[0]))


def _is_bounded(
    found: Window,
    around: Window,
    possible: list[Window],
    states: NDArray[np.int8],
    core: Window,
) -> bool:
    (a, b), (c, d) = found, around
    inside = all(2 * core[0] <= ends < 2 * core[1] for ends in (c + b, a + d))
    rivals = (window for window in possible if window != around)
    edges = (c == 0 and states[0] == UNKNOWN) or (d == states.size and states[-1] == UNKNOWN)
    return (
        inside
        and max(a - c, d - b) < b - a
        and all(_cap(window, core) < b - a for window in rivals)
        and not edges
    )
