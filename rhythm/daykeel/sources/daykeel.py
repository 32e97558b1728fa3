"""Our own topics and forms: canonical events as `docs/events.md` has them, one or many at once."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.events.ids import revision
from daykeel.events.kinds import QUALITY, BadShape, shaped
from daykeel.events.times import BadTime, in_utc, offset_minutes, to_wire
from daykeel.events.values import Instant, WallTime
from daykeel.events.zones import resolve, zone
from daykeel.sources.draft import Draft, Finding, adapted
from daykeel.sources.payload import BadPayload, read_json

MAX_EVENTS = 500
"""Of one message on our own topics."""

DAY_S = 86_400
MAX_FIELD = 40
"""Characters of a field's name in a `bad_field` flag."""

SOCIAL_DAY_STARTS = time(4)
CLOUD_PREFIX = "org.daykeel."

_OF_A_DAY = frozenset(
    {"self.srm_entry", "self.mood", "self.energy", "self.sleep_diary", "self.medication"}
)
_SAID_WHEN_OBSERVED = frozenset(
    {"night.mark", "meta.tombstone", "meta.correction", "self.note", "config.place"}
)
_AS_TOLD = frozenset({"utc+offset(export)", "arrival"})
_ON = {b"online": True, b'"online"': True, b"offline": False, b'"offline"': False}

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Local = Annotated[datetime, Meta(tz=False)]


class Told(msgspec.Struct, kw_only=True):
    """An event as a device of ours tells it."""

    kind: Annotated[str, Meta(max_length=64)]
    client: str | None = None
    id: Name | int | None = None
    native_id: Name | int | None = None
    start: Instant | None = None
    end: Instant | None = None
    local_start: Local | None = None
    local_end: Local | None = None
    utc_offset_min: Annotated[int, Meta(ge=-1080, le=1080)] | None = None
    tz: Annotated[str, Meta(max_length=64)] | None = None
    time_basis: str | None = None
    observed_at: Instant | None = None
    source: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_.-]{0,63}$")] | None = None
    modality: Literal["sensed", "self-reported", "inferred"] | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    is_final: bool = True
    value: dict[str, Any] = {}
    quality: list[str] = []


class CloudEvent(msgspec.Struct):
    """A CloudEvent in structured JSON: its data is an event, or the value of one."""

    type: str
    id: Name
    data: dict[str, Any] | None = None
    time: str | None = None


class OfADay(msgspec.Struct):
    """What says on which day something was."""

    day: datetime
    time: WallTime | None = None
    item: str = ""


def adapt(raw: RawRecord) -> Adapted:
    """Return the events of a message on our own topics.

    The identity is that of the raw record: an event that names another client is refused.
    """
    return adapted(raw, _status(raw) if raw.stream == "status" else _events(raw))


def _status(raw: RawRecord) -> Iterator[Finding]:
    """Yield what a status message or last will says; an empty one only clears the topic."""
    text = raw.payload.strip()
    if not text:
        return
    is_on = _ON[text] if text in _ON else _member(read_json(text), "online")
    if not isinstance(is_on, bool):
        yield Reject("wrong_shape", "online")
        return
    kind = "device.online" if is_on else "device.offline"
    start = raw.received_at
    yield Draft(kind=kind, key=(kind, to_wire(start)), start=start, time_basis="arrival")


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _events(raw: RawRecord) -> Iterator[Finding]:
    if raw.stream not in ("event", "raw"):
        raise BadPayload("unknown_stream")
    read = read_json(raw.payload)
    several = read if isinstance(read, list) else [read]
    if len(several) > MAX_EVENTS:
        yield Reject("too_many_events", f"more than {MAX_EVENTS} in one message")
        return
    for one in several:
        yield _finding(raw, one)


def _finding(raw: RawRecord, one: object) -> Finding:
    try:
        told = shaped(Told, _unwrapped(one))
        if told.client not in (None, raw.client):
            return Reject("client_mismatch")
        return _draft(raw, told)
    except BadShape as error:
        return Reject("wrong_shape", str(error))
    except (BadTime, OverflowError):
        return Reject("implausible_time")


def _unwrapped(one: object) -> object:
    """Return what a CloudEvent wraps, or `one` itself if it is none."""
    if not isinstance(one, dict) or "specversion" not in one:
        return one
    cloud = shaped(CloudEvent, one)
    said = {"id": cloud.id, "start": cloud.time}
    data = cloud.data or {}
    if "kind" not in data:
        return said | {"kind": cloud.type.removeprefix(CLOUD_PREFIX), "value": data}
    return data | {"id": cloud.id} if "local_start" in data else said | data


