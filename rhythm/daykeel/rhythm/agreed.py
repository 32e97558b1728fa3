"""Thresholds agreed on with the client: so many hours off the own centre, so many nights running.

They stand outside the alert budget: with ordinary variation such a rule fires several times a
year. So each is off until a therapist has seen what it would have done.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np

from daykeel.rhythm.acute import compared, running, scales
from daykeel.rhythm.charts import SIDES
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.series import Flags, Floats, Series
from daykeel.rhythm.track import Track

CHARTS = (DURATION, MID)
LEAST_HOURS, MOST_HOURS = 0.5, 6.0
LEAST_NIGHTS, MOST_NIGHTS = 2, 14
MOST_FIRINGS, BACK = 3, 90
"""It is refused if it would have fired more often than that in so many last nights."""
COUNTS = 2
"""Nights running from which they are counted before it fires."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """One threshold to one side, night by night."""

    threshold: Threshold
    side: str
    met: Flags
    """Nights beyond it, also at the bound that speaks least for it."""
    known: Flags
    """Nights that can tell."""
    signal: Flags
    """Nights on which it fires: as many as agreed are met, this one included."""
    stands: Flags
    """Of them, those on which it would if nothing were known of what was declared."""

    @property
    def counting(self) -> Flags:
        """Nights on which it counts and has not fired."""
        least = min(COUNTS, self.threshold.nights - 1)
        return running(self.met, least) & ~running(self.met, self.threshold.nights)


def thresholds_of(
    context: ClientContext, by: Sequence[Rules], dates: Sequence[date]
) -> tuple[Threshold, ...]:
    """Return what was agreed on with the client, and what rules have on the nights they hold."""
    found = list(context.thresholds)
    for rules, nights in groupby(zip(by, dates, strict=True), key=lambda pair: pair[0]):
        held = [night for _, night in nights]
        if rules.agreed_hours is not None:
            found.append(
                Threshold(
                    hours=rules.agreed_hours,
                    nights=rules.agreed_nights,
                    first=held[0],
                    last=held[-1],
                )
            )
    return tuple(found)


def agreed(
    thresholds: Sequence[Threshold], series: Series, tracks: Mapping[str, Track], travel: Flags
) -> list[Agreed]:
    """Return every threshold to each of its sides over the whole series.

    A missing night meets none and closes no gap; nor does one of another device than the
    baseline's. A journey silences only what depends on the clock.
    """
    return [one for threshold in thresholds for one in _sides(threshold, series, tracks, travel)]


def _sides(
    threshold: Threshold, series: Series, tracks: Mapping[str, Track], travel: Flags
) -> Iterator[Agreed]:
    track = tracks[threshold.chart]
    known = series.final & ~series.excluded & compared(series, track) & _holds(threshold, series)
    known &= np.isfinite(track.low) & np.isfinite(track.high)
    if threshold.chart == MID:
        known &= ~travel
    hours = scales(track, len(series))
    for side in threshold.sides:
        met = known & (_beyond(track, side) * hours > threshold.hours)
        signal, stands = (running(one, threshold.nights) for one in (met, met & ~series.declared))
        yield Agreed(threshold, side, met, known, signal, stands)


def _beyond(track: Track, side: str) -> Floats:
    """Return by how many own SD a night certainly lies to one side."""
    rises, _ = SIDES[track.chart]
    return track.low if side == rises else -track.high


def _holds(threshold: Threshold, series: Series) -> Flags:
    found = np.zeros(len(series), dtype=bool)
    first = max((threshold.first - series.dates[0]).days, 0)
    stop = None if threshold.last is None else max((threshold.last - series.dates[0]).days + 1, 0)
    found[first:stop] = True
    return found
