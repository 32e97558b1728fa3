"""Years of nights drawn from recordings of real people, a week at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daykeel.rhythm.cohort.lives import Floats, Ints, Nights

WEEK = 7
LEAST = 14
"""Known nights a recording needs."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Nights of one recording in the order of their dates; NaN where sleep is not known."""

    first: date
    onset: Floats
    """Hours from the night's midnight."""
    duration: Floats
    """Hours."""
    steps: Ints
    """Of each ten minutes of the days, shape (n, 144); -1 where they are not known."""

    @property
    def is_enough(self) -> bool:
        """Whether years can be drawn from it."""
        return int(np.isfinite(self.onset).sum()) >= LEAST and self.onset.size >= 2 * WEEK


def drawn(rng: np.random.Generator, recording: Recorded, dates: Sequence[date]) -> Nights:
    """Return a life of the recording's weeks in any order, each beginning on its own weekday.

    What varies within a week and which nights are missing is the person's; what changes more
    slowly is not there, as in any month.
    """
    apart = (dates[0].weekday() - recording.first.weekday()) % WEEK
    starts = np.arange(apart, recording.onset.size - WEEK + 1, WEEK)
    picked = rng.choice(starts, len(dates) // WEEK + 1)
    at = (picked[:, None] + np.arange(WEEK)).ravel()[: len(dates)]
    known = np.isfinite(recording.onset[at])
    usual = float(np.nanmedian(recording.onset)), float(np.nanmedian(recording.duration))
    return Nights(
        tuple(dates),
        np.where(known, recording.onset[at], usual[0]),
        np.where(known, recording.duration[at], usual[1]),
        np.zeros(len(dates), dtype=bool),
        known,
        steps=recording.steps[at],
    )
