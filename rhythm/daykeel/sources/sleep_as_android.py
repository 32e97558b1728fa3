"""Sleep as Android, as its MQTT and webhook automations send it: one event, without a time.

References
----------
.. [1] https://docs.sleep.urbandroid.org/services/automation.html
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.events.times import BadTime, from_seconds, implausible, to_wire
from daykeel.sources.draft import Draft, Finding, adapted
from daykeel.sources.fields import Fields, number
from daykeel.sources.payload import BadPayload, read_json

_TRACKING = {
    "sleep_tracking_started": ("sleep.tracking_start", "bed.in"),
    "sleep_tracking_stopped": ("sleep.tracking_stop", "bed.out"),
    "sleep_tracking_paused": ("sleep.tracking_pause", None),
    "sleep_tracking_resumed": ("sleep.tracking_resume", None),
}
_STAGES = {"awake": "awake", "light_sleep": "light", "deep_sleep": "deep", "rem": "rem"}
_ALARMS = {
    "alarm_alert_start": "alarm.fired",
    "alarm_alert_dismiss": "alarm.dismissed",
    "alarm_snooze_clicked": "alarm.snoozed",
    "alarm_snooze_canceled": "alarm.dismissed",
    "alarm_skip_next": "alarm.dismissed",
    "time_to_bed_alarm_alert": "alarm.bedtime_reminder",
}


def adapt(raw: RawRecord) -> Adapted:
    """Return the events of one message; event names we make nothing of give none.

    Its time is that of its arrival, so a retained message, which may arrive at any time, is
    refused.
    """
    return adapted(raw, _findings(raw))


def _findings(raw: RawRecord) -> Iterator[Finding]:
    message = read_json(raw.payload)
    if not isinstance(message, dict):
        raise BadPayload("wrong_shape")
    name = message.get("event")
    if not isinstance(name, str):
        yield Reject("no_event_name")
    elif raw.retain:
        yield Reject("retained_replay")
    else:
        yield from _drafts(raw, name, message)


def _drafts(raw: RawRecord, name: str, message: Fields) -> Iterator[Draft]:
    if name in _TRACKING:
        tracking, bed = _TRACKING[name]
        yield _draft(raw, name, message, tracking)
        if bed is not None:
            yield _draft(raw, name, message, bed, modality="inferred")
    elif name == "not_awake":
        yield _draft(raw, name, message, "sleep.onset")
    elif name in _STAGES:
        yield _draft(raw, name, message, "sleep.stage", value={"stage": _STAGES[name]})
    elif name in _ALARMS:
        yield _alarm(raw, name, message)


def _draft(raw: RawRecord, name: str, message: Fields, kind: str, **more: Any) -> Draft:
    minute = raw.received_at.replace(second=0, microsecond=0)
    return Draft(
        kind=kind,
        key=(name, str(message.get("value1", "")), to_wire(minute)),
        start=raw.received_at,
        time_basis="arrival",
        **more,
    )


def _alarm(raw: RawRecord, name: str, message: Fields) -> Draft:
    """Return an alarm; `value1` is when it was set to ring, the label in `value2` is dropped."""
    told = message.get("value1")
    alarm_at = _milliseconds(told, raw.received_at)
    value = {} if alarm_at is None else {"alarm_at": alarm_at}
    is_bad = told not in (None, "") and alarm_at is None
    quality = ("bad_field:value1",) if is_bad else ()
    return _draft(raw, name, message, _ALARMS[name], value=value, quality=quality)


def _milliseconds(told: object, now: datetime) -> datetime | None:
    """Return the instant, to the second, that a number of milliseconds since 1970 names."""
    milliseconds = number(told)
    if milliseconds is None:
        return None
    try:
        instant = from_seconds(milliseconds // 1000)
    except BadTime:
        return None
    return None if implausible(min(instant, now), None, now) else instant
