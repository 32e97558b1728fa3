"""On which UTC dates an event lies: where it happened, and where what it says is needed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from daykeel.events.event import Event
from daykeel.events.pieces_fold import home
from daykeel.events.times import parse_instant
from daykeel.pipeline.tables import dates
from daykeel.rhythm.corrections import Corrections, moved

WORDS = frozenset({"meta.tombstone", "meta.correction"})
"""Kinds that act on what another event said."""

LONGEST = 400
"""Dates a single event may lie on."""


def where(event: Event) -> set[date]:
    """Return the dates an event lies on, without those of what it names.

    What is said of a day, and what acts on a stretch of time, must be read with that day,
    however much later it was said.
    """
    spread = _SPREAD.get(event.kind)
    if spread is None:
        return {home(event).date()}
    return {home(event).date(), *spread(event)}


def where_corrected(event: Event, corrections: Corrections) -> set[date]:
    """Return the dates an event lies on as it is corrected to, if it is."""
    correction = None if event.kind in WORDS else corrections.of(event.id, event.group)
    return set() if correction is None else where(moved(event, correction))


def _stretch(event: Event) -> Iterable[date]:
    return _between(event.start, event.end)


def _corrected(event: Event) -> Iterable[date]:
    told = [event.value.get(name) for name in ("start", "end")]
    instants = [parse_instant(text) for text in told if text]
    return _between(min(instants, default=None), max(instants, default=None))


def _marked(event: Event) -> Iterable[date]:
    first, last = (date.fromisoformat(event.value[name]) for name in ("first", "last"))
    return dates(first, min(last, first + LONGEST * timedelta(days=1)))


def _of_a_day(event: Event) -> Iterator[date]:
    yield date.fromisoformat(event.value["day"])


def _between(start: datetime | None, stop: datetime | None) -> Iterable[date]:
    if start is None:
        return ()
    first, last = (at.astimezone(UTC).date() for at in (start, stop or start))
    return dates(first, min(last, first + LONGEST * timedelta(days=1)))


_SPREAD: Mapping[str, Callable[[Event], Iterable[date]]] = {
    "meta.tombstone": _stretch,
    "meta.correction": _corrected,
    "night.mark": _marked,
    "self.srm_entry": _of_a_day,
    "self.mood": _of_a_day,
    "self.energy": _of_a_day,
}
