"""What a synthetic client does by day: the five anchors, work, mood and energy."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.events.zones import resolve
from daykeel.rhythm.context import ZoneChange
from daykeel.rhythm.ledger import Span
from daykeel.rhythm.synthetic.life import Script, TrueAnchor, TrueDay, TrueNight
from daykeel.rhythm.synthetic.places import landing_day, zone_of
from daykeel.rhythm.synthetic.sleep import SATURDAY, whole_minutes

DAY = timedelta(days=1)
USUAL = {"first_contact": 7.75, "start_activity": 9.0, "dinner": 19.0}
"""Hours after midnight on a working day."""

FREE_DAY = 1.0
"""Hours by which a day off starts later; dinner stays."""

AFTER_WAKING = {"first_contact": 0.5, "start_activity": 1.25, "dinner": 4.0}
"""Hours a person needs after getting up, at least."""

TOGETHER = 0.5
"""Correlation of the anchors of one day."""

WORK = timedelta(hours=8)


def days(
    rng: np.random.Generator,
    script: Script,
    zones: Sequence[ZoneChange],
    nights: Sequence[TrueNight],
) -> tuple[TrueDay, ...]:
    """Return how each day was; on the last one nobody has gone to bed yet."""
    travel = landing_day(script, [night.night for night in nights])
    found = []
    for night, after in zip(nights, (*nights[1:], None), strict=True):
        tz = zone_of(zones, night.night)
        done = _anchors(rng, script, tz, night, after)
        mood, energy = (int(level) for level in np.clip(rng.normal(0, 1.2, 2).round(), -5, 5))
        if night.night == travel:
            found.append(TrueDay(night.night, tz))
        else:
            work = _work(done, night.night)
            found.append(TrueDay(night.night, tz, done, work, mood, energy))
    return tuple(found)


def _anchors(
    rng: np.random.Generator, script: Script, tz: str, night: TrueNight, after: TrueNight | None
) -> tuple[TrueAnchor, ...]:
    """Return what was done on the day after `night`, in the order of the form."""
    up, down = (timedelta(minutes=int(minutes)) for minutes in rng.integers(5, 21, 2))
    shared, own = rng.standard_normal(), rng.standard_normal(len(USUAL))
    people = [0, *(int(code) for code in rng.integers(0, 3, len(USUAL))), 0]
    late = script.habit.jitter * (TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * own)
    rises = night.sleep.stop + up if night.sleep else None
    times = [rises, *_by_day(tz, night.night, late, rises), _bedtime(after, down)]
    items = ("out_of_bed", *USUAL, "bed")
    return tuple(
        TrueAnchor(item, at, code)
        for item, at, code in zip(items, times, people, strict=True)
        if at is not None
    )


def _by_day(
    tz: str, day: date, late: Sequence[float], rises: datetime | None
) -> list[datetime | None]:
    found: list[datetime | None] = []
    for (item, usual), by in zip(USUAL.items(), late, strict=True):
        free = FREE_DAY if day.weekday() >= SATURDAY and item != "dinner" else 0.0
        at = at_hour(day, usual + free + by, tz)
        ready = rises + whole_minutes(AFTER_WAKING[item]) if rises else at
        found.append(max(at, ready))
    return found


def at_hour(day: date, hour: float, tz: str) -> datetime:
    """Return the instant at which clocks in `tz` show a time of `day`."""
    local = datetime.combine(day, time()) + whole_minutes(hour)
    return resolve(local, ZoneInfo(tz)).instant.astimezone(UTC)


def _bedtime(after: TrueNight | None, down: timedelta) -> datetime | None:
    return after.sleep.start - down if after is not None and after.sleep else None


def _work(anchors: Sequence[TrueAnchor], day: date) -> Span | None:
    starts = [one.at for one in anchors if one.item == "start_activity"]
    if day.weekday() >= SATURDAY or not starts:
        return None
    return Span(starts[0], starts[0] + WORK)
