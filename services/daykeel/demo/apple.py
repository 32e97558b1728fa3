"""Health Auto Export as it publishes: yesterday and today of Apple Health, several times a day."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daykeel.demo.said import Device, Said, json_bytes
from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.days import at_hour
from daykeel.rhythm.synthetic.life import Life, TrueDay, TrueNight

DEVICE = Device("health_auto_export", "iphone")
TOPIC = "daykeel/v1/{client}/health_auto_export/iphone/raw"
EXPORTS = (9, 14, 21)
"""Local hours at which the automation runs."""

SOURCE = "Client\u2019s Apple\u00a0Watch"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHARES = (("core", 0.6), ("deep", 0.17), ("rem", 0.23))
"""Of the time asleep."""


def apple(life: Life) -> Iterator[Said]:
    """Yield the exports over a life."""
    for day in life.days:
        for hour in EXPORTS:
            at = at_hour(day.day, hour, day.tz)
            yield Said(at, DEVICE, TOPIC, json_bytes(_export(life, day, at)))


def _export(life: Life, day: TrueDay, at: datetime) -> dict[str, Any]:
    zone = ZoneInfo(_zone(life, at))
    sleep = [_row(*one, zone) for one in _slept(life, day.day, at)]
    metrics = [
        {"name": "step_count", "units": "count", "data": _steps(life, day.day, at, zone)},
        {"name": "sleep_analysis", "units": "hr", "data": sleep},
    ]
    return {"data": {"metrics": metrics}}


def _zone(life: Life, at: datetime) -> str:
    """Return the zone the phone has at the export, in which it writes every time."""
    return [change.tz for change in life.zones if change.start <= at][-1]


def _slept(life: Life, today: date, at: datetime) -> Iterator[tuple[TrueNight, Span]]:
    for night in life.nights:
        if not night.worn or not today - DAY <= night.night <= today + DAY:
            continue
        for span in (night.nap, night.sleep):
            if span is not None and span.stop <= at and span.stop > at - 2 * DAY:
                yield night, span


def _row(night: TrueNight, span: Span, zone: ZoneInfo) -> dict[str, Any]:
    """Return a night as the app sums it up; when somebody lay awake is lost in it."""
    awake = sum((one.stop - one.start for one in night.awake), timedelta())
    awake = awake if span == night.sleep else timedelta()
    asleep = (span.stop - span.start - awake) / HOUR
    return {
        "asleep": 0,
        "sleepStart": _wall(span.start, zone),
        "sleepEnd": _wall(span.stop, zone),
        "source": SOURCE,
        "awake": awake / HOUR,
        **{stage: share * asleep for stage, share in SHARES},
    }


def _steps(life: Life, today: date, at: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the steps of each hour since yesterday's midnight in which there were any."""
    start = at_hour(today - DAY, 0, zone.key)
    count = max((at - start) // HOUR, 0)
    hours = (start + number * HOUR for number in range(count))
    told = ((hour, life.steps_between(hour, hour + HOUR)) for hour in hours)
    return [{"qty": n, "date": _wall(hour, zone), "source": SOURCE} for hour, n in told if n]


def _wall(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
