"""From what an adapter read to canonical events: checks, names and the newest of each group."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import msgspec

from daykeel.events.event import Adapted, Event, Fetch, RawRecord, Reject
from daykeel.events.ids import event_id, group_id, revision
from daykeel.events.kinds import INTERNAL, KINDS, BadShape, checked
from daykeel.events.times import (
    EASTMOST,
    BadTime,
    implausible,
    implausible_local,
    parse_instant,
)
from daykeel.sources.fields import Fields

MAX_EVENTS = 20_000
"""Of one raw record."""

LONGEST = timedelta(days=400)
"""From the first to the last night that one deletion, correction or declaration speaks of."""

AHEAD = {"night.mark": LONGEST, "meta.correction": timedelta()}
"""How long after now what is spoken of may be; others speak of a day that may have begun."""


class Draft(msgspec.Struct, kw_only=True):
    """An event as its source tells it: without the names and the identity we give it.

    Instants are aware and in UTC; local times have no zone.
    """

    kind: str
    key: tuple[str, ...]
    """What identifies the record it came from, in this source and on this device."""
    value: dict[str, Any] = {}
    start: datetime | None = None
    end: datetime | None = None
    local_start: datetime | None = None
    local_end: datetime | None = None
    utc_offset_min: int | None = None
    tz: str | None = None
    time_basis: str = "utc"
    observed_at: datetime | None = None
    """When the source produced the record; None if it does not say."""
    source: str | None = None
    """Which app or sensor behind the adapter; None: the adapter's own name."""
    native_id: str | None = None
    modality: str = "sensed"
    confidence: float | None = None
    is_final: bool = True
    quality: tuple[str, ...] = ()


Finding = Draft | Reject | Fetch


def each(value: object, of: str, read: Callable[[Fields], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what `read` finds in each object of the JSON array `of`.

    Null is an empty array and an object one of one. What is no object is refused, and so is an
    object in which `read` meets a time that is none.
    """
    if value is None:
        return
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict):
            yield Reject("wrong_shape", of)
            continue
        try:
            yield from read(row)
        except (BadTime, OverflowError):
            yield Reject("no_time", of)


class _Checked(NamedTuple):
    """A draft that can be an event, with what names and weighs it."""

    draft: Draft
    value: dict[str, Any]
    group: str
    revision: str
    observed_at: datetime


def adapted(raw: RawRecord, findings: Iterable[Finding]) -> Adapted:
    """Return what a raw record comes to, given what an adapter found in it.

    Of two observations of one group only the newer stays, of two equal events one. More than
    `MAX_EVENTS` findings refuse the whole record.
    """
    found: dict[type, list[Any]] = defaultdict(list)
    for number, finding in enumerate(findings):
        if number == MAX_EVENTS:
            return Adapted(rejects=(Reject("too_many_events", f"more than {MAX_EVENTS}"),))
        result = _checked(raw, finding) if isinstance(finding, Draft) else finding
        found[type(result)].append(result)
    events: dict[bool, list[Event]] = {False: [], True: []}
    for event in _events(raw, _newest(found[_Checked])):
        events[event.kind in INTERNAL].append(event)
    return Adapted(
        events=tuple(events[False]),
        rejects=tuple(found[Reject]),
        fetches=tuple(found[Fetch]),
        internal=tuple(events[True]),
    )


def _checked(raw: RawRecord, draft: Draft) -> _Checked | Reject:
    """Return a draft that can be an event, or why it cannot."""
    if draft.kind not in KINDS:
        return Reject("unknown_kind", draft.kind[:40])
    wrong = _wrong_time(raw, draft)
    if wrong is not None:
        return Reject(wrong, draft.kind)
    try:
        value = checked(draft.kind, draft.value)
    except BadShape as error:
        return Reject("bad_value", f"{draft.kind}: {error}")
    wrong = _wrong_claim(draft, value, raw.received_at)
    if wrong is not None:
        return Reject(wrong, draft.kind)
    group = group_id(raw.client, raw.adapter, raw.device, draft.key)
    observed_at = draft.observed_at or raw.received_at
    return _Checked(draft, value, group, _revision(draft, value), observed_at)


def _wrong_time(raw: RawRecord, draft: Draft) -> str | None:
    now = raw.received_at
    if draft.observed_at is not None and (why := implausible(draft.observed_at, None, now)):
        return why
    if draft.start is not None:
        return implausible(draft.start, draft.end, now)
    if draft.local_start is not None:
        return implausible_local(draft.local_start, draft.local_end, now)
    return "no_time"


def _wrong_claim(draft: Draft, value: dict[str, Any], now: datetime) -> str | None:
    """Return why what is said of other times than its own cannot be, or None if it can.

    A declaration may speak of nights to come; nothing may speak of more dates than it can lie on.
    """
    said = _claimed(draft, value)
    if not said:
        return None
    if said[-1] - said[0] > LONGEST:
        return "too_long"
    return implausible(said[0], said[-1], now + AHEAD.get(draft.kind, EASTMOST))


def _claimed(draft: Draft, value: dict[str, Any]) -> list[datetime]:
    """Return the first and the last instant that are spoken of, if other than its own."""
    if draft.kind == "meta.tombstone":
        return [one for one in (draft.start, draft.end) if one is not None]
    if draft.kind == "meta.correction":
        return [parse_instant(value[name]) for name in ("start", "end") if value.get(name)]
    return [_midnight(value[name]) for name in ("first", "last", "day") if name in value]


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _revision(draft: Draft, value: dict[str, Any]) -> str:
    """Return the hash of what an event says, whenever and by what way it was said."""
    times = (draft.start, draft.end, draft.local_start, draft.local_end)
    place = (draft.utc_offset_min, draft.tz, draft.time_basis)
    word = (draft.modality, draft.confidence, draft.is_final, draft.quality)
    return revision(draft.kind, times, place, word, draft.source, draft.native_id, value)


def _newest(found: Iterable[_Checked]) -> Iterator[_Checked]:
    """Yield, in order, what each group's newest observation says, each content once."""
    newest: dict[str, datetime] = {}
    kept: dict[tuple[str, str], _Checked] = {}
    for one in found:
        newest[one.group] = max(one.observed_at, newest.get(one.group, one.observed_at))
        before = kept.get((one.group, one.revision))
        if before is None or before.observed_at < one.observed_at:
            kept[one.group, one.revision] = one
    return (one for one in kept.values() if one.observed_at == newest[one.group])


def _events(raw: RawRecord, found: Iterable[_Checked]) -> Iterator[Event]:
    """Yield the events; equals of one group and kind are numbered in order."""
    parts: Counter[tuple[str, str]] = Counter()
    for one in found:
        named = one.group, one.draft.kind
        yield _event(raw, one, event_id(*named, parts[named]))
        parts[named] += 1


def _event(raw: RawRecord, found: _Checked, name: str) -> Event:
    draft = found.draft
    return Event(
        client=raw.client,
        kind=draft.kind,
        group=found.group,
        id=name,
        adapter=raw.adapter,
        source=draft.source or raw.adapter,
        device=raw.device,
        observed_at=found.observed_at,
        received_at=raw.received_at,
        start=draft.start,
        end=draft.end,
        local_start=draft.local_start,
        local_end=draft.local_end,
        utc_offset_min=draft.utc_offset_min,
        tz=draft.tz,
        time_basis=draft.time_basis,
        native_id=draft.native_id,
        revision=found.revision,
        modality=draft.modality,
        confidence=draft.confidence,
        is_final=draft.is_final,
        value=found.value,
        quality=draft.quality,
    )
