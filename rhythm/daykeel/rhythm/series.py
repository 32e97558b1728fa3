"""One client's days as arrays over consecutive dates: built once, read by everything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.context import ClientContext, Mark
from daykeel.rhythm.ledger import Bounded, DayRecord, Night

DAY = timedelta(days=1)
TIMES = ("onset", "offset", "mid", "duration", "tst")
BRIDGED = 42
"""Nights from the last one of imported history to the first streamed one, at most."""
DST_NIGHTS = frozenset({"dst_1", "dst_2", "dst_3"})
EXCLUDED = frozenset({"exclude", "excluded"})
DECLARED = ("illness", "event")
"""Marks that explain a change while they last; a holiday is an event."""

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
NOTHING = (float("nan"),) * 3


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the bounds it lies in, of each night; NaN where unknown."""

    value: Floats
    lo: Floats
    hi: Floats

    def shifted(self, by: Floats) -> "Interval":
        """Return the same with `by` taken off each night."""
        return Interval(self.value - by, self.lo - by, self.hi - by)

    @property
    def is_bounded(self) -> Flags:
        """On which nights bounds are known."""
        return np.isfinite(self.lo) & np.isfinite(self.hi)


@dataclass(frozen=True, slots=True)
class Series:
    """Consecutive dates of one client, oldest first; entry i of every array is date i."""

    days: tuple[DayRecord | None, ...]
    """None on a date nobody has a record of."""
    dates: tuple[date, ...]
    onset: Interval
    """Hours from the night's midnight, as the next two."""
    offset: Interval
    mid: Interval
    duration: Interval
    """Hours, as the next."""
    tst: Interval
    final: Flags
    complete: Flags
    """The night and the one after it are final, so the anchors of the day are all there."""
    certain: Flags
    sleepless: Flags
    """There certainly was no main sleep."""
    free: Flags
    dst: Flags
    """The first three nights after a change of clocks."""
    near_dst: Flags
    """The seven nights after a change of clocks."""
    excluded: Flags
    episode: Flags
    marked: Flags
    """Declared anything by client or therapist."""
    declared: Flags
    """Declared an illness or a life event."""
    bridged: Flags
    """Nights without data between imported history and the first streamed one, if not many."""
    coverage: Floats
    device: NDArray[np.int64]
    """A number for each source and device; -1 where no device said anything."""
    sleep_bits: NDArray[np.uint8]
    valid_bits: NDArray[np.uint8]
    """Nothing is valid in nights that are not final."""
    fallback_bits: NDArray[np.uint8]

    def __len__(self) -> int:
        """How many dates there are."""
        return len(self.days)

    def at(self, day: date) -> int:
        """Return the number of a date, which may lie outside."""
        return (day - self.dates[0]).days

    def date(self, at: int) -> date:
        """Return date number `at`."""
        return self.dates[at]


Devices = Sequence[tuple[str, str]]
"""Source and device; the place in it is the device's number."""


def series_of(days: Sequence[DayRecord], context: ClientContext, devices: Devices = ()) -> Series:
    """Return the days as arrays; dates between them that have no record are unknown.

    Parameters
    ----------
    devices
        That the days may name; by default those they do name.
    """
    by_date = {day.day: day for day in days}
    first, last = min(by_date), max(by_date)
    dates = [first + number * DAY for number in range((last - first).days + 1)]
    records = tuple(by_date.get(day) for day in dates)
    nights = [record.night if record else None for record in records]
    times = _times(nights)
    flags = _flags(nights)
    final = flags[:, 0]
    marks = _Marks(context.marks, dates, nights)
    begins = None if context.enrolled is None else (context.enrolled - first).days
    return Series(
        days=records,
        dates=tuple(dates),
        **{name: _interval(times, at) for at, name in enumerate(TIMES)},
        final=final,
        complete=final & np.append(final[1:], False),
        certain=flags[:, 1],
        sleepless=flags[:, 2],
        free=flags[:, 3],
        dst=flags[:, 4],
        near_dst=flags[:, 5],
        excluded=marks.of(EXCLUDED),
        episode=marks.of(frozenset({"episode"})),
        marked=marks.of(None),
        declared=marks.of(frozenset(DECLARED)),
        bridged=bridged(
            [one is not None and one.duration.lo is not None for one in nights], begins
        ),
        coverage=np.array([night.coverage if night else 0.0 for night in nights]),
        device=_devices(nights, devices or devices_of(by_date[day] for day in sorted(by_date))),
        sleep_bits=_bits(record.sleep_bits if record else None for record in records),
        valid_bits=_bits(
            record.valid_bits if record and record.night.final else None for record in records
        ),
        fallback_bits=_bits(record.fallback_bits if record else None for record in records),
    )


