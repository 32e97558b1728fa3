"""A Health Connect bridge as it publishes: what a tracker wrote since the last sync."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from daykeel.demo.said import HOUR, Device, Said, full_hour, json_bytes
from daykeel.events.times import to_wire
from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.days import at_hour
from daykeel.rhythm.synthetic.life import Life, TrueNight
from daykeel.rhythm.synthetic.places import noon_before, zone_of

DEVICE = Device("health_connect", "bridge")
BAND = Device("health_connect", "band")
"""The bridge of a cheap tracker, which knows no stages."""

TOPIC = "daykeel/v1/{client}/health_connect/{device}/raw"
SYNCS = (9, 13, 21)
"""Local hours at which the bridge runs."""

TRACKER = "com.example.tracker"
DAY = timedelta(days=1)
PARTS = ("light", "deep", "light", "rem")


def bridge(life: Life) -> Iterator[Said]:
    """Yield the syncs over a life; one with nothing new still shows that the phone is there."""
    return _syncs(life, DEVICE, with_stages=True)


def band(life: Life) -> Iterator[Said]:
    """Yield the syncs of a cheap tracker over a life."""
    return _syncs(life, BAND, with_stages=False)


def _syncs(life: Life, device: Device, *, with_stages: bool) -> Iterator[Said]:
    unworn = _unworn(life)
    syncs = [at_hour(day.day, hour, day.tz) for day in life.days for hour in SYNCS]
    for before, at in pairwise([life.start, *syncs]):
        payload = {
            "timestamp": to_wire(at),
            "app_version": "1.4.0",
            "source": "health_connect",
            "steps": _steps(life, Span(before, at), unworn),
            "sleep": [_session(*one, with_stages) for one in _slept(life, Span(before, at))],
        }
        yield Said(at, device, TOPIC, json_bytes(payload))


def _unworn(life: Life) -> list[Span]:
    """Return the stretches, noon to noon, in which the tracker was not worn."""
    zones = life.zones
    noons = [noon_before(night.night, zone_of(zones, night.night)) for night in life.nights]
    spans = zip(life.nights, noons, [*noons[1:], noons[-1] + DAY], strict=True)
    return [Span(noon, after) for night, noon, after in spans if not night.worn]


def _steps(life: Life, since: Span, unworn: list[Span]) -> list[dict[str, Any]]:
    """Return the steps of each full hour in which the tracker was worn and counted any."""
    found = []
    start = full_hour(since.start)
    while start + HOUR <= since.stop:
        stop = start + HOUR
        count = life.steps_between(start, stop)
        if count and not any(one.start < stop and start < one.stop for one in unworn):
            times = {"start_time": to_wire(start), "end_time": to_wire(stop)}
            found.append({"count": count, **times, "source": TRACKER})
        start = stop
    return found


def _slept(life: Life, since: Span) -> Iterator[tuple[TrueNight, Span]]:
    for night in life.nights:
        for span in (night.nap, night.sleep):
            if night.worn and span is not None and since.start < span.stop <= since.stop:
                yield night, span


def _session(night: TrueNight, span: Span, with_stages: bool) -> dict[str, Any]:
    session = {
        "session_end_time": to_wire(span.stop),
        "duration_seconds": int((span.stop - span.start).total_seconds()),
        "source": TRACKER,
    }
    if not with_stages:
        return session
    awake = night.awake if span == night.sleep else ()
    return session | {"stages": list(_stages(span, awake))}


def _stages(span: Span, awake: tuple[Span, ...]) -> Iterator[dict[str, Any]]:
    at = span.start
    for one in (*awake, Span(span.stop, span.stop)):
        part = (one.start - at) // len(PARTS) // timedelta(minutes=1) * timedelta(minutes=1)
        for number, stage in enumerate(PARTS):
            last = number == len(PARTS) - 1
            stop = one.start if last else at + part
            yield _stage(stage, Span(at, stop))
            at = stop
        if one.start < one.stop:
            yield _stage("awake", one)
        at = one.stop


def _stage(stage: str, span: Span) -> dict[str, Any]:
    return {
        "stage": f"STAGE_TYPE_{stage.upper()}",
        "start_time": to_wire(span.start),
        "end_time": to_wire(span.stop),
        "duration_seconds": int((span.stop - span.start).total_seconds()),
    }
