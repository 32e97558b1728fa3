"""Who says when the five anchors of each day happened, and whom to believe."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate
from daykeel.rhythm.series import Flags, Floats, Interval, Series

REPORTED = "reported"
FROM_NIGHT = "main_sleep"
"""The class whose times are the ends of main sleep, and share its bounds."""
CLASSES = {
    "out_of_bed": (REPORTED, "bed_sensor", FROM_NIGHT),
    "first_contact": (REPORTED, "contact"),
    "start_activity": (REPORTED, "routine", "arrival", "walk"),
    "dinner": (REPORTED, "meal"),
    "bed": (REPORTED, "bed_sensor", FROM_NIGHT),
}
"""What may tell of each anchor, best first (events.md 3)."""
SHARE = 5 / 7
"""Of the days from which reports are believed before everything else."""
DAY = 1440.0


@dataclass(frozen=True, slots=True)
class Told:
    """What one class says of one anchor, day by day; minutes from midnight, NaN if no time."""

    known: NDArray[np.int64]
    """1 done, 0 known not done, -1 unknown."""
    times: Floats
    """NaN also where only bounds are known."""
    lo: Floats
    hi: Floats
    weight: Floats
    """Share of the underlying minutes that is known."""


Anchors = Mapping[str, Mapping[str, Told]]
"""By anchor and class; classes in the order of belief."""


def anchors_of(series: Series) -> Anchors:
    """Return what is said of each anchor of each social day.

    What sensors say of going to bed stands with the night that followed. A day tells nothing
    before its night and the next one are final.
    """
    rows = _rows(series)
    told = {key: _told(*lists, series.complete) for key, lists in rows.items()}
    for item, end, at in (("out_of_bed", series.offset, 0), ("bed", series.onset, 1)):
        if (item, FROM_NIGHT) in told:
            told[item, FROM_NIGHT] = _from_night(told[item, FROM_NIGHT], series, end, at)
    return {
        item: {name: told[item, name] for name in _ordered(item, told) if (item, name) in told}
        for item in ANCHORS
    }


def _ordered(item: str, told: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Return the classes of an anchor, those the specification does not name last."""
    seen = sorted(name for of, name in told if of == item)
    return dict.fromkeys((*CLASSES[item], *seen))


def _rows(series: Series) -> dict[tuple[str, str], tuple[list[int], list[float]]]:
    n = len(series)
    rows: dict[tuple[str, str], tuple[list[int], list[float]]] = defaultdict(
        lambda: ([-1] * n, [nan] * n)
    )
    for at, record in enumerate(series.days):
        if record is None:
            continue
        for one in record.anchors:
            _put(rows, one, at)
        if at:
            for one in record.bed_before:
                _put(rows, one, at - 1)
    return rows


def _put(
    rows: dict[tuple[str, str], tuple[list[int], list[float]]], one: AnchorCandidate, at: int
) -> None:
    """Keep what the first candidate of a class says; done at an unknown time tells nothing."""
    known, times = rows[one.item, one.source_class]
    if known[at] >= 0 or (one.done and one.minutes is None):
        return
    known[at] = int(one.done)
    if one.done and one.minutes is not None:
        times[at] = one.minutes


def _told(known: list[int], times: list[float], complete: Flags) -> Told:
    when = np.where(complete, times, np.nan)
    return Told(np.where(complete, known, -1), when, when, when, np.ones(len(known)))


def _from_night(told: Told, series: Series, end: Interval, ahead: int) -> Told:
    """Return times read off main sleep with its bounds; without bounds they are unknown.

    `ahead` says how many dates later the night of the social day is dated.
    """
    lo, hi = (_moved(part * 60, ahead, np.nan) + DAY * ahead for part in (end.lo, end.hi))
    known = np.where((told.known == 1) & ~(np.isfinite(lo) & np.isfinite(hi)), -1, told.known)
    is_sharp = _moved(series.certain, ahead, fill=False) & (known == 1)
    return Told(
        known=known,
        times=np.where(is_sharp, told.times, np.nan),
        lo=np.where(known == 1, lo, np.nan),
        hi=np.where(known == 1, hi, np.nan),
        weight=_moved(series.coverage, ahead, 0.0),
    )


def _moved(values: NDArray[Any], ahead: int, fill: float) -> NDArray[Any]:
    return np.append(values[ahead:], np.full(ahead, fill, dtype=values.dtype))


def believed(told: Mapping[str, Told], days: slice | NDArray[np.int64]) -> str:
    """Return the one class that counts for an anchor on some days; empty if none says anything.

    Reports if they cover five days of a week, else the class that covers most days; of several
    the one nearer to the client.
    """
    counts = {name: int((one.known[days] >= 0).sum()) for name, one in told.items()}
    most = max(counts.values(), default=0)
    if not most:
        return ""
    if counts.get(REPORTED, 0) >= SHARE * _length(days):
        return REPORTED
    return next(name for name, count in counts.items() if count == most)


def _length(days: slice | NDArray[np.int64]) -> int:
    return int(days.stop - days.start) if isinstance(days, slice) else days.size
