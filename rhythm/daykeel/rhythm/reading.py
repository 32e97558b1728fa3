"""What pieces say once consents, corrections, tombstones and the zone history have been heard."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from daykeel.events.event import Event
from daykeel.events.pieces import Epochs, Pieces, piece_dates
from daykeel.events.repeats import without_repeats
from daykeel.events.times import parse_instant
from daykeel.events.zones import resolve, zone
from daykeel.rhythm.consent import Allowance, Stretch
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import MINUTE, zone_of_wall

DAY = timedelta(days=1)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
BEATS = "cardio.hr"
_NO_TIME = frozenset({"self.mood", "self.energy", "self.medication", "phone.usage_daily"})
"""Said of a day: their local time is only its midnight."""


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
    corrections: Mapping[str, Event]
    """The newest one by the id or group it names."""
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
        correction = self.correction_of(*names)
        if correction is not None:
            names = (*names, correction.id, correction.group)
        return not self.names.isdisjoint(names)

    def correction_of(self, *names: str) -> Event | None:
        """Return the newest correction of what has one of these ids or groups."""
        if not self.corrections:
            return None
        found = (self.corrections[name] for name in names if name in self.corrections)
        return max(found, key=_newness, default=None)


def reading(night: date, pieces: Mapping[date, Pieces], context: ClientContext) -> Reading:
    """Return what the pieces of the UTC dates around a night say, in whatever order they stand."""
    dates = piece_dates(night)
    held = [pieces[day] for day in dates if day in pieces]
    window = _midnight(dates[0]), _midnight(dates[-1]) + DAY
    allowance = Allowance(context.consents, window)
    beats, others = _apart(event for one in held for event in one.events)
    events = _newest(allowance.events(others))
    stones = _newest(stone for one in held for stone in one.tombstones)
    corrections = _by_name(event for event in events if event.kind == "meta.correction")
    told = [_resolved(event, context) for event in _once(events)]
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
        if before is not event and _newness(before) < _newness(event):
            found[event.id] = event
    return list(found.values())


def _newness(event: Event) -> tuple[datetime, str, str]:
    return event.observed_at, event.revision, event.id


def _spans(stones: Iterable[Event]) -> Iterator[Stretch]:
    for stone in stones:
        if stone.start is not None and stone.end is not None and stone.end > stone.start:
            yield stone.start, stone.end


def _by_name(corrections: Iterable[Event]) -> dict[str, Event]:
    return {one.value["of"]: one for one in sorted(corrections, key=_newness)}


def _once(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events without those that only say again what was said just before."""
    arrivals = [event for event in events if event.time_basis == "arrival"]
    kept = {event.id for event in without_repeats(arrivals)}
    return (event for event in events if event.time_basis != "arrival" or event.id in kept)


def _resolved(event: Event, context: ClientContext) -> Event:
    """Return an event whose local time has an instant, by the zone the client lives in."""
    if event.start is not None or event.local_start is None or event.kind in _NO_TIME:
        return event
    start, _ = _instant(event, event.local_start, context)
    end = _instant(event, event.local_end, context)[0] if event.local_end is not None else None
    return msgspec.structs.replace(event, start=start, end=end)


def doubts(event: Event, context: ClientContext) -> Iterator[Stretch]:
    """Yield the stretches in which an end of a local event may lie, where clocks were changed."""
    for wall in (event.local_start, event.local_end):
        if wall is not None:
            instant, minutes = _instant(event, wall, context)
            if minutes:
                yield instant, instant + minutes * MINUTE


def _instant(event: Event, wall: datetime, context: ClientContext) -> tuple[datetime, int]:
    """Return the instant of a wall time and by how many minutes it may be off."""
    there = zone(event.tz) if event.tz is not None else None
    there = there or ZoneInfo(zone_of_wall(context, wall))
    found = resolve(wall, there)
    if not found.flag:
        return found.instant, 0
    sides = [there.utcoffset(wall.replace(fold=fold)) or timedelta() for fold in (0, 1)]
    return found.instant, abs(sides[0] - sides[1]) // MINUTE


def _corrected(event: Event, corrections: Mapping[str, Event]) -> Event:
    """Return an event as corrected; sleep is corrected as a whole session, not here."""
    named = [corrections[name] for name in (event.id, event.group) if name in corrections]
    if not named or event.kind.startswith(("sleep.", "bed.", "meta.")):
        return event
    said = max(named, key=_newness).value
    start, end = (said.get(name) for name in ("start", "end"))
    return msgspec.structs.replace(
        event,
        start=parse_instant(start) if start else event.start,
        end=parse_instant(end) if end else event.end,
        value=event.value | (said.get("value") or {}),
    )


def _by_kind(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=_place):
        found[event.kind].append(event)
    return found


def _place(event: Event) -> tuple[datetime, str]:
    return event.start or _FIRST, event.id
