"""How much the times of sleep vary within a window, and how they shift with work and free days."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.clock import (
    DIRECTION,
    HOURS,
    anchored,
    circular_deviation,
    means,
    ranges,
    resultants,
)
from daykeel.rhythm.series import TIMES, Flags, Series
from daykeel.rhythm.timing import (
    Nights,
    Shifts,
    deviations,
    sample_deviations,
    shifts,
    successive_differences,
)
from daykeel.rhythm.windows import Column, Floats, Reason, Windows

CLOCK = 3
"""So many of the five times, the first ones, are times of day; the others are lengths."""
SHORT = 14
"""Nights up to which times of day have a linear spread."""
ENOUGH, SOME = {7: 5, 14: 10, 28: 20}, {7: 4, 14: 7, 28: 14}
"""Nights that a spread needs, and from which it is shown."""
PAIRS = {7: 4, 14: 8, 28: 15}
"""Pairs of nights that the change from night to night and the phase deviation need."""
FREE_NIGHTS, WORK_NIGHTS = 2, 3


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the five times of each night, shape (5, n), and of the nights, (n,)."""

    values: Floats
    """Hours, times of day anchored; NaN where there is none, or the night may still change."""
    is_sharp: Flags
    """It is certain what it is, or that there is none."""
    timed: Flags
    """Nights with a main sleep that has bounds."""
    unsure: Flags
    """Of them, those whose bounds are wide."""
    coverage: Floats
    """0 of nights that windows do not read."""


def known_of(series: Series) -> Known:
    """Return what windows read of each night."""
    parts = [getattr(series, name) for name in TIMES]
    timed = series.final & np.isfinite(series.onset.value)
    sleepless = series.final & series.sleepless
    has_value = np.array([timed] * CLOCK + [timed | sleepless] * (len(TIMES) - CLOCK))
    values = np.where(has_value, [part.value for part in parts], np.nan)
    values[:CLOCK] = anchored(values[:CLOCK])
    is_sharp = has_value & np.array([part.lo == part.hi for part in parts])
    is_sharp[:CLOCK] |= sleepless
    coverage = np.where(timed | sleepless, series.coverage, 0.0)
    return Known(values, is_sharp, timed, timed & ~series.certain, coverage)


def sleep_columns(windows: Windows, series: Series, travel: Flags) -> Iterator[Column]:
    """Yield the spreads, social jetlag and composite phase deviation of each window."""
    known = known_of(series)
    yield from _spreads(windows, known)
    yield from _shifted(windows, known, series.free, travel)


def _spreads(windows: Windows, known: Known) -> Iterator[Column]:
    values = windows.of(known.values)
    n = (~np.isnan(values)).sum(axis=-1)
    spread, is_aimless = _deviations(windows, values)
    pairs, change = _changes(values)
    enough, some, needed = (windows.needed(least) for least in (ENOUGH, SOME, PAIRS))
    is_whole = windows.count(known.is_sharp) == windows.lengths
    unsure = ("edge_unknown", windows.count(known.unsure) > 0)
    coverage = windows.share(known.coverage)
    for at, name in enumerate(TIMES):
        aimless = [("no_dominant_phase", is_aimless[at])] if at < CLOCK else []
        yield Column(
            f"sleep.{name}.sd", spread[at], n[at], windows.lengths, coverage, is_whole[at],
            [("few_nights", n[at] < some), *aimless], [("few_nights", n[at] < enough), unsure],
        )  # fmt: skip
        yield Column(
            f"sleep.{name}.rmssd", change[at], pairs[at], windows.lengths - 1, coverage,
            is_whole[at], [("few_pairs", pairs[at] < needed), *aimless], [unsure],
        )  # fmt: skip


def _deviations(windows: Windows, values: Floats) -> tuple[Floats, Flags]:
    """Return the spread of each time in each window, and where times of day gather nowhere."""
    times = values[:CLOCK]
    centre, spread = resultants(times), sample_deviations(values)
    is_circular = (windows.lengths > SHORT) | (ranges(times) >= HOURS / 2)
    spread[:CLOCK] = np.where(is_circular, circular_deviation(centre), spread[:CLOCK])
    return spread, np.abs(centre) < DIRECTION


def _changes(values: Floats) -> tuple[NDArray[np.int64], Floats]:
    times = successive_differences(values[:CLOCK], is_clock=True)
    lengths = successive_differences(values[CLOCK:], is_clock=False)
    return np.concatenate((times[0], lengths[0])), np.concatenate((times[1], lengths[1]))


@dataclass(frozen=True, slots=True)
class Compared:
    """Work and free nights of each window; those in the window of a journey are left out."""

    nights: Nights
    days: Flags
    """Work nights and free nights, shape (2, windows, days)."""
    coverage: Floats
    is_whole: Flags
    unsure: Reason


def _shifted(windows: Windows, known: Known, free: Flags, travel: Flags) -> Iterator[Column]:
    used = known.timed & ~travel
    found = Compared(
        nights=Nights(*windows.of(np.where(used, known.values[:4], np.nan))),
        days=windows.holds & windows.cut(np.array([used & ~free, used & free])),
        coverage=windows.share(np.where(travel, 0.0, known.coverage)),
        is_whole=windows.count(travel | known.is_sharp[:4].all(axis=0)) == windows.lengths,
        unsure=("edge_unknown", windows.count(known.unsure & ~travel) > 0),
    )
    shift = shifts(found.nights, found.days)
    yield from _jetlag(windows, found, shift, windows.count(free))
    yield _phase_deviation(windows, found, shift)


def _jetlag(
    windows: Windows, found: Compared, shift: Shifts, free: NDArray[np.int64]
) -> Iterator[Column]:
    at_work, at_home = found.days.sum(axis=-1)
    alarm = ("alarm_unknown", at_home > 0)
    few = ("few_nights", (at_home < FREE_NIGHTS) | (at_work < WORK_NIGHTS))
    types = [("no_work_days", free == windows.lengths), ("no_free_days", free == 0), few]
    for measure, values in (("sjl", shift.absolute), ("sjl.sc", shift.corrected)):
        why = [*types, ("no_dominant_phase", np.isnan(values))]
        yield Column(
            measure, values, at_work + at_home, windows.lengths, found.coverage, found.is_whole,
            why, [found.unsure], [alarm], reads_journeys=False,
        )  # fmt: skip


def _phase_deviation(windows: Windows, found: Compared, shift: Shifts) -> Column:
    has_free = found.days[1].any(axis=-1)
    terms, reference = deviations(found.nights.mid, shift.msfsc, has_free)
    n, mean = means(terms)
    few = ("few_pairs", n < windows.needed(PAIRS))
    why = [few, ("no_dominant_phase", np.isnan(reference))]
    return Column(
        "cpd", mean, n, windows.lengths - 1, found.coverage, found.is_whole, why,
        [found.unsure], [("no_free_days", ~has_free)], reads_journeys=False,
    )  # fmt: skip
