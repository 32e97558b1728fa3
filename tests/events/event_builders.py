"""Builders of canonical events for tests."""

from datetime import UTC, datetime, timedelta

from daykeel.events.event import Event
from daykeel.events.ids import event_id, group_id, revision

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def told(kind="phone.unlock", minute=0, key=None, *, value=None, seen=0, part=0, **more):
    """Return an event that starts some minutes after midnight; `seen` is when it was observed."""
    start = more.pop("start", MIDNIGHT + minute * MINUTE)
    device = more.pop("device", "phone")
    group = group_id("c-1", "daykeel", device, key or f"{kind}@{minute}")
    value = {} if value is None else value
    fields = {
        "client": "c-1",
        "adapter": "daykeel",
        "source": "daykeel",
        "observed_at": MIDNIGHT + timedelta(hours=seen),
        "received_at": MIDNIGHT + timedelta(hours=seen),
        "revision": revision(kind, minute, str(more.get("end")), value),
    } | more
    return Event(
        kind=kind,
        group=group,
        id=event_id(group, kind, part),
        device=device,
        start=start,
        value=value,
        **fields,
    )


def epoch(minute, steps=0, *, unit="steps", **more):
    value = {"unit": unit, "value": float(steps), "epoch_s": 60}
    end = MIDNIGHT + (minute + 1) * MINUTE
    return told("activity.epoch", minute, value=value, end=end, **more)
