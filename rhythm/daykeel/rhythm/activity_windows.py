"""How stable, fragmented and strong rest and activity are, in each window and on each day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from daykeel.rhythm.activity import UNITS
from daykeel.rhythm.activity_days import (
    BINS,
    HOURS,
    ActivityDays,
    Ints,
    means_of,
)
from daykeel.rhythm.cosinor import waves
from daykeel.rhythm.manyfold import (
    Centred,
    centred,
    contrasts,
    extremes,
    stabilities,
    variabilities,
)
from daykeel.rhythm.registry import MEASURES
from daykeel.rhythm.series import Flags
from daykeel.rhythm.windows import Column, Floats, Reason, Windows

MINUTES = 1440
ENOUGH, SOME = 10, 7
"""Complete days that stability and variability need, and from which they are shown."""
LEVELS = {7: 5, 14: 10, 28: 20}
"""Complete days that the quietest and the most active hours need."""
BIN_DAYS = 3
"""Days on which each ten minutes must be known for them."""
SURE, SHOWN = 0.8, 0.6
"""Valid hours, of all, that the wave needs, and from which it is shown."""
CONDITION = 5.0
P, R2 = 0.05, 0.1
"""With a larger p, or a worse fit, a wave peaks nowhere."""
LEAST, MOST = 5 * 6, 10 * 6
"""Bins of the quietest and of the most active hours."""
BINS_PER_HOUR = BINS // HOURS


@dataclass(frozen=True, slots=True)
class Counted:
    """What the measures of each window have in common."""

    windows: Windows
    reads: Flags
    """Which of the days known it reads: those it holds that were counted in its unit."""
    days: Ints
    """How many of them are complete."""
    coverage: Floats
    """Of every minute counted, in whatever unit."""
    is_whole: Flags
    is_mixed: Flags
    """Some of it was counted in another unit."""

    def column(
        self,
        measure: str,
        values: Floats,
        why: Sequence[Reason],
        doubts: Sequence[Reason] = (),
    ) -> Column:
        """Return a measure that needs complete days."""
        return Column(
            measure, values, self.days, self.windows.lengths, self.coverage, self.is_whole, why,
            doubts, (("mixed_sources", self.is_mixed),),
        )  # fmt: skip


def activity_columns(windows: Windows, found: ActivityDays) -> Iterator[Column]:
    """Yield the measures of activity of each window."""
    counted = _counted(windows, found)
    at = windows.index - windows.days.start
    is_read = windows.holds & np.take_along_axis(counted.reads, at, axis=1)
    hourly = np.where(is_read[..., None], found.hourly[at], np.nan)
    around = centred(hourly.reshape(len(hourly), -1))
    yield from _stability(counted, hourly, around)
    yield from _wave(counted, hourly, around)
    yield from _levels(counted, found)


def still_columns(windows: Windows) -> Iterator[Column]:
    """Yield the measures of activity where nothing was counted: none of them has a value."""
    nothing, everywhere = np.zeros(len(windows.keys)), np.ones(len(windows.keys), dtype=bool)
    for measure in MEASURES:
        if measure.startswith(("act.", "cosinor.")):
            is_wave = measure.startswith("cosinor.")
            yield Column(
                measure, nothing, nothing.astype(int),
                windows.lengths * (HOURS if is_wave else 1), nothing, ~everywhere,
                [("low_coverage" if is_wave else "few_days", everywhere)],
            )  # fmt: skip


def _counted(windows: Windows, found: ActivityDays) -> Counted:
    """Choose the unit in which most minutes of each window were counted."""
    minutes, days = found.minutes, np.arange(windows.days.start, windows.days.stop)
    last = windows.index[:, -1:]
    holds = (days <= last) & (days > last - windows.lengths[:, None])
    by_unit = np.array([np.where(found.unit == unit, minutes, 0) for unit in range(len(UNITS))])
    in_unit = holds @ by_unit.T
    reads = holds & (found.unit == in_unit.argmax(axis=1)[:, None])
    known = in_unit.sum(axis=1)
    return Counted(
        windows=windows,
        reads=reads,
        days=reads @ found.is_complete.astype(np.int64),
        coverage=known / (MINUTES * windows.lengths),
        is_whole=in_unit.max(axis=1) == MINUTES * windows.lengths,
        is_mixed=(in_unit > 0).sum(axis=1) > 1,
    )


def _stability(counted: Counted, hourly: Floats, around: Centred) -> Iterator[Column]:
    few = ("few_days", counted.days < SOME)
    still = ("weak_rhythm", around.total == 0)
    short = ("short_window_bias", counted.days < ENOUGH)
    for measure, values in (
        ("act.is", stabilities(around, hourly)),
        ("act.iv", variabilities(around, hourly.reshape(len(hourly), -1))),
    ):
        unknown = ("low_coverage", np.isnan(values))
        yield counted.column(measure, values, [few, still, unknown], [short])


def _wave(counted: Counted, hourly: Floats, around: Centred) -> Iterator[Column]:
    found = waves(np.arange(0.5, HOURS), hourly, around, period=HOURS)
    expected = HOURS * counted.windows.lengths
    why = [
        ("low_coverage", found.n < SHOWN * expected),
        ("weak_rhythm", around.total == 0),
        ("ill_conditioned", ~(found.condition <= CONDITION)),
    ]
    flat = ("weak_rhythm", (found.p > P) | (found.r2 < R2))
    low = ("low_coverage", found.n < SURE * expected)
    for name in ("mesor", "amplitude", "acrophase", "r2", "p"):
        yield Column(
            f"cosinor.{name}", getattr(found, name), found.n, expected, counted.coverage,
            counted.is_whole, [*why, flat] if name == "acrophase" else why, [low],
            [("mixed_sources", counted.is_mixed)],
        )  # fmt: skip


def _levels(counted: Counted, found: ActivityDays) -> Iterator[Column]:
    reads = counted.reads.astype(float)
    profile = means_of(reads @ found.bins, reads @ found.bins_n)
    known = reads @ (found.bins_n > 0).astype(float)
    why = [
        ("few_days", counted.days < counted.windows.needed(LEVELS)),
        ("low_coverage", (known < BIN_DAYS).any(axis=1)),
    ]
    least, quiet = extremes(np.hstack((profile, profile[:, : LEAST - 1])), LEAST, sign=1)
    most, busy = extremes(np.hstack((profile, profile[:, : MOST - 1])), MOST, sign=-1)
    yield counted.column("act.l5", least, why)
    yield counted.column("act.l5_onset", quiet / BINS_PER_HOUR, why)
    yield counted.column("act.m10", most, why)
    yield counted.column("act.m10_onset", busy / BINS_PER_HOUR, why)
    contrast = contrasts(least, most)
    yield counted.column("act.ra", contrast, [*why, ("weak_rhythm", np.isnan(contrast))])
