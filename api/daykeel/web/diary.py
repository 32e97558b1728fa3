"""What a person tells in the diary, as one raw record of canonical events for the log."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daykeel.events.event import RawRecord

ADAPTER = "daykeel"
DEVICE = "diary"
SOCIAL_DAY_STARTS = timedelta(hours=4)
LENIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    """One of the five anchors on one social day."""

    item: str
    day: date
    done: bool
    time: str | None = None
    """HH:MM on the wall clock; before 04:00 it lies after midnight. None: at `at`."""
    at: datetime | None = None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class LevelEntry:
    """Mood or energy of one social day."""

    what: str
    """`mood` or `energy`."""
    day: date
    level: int


Entry = AnchorEntry | LevelEntry


def social_day(now: datetime, zone: str) -> date:
    """Return the social day that `now` belongs to: from 04:00 on the wall clock to 04:00.

    >>> from datetime import UTC
    >>> social_day(datetime(2026, 3, 2, 2, 30, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 3, 1)
    """
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return (local - SOCIAL_DAY_STARTS).date()


def is_to_come(entry: Entry, now: datetime, zone: str) -> bool:
    """Return whether an entry tells of a time that has not come yet, by more than five minutes.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> is_to_come(AnchorEntry("dinner", date(2026, 3, 2), True, "19:00"), noon, "UTC")
    True
    """
    if entry.day > social_day(now, zone):
        return True
    if isinstance(entry, LevelEntry) or entry.time is None:
        return False
    told = datetime.combine(entry.day, time()) + timedelta(minutes=minutes_of(entry.time))
    return told > now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + LENIENCE


def diary_record(client: str, entries: Iterable[Entry], *, now: datetime, zone: str) -> RawRecord:
    """Return the raw record that carries `entries`, received now, as a device's would be."""
    events = [_event(entry, zone) for entry in entries]
    return RawRecord(
        client=client,
        adapter=ADAPTER,
        device=DEVICE,
        topic=f"daykeel/v1/{client}/{ADAPTER}/{DEVICE}/event",
        stream="event",
        payload=json.dumps(events, separators=(",", ":")).encode(),
        received_at=now,
        transport="http",
    )


def _event(entry: Entry, zone: str) -> dict[str, Any]:
    """Return the event of an entry as `docs/events.md` has it.

    A time of day is left to the client's zone history; only an instant names the zone.
    """
    if isinstance(entry, LevelEntry):
        value = {"level": entry.level, "day": entry.day.isoformat()}
        return {"kind": f"self.{entry.what}", "modality": "self-reported", "value": value}
    told = {
        "item": entry.item,
        "day": entry.day.isoformat(),
        "done": entry.done,
        "time": entry.time,
        "people": entry.people,
    }
    value = {key: part for key, part in told.items() if part is not None}
    event = {"kind": "self.srm_entry", "modality": "self-reported", "value": value}
    if entry.done and entry.at is not None and entry.time is None:
        return event | {"start": entry.at.isoformat().replace("+00:00", "Z"), "tz": zone}
    return event


def wall_time(minutes: float) -> str:
    """Return minutes from the midnight of a social day as HH:MM on the wall clock.

    >>> wall_time(1455.4)
    '00:15'
    """
    whole = round(minutes) % 1440
    return f"{whole // 60:02}:{whole % 60:02}"


def minutes_of(told: str) -> float:
    """Return a wall time as minutes from the midnight of its social day.

    >>> minutes_of("07:30"), minutes_of("01:00")
    (450.0, 1500.0)
    """
    hours, minutes = told.split(":")
    found = int(hours) * 60.0 + int(minutes)
    return found + 1440 if found < SOCIAL_DAY_STARTS.total_seconds() / 60 else found


def days_told(entries: Sequence[Entry]) -> frozenset[date]:
    """Return the social days the entries speak of."""
    return frozenset(entry.day for entry in entries)
