"""A client's past as it became known, entry by entry."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("act_sum", "act_n"), ()),
    **dict.fromkeys(("mood", "energy")),
    "inputs": "",
}
"""What no chart reads of a date."""
UNWALKED: dict[str, Any] = {"act_unit": None, "act_device": "", "bin_sum": (), "bin_n": ()}
"""What charts read of a date's steps once the night after it is final, as if there were none."""


@dataclass(frozen=True, slots=True)
class Known:
    """What became known at an instant: records of days, or what people decided."""

    at: datetime
    days: tuple[DayRecord, ...] = ()
    context: ClientContext | None = None
    first: date | None = None
    """Days before it are none of the client's from now on; None: as before."""
    number: int = 0
    """Its place among what became known of the client: 0 begins with the client itself."""
    goes_on: bool = False
    """There was too much for one entry: the next one belongs to it."""


def charted(day: DayRecord) -> tuple[object, ...]:
    """Return what charts read of a night."""
    night = day.night
    return (
        night.final,
        night.mid,
        night.duration,
        night.onset,
        night.offset,
        night.tst,
        night.certainty,
        night.no_main_sleep,
        night.day_type,
        night.flags,
        night.zone,
        night.source,
        night.device,
        day.sleep_bits,
        day.valid_bits,
        day.fallback_bits,
    )


def walked(day: DayRecord) -> tuple[object, ...]:
    """Return what charts read of the steps of a date."""
    return day.act_unit, day.act_device, day.bin_sum, day.bin_n


def read(day: DayRecord, *, is_complete: bool = True) -> tuple[object, ...]:
    """Return what charts and rules read of a date; while it stays so, their signals do.

    Of a night that is not final that is no more than that there is one; of the steps of a date
    that is not complete, since the night after it is not final, nothing.

    >>> from daykeel.rhythm.ledger import Night
    >>> read(DayRecord("c-1", date(2026, 3, 2), Night("c-1", date(2026, 3, 2), False, None)))
    (False,)
    """
    if not day.night.final:
        return (False,)
    before = tuple((until, read(record)) for until, record in day.before)
    steps = walked(day) if is_complete else ()
    return (*charted(day), day.anchors, day.bed_before, steps, before)


def stripped(day: DayRecord, *, is_complete: bool = True) -> DayRecord:
    """Return a date with what charts read and alerts show of it, and nothing else."""
    return replace(
        day,
        night=replace(day.night, naps=(), reasons=(), pieces=(), sources=()),
        **EMPTY,
        **({} if is_complete else UNWALKED),
        before=tuple((until, stripped(record)) for until, record in day.before),
    )


def joined(history: Iterable[Known]) -> Iterator[Known]:
    """Yield what became known, with what went on in several entries as one.

    >>> at = datetime(2026, 3, 2)
    >>> [one.number for one in joined([Known(at, goes_on=True), Known(at), Known(at, number=2)])]
    [0, 2]
    """
    begun: Known | None = None
    for one in history:
        whole = one if begun is None else replace(begun, days=(*begun.days, *one.days))
        begun = whole if one.goes_on else None
        if begun is None:
            yield whole


def begun_with(context: ClientContext, history: Sequence[Known]) -> list[Known]:
    """Return a history of which the first entry, if there is one, brings a context."""
    return [replace(one, context=context) for one in history[:1]] + list(history[1:])


def as_final(history: Sequence[Known]) -> list[Known]:
    """Return a history in which each night came once, as it is by now, when it was final."""
    days = {day.day: day for entry in history for day in entry.days}
    context = next(entry.context for entry in reversed(history) if entry.context is not None)
    first = next((entry.first for entry in reversed(history) if entry.first), date.min)
    found = [
        Known(day.night.finalised_at, (day,))
        for _, day in sorted(days.items())
        if day.night.final and day.night.finalised_at and day.day >= first
    ]
    return begun_with(context, found)
