"""What a calendar day's activity comes to, hour by hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.events.zones import resolve
from daykeel.rhythm.activity import UNITS, Minutes, Run, minutes_of, spread
from daykeel.rhythm.blocks import Ranking
from daykeel.rhythm.frame import DAY, MINUTE, Frame, clock_columns
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.minutes import Slept
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.sessions import Session

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DayActivity:
    """Sums in thousandths of the unit, and valid minutes, of local hours and ten-minute bins."""

    unit: str | None = None
    device: str = ""
    """Source and device that counted."""
    hours: Numbers = (0,) * 24
    hours_n: Numbers = (0,) * 24
    bins: Numbers = (0,) * 144
    bins_n: Numbers = (0,) * 144


def activity_of(scene: Scene, told: Slept) -> DayActivity:
    """Return the activity of the calendar day, counted by one device in one unit.

    The device that counted most minutes is taken, before anything is deleted.
    """
    if not scene.runs:
        return DayActivity()
    start, stop = _midnights(scene.frame)
    count = (stop - start) // MINUTE
    counted = [(run, minutes_of(run, start, count)) for run in scene.runs]
    run, minutes = min(counted, key=lambda one: _preference(one, scene.ranking))
    if run.is_sparse:
        asleep = (one for one in told.standing(scene.reading) if one.owner == run.owner)
        minutes = _with_sleep(minutes, asleep, start)
    minutes = _without(minutes, scene.reading.spans, start)
    if not minutes.valid.any():
        return DayActivity()
    sums = spread(minutes, clock_columns(start, count, scene.frame.zone))
    device = "/".join(run.owner)
    return DayActivity(run.unit, device, *(tuple(one.tolist()) for one in sums))


def _midnights(frame: Frame) -> Stretch:
    """Return the start and the end of the calendar day, both on the clock of the night's zone."""
    zone = ZoneInfo(frame.zone)
    midnight = datetime.combine(frame.day, time())
    return resolve(midnight, zone).instant, resolve(midnight + DAY, zone).instant


def _preference(counted: tuple[Run, Minutes], ranking: Ranking) -> tuple[object, ...]:
    run, minutes = counted
    valid = int(minutes.valid.sum())
    place = ranking.place(run.name[1], run.name[2], run.name[4])
    return not valid, UNITS.index(run.unit), place, -valid, run.name


def _with_sleep(minutes: Minutes, asleep: Iterable[Session], start: datetime) -> Minutes:
    """Count no steps while the source itself says its wearer slept: so it was worn."""
    valid = minutes.valid.copy()
    for session in asleep:
        first, last = ((at - start) // MINUTE for at in (session.start, session.stop))
        valid[max(first, 0) : max(last, 0)] = True
    return Minutes(minutes.value, valid)


def _without(minutes: Minutes, spans: Sequence[Stretch], start: datetime) -> Minutes:
    """Leave out the minutes that were deleted."""
    if not spans:
        return minutes
    valid = minutes.valid.copy()
    for begins, ends in spans:
        first, last = (begins - start) // MINUTE, -((start - ends) // MINUTE)
        valid[max(first, 0) : max(last, 0)] = False
    return Minutes(np.where(valid, minutes.value, 0), valid)
