"""The light a client lived in, as sleep tells it: bright awake, dark asleep, by tenths of hours."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from daykeel.events.zones import resolve
from daykeel.rhythm.frame import DAY, DAY_MINUTES, MINUTE, clock_columns
from daykeel.rhythm.series import Flags, Series

STEP = 6
"""Minutes."""
STEPS = DAY_MINUTES // STEP
WEEK = 7


class Light(NamedTuple):
    """The light of consecutive nights, each from its boundary hour to the next."""

    start: datetime
    nights: Sequence[bytes]
    """Of each the lengths of its stretches in steps, 16 bits each, awake and asleep in turn: an
    even number of them, so that nights can be joined."""


class Span(NamedTuple):
    """A night from its boundary hour to the next."""

    start: datetime
    stop: datetime
    zone: str


def light_of(series: Series, nights: range, boundary: int) -> Light:
    """Return the light of some nights; what is unknown is bridged.

    The line of light goes on evenly when clocks are changed or the client travels.
    """
    spans = _spans(series, nights, boundary)
    start = spans[0].start
    ends = np.maximum.accumulate([(span.stop - start) // MINUTE // STEP for span in spans])
    asleep, known = (
        np.unpackbits(bits[nights.start : nights.stop], axis=1).view(bool)
        for bits in (series.sleep_bits, series.valid_bits)
    )
    if all(one.stop == after.start for one, after in pairwise(spans)) and _is_even(ends):
        dark = bridged(asleep[:, ::STEP].ravel(), known[:, ::STEP].ravel())
    else:
        at = np.concatenate([*_places(spans, [0, *ends.tolist()])])
        known = (at >= 0) & known.ravel()[at]
        dark = bridged(known & asleep.ravel()[at], known)
    return Light(start, tuple(_stretches(_at_ends(dark, ends), ends)))


def _at_ends(dark: Flags, ends: NDArray[np.int64]) -> Flags:
    """Return whether it is dark where each step ends, of the last one of a night where it begins.

    So the light of a step is that of its end, as the model has it, and no night reads another.
    """
    found = np.append(dark[1:], dark[-1])
    found[ends - 1] = dark[ends - 1]
    return found


def _is_even(ends: NDArray[np.int64]) -> bool:
    return bool((ends == STEPS * np.arange(1, len(ends) + 1)).all())


def _spans(series: Series, nights: range, boundary: int) -> list[Span]:
    """Return when each night is; one without a record is where the one before it was."""
    records = series.days[nights.start : nights.stop]
    zone = next(record.night.zone for record in records if record is not None)
    found = []
    for at, record in zip(nights, records, strict=True):
        zone = zone if record is None else record.night.zone
        day = series.date(at)
        found.append(Span(_at(day - DAY, boundary, zone), _at(day, boundary, zone), zone))
    return found


@lru_cache(maxsize=4096)
def _at(day: date, hour: int, zone: str) -> datetime:
    """Return when clocks show the hour: every client has the same days, each has many."""
    return resolve(datetime.combine(day, time(hour)), ZoneInfo(zone)).instant


def _places(spans: Sequence[Span], ends: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """Yield for each step of each night which of all clock minutes it lies in, or -1.

    Of nights that overlap the earlier one counts; between nights there is none.
    """
    for row, (span, (first, last)) in enumerate(zip(spans, pairwise(ends), strict=True)):
        size = (span.stop - span.start) // MINUTE
        minute = np.arange(first, last) * STEP - (span.start - spans[0].start) // MINUTE
        columns = clock_columns(span.start, size, span.zone)
        clock = np.full(size, -1)
        clock[columns[columns >= 0]] = np.flatnonzero(columns >= 0)
        found = np.where(minute >= 0, clock[minute], -1)
        yield np.where(found >= 0, found + row * DAY_MINUTES, -1)


def bridged(asleep: Flags, known: Flags) -> Flags:
    """Return in which steps it is dark, taking for unknown ones what mostly was at their time.

    Mostly on the seven days before, on the first seven days mostly on those; bright where that
    is even. So nothing depends on a later day, but for the first seven.
    """
    if known.all():
        return asleep
    size = -(-known.size // STEPS) * STEPS
    missing = np.zeros(size - known.size, dtype=bool)
    days, told = (np.append(one, missing).reshape(-1, STEPS) for one in (asleep & known, known))
    balance = np.zeros((len(days) + 1, STEPS), dtype=np.int64)
    np.cumsum(2 * days.astype(np.int64) - told, axis=0, out=balance[1:])
    last = np.maximum(np.arange(len(days)), min(WEEK, len(days)))
    mostly = balance[last] - balance[np.maximum(last - WEEK, 0)] > 0
    return np.where(told, days, mostly).ravel()[: known.size]


def _stretches(dark: Flags, ends: NDArray[np.int64]) -> Iterator[bytes]:
    """Yield the lengths of the stretches of each night."""
    is_cut = np.zeros(dark.size + 1, dtype=bool)
    is_cut[1:-1] = dark[1:] != dark[:-1]
    is_cut[ends] = True
    cuts = np.flatnonzero(is_cut)
    begins = np.append(0, cuts[:-1])
    last = iter(ends.tolist())
    lengths: array[int] = array("H")
    end = next(last)
    stretches = (cuts, cuts - begins, dark[begins])
    for cut, length, is_dark in zip(*(one.tolist() for one in stretches), strict=True):
        if len(lengths) % 2 != is_dark:
            lengths.append(0)
        lengths.append(length)
        while cut == end:
            if len(lengths) % 2:
                lengths.append(0)
            yield lengths.tobytes()
            lengths = array("H")
            end = next(last, -1)
