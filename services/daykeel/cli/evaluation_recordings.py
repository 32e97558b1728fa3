"""Nights and steps of real people, read as the product reads them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from daykeel.cli.say import Refused
from daykeel.files.nights import days
from daykeel.files.recordings import BadRecording, read_wide_steps
from daykeel.rhythm.activity_days import BINS, THOUSANDTHS
from daykeel.rhythm.cohort.recorded import Recorded
from daykeel.rhythm.ledger import DayRecord

FILE = "minuteStepsWide.csv"
WHOLE = 10
"""Minutes of a bin."""


def recorded_nights(folder: Path) -> list[Recorded]:
    """Return the nights of each recording that has enough of them."""
    try:
        with (folder / FILE).open(encoding="utf-8-sig", newline="") as lines:
            recordings = read_wide_steps(lines)
    except (OSError, BadRecording) as error:
        raise Refused(f"{folder / FILE}: {error}") from error
    found = [_arrays(told) for one in recordings if (told := days(one))]
    return [one for one in found if one.is_enough]


def _arrays(told: Sequence[DayRecord]) -> Recorded:
    first = told[0].day
    count = (told[-1].day - first).days + 1
    onset, duration = np.full(count, np.nan), np.full(count, np.nan)
    steps = np.full((count, BINS), -1, dtype=np.int64)
    for day in told:
        at, night = (day.day - first).days, day.night
        known = np.array(day.bin_n) == WHOLE
        steps[at] = np.where(known, np.array(day.bin_sum) // THOUSANDTHS, -1)
        if night.certainty == "certain" and night.onset.value is not None and night.duration.value:
            onset[at], duration[at] = night.onset.value, night.duration.value / 60
    return Recorded(first, onset, duration, steps)