def _draft(raw: RawRecord, told: Told) -> Finding:
    where = zone(told.tz) if told.tz is not None else None
    if told.tz is not None and where is None:
        return Reject("unknown_zone")
    native = told.native_id if told.id is None else told.id
    draft = Draft(
        kind=told.kind,
        key=(),
        value=told.value,
        tz=told.tz,
        utc_offset_min=told.utc_offset_min,
        observed_at=told.observed_at and in_utc(told.observed_at),
        source=told.source,
        native_id=None if native is None else str(native),
        modality=told.modality or _usual_modality(told.kind),
        confidence=told.confidence,
        is_final=told.is_final,
        quality=tuple(dict.fromkeys(filter(_is_flag, told.quality))),
    )
    _set_times(draft, told, raw.received_at)
    if draft.local_start is not None:
        _set_instants(draft)
    if draft.kind == "activity.epoch":
        _set_epoch_end(draft)
    draft.key = _key(draft)
    return draft


def _usual_modality(kind: str) -> str:
    return "self-reported" if kind.startswith(("self.", "night.")) else "sensed"


def _is_flag(text: str) -> bool:
    name = text.removeprefix("bad_field:")
    return text in QUALITY or (name != text and len(name) <= MAX_FIELD)


def _set_times(draft: Draft, told: Told, received_at: datetime) -> None:
    """Take the best time there is: an instant, a local time, the day, the time of saying it."""
    is_local = told.local_start is not None and told.time_basis in ("local", "local+tzid")
    if told.start is not None and not is_local:
        _set_utc(draft, told)
    elif told.local_start is not None:
        draft.local_start, draft.local_end = told.local_start, told.local_end
    elif draft.kind in _OF_A_DAY:
        draft.local_start = _of_a_day(draft.value)
    elif draft.kind in _SAID_WHEN_OBSERVED:
        draft.start = draft.observed_at or received_at


def _set_utc(draft: Draft, told: Told) -> None:
    if told.start is None:
        return
    draft.start = in_utc(told.start)
    draft.end = told.end and in_utc(told.end)
    if draft.utc_offset_min is None:
        where = zone(draft.tz) if draft.tz is not None else None
        draft.utc_offset_min = offset_minutes(told.start.astimezone(where) if where else told.start)
    draft.time_basis = told.time_basis if told.time_basis in _AS_TOLD else _basis(draft)


def _basis(draft: Draft) -> str:
    if draft.tz is not None:
        return "utc+tzid"
    return "utc" if draft.utc_offset_min is None else "utc+offset"


def _of_a_day(value: object) -> datetime:
    """Return the local time of what is said of a day: its midnight if there is no other."""
    said = shaped(OfADay, _with_midnight(value))
    if said.time is None:
        return said.day
    clock = time.fromisoformat(said.time)
    late = timedelta(days=1) if clock < SOCIAL_DAY_STARTS else timedelta()
    return datetime.combine(said.day + late, clock)


def _with_midnight(value: object) -> object:
    if isinstance(value, dict) and isinstance(value.get("day"), str):
        return value | {"day": value["day"] + "T00:00:00"}
    return value


def _set_epoch_end(draft: Draft) -> None:
    """Let an epoch end where its length says, in a local time only where it has no instant."""
    seconds = draft.value.get("epoch_s")
    if not isinstance(seconds, int) or not 0 < seconds <= DAY_S:
        return
    length = timedelta(seconds=seconds)
    draft.end = draft.local_end = None
    if draft.start is not None:
        draft.end = draft.start + length
    elif draft.local_start is not None:
        draft.local_end = draft.local_start + length


def _set_instants(draft: Draft) -> None:
    """Resolve a local time whose zone is given; one without waits for the zone history."""
    where = zone(draft.tz) if draft.tz is not None else None
    if where is None or draft.local_start is None:
        draft.time_basis = "local"
        draft.quality = (*draft.quality, "zone_assumed")
        return
    start = resolve(draft.local_start, where)
    end = resolve(draft.local_end, where) if draft.local_end is not None else start
    draft.time_basis = "local+tzid"
    draft.start, draft.utc_offset_min = start.instant, start.offset_min
    draft.end = end.instant if draft.local_end is not None else None
    if flags := {start.flag, end.flag}.difference(("", *draft.quality)):
        draft.quality = (*draft.quality, *sorted(flags))


def _key(draft: Draft) -> tuple[str, ...]:
    """Return the id the sender gave, else what is said of which day, else kind and start."""
    if draft.native_id is not None:
        return (draft.native_id,)
    if draft.kind in _OF_A_DAY:
        return (draft.kind, str(draft.value.get("day")), str(draft.value.get("item", "")))
    if draft.kind in _SAID_WHEN_OBSERVED:
        return (draft.kind, revision(draft.value))
    start = draft.local_start or draft.start
    return (draft.kind, to_wire(start) if start is not None else "")
