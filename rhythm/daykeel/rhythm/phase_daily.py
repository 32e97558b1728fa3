"""When the inner night began, as a model of the clock tells it from the sleep of the last weeks."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from daykeel.rhythm.clock import HOURS, anchored, circular_deviation, ranges, resultants
from daykeel.rhythm.frame import HOUR, wall_hours
from daykeel.rhythm.inner_night import Walk, after
from daykeel.rhythm.light import WEEK, light_of
from daykeel.rhythm.phase import BEFORE
from daykeel.rhythm.regularity import MINUTES, VALID
from daykeel.rhythm.regularity_windows import MIN_SLEEP
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.timing import sample_deviations
from daykeel.rhythm.windows import Column, Floats, Windows

READ = 28
"""Nights read at least: from the Monday before them on, so that the days of a week share a run."""
ENOUGH = 10
"""Nights of data that an estimate needs, since the record or its last long gap."""
STALE, LOST = 3, 7
"""Nights missing in a row beyond which the estimate is of old, and beyond which there is none."""
ERROR, WIDE, BRIDGED = 1.0, 1.6, 0.25
"""Hours: of regular sleep, of irregular sleep, and more for each night that was bridged."""
IRREGULAR = 1.0
"""Hours of spread of midsleep over the last 14 nights from which sleep is irregular."""
FORTNIGHT = 14


class Run(NamedTuple):
    """The nights that the estimate of a date reads."""

    first: int
    """Number of the first one, which may lie before the record."""
    start: int
    """Of the first one with data since the last long gap: the model starts there."""
    last: int
    n: int
    """Nights of data from `start` on."""
    slept: int
    """Of them, nights with an hour of sleep."""
    silent: int
    """Nights without data at the end."""

    @property
    def is_enough(self) -> bool:
        """Whether the model is run."""
        return self.n >= ENOUGH and self.silent <= LOST and 2 * self.slept >= self.n


def phase_columns(windows: Windows, series: Series, boundary: int) -> Iterator[Column]:
    """Yield the modelled phase of each date and its error.

    Parameters
    ----------
    windows
        Of one day each.
    boundary
        The hour at which the client's nights begin and end.
    """
    dates = [at for at, _ in windows.keys]
    told = _told(series, slice(max(min(dates) - READ - WEEK, 0), max(dates) + 1))
    runs = [_run(series, told, at) for at in dates]
    minima, drifts = _minima(series, runs, boundary)
    silent, n, slept = np.array([(run.silent, run.n, run.slept) for run in runs]).T
    why = [
        ("few_nights", ~series.final[dates]),
        ("stale", silent > LOST),
        ("burn_in", n < ENOUGH),
        ("no_sleep_in_window", 2 * slept < n),
        ("no_dominant_phase", drifts),
    ]
    whole = told.shares(told.known, runs) == 1
    count = np.array([run.last + 1 - run.first for run in runs])
    for name, values, covered in (
        ("dlmo", (minima - BEFORE) % HOURS, told.shares(told.coverage, runs)),
        ("cbtmin", minima, told.shares(told.coverage, runs)),
        ("error", _errors(series, runs), told.shares(told.nightly, runs)),
    ):
        yield Column(
            f"phase.{name}", values, n, count, covered, whole & (covered == 1), why,
            [("stale", silent > STALE)], reads_journeys=False,
        )  # fmt: skip


class Told(NamedTuple):
    """What is known of nights, entry 0 being number `first`."""

    first: int
    known: Floats
    """Share of the minutes of each that is known."""
    coverage: Floats
    """The same, a minute that only a fallback source knows counting half."""
    nightly: Floats
    """Coverage of each as a night, with the hours before and after it."""
    slept: Flags
    """An hour of sleep is known."""

    def shares(self, parts: Floats, runs: Sequence[Run]) -> Floats:
        """Return the mean over the nights that each date reads; before the record it is 0."""
        return np.array(
            [
                parts[max(run.first - self.first, 0) : run.last + 1 - self.first].sum()
                / (run.last + 1 - run.first)
                for run in runs
            ]
        )


def _told(series: Series, read: slice) -> Told:
    valid = series.valid_bits[read]
    known, fallback, asleep = (
        np.bitwise_count(valid & bits).sum(axis=1, dtype=np.int64)
        for bits in (valid, series.fallback_bits[read], series.sleep_bits[read])
    )
    return Told(
        first=read.start,
        known=known / MINUTES,
        coverage=(known - fallback / 2) / MINUTES,
        nightly=np.where(series.final[read], series.coverage[read], 0.0),
        slept=asleep >= MIN_SLEEP,
    )


def _run(series: Series, told: Told, at: int) -> Run:
    """Return what is read for date number `at`."""
    first = at + 1 - READ
    first -= (series.date(at).weekday() - READ + 1) % WEEK
    begin = max(first, told.first)
    nights = slice(begin - told.first, at + 1 - told.first)
    start, n, slept, silent = at, 0, 0, 0
    is_enough = told.known[nights] >= VALID / MINUTES
    for number, (has_data, has_sleep) in enumerate(
        zip(is_enough.tolist(), told.slept[nights].tolist(), strict=True), begin
    ):
        if not has_data:
            silent += 1
            continue
        if not n or silent > LOST:
            start, n, slept = number, 0, 0
        n, slept, silent = n + 1, slept + has_sleep, 0
    return Run(first, start, at, n, slept, silent)


def _minima(series: Series, runs: Sequence[Run], boundary: int) -> tuple[Floats, Flags]:
    """Return when the last minimum was on each date, NaN where unknown, and where there is none."""
    found: dict[int, float | None] = {}
    told = [
        run for run in runs if run.n >= ENOUGH and run.silent <= LOST and series.final[run.last]
    ]
    for start, group in groupby(told, key=lambda run: run.start):
        lasts = [run.last for run in group]
        light = light_of(series, range(start, lasts[-1] + 1), boundary)
        for last in lasts:
            walk, record = _after(light.nights[: last + 1 - start]), series.days[last]
            minimum = walk.minimum if walk is not None else None
            if minimum is not None and record is not None:
                at = light.start + minimum * HOUR
                found[last] = wall_hours(at, record.night.zone, record.day) % HOURS
            else:
                found[last] = None
    drifts = [found.get(run.last, 0.0) is None for run in runs]
    minima = [found.get(run.last) for run in runs]
    return np.array(minima, dtype=float), np.array(drifts)


def _after(nights: Sequence[bytes]) -> Walk | None:
    """Return the clock after nights of light, of which there is a week at least."""
    whole = len(nights) // WEEK * WEEK
    weeks = (b"".join(nights[at : at + WEEK]) for at in range(0, whole, WEEK))
    return after(tuple(weeks), tuple(nights[whole:]))


def _errors(series: Series, runs: Sequence[Run]) -> Floats:
    """Return by how many hours the estimate of each date may be off."""
    lasts = np.array([run.last for run in runs])
    at = lasts[:, None] + np.arange(1 - FORTNIGHT, 1)
    is_read = (at >= 0) & series.final[np.maximum(at, 0)]
    mid = np.where(is_read, anchored(series.mid.value)[np.maximum(at, 0)], np.nan)
    spread = sample_deviations(mid)
    astride = ranges(mid) >= HOURS / 2
    if astride.any():
        spread = np.where(astride, circular_deviation(resultants(mid)), spread)
    awake = (is_read & series.sleepless[np.maximum(at, 0)]).any(axis=1)
    bridged = np.array([run.last + 1 - run.start - run.n for run in runs], dtype=float)
    found: Floats = np.where(awake | ~(spread <= IRREGULAR), WIDE, ERROR) + BRIDGED * bridged
    return found
