"""The most active hours of each day and the least active ones of the night before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from daykeel.rhythm.activity_days import BINS, COMPLETE, HOURS, ActivityDays, Ints, means_of
from daykeel.rhythm.activity_windows import BINS_PER_HOUR, LEAST, MINUTES, MOST
from daykeel.rhythm.manyfold import contrasts, extremes
from daykeel.rhythm.series import Flags
from daykeel.rhythm.windows import Column, Floats, Windows

NOON = HOURS // 2


@dataclass(frozen=True, slots=True)
class Stretch:
    """24 hours of each date in one unit, and how much of them is known."""

    bins: Floats
    """Means of ten minutes, shape (n, 144)."""
    minutes: Ints
    """Valid ones in the unit of the day."""
    known: Ints
    """Valid ones in any unit."""
    is_few: Flags
    """Fewer valid hours than a complete day has."""
    is_low: Flags
    """Some ten minutes have no valid one."""


def _stretch(bins: Floats, hours: Ints, minutes: Ints, known: Ints) -> Stretch:
    is_low = np.asarray(np.isnan(bins).any(axis=1))
    return Stretch(bins, minutes, known, np.asarray(hours < COMPLETE), is_low)


def daily_columns(windows: Windows, found: ActivityDays) -> Iterator[Column]:
    """Yield the levels of each day.

    Parameters
    ----------
    windows
        Of one day each.
    found
        At least those days, up to the last of them.
    """
    day, night = _stretches(found, len(windows.keys))
    least, quiet = extremes(night.bins, LEAST, sign=1)
    most, busy = extremes(day.bins, MOST, sign=-1)
    began = (NOON + quiet / BINS_PER_HOUR) % HOURS
    yield _column(windows, "act.l5", least, night)
    yield _column(windows, "act.l5_onset", began, night)
    yield _column(windows, "act.m10", most, day)
    yield _column(windows, "act.m10_onset", busy / BINS_PER_HOUR, day)
    yield _contrast(windows, contrasts(least, most), day, night)


def _stretches(found: ActivityDays, count: int) -> tuple[Stretch, Stretch]:
    """Return the last dates from midnight to midnight, and from noon to noon."""
    bins, valid, unit = means_of(found.bins, found.bins_n), found.valid, found.unit
    at = np.arange(unit.size - count, unit.size)
    before, is_first = np.maximum(at - 1, 0), at == 0
    is_same = (unit[before] == unit[at]) & ~is_first
    half = BINS // 2
    evening = found.bins_n[before, half:].sum(axis=1)
    morning = found.bins_n[at, :half].sum(axis=1)
    hours = is_same * valid[before, NOON:].sum(axis=1) + valid[at, :NOON].sum(axis=1)
    late = np.where(is_same[:, None], bins[before, half:], np.nan)
    minutes = found.minutes[at]
    return (
        _stretch(bins[at], valid[at].sum(axis=1), minutes, minutes),
        _stretch(
            np.hstack((late, bins[at, :half])),
            hours,
            is_same * evening + morning,
            ~is_first * evening + morning,
        ),
    )


def _column(windows: Windows, measure: str, values: Floats, of: Stretch) -> Column:
    return Column(
        measure, values, (~(of.is_few | of.is_low)).astype(np.int64), windows.lengths,
        of.known / MINUTES, of.minutes == MINUTES,
        [("few_days", of.is_few), ("low_coverage", of.is_low)],
    )  # fmt: skip


def _contrast(windows: Windows, values: Floats, day: Stretch, night: Stretch) -> Column:
    is_few, is_low = day.is_few | night.is_few, day.is_low | night.is_low
    is_whole = (day.minutes == MINUTES) & (night.minutes == MINUTES)
    why = [("few_days", is_few), ("low_coverage", is_low), ("weak_rhythm", np.isnan(values))]
    return Column(
        "act.ra", values, (~(is_few | is_low)).astype(np.int64), windows.lengths,
        (day.known + night.known) / (2 * MINUTES), is_whole, why,
    )  # fmt: skip
