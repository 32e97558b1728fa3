"""Builders of events and pieces for tests of nights: what devices say, hour by hour."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from daykeel.events.event import Event
from daykeel.events.pieces import Pieces
from daykeel.events.pieces_fold import fold_events
from daykeel.events.times import to_wire
from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.nights import build_day
from daykeel.rhythm.scene import Signs, scene_of

NIGHT = date(2026, 3, 4)
"""A Wednesday."""

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 6, tzinfo=UTC)
"""When the night is long over."""


def at(hours: float) -> datetime:
    """The instant so many hours after the night's midnight in UTC."""
    return datetime.combine(NIGHT, datetime.min.time(), UTC) + timedelta(minutes=round(60 * hours))


def said(kind, start=None, stop=None, *, name="", **more):
    """An event; `start` and `stop` in hours from the night's midnight, or instants."""
    start, stop = (at(x) if isinstance(x, int | float) else x for x in (start, stop))
    name = name or f"{kind} {start} {more.get('device', '')}"
    received = more.pop("received_at", stop or start or at(0))
    received = at(received) if isinstance(received, int | float) else received
    fields = {
        "group": f"group of {name}",
        "adapter": "daykeel",
        "source": "watch",
        "device": "wrist",
        "observed_at": received,
        "received_at": received,
        "revision": f"sha256:{name}",
    }
    fields |= {key: more.pop(key) for key in list(more) if key in Event.__struct_fields__}
    value = fields.pop("value", {}) | more
    return Event(
        client="c-1", kind=kind, id=f"id of {name}", start=start, end=stop, value=value, **fields
    )


def slept(start, stop, **more):
    return said("sleep.episode", start, stop, **more)


def deleted(event, *, span=True, **more):
    """A tombstone of an event's group, over its span if it has one."""
    start, stop = (event.start, event.end) if span else (at(12), None)
    more = {"of": event.group, "reason": "deleted", "received_at": at(20)} | more
    return said("meta.tombstone", start, stop, name=f"stone of {event.id}", **more)


def correction(of, start=None, stop=None, *, when=20, **value):
    """A correction of what has the id or group `of`, told at an hour."""
    ends = {"start": start, "end": stop}
    told = {name: to_wire(at(hours)) for name, hours in ends.items() if hours is not None}
    if value:
        told["value"] = value
    told |= {"of": of, "by": "client"}
    return said("meta.correction", when, name=f"correction {of} {when}", value=told)


def pieces(*events):
    """The pieces of the events by UTC date; tombstones lie on every date."""
    found = defaultdict(Pieces)
    days = {(event.start or event.local_start or at(0)).date() for event in events}
    for event in events:
        where = days if event.kind.startswith("meta.") else {_home(event)}
        for day in where:
            found[day] = fold_events(found[day], [event])
    return dict(found)


def _home(event):
    return (event.start or event.local_start or event.observed_at).date()


def context(tz="UTC", **more):
    return ClientContext("c-1", (ZoneChange(ALWAYS, tz),), **more)


def synced(heard):
    """Until when each device has synced, as named by the app that all of them use."""
    return {f"daykeel/{device}": moment for device, moment in heard.items()}


def scene(*events, day=NIGHT, heard=None, as_of=LATER, zone="UTC", seen=None, before=(), **more):
    heard = {"wrist": LATER} if heard is None else heard
    signs = Signs(synced(seen or {}), before)
    return scene_of(day, pieces(*events), context(zone, **more), synced(heard), as_of, signs)


def record(*events, day=NIGHT, heard=None, as_of=LATER, zone="UTC", seen=None, before=(), **more):
    """The day record; the watch has synced since unless `heard` says otherwise."""
    heard = {"wrist": LATER} if heard is None else heard
    signs = Signs(synced(seen or {}), before)
    return build_day(day, pieces(*events), context(zone, **more), synced(heard), as_of, signs)


def night(*events, **more):
    return record(*events, **more).night


def steps(start, stop, each=0, *, epoch_s=60, unit="steps", **more):
    """Epochs of activity over some hours."""
    count = round((stop - start) * 3600 / epoch_s)
    first = at(start)
    return [
        said(
            "activity.epoch",
            first + timedelta(seconds=n * epoch_s),
            first + timedelta(seconds=(n + 1) * epoch_s),
            unit=unit,
            epoch_s=epoch_s,
            **{"value": {"value": each}, **more},
        )
        for n in range(count)
    ]
