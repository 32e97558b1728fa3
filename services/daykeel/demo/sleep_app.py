"""Sleep as Android as it publishes by MQTT: an event as it happens, without a time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from daykeel.demo.said import Device, Said, json_bytes
from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.life import Life, TrueNight
from daykeel.rhythm.synthetic.sleep import SATURDAY

DEVICE = Device("sleep_as_android", "phone")
TOPIC = "SleepAsAndroid/{username}"
IN_BED = timedelta(minutes=10)
"""Between the start of tracking and falling asleep, where the diary does not say."""


def sleep_app(life: Life) -> Iterator[Said]:
    """Yield what the app publishes over a life; in a night it is not started, nothing."""
    beds = {anchor.at for day in life.days for anchor in day.anchors if anchor.item == "bed"}
    for night in life.nights:
        if not night.worn:
            continue
        if night.nap is not None:
            yield from _tracked(night.nap, night.nap.start)
        if night.sleep is not None:
            yield from _night(night, night.sleep, _bedtime(beds, night.sleep.start))


def _bedtime(beds: set[datetime], onset: datetime) -> datetime:
    last = max((bed for bed in beds if bed < onset), default=onset - IN_BED)
    return last if onset - last < 3 * IN_BED else onset - IN_BED


def _night(night: TrueNight, sleep: Span, bed: datetime) -> Iterator[Said]:
    start, asleep, *_, stop = _tracked(sleep, bed)
    yield from (start, asleep)
    for span in night.awake:
        yield _event(span.start, "awake")
        yield _event(span.stop, "light_sleep")
    if night.night.weekday() < SATURDAY:
        yield _alarm(sleep.stop)
    yield stop


def _tracked(sleep: Span, bed: datetime) -> Iterator[Said]:
    yield _event(bed, "sleep_tracking_started")
    yield _event(sleep.start, "not_awake")
    yield _event(sleep.stop, "sleep_tracking_stopped")


def _alarm(at: datetime) -> Said:
    """Return that the alarm was dismissed; `value1` is the time it was set to."""
    return _event(at, "alarm_alert_dismiss", value1=str(1000 * int(at.timestamp())), value2="alarm")


def _event(at: datetime, name: str, **values: str) -> Said:
    return Said(at, DEVICE, TOPIC, json_bytes({"event": name, **values}), is_live=True)
