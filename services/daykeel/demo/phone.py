"""OwnTracks as it publishes: regions entered and left, where the phone is, and steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from daykeel.demo.said import Device, Said, json_bytes
from daykeel.rhythm.synthetic.days import at_hour
from daykeel.rhythm.synthetic.life import Life, TrueDay

DEVICE = Device("owntracks", "phone")
TOPIC = "owntracks/{username}/phone"
PINGS = (9, 13, 17, 21)
"""Local hours at which the phone says where it is, in `move` mode off."""

COMMUTE = timedelta(minutes=25)
HOME, WORK = (0.0, 0.0), (0.02, 0.01)
"""Of nobody: south of Ghana, in the sea."""


def phone(life: Life) -> Iterator[Said]:
    """Yield what the phone publishes over a life."""
    for day in life.days:
        yield from _moves(day)
        before: datetime | None = None
        for hour in PINGS:
            at = at_hour(day.day, hour, day.tz)
            yield _location(at, _where(day, at))
            if before is not None:
                yield _steps(before, at, life.steps_between(before, at))
            before = at


def _moves(day: TrueDay) -> Iterator[Said]:
    if day.work is None:
        return
    start, stop = day.work.start, day.work.stop
    yield _transition(start - COMMUTE, "leave", "Home", HOME)
    yield _transition(start, "enter", "Work", WORK)
    yield _transition(stop, "leave", "Work", WORK)
    yield _transition(stop + COMMUTE, "enter", "Home", HOME)


def _where(day: TrueDay, at: datetime) -> str:
    return "Work" if day.work and day.work.start <= at < day.work.stop else "Home"


def _transition(at: datetime, event: str, name: str, place: tuple[float, float]) -> Said:
    return _said(
        at,
        "/event",
        {
            "_type": "transition",
            "acc": 12,
            "desc": name,
            "event": event,
            "lat": place[0],
            "lon": place[1],
            "t": "c",
            "tid": "ph",
            "tst": int(at.timestamp()),
            "wtst": 1700000000,
        },
    )


def _location(at: datetime, where: str) -> Said:
    place = HOME if where == "Home" else WORK
    return _said(
        at,
        "",
        {
            "_type": "location",
            "acc": 14,
            "batt": 71,
            "bs": 1,
            "conn": "w",
            "created_at": int(at.timestamp()),
            "inregions": [where],
            "lat": place[0],
            "lon": place[1],
            "t": "p",
            "tid": "ph",
            "tst": int(at.timestamp()),
        },
    )


def _steps(start: datetime, stop: datetime, steps: int) -> Said:
    first, last = int(start.timestamp()), int(stop.timestamp())
    return _said(
        stop, "/step", {"_type": "steps", "tst": last, "from": first, "to": last, "steps": steps}
    )


def _said(at: datetime, subtopic: str, message: dict[str, Any]) -> Said:
    return Said(at, DEVICE, TOPIC + subtopic, json_bytes(message))
