"""OwnTracks, over MQTT or HTTP: regions entered and left, and where the phone was.

Positions stay inside: `place.fix` is an internal event, and all other events come without
coordinates.

References
----------
.. [1] https://owntracks.org/booklet/tech/json/
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.events.times import BadTime, from_seconds, to_wire
from daykeel.sources.draft import Draft, Finding, adapted
from daykeel.sources.fields import Fields, amount, label, number, present, whole
from daykeel.sources.payload import BadPayload, read_json

LOW_BATTERY = 20.0
"""Percent, at and below which a location also tells the battery's charge."""

FULL = 100.0

_PLACES = {
    "home": "home",
    "work": "work",
    "office": "work",
    "school": "school",
    "university": "school",
    "college": "school",
    "volunteer": "volunteer",
    "volunteering": "volunteer",
}
_NO_EVENTS = frozenset(
    {"beacon", "card", "cmd", "configuration", "dump", "request", "status", "waypoints-request"}
)
_TRANSITIONS = {"enter": "place.enter", "leave": "place.leave"}
_CHARGING = {1: False, 2: True, 3: True}


def adapt(raw: RawRecord) -> Adapted:
    """Return the events of one message, or of an array of them."""
    return adapted(raw, _findings(raw))


def _findings(raw: RawRecord) -> Iterator[Finding]:
    read = read_json(raw.payload)
    for message in read if isinstance(read, list) else [read]:
        if not isinstance(message, dict):
            raise BadPayload("wrong_shape")
        yield from _read(raw, message)


def _read(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    name = message.get("_type")
    if not isinstance(name, str):
        yield Reject("no_type")
    elif name in _READERS:
        try:
            yield from _READERS[name](raw, message)
        except BadTime:
            yield Reject("no_time", name)
    elif name == "encrypted":
        yield Reject("encrypted", "there is no key for this device")
    elif name not in _NO_EVENTS:
        yield Reject("unknown_type")


def _location(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    """Yield where the phone was, and its battery where that may explain a silence to come."""
    del raw
    start = from_seconds(message.get("tst"))
    battery = _battery(message.get("batt"))
    yield _draft(message, "place.fix", start, _fix(message, battery))
    if battery is not None and battery <= LOW_BATTERY:
        charging = _CHARGING.get(whole(message.get("bs")) or 0)
        value = present(percent=battery, charging=charging)
        yield _draft(message, "device.battery", start, value)


def _battery(told: object) -> float | None:
    percent = amount(told)
    return percent if percent is not None and percent <= FULL else None


def _fix(message: Fields, battery: float | None) -> dict[str, Any]:
    regions = message.get("inregions")
    return present(
        lat=number(message.get("lat")),
        lon=number(message.get("lon")),
        acc_m=amount(message.get("acc")),
        inregions=[str(name)[:200] for name in regions] if isinstance(regions, list) else None,
        battery_pct=battery,
    )


def _transition(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    del raw
    kind = _TRANSITIONS.get(str(message.get("event")))
    if kind is None:
        yield Reject("wrong_shape", "event")
        return
    yield _draft(message, kind, from_seconds(message.get("tst")), _place(message))


def _place(message: Fields) -> dict[str, Any]:
    """Return what kind of place a region is, by the name the client gave it."""
    name = label(message.get("desc"))
    plain = (name or "").strip().lstrip("+-@").casefold()
    return present(place=_PLACES.get(plain, "other"), place_label=name)


def _steps(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    """Yield the steps of a stretch; -1 means that the phone cannot tell."""
    del raw
    steps = whole(message.get("steps"))
    if steps is None and number(message.get("steps")) is None:
        yield Reject("wrong_shape", "steps")
    elif steps is not None:
        start, end = from_seconds(message.get("from")), from_seconds(message.get("to"))
        yield _draft(message, "activity.steps", start, {"steps": steps}, end=end)


def _waypoint(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    """Yield a region that was set up; its `tst` is its name, not when something happened."""
    created = whole(message.get("tst"))
    if created is None:
        yield Reject("no_time", "waypoint")
        return
    value = _place(message) | present(radius_m=amount(message.get("rad")))
    yield Draft(
        kind="config.place",
        key=("waypoint", str(created)),
        native_id=str(created),
        start=raw.received_at,
        time_basis="arrival",
        value=value,
    )


def _waypoints(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    several = message.get("waypoints")
    if not isinstance(several, list):
        yield Reject("wrong_shape", "waypoints")
        return
    for one in several:
        yield from _waypoint(raw, one) if isinstance(one, dict) else (Reject("wrong_shape"),)


def _last_will(raw: RawRecord, message: Fields) -> Iterator[Finding]:
    """Yield that the phone has gone; the `tst` of a last will is that of the connection."""
    del message
    if raw.retain:
        yield Reject("retained_replay", "lwt")
        return
    start = raw.received_at
    yield Draft(
        kind="device.offline", key=("lwt", to_wire(start)), start=start, time_basis="arrival"
    )


def _draft(
    message: Fields, kind: str, start: datetime, value: dict[str, Any], end: datetime | None = None
) -> Draft:
    native = label(message.get("_id"))
    named = (str(message.get(name, "")) for name in ("_type", "desc", "event"))
    created = message.get("created_at")
    observed_at = _instant(created)
    is_bad = created is not None and observed_at is None
    return Draft(
        kind=kind,
        key=(native,) if native is not None else (to_wire(start), *named),
        native_id=native,
        start=start,
        end=end,
        value=value,
        observed_at=observed_at,
        quality=("bad_field:created_at",) if is_bad else (),
    )


def _instant(told: object) -> datetime | None:
    try:
        return from_seconds(told)
    except BadTime:
        return None


_READERS: Mapping[str, Callable[[RawRecord, Fields], Iterator[Finding]]] = {
    "location": _location,
    "transition": _transition,
    "steps": _steps,
    "waypoint": _waypoint,
    "waypoints": _waypoints,
    "lwt": _last_will,
}
