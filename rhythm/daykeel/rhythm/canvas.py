"""The minutes of a span while what is known of them is painted, the later over the earlier."""

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.activity import Flags
from daykeel.rhythm.assembly import AWAKE, UNKNOWN
from daykeel.rhythm.frame import MINUTE, Frame
from daykeel.rhythm.local_times import Stretch

States = NDArray[np.int8]


class Canvas:
    """The minutes of a span while they are being painted."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.states = np.full(frame.size, UNKNOWN, dtype=np.int8)
        self.assumed = np.zeros(frame.size, dtype=bool)
        self.fallback = np.zeros(frame.size, dtype=bool)

    def paint(self, stretch: Stretch, state: int, *, is_fallback: bool = False) -> None:
        """Paint a stretch over what is there."""
        at = slice(self.frame.minute(stretch[0]), self.frame.minute(stretch[1]))
        self.states[at], self.assumed[at], self.fallback[at] = state, False, is_fallback

    def paint_minutes(self, minutes: Flags, state: int, *, is_fallback: bool = False) -> None:
        """Paint some minutes over what is there."""
        self.states[minutes], self.assumed[minutes] = state, False
        self.fallback[minutes] = is_fallback

    def assume(self, minutes: Flags, *, is_fallback: bool) -> None:
        """Take minutes of which nothing is known for awake."""
        new = minutes & (self.states == UNKNOWN)
        self.states[new], self.assumed[new], self.fallback[new] = AWAKE, True, is_fallback

    def forget(self, stretches: Iterable[Stretch]) -> None:
        """Make stretches unknown, whole minutes at both ends."""
        for start, stop in stretches:
            last = self.frame.minute(stop + MINUTE - timedelta(microseconds=1))
            self.paint_minutes(between(self.frame, self.frame.minute(start), last), UNKNOWN)


def between(frame: Frame, start: int, stop: int) -> Flags:
    """Return the minutes of a span from one on and before another."""
    flags = np.zeros(frame.size, dtype=bool)
    flags[start:stop] = True
    return flags
