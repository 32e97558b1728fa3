"""What devices say of themselves: when one was off, gone or not let in, and what still holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from daykeel.events.event import Event
from daykeel.events.ids import sender
from daykeel.rhythm.activity import instant_of
from daykeel.rhythm.ledger import Source, Word
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene

BATTERY, FLAT, OFF_WRIST, OFFLINE, DENIED = "battery", "flat", "off_wrist", "offline", "denied"
SILENT = frozenset({OFFLINE, DENIED})
SILENT_KINDS = frozenset(f"device.{what}" for what in SILENT)
"""Said of a device that tells nothing: no sign of it."""

ENDED_BY = {
    OFF_WRIST: "device.on_wrist",
    OFFLINE: "device.online",
    DENIED: "device.allowed",
}
EMPTY = 5.0
"""Percent at which a battery may be empty by the next report."""

SLOPE = 3
"""Reports of a battery from which its slope is taken."""


def batteries(reading: Reading) -> dict[str, list[Event]]:
    """Return the reports of each device's battery, oldest first."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in reading.of("device.battery"):
        if event.start is not None:
            found[event.device].append(event)
    return found


def is_empty(report: Event) -> bool:
    """Return whether the battery may be empty soon after it said this."""
    return bool(report.value["percent"] <= EMPTY and not report.value.get("charging"))


def runs_out(reports: Sequence[Event]) -> datetime | None:
    """Return when a battery is empty that goes on falling as in its last three reports."""
    last = reports[-SLOPE:]
    if len(last) < SLOPE or last[-1].value.get("charging"):
        return None
    fell = last[0].value["percent"] - last[-1].value["percent"]
    passed = at(last[-1]) - at(last[0])
    if fell <= 0 or not passed:
        return None
    left = passed * (last[-1].value["percent"] / fell)
    return at(last[-1]) + left if left < timedelta(days=365) else None


def refused(reading: Reading) -> dict[str, list[Stretch]]:
    """Return by adapter/device when the app could read nothing.

    A refusal lasts until it is taken back, or until the app tells of something again. What was
    deleted still shows where nothing is known.
    """
    found: dict[str, list[Stretch]] = defaultdict(list)
    for event, until in _lasting(reading, "device.denied"):
        found[_sender(event)].append((at(event), until))
    return found


def absences(reading: Reading) -> dict[str, list[tuple[Stretch, Event]]]:
    """Return by device when its last will held, with that last will."""
    found: dict[str, list[tuple[Stretch, Event]]] = defaultdict(list)
    for event, until in _lasting(reading, "device.offline"):
        found[event.device].append(((at(event), until), event))
    return found


def _lasting(reading: Reading, kind: str) -> Iterator[tuple[Event, datetime]]:
    """Yield the events of a kind with the instant up to which what they say holds."""
    events = list(reading.of(kind))
    if not events:
        return
    signs = _signs(reading)
    for event in events:
        if event.end is not None:
            yield event, event.end
        else:
            later = (moment for moment in signs[_sender(event)] if moment > at(event))
            yield event, min(later, default=reading.window[1])


