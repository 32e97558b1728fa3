"""What pieces say once consents, corrections, tombstones and the zone history have been heard."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain

from daykeel.events.event import Event
from daykeel.events.pieces import Epochs, Pieces, piece_dates
from daykeel.events.repeats import without_repeats
from daykeel.rhythm.consent import Allowance
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.corrections import Corrections, moved, newness, valued
from daykeel.rhythm.local_times import Stretch, resolved
from daykeel.rhythm.sessions import KINDS as SESSIONS

DAY = timedelta(days=1)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
BEATS = "cardio.hr"


@dataclass(frozen=True, slots=True)
class Reading:
    """All events around one night, those included of which it is known that they were deleted.

    A deleted event takes part in every choice between events, so that deleting one never lets
    the next best stand in for it.
    """

    events: Mapping[str, Sequence[Event]]
    """By kind, each by (start, id), with instants where the zone is known."""
    epochs: Sequence[Epochs]
    """As told: deleted ones lie in `spans`."""
    stones: Sequence[Event]
    names: frozenset[str]
    """Ids and groups that tombstones name."""
    spans: tuple[Stretch, ...]
    """Of which nothing may be known: those of tombstones, and of all they name."""
    corrections: Corrections
    window: Stretch
    """The UTC dates read."""

    def of(self, *kinds: str) -> Iterator[Event]:
        """Return the events of some kinds, kind after kind."""
        return (event for kind in kinds for event in self.events.get(kind, ()))

    def standing(self, *kinds: str) -> Iterator[Event]:
        """Return the events of some kinds that were not deleted."""
        return (one for one in self.of(*kinds) if not self.is_gone(one.id, one.group))

    def is_gone(self, *names: str) -> bool:
        """Return whether what has one of these ids or groups was deleted, or its correction."""
        if not self.names:
            return False
        words = ((word.id, word.group) for word in self.corrections.on(*names))
        return not self.names.isdisjoint({*names, *chain.from_iterable(words)})


def reading(night: date, pieces: Mapping[date, Pieces], context: ClientContext) -> Reading:
    """Return what the pieces of the UTC dates around a night say, in whatever order they stand."""
    dates = piece_dates(night)
    held = [pieces[day] for day in dates if day in pieces]
    window = _midnight(dates[0]), _midnight(dates[-1]) + DAY
    allowance = Allowance(context, window[0])
    beats, others = _apart(event for one in held for event in one.events)
    events = _newest(allowance.events(others))
    stones = _newest(stone for one in held for stone in one.tombstones)
    corrections = Corrections(event for event in events if event.kind == "meta.correction")
    told = [resolved(event, context) for event in _once(events)]
    if corrections:
        told = [_corrected(event, corrections) for event in told]
    epochs = (allowance.epochs(run) for one in held for run in one.epochs)
    read = Reading(
        events=_by_kind(told) | {BEATS: allowance.events(beats)},
        epochs=[run for run in epochs if run is not None],
        stones=stones,
        names=frozenset(stone.value["of"] for stone in stones),
        spans=tuple(sorted(_spans(stones))),
        corrections=corrections,
        window=window,
    )
    return _without_deleted(read, told) if stones else read


def _without_deleted(read: Reading, told: Iterable[Event]) -> Reading:
    """Return the reading with the stretches of deleted events among its unknown spans."""
    gone = {
        (event.start, event.end)
        for event in told
        if event.start is not None and event.end is not None
        if event.end > event.start and read.is_gone(event.id, event.group)
    }
    return replace(read, spans=tuple(sorted(gone.union(read.spans))))


def _apart(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Return heart beats and the rest: there may be thousands, they only explain gaps."""
    apart: tuple[list[Event], list[Event]] = ([], [])
    for event in events:
        apart[event.kind != BEATS].append(event)
    return apart


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _newest(events: Iterable[Event]) -> list[Event]:
    """Return each event once: a correction or tombstone lies on every date it may change."""
    found: dict[str, Event] = {}
    for event in events:
        before = found.setdefault(event.id, event)
        if before is not event and newness(before) < newness(event):
            found[event.id] = event
    return list(found.values())


def _spans(stones: Iterable[Event]) -> Iterator[Stretch]:
    for stone in stones:
        if stone.start is not None and stone.end is not None and stone.end > stone.start:
            yield stone.start, stone.end


def _once(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events without those that only say again what was said just before."""
    arrivals = [event for event in events if event.time_basis == "arrival"]
    kept = {event.id for event in without_repeats(arrivals)}
    return (event for event in events if event.time_basis != "arrival" or event.id in kept)


def _corrected(event: Event, corrections: Corrections) -> Event:
    """Return an event as corrected; the times of sleep are corrected as whole sessions, later."""
    correction = None if event.kind.startswith("meta.") else corrections.of(event.id, event.group)
    if correction is None:
        return event
    return (valued if event.kind in SESSIONS else moved)(event, correction)


def _by_kind(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=_place):
        found[event.kind].append(event)
    return found


def _place(event: Event) -> tuple[datetime, str]:
    return event.start or _FIRST, event.id
