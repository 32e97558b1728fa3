"""Builders of raw records for tests: lives of synthetic people as their devices would tell them."""

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np

from daykeel.events.event import RawRecord
from daykeel.pipeline.state import Command

START = date(2026, 1, 5)
ANCHOR_HOURS = {"first_contact": 8.0, "start_activity": 9.0, "dinner": 18.5}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def raw(client: str, events: list[dict], received_at: datetime, device: str = "phone") -> RawRecord:
    return RawRecord(
        client=client,
        adapter="daykeel",
        device=device,
        topic=f"daykeel/v1/{client}/daykeel/{device}/event",
        stream="event",
        payload=json.dumps(events).encode(),
        received_at=received_at,
    )


def wire(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def episode(onset: datetime, offset: datetime, native_id: str) -> dict:
    return {
        "kind": "sleep.episode",
        "start": wire(onset),
        "end": wire(offset),
        "utc_offset_min": 0,
        "time_basis": "utc+offset",
        "native_id": native_id,
        "value": {"is_main_sleep": True},
    }


def tombstone(of: str, start: datetime, end: datetime) -> dict:
    return {
        "kind": "meta.tombstone",
        "start": wire(start),
        "end": wire(end),
        "value": {"of": of, "reason": "deleted"},
    }


def anchor(day: date, item: str, hour: float) -> dict:
    at = midnight(day) + timedelta(hours=hour)
    return {
        "kind": "self.srm_entry",
        "start": wire(at),
        "modality": "self-reported",
        "native_id": f"{item}-{day}",
        "value": {"item": item, "day": day.isoformat(), "done": True, "people": 1},
    }


def declared(client: str, what: str, first: date, last: date) -> RawRecord:
    """A mark of the client's own over some nights, told on the first one's morning."""
    morning = midnight(first) + timedelta(hours=9)
    mark = {
        "kind": "night.mark",
        "start": wire(morning),
        "native_id": f"{what}-{first}",
        "value": {"what": what, "first": first.isoformat(), "last": last.isoformat()},
    }
    return raw(client, [mark], morning)


def profile(client: str, **more: object) -> Command:
    return Command(
        client=client, kind="profile", id="profile", version=1, value={"tz": "UTC", **more}
    )


def night_times(rng: np.random.Generator, nights: int, shift: np.ndarray) -> list[tuple]:
    """Onset and hours of sleep of each night, in hours from its midnight."""
    onsets = -0.75 + rng.normal(0, 0.4, nights) + shift
    return list(zip(onsets, 7.6 + rng.normal(0, 0.5, nights), strict=True))


def life(
    client: str, nights: int, seed: int, *, shift: np.ndarray | None = None
) -> list[RawRecord]:
    """A diary and a sleep tracker that both report every day, in order."""
    rng = np.random.default_rng(seed)
    times = night_times(rng, nights, np.zeros(nights) if shift is None else shift)
    records = []
    for number, (onset, hours) in enumerate(times):
        day = START + timedelta(days=number)
        records += _told(client, rng, day, onset, hours)
    return records


def _told(client, rng, day, onset, hours) -> list[RawRecord]:
    start = minute(midnight(day) + timedelta(hours=float(onset)))
    end = minute(start + timedelta(hours=float(hours)))
    sleep = episode(start, end, f"night-{day}")
    anchors = [
        anchor(day, item, round(60 * (hour + rng.normal(0, 0.3))) / 60)
        for item, hour in ANCHOR_HOURS.items()
    ]
    evening = midnight(day) + timedelta(hours=21)
    return [
        raw(client, [sleep], end + timedelta(minutes=10), device="tracker"),
        raw(client, anchors, evening),
        raw(client, [], evening + timedelta(minutes=1), device="tracker"),
    ]


def walk(client: str, nights: int, seed: int, *, few: int) -> list[RawRecord]:
    """The steps of each hour of the same days, as the tracker tells them; few on the last days."""
    rng = np.random.default_rng(seed)
    records = []
    for number in range(nights):
        day = midnight(START + timedelta(days=number))
        usual = 80 if number >= nights - few else 700
        hours = [day + timedelta(hours=hour) for hour in range(24)]
        steps = [int(rng.poisson(usual)) if 8 <= hour < 22 else 0 for hour in range(24)]
        told = [_steps(at, many) for at, many in zip(hours, steps, strict=True)]
        records.append(raw(client, told, day + timedelta(hours=24.1), device="tracker"))
    return records


def _steps(start: datetime, many: int) -> dict:
    return {
        "kind": "activity.steps",
        "start": wire(start),
        "end": wire(start + timedelta(hours=1)),
        "utc_offset_min": 0,
        "time_basis": "utc+offset",
        "native_id": f"steps-{wire(start)}",
        "value": {"steps": many},
    }


def minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def after(nights: int) -> datetime:
    """An instant at which the last of `nights` is final."""
    return midnight(START + timedelta(days=nights - 1)) + timedelta(hours=22)
