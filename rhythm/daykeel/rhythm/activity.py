"""Activity as devices counted it, laid on minutes, local hours and ten-minute bins."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from daykeel.events.event import Event
from daykeel.events.ids import sender
from daykeel.events.pieces import Epochs

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Name = tuple[str, str, str, str, str]
"""Unit, source, device, kind, adapter."""

UNITS = ("steps", "counts", "mims", "enmo")
"""Which of several units of one day is kept."""

STEPS = "activity.steps"
LONGEST_S = 3600
"""A longer stretch of steps says too little of its minutes."""

_1970, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Run:
    """What one device counted in one unit, oldest first."""

    name: Name
    start: Ints
    """Seconds since 1970."""
    seconds: Ints
    """None reaches into the next."""
    value: Ints
    """Thousandths of the unit."""

    @property
    def unit(self) -> str:
        """What is counted."""
        return self.name[0]

    @property
    def owner(self) -> tuple[str, str]:
        """Source and device."""
        return self.name[1], self.name[2]

    @property
    def sender(self) -> str:
        """The app on the device that told it."""
        return sender(self.name[4], self.name[2])

    @property
    def is_sparse(self) -> bool:
        """Whether stretches without any are left out, as sources of steps do."""
        return self.name[3] == STEPS

    def up_to(self, seconds: int) -> "Run":
        """Return the run without stretches longer than that."""
        if (self.seconds <= seconds).all():
            return self
        rows = self.seconds <= seconds
        return Run(self.name, self.start[rows], self.seconds[rows], self.value[rows])


@dataclass(frozen=True, slots=True)
class Minutes:
    """Activity minute by minute."""

    value: Ints
    """Thousandths of the unit; 0 where not valid."""
    valid: Flags
    """The whole minute was counted."""


def runs_of(
    epochs: Iterable[Epochs], steps: Iterable[Event], first: datetime, last: datetime
) -> list[Run]:
    """Return what each device counted between two instants, by name.

    Parameters
    ----------
    epochs
        Short stretches.
    steps
        Events of steps; those with an end at most an hour after the start count.
    """
    low, high = (seconds_of(at) for at in (first, last))
    parts: dict[Name, list[NDArray[np.int64]]] = defaultdict(list)
    for one in epochs:
        at = slice(bisect_left(one.start, low - LONGEST_S), bisect_left(one.start, high))
        if one.start[at]:
            columns = (one.start[at], one.seconds[at], one.value[at])
            parts[one.unit, one.source, one.device, one.kind, one.adapter].append(np.array(columns))
    for name, rows in _stretches(steps, low - LONGEST_S, high).items():
        parts[name].append(np.array(rows, dtype=np.int64).T)
    return [_run(name, parts[name]) for name in sorted(parts)]


def _stretches(steps: Iterable[Event], low: int, high: int) -> dict[Name, list[tuple[int, ...]]]:
    found: dict[Name, list[tuple[int, ...]]] = defaultdict(list)
    for event in steps:
        if event.start is None or event.end is None:
            continue
        start, length = seconds_of(event.start), (event.end - event.start) // _SECOND
        if 0 < length <= LONGEST_S and low <= start < high:
            name = ("steps", event.source, event.device, STEPS, event.adapter)
            found[name].append((start, length, 1000 * event.value["steps"]))
    return found


def _run(name: Name, parts: Sequence[NDArray[np.int64]]) -> Run:
    rows = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
    start = rows[0]
    if (np.diff(start) <= 0).any():
        rows = rows[:, np.lexsort(rows[::-1])]
        start = rows[0]
    seconds = rows[1].copy()
    seconds[:-1] = np.minimum(seconds[:-1], np.diff(start))
    return Run(name, start, seconds, rows[2])


def seconds_of(instant: datetime) -> int:
    """Return an instant in whole seconds since 1970."""
    return (instant - _1970) // _SECOND


def instant_of(seconds: int) -> datetime:
    """Return the instant so many seconds since 1970."""
    return _1970 + seconds * _SECOND


def minutes_of(run: Run, start: datetime, count: int) -> Minutes:
    """Return what a run says of each of `count` minutes from `start` on.

    The value of a longer stretch is spread evenly, without losing a thousandth.
    """
    edges = seconds_of(start) + 60 * np.arange(count + 1)
    at = np.searchsorted(run.start, edges, side="right") - 1
    inside = np.maximum(at, 0)
    length = np.maximum(run.seconds, 1)
    elapsed = np.clip(edges - run.start[inside], 0, length[inside]) * (at >= 0)
    value = _before(run.value)[inside] + run.value[inside] * elapsed // length[inside]
    covered = np.diff(_before(run.seconds)[inside] + np.minimum(elapsed, run.seconds[inside]))
    valid = covered >= 60  # noqa: PLR2004  seconds of a minute
    return Minutes(np.where(valid, np.diff(value), 0), valid)


def _before(amounts: Ints) -> Ints:
    """Return the sum of everything before each amount."""
    return np.cumsum(amounts) - amounts


def spread(minutes: Minutes, columns: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return sums and valid minutes of the 24 hours and of the 144 ten-minute bins of a day.

    Parameters
    ----------
    minutes
        Of the day.
    columns
        Which of them each of the 1440 clock minutes is, or -1.
    """
    known = columns >= 0
    value = np.where(known, minutes.value[columns], 0).reshape(144, 10).sum(axis=1)
    valid = (known & minutes.valid[columns]).reshape(144, 10).sum(axis=1)
    hours, hours_n = value.reshape(24, 6).sum(axis=1), valid.reshape(24, 6).sum(axis=1)
    return hours, hours_n, value, valid