def _signs(reading: Reading) -> Mapping[str, list[datetime]]:
    """Return by adapter/device when it told of something, in no order."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for kind, events in reading.events.items():
        if kind not in SILENT_KINDS:
            for event in events:
                found[_sender(event)].append(at(event))
    for epochs in reading.epochs:
        found[sender(epochs.adapter, epochs.device)] += map(instant_of, epochs.start)
    return found


def at(event: Event) -> datetime:
    """Return when something happened, or was said."""
    return event.start or event.observed_at


def _sender(event: Event) -> str:
    return sender(event.adapter, event.device)


# from night to night


def with_earlier(reading: Reading, before: Iterable[Source]) -> Reading:
    """Return the reading with what devices had said before it begins and what still held then."""
    known = {event.id for event in reading.of(*_OPENED)}
    told = [event for event in _as_events(reading, before) if event.id not in known]
    if not told:
        return reading
    events = dict(reading.events)
    for event in told:
        events[event.kind] = sorted((event, *events.get(event.kind, ())), key=_place)
    return replace(reading, events=events)


_OPENED = tuple(f"device.{what}" for what in ENDED_BY)


def _as_events(reading: Reading, before: Iterable[Source]) -> Iterator[Event]:
    """Yield what held as the events that said so; an empty battery as a report of none."""
    for source in before:
        said = {word.what: word for word in source.words}
        for what in ENDED_BY.keys() & said.keys():
            yield _event(source, said[what], f"device.{what}")
        if FLAT in said and not _is_contradicted(reading, source, said):
            yield _event(source, said[FLAT], "device.battery", percent=0.0)


def _event(source: Source, word: Word, kind: str, **value: float) -> Event:
    return Event(
        client="",
        kind=kind,
        group="",
        id=word.id,
        adapter=source.adapter,
        source=source.adapter,
        device=source.device,
        observed_at=word.since,
        received_at=word.since,
        start=word.since,
        value=value,
    )


def _is_contradicted(reading: Reading, source: Source, said: Mapping[str, Word]) -> bool:
    """Return whether the battery told of itself again before it should have been empty."""
    name, last = sender(source.adapter, source.device), said[BATTERY]
    reports = (one for one in reading.of("device.battery") if _sender(one) == name)
    return any(last.since <= at(one) <= said[FLAT].since for one in reports if one.id != last.id)


def sources_of(scene: Scene) -> tuple[Source, ...]:
    """Return what each app had told by the end of the core, and what its device says of itself."""
    stop = scene.frame.core_stop
    said = _words(scene.reading, scene.signs.before, stop)
    names = {*scene.heard, *scene.signs.seen, *said}
    return tuple(_source(name, scene, said.get(name, {}), stop) for name in sorted(names))


def _source(name: str, scene: Scene, words: Mapping[str, Word], stop: datetime) -> Source:
    adapter, _, device = name.partition("/")
    synced = scene.heard.get(name)
    signs = [one for one in (synced, scene.signs.seen.get(name)) if one is not None]
    return Source(
        adapter=adapter,
        device=device,
        synced=min(synced, stop) if synced is not None else None,
        heard=min(max(signs), stop) if signs else None,
        words=tuple(words[what] for what in sorted(words)),
    )


def _words(
    reading: Reading, before: Iterable[Source], stop: datetime
) -> Mapping[str, Mapping[str, Word]]:
    """Return by adapter/device what holds at `stop`, by what it is."""
    held = {sender(one.adapter, one.device): {w.what: w for w in one.words} for one in before}
    told: dict[str, list[Event]] = defaultdict(list)
    said = reading.standing("device.battery", *_OPENED, *ENDED_BY.values())
    for event in sorted(said, key=_order):
        if at(event) < stop:
            told[_sender(event)].append(event)
    found = {
        name: dict(_power(told.get(name, ()), held.get(name, {})))
        | _open(told.get(name, ()), held.get(name, {}))
        for name in held.keys() | told.keys()
    }
    gone = {(name, what) for name, words in found.items() for what in words if what in SILENT}
    signs = _signs(reading) if gone else {}
    for name, what in gone:
        if any(found[name][what].since < moment < stop for moment in signs.get(name, ())):
            del found[name][what]
    return {name: words for name, words in found.items() if words}


def _power(told: Sequence[Event], held: Mapping[str, Word]) -> Iterator[tuple[str, Word]]:
    """Yield the last report of a battery, and since when it must be empty."""
    reports = [event for event in told if event.kind == "device.battery"]
    kept = held.get(BATTERY)
    if not reports or (kept and (kept.since, kept.id) >= _place(reports[-1])):
        yield from ((what, held[what]) for what in (BATTERY, FLAT) if what in held)
        return
    last = reports[-1]
    yield BATTERY, Word(BATTERY, at(last), last.id, last.value["percent"])
    since = at(last) if is_empty(last) else runs_out(reports)
    if since is not None:
        yield FLAT, Word(FLAT, since, last.id)


def _open(told: Sequence[Event], held: Mapping[str, Word]) -> dict[str, Word]:
    """Return what was said to begin and not to end."""
    return {what: word for what in ENDED_BY if (word := _last(what, told, held.get(what)))}


def _last(what: str, told: Iterable[Event], held: Word | None) -> Word | None:
    """Return the last beginning of something unless it has ended since, by `told` in order."""
    word = held
    for event in told:
        if word is not None and event.kind == ENDED_BY[what] and at(event) >= word.since:
            word = None
        elif word is None and event.kind == f"device.{what}" and event.end is None:
            word = Word(what, at(event), event.id)
    return word


def _place(event: Event) -> tuple[datetime, str]:
    return at(event), event.id


def _order(event: Event) -> tuple[datetime, str, str]:
    """Return the order in which devices said something."""
    return at(event), event.kind, event.id
