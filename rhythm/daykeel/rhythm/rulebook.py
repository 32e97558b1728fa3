"""Which rules hold on which nights: those of the client, else of the clinic, else the live ones."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.acute import Rule
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.plan import Charts
from daykeel.rhythm.planned import Planned, planned
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import DAY, Interval
from daykeel.rhythm.track import NIGHTLY, Track

Planning = Callable[[Sequence[DayRecord], ClientContext, Rules], Planned]
Told = Iterable[tuple[date, Rules | None]]
"""(first night, rules or None for those of the next wider circle)."""


@dataclass(frozen=True, slots=True)
class Reign:
    """Rules and the nights [start, stop) they hold on."""

    by: Rules
    start: int
    stop: int


def book_of(clinic: Told, client: Told) -> tuple[tuple[date, Rules], ...]:
    """Return from which night on which rules hold, oldest first; before them the live ones."""
    rows = sorted(
        [(first, 0, by) for first, by in clinic] + [(first, 1, by) for first, by in client],
        key=lambda row: (row[0], row[1], row[2].version if row[2] else ""),
    )
    book: dict[date, Rules] = {}
    held: list[Rules | None] = [None, None]
    for first, circle, by in rows:
        held[circle] = by
        book[first] = held[1] or held[0] or LIVE
    return tuple(book.items())


def reigns(book: Sequence[tuple[date, Rules]], dates: Sequence[date]) -> list[Reign]:
    """Return which rules hold on some dates that follow each other."""
    found: list[Reign] = []
    for at, by in _starts(book, dates):
        if found and found[-1].by == by:
            continue
        if found:
            found[-1] = replace(found[-1], stop=at)
        found.append(Reign(by, at, len(dates)))
    return found


def _starts(
    book: Sequence[tuple[date, Rules]], dates: Sequence[date]
) -> Iterator[tuple[int, Rules]]:
    before = [by for first, by in book if first <= dates[0]]
    yield 0, before[-1] if before else LIVE
    for first, by in book:
        if dates[0] < first <= dates[-1]:
            yield (first - dates[0]).days, by


def planned_by(
    days: Sequence[DayRecord], context: ClientContext, by_one: Planning = planned
) -> Planned:
    """Return all charts of a client, on each night by the rules in force then.

    Each set of rules is followed over all nights, so that its statistics are those it would have
    had; of each only the nights count on which it holds. Baselines to come are the newest one's.
    `by_one` evaluates by one set of rules.
    """
    first, last = min(day.day for day in days), max(day.day for day in days)
    dates = [first + number * DAY for number in range((last - first).days + 1)]
    found = reigns(context.rules, dates)
    each = {one.by: by_one(days, context, one.by) for one in found}
    newest = each[found[-1].by]
    if len(found) == 1:
        return newest
    parts = [(one, each[one.by].charts) for one in found]
    tracks = {
        chart: spliced([(one, told.tracks[chart]) for one, told in parts])
        for chart in newest.charts.tracks
    }
    acute = zip(*(told.rules for _, told in parts), strict=True)
    rules = [_rule([*zip(found, one, strict=True)]) for one in acute]
    by = [one.by for one in found for _ in range(one.start, one.stop)]
    return replace(newest, charts=Charts(tracks, rules), by=by)


def spliced(parts: Sequence[tuple[Reign, Track]]) -> Track:
    """Return one chart of which each night is that of the rules in force."""
    newest = parts[-1][1]
    intervals = [(reign, one.interval) for reign, one in parts]
    interval = Interval(*(_joined(intervals, name) for name in ("value", "lo", "hi")))
    arrays: dict[str, Any] = {
        name: _joined(parts, name) for name in (*NIGHTLY, "signal_up", "signal_down")
    }
    frozen = tuple(
        replace(one, start=max(one.start, reign.start), stop=min(one.stop, reign.stop))
        for reign, track in parts
        for one in track.frozen
        if one.start < reign.stop and reign.start < one.stop
    )
    return replace(newest, interval=interval, frozen=frozen, **arrays)


def _joined(parts: Sequence[tuple[Reign, object]], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(one, name)[part.start : part.stop] for part, one in parts])


def _rule(parts: Sequence[tuple[Reign, Rule]]) -> Rule:
    arrays: dict[str, Any] = {name: _joined(parts, name) for name in ("met", "signal")}
    return replace(parts[-1][1], **arrays)
