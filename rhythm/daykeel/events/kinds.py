"""The kinds of events there are, and the check of what an event of a kind holds."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from daykeel.events import values as v

T = TypeVar("T")

KINDS: Mapping[str, type[v.Value]] = {
    "sleep.onset": v.Value,
    "sleep.wake": v.Value,
    "sleep.episode": v.Episode,
    "sleep.stage": v.Stage,
    "sleep.duration": v.Duration,
    "sleep.confidence": v.Confidence,
    "sleep.tracking_start": v.Value,
    "sleep.tracking_stop": v.Value,
    "sleep.tracking_pause": v.Value,
    "sleep.tracking_resume": v.Value,
    "bed.in": v.Value,
    "bed.out": v.Value,
    "activity.epoch": v.Epoch,
    "activity.steps": v.Steps,
    "activity.state": v.State,
    "activity.session": v.Session,
    "activity.energy": v.Energy,
    "social.first_contact": v.FirstContact,
    "social.contact": v.Contact,
    "routine.start": v.Routine,
    "meal": v.Meal,
    "place.enter": v.Place,
    "place.leave": v.Place,
    "place.fix": v.Fix,
    "config.place": v.PlaceConfig,
    "phone.unlock": v.Value,
    "phone.lock": v.Value,
    "phone.screen_on": v.Value,
    "phone.screen_off": v.Value,
    "phone.charging_on": v.Value,
    "phone.charging_off": v.Value,
    "phone.usage": v.Usage,
    "phone.usage_daily": v.DailyUsage,
    "env.light": v.Light,
    "env.presence": v.Presence,
    "env.contact": v.Opening,
    "env.switch": v.Switch,
    "cardio.hr": v.HeartRate,
    "device.on_wrist": v.Value,
    "device.off_wrist": v.Value,
    "device.battery": v.Battery,
    "device.online": v.Value,
    "device.offline": v.Value,
    "device.denied": v.Denial,
    "device.allowed": v.Value,
    "device.timezone": v.Zone,
    "alarm.scheduled": v.Alarm,
    "alarm.fired": v.Alarm,
    "alarm.snoozed": v.Alarm,
    "alarm.dismissed": v.Alarm,
    "alarm.bedtime_reminder": v.Alarm,
    "meta.tombstone": v.Tombstone,
    "meta.correction": v.Correction,
    "night.mark": v.NightMark,
    "self.srm_entry": v.SrmEntry,
    "self.mood": v.SelfLevel,
    "self.energy": v.SelfLevel,
    "self.sleep_diary": v.SleepDiary,
    "self.medication": v.Medication,
    "self.note": v.Note,
}

INTERNAL = frozenset({"place.fix"})
"""Kinds that never leave their adapter."""

STATUS = frozenset({"device.online", "device.offline", "device.denied", "device.allowed"})
"""That an app is there, has gone or is not let in is no sync: it says nothing of its wearer."""

MODALITIES = ("sensed", "self-reported", "inferred")
TIME_BASES = (
    "utc+tzid",
    "utc+offset",
    "utc+offset(export)",
    "utc",
    "local+tzid",
    "local",
    "arrival",
)
QUALITY = frozenset(
    {
        "zone_missing",
        "zone_assumed",
        "offset_is_export_zone",
        "dst_gap",
        "dst_fold",
        "implausible_time",
        "future_time",
        "onset_may_be_in_bed",
        "stage_span_exceeds_duration",
        "stage_before_session_start",
        "duplicate_source",
        "tentative",
        "manual_entry",
        "off_wrist_overlap",
        "inconsistent_min_avg_max",
        "date_only_part_of_day",
    }
)
"""Flags without a name in them; `bad_field:<name>` is the other one."""


class BadShape(ValueError):  # noqa: N818  a fact about the payload, not a fault of ours
    """A value is not as `docs/events.md` says; its text is where, never what stood there."""


def checked(kind: str, value: object) -> dict[str, Any]:
    """Return the fields of a value that its kind has, as plain JSON values.

    >>> checked("meal", {"meal": "dinner", "with": "sauce"})
    {'meal': 'dinner'}
    >>> checked("meal", {"meal": "sauce"})
    Traceback (most recent call last):
    daykeel.events.kinds.BadShape: meal

    Raises
    ------
    BadShape
        A field is missing or wrong.
    KeyError
        There is no such kind.
    """
    fields: dict[str, Any] = msgspec.to_builtins(shaped(KINDS[kind], value))
    return fields


def shaped(kind: type[T], value: object) -> T:
    """Return `value` as a `kind`.

    Raises
    ------
    BadShape
        It does not fit.
    """
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise BadShape(_where(error)) from None


def _where(error: Exception) -> str:
    """Return the path and field a message of msgspec names; it may quote the value as well."""
    found = re.search(r"(?:missing required field `(\w+)`)?(?: - at `\$\.?([^`]*)`)?$", str(error))
    field, path = found.groups(default="") if found else ("", "")
    return ".".join(filter(None, (path, field)))
