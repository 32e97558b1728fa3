"""The 7, 14 and 28 days that end on some dates: which days each holds, and what speaks against it.

Everything is a row of an array for each window, so that a measure is computed once for all of
them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.ledger import Score
from daykeel.rhythm.measure import Measure
from daykeel.rhythm.registry import MEASURES
from daykeel.rhythm.series import Flags, Series

LENGTHS = (7, 14, 28)

Floats = NDArray[np.float64]
Key = tuple[int, str]
"""Number of the date a window ends on, and its name."""
Reason = tuple[str, Flags]
"""A reason, and the windows it holds for."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that end on consecutive dates; row r of every array is one of them."""

    keys: Sequence[Key]
    lengths: NDArray[np.int64]
    index: NDArray[np.int64]
    """Numbers of the dates up to the last one of each, so many as the longest has; shape
    (windows, days). A window's values then add up in the same order whatever stands beside it."""
    holds: Flags
    """Which of them each holds, shape (windows, days)."""
    doubts: Sequence[tuple[str, ...]]
    """What makes any score of each provisional."""
    notes: Sequence[tuple[str, ...]]
    """What is only worth a note."""
    late: Sequence[tuple[str, ...]]
    """What else leaves it without a value: its last day is not over."""

    @property
    def days(self) -> slice:
        """Numbers of the dates that any of them reads."""
        return slice(int(self.index.min()), int(self.index.max()) + 1)

    def cut(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of `index`, from one per date on the last axis."""
        return values[..., self.index]

    def of(self, values: NDArray[Any]) -> Floats:
        """Return the values of the days each holds, NaN elsewhere, shape (..., windows, days)."""
        return np.where(self.holds, self.cut(values), np.nan)

    def needed(self, least: Mapping[int, int]) -> NDArray[np.int64]:
        """Return what each needs, from what windows of each length do."""
        return np.array([least[length] for length in self.lengths.tolist()])

    def count(self, flags: Flags) -> NDArray[np.int64]:
        """Return how many days of each are flagged."""
        found: NDArray[np.int64] = (self.holds & self.cut(flags)).sum(axis=-1)
        return found

    def share(self, parts: NDArray[Any]) -> Floats:
        """Return the sum over the days of each, divided by their number."""
        found: Floats = np.where(self.holds, self.cut(parts), 0.0).sum(axis=-1) / self.lengths
        return found


def windows_of(
    series: Series, travel: Flags, ends: range, lengths: Sequence[int] = LENGTHS
) -> Windows:
    """Return the windows of some lengths that end on the dates of some numbers."""
    last, many = np.tile(np.array(ends), len(lengths)), np.repeat(lengths, len(ends))
    back = np.arange(1 - max(lengths), 1)
    numbers = last[:, None] + back
    holds: Flags = (back > -many[:, None]) & (numbers >= 0)
    index = np.maximum(numbers, 0)

    def where(flags: Flags, reason: str) -> Sequence[tuple[str, ...]]:
        found = (holds & flags[index]).sum(axis=1).tolist()
        return [(reason,) if one else () for one in found]

    return Windows(
        keys=[(at, f"{length}d") for at, length in zip(last.tolist(), many.tolist(), strict=True)],
        lengths=many,
        index=index,
        holds=holds,
        doubts=where(travel, "travel"),
        notes=where(series.near_dst, "dst"),
        late=[() if one else ("night_provisional",) for one in series.final[last].tolist()],
    )


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of every window; entry r of every array is that of window r."""

    measure: str
    values: Floats
    n: NDArray[np.int64]
    expected: NDArray[np.int64]
    coverage: Floats
    is_whole: Flags
    """Nothing that it reads is unknown: it is what it is, else anything the measure can be."""
    why: Sequence[Reason]
    """What leaves it without a value; the first one that holds counts."""
    doubts: Sequence[Reason] = ()
    """What makes it provisional."""
    noted: Sequence[Reason] = ()
    """What is worth a note."""
    reads_journeys: bool = True
    """Not if the nights of a journey are left out."""
    bounds: tuple[Floats, Floats] | None = None
    """Where more is known of what it could be."""


def scores_of(windows: Windows, column: Column) -> Iterator[tuple[Key, Score]]:
    """Yield the scores of a measure for the windows the registry has it for."""
    measure = MEASURES[column.measure]
    name, spans, version = measure.id, measure.windows, measure.version
    why, doubts, noted = (_held(part) for part in (column.why, column.doubts, column.noted))
    numbers = (column.values, column.coverage, column.n, column.expected)
    rows = zip(windows.keys, _bounds(column, measure), *(x.tolist() for x in numbers), strict=True)
    for row, (key, (lo, hi), value, coverage, n, expected) in enumerate(rows):
        window = key[1]
        if window not in spans:
            continue
        if why and (missing := _at(why, row)):
            reasons = (missing[0], *windows.late[row])
            yield key, Score(
                name, window, None, None, None, coverage, "insufficient", reasons, n, expected,
                version,
            )  # fmt: skip
            continue
        unsure, notes = windows.doubts[row], windows.notes[row]
        if not column.reads_journeys:
            unsure, notes = (), (*notes, *unsure)
        if doubts or noted:
            unsure, notes = (*_at(doubts, row), *unsure), (*_at(noted, row), *notes)
        yield key, Score(
            name, window, value, lo, hi, coverage, "provisional" if unsure else "ok",
            unsure + notes, n, expected, version,
        )  # fmt: skip


def _held(reasons: Sequence[Reason]) -> list[tuple[str, list[bool]]]:
    """Return the reasons that hold anywhere."""
    return [(reason, told) for reason, where in reasons if True in (told := where.tolist())]


def _at(reasons: list[tuple[str, list[bool]]], row: int) -> tuple[str, ...]:
    return tuple([reason for reason, where in reasons if where[row]])


def _bounds(column: Column, measure: Measure) -> Iterable[tuple[float | None, float | None]]:
    """Return what a measure can be at least and at most: with data unknown, anything it may be."""
    if column.bounds is not None:
        return zip(*(end.tolist() for end in column.bounds), strict=True)
    whole = zip(column.is_whole.tolist(), column.values.tolist(), strict=True)
    return [(one, one) if is_whole else (measure.lo, measure.hi) for is_whole, one in whole]