def bridged(known: Sequence[bool], begins: int | None) -> Flags:
    """Return the nights without data between the history before night `begins` and what follows.

    Over at most 42 nights from the last known one to the next the history goes on; over more it
    is another life, and none is bridged (science.md 12.3).

    >>> bridged([True, False, False, True], 2).tolist(), bridged([True, False], None).tolist()
    ([False, True, True, False], [False, False])
    """
    found = np.zeros(len(known), dtype=bool)
    before = [at for at, one in enumerate(known[: max(begins or 0, 0)]) if one]
    if not before:
        return found
    after = next((at for at in range(begins or 0, len(known)) if known[at]), len(known))
    if after - before[-1] <= BRIDGED:
        found[before[-1] + 1 : after] = True
    return found


def _times(nights: Iterable[Night | None]) -> Floats:
    """Return value, lo and hi of the five times of each night, shape (n, 5, 3)."""
    rows = [NOTHING * len(TIMES) if night is None else _row(night) for night in nights]
    return np.array(rows, dtype=float).reshape(-1, len(TIMES), 3)


def _row(night: Night) -> tuple[float | None, ...]:
    """Return the times in their order; written out, since this is done of every night."""
    onset, offset, mid, duration, tst = (
        night.onset,
        night.offset,
        night.mid,
        night.duration,
        night.tst,
    )
    return (
        *(onset.value, onset.lo, onset.hi),
        *(offset.value, offset.lo, offset.hi),
        *(mid.value, mid.lo, mid.hi),
        *(duration.value, duration.lo, duration.hi),
        *(tst.value, tst.lo, tst.hi),
    )


def _interval(times: Floats, at: int) -> Interval:
    minutes_per = 60 if TIMES[at] in ("duration", "tst") else 1
    value, lo, hi = (times[:, at] / minutes_per).T
    return Interval(value, lo, hi)


def _flags(nights: Iterable[Night | None]) -> Flags:
    nothing = (False,) * 6
    rows = [
        nothing
        if night is None
        else (
            night.final,
            night.certainty == "certain",
            night.no_main_sleep,
            night.day_type == "free",
            not DST_NIGHTS.isdisjoint(night.flags),
            "dst" in night.flags or not DST_NIGHTS.isdisjoint(night.flags),
        )
        for night in nights
    ]
    return np.array(rows, dtype=bool)


class _Marks:
    """What is declared of each night, by the context or by the night itself."""

    def __init__(
        self, marks: Iterable[Mark], dates: Sequence[date], nights: Sequence[Night | None]
    ) -> None:
        self._said: list[set[str]] = [
            {flag for flag in night.flags if not flag.startswith("dst") and flag != "travel"}
            if night and night.flags
            else set()
            for night in nights
        ]
        for mark in marks:
            first = max((mark.first - dates[0]).days, 0)
            for said in self._said[first : max((mark.last - dates[0]).days + 1, 0)]:
                said.add(mark.what)

    def of(self, what: frozenset[str] | None) -> Flags:
        """Return the nights declared one of `what`, or anything."""
        return np.array(
            [bool(said if what is None else said & what) for said in self._said], dtype=bool
        )


def devices_of(days: Iterable[DayRecord]) -> Devices:
    """Return the devices of the nights, also of what was deleted, in the order they appear."""
    nights = (one.night for day in days for one in (*(record for _, record in day.before), day))
    return list(dict.fromkeys(_device(night) for night in nights))


def _device(night: Night) -> tuple[str, str]:
    return night.source, night.device


def _devices(nights: Iterable[Night | None], names: Devices) -> NDArray[np.int64]:
    known = [name for name in names if name != ("", "")]
    numbers = {name: number for number, name in enumerate(known, 1)} | {("", ""): -1}
    found = (("", "") if night is None else _device(night) for night in nights)
    return np.array([numbers[one] for one in found], dtype=np.int64)


def _bits(parts: Iterable[bytes | None]) -> NDArray[np.uint8]:
    nothing = bytes(180)
    joined = b"".join(part or nothing for part in parts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, 180)


def bounded(interval: Interval, at: int) -> Bounded:
    """Return one night of an interval."""
    return Bounded(*(_known(part[at]) for part in (interval.value, interval.lo, interval.hi)))


def _known(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124  NaN is not itself
