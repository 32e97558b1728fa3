"""Sleep as Health Auto Export tells it: nights summed up, or samples one by one."""

import math
from collections.abc import Iterator
from datetime import timedelta

from daykeel.events.event import Reject
from daykeel.sources.draft import Draft, Finding
from daykeel.sources.fields import Fields, amount, number, present
from daykeel.sources.health_auto_export_rows import Moment, drafted, moment, optional_moment

METRIC = "sleep_analysis"
SLACK_H = 1 / 60
"""By how much stages may be longer than the session before it is said."""

_STAGES = {
    "core": "light",
    "deep": "deep",
    "rem": "rem",
    "awake": "awake",
    "asleep": "asleep",
    "unspecified": "asleep",
    "asleepunspecified": "asleep",
}
_HOURS = ("totalSleep", "asleep", "core", "deep", "rem", "awake", "inBed")


def sleep_row(row: Fields) -> Iterator[Finding]:
    """Yield what one row of `sleep_analysis` says.

    A sample may tell the night it belongs to as well.

    Raises
    ------
    BadTime
        It does not say when that was.
    """
    is_sample = row.get("startDate") is not None or "sleepStart" not in row
    yield from _sample(row) if is_sample else _night(row)


def _sample(row: Fields) -> Iterator[Finding]:
    """Yield a stage, or coming to and leaving the bed."""
    start, end = moment(row.get("startDate")), moment(row.get("endDate"))
    name = str(row.get("value", "")).replace(" ", "").casefold()
    if name == "inbed":
        yield from _bed(row, (start, end), start, end)
    elif name in _STAGES:
        yield drafted("sleep.stage", METRIC, row, start, end, value={"stage": _STAGES[name]})
    else:
        yield Reject("bad_value", "sleep.stage: stage")


def _night(row: Fields) -> Iterator[Finding]:
    """Yield a night summed up; `date` has meant different things and is not read."""
    start, end = moment(row.get("sleepStart")), moment(row.get("sleepEnd"))
    hours, bad = _hours(row)
    bed_in, bed_out = (optional_moment(row.get(name)) for name in ("inBedStart", "inBedEnd"))
    asleep, in_bed = _asleep(hours), hours.get("inBed")
    session = (end.instant - start.instant) / timedelta(hours=1)
    flags = [f"bad_field:{name}" for name in bad]
    if in_bed and bed_in is None:
        flags.append("onset_may_be_in_bed")
    if asleep is not None and asleep > session + SLACK_H:
        flags.append("stage_span_exceeds_duration")
    value = present(asleep_h=asleep, asleep_min=_minutes(asleep), in_bed_min=_minutes(in_bed))
    yield drafted("sleep.episode", METRIC, row, start, end, value=value, quality=tuple(flags))
    yield from _bed(row, (start, end), bed_in, bed_out)


def _bed(
    row: Fields, of: tuple[Moment, Moment], bed_in: Moment | None, bed_out: Moment | None
) -> Iterator[Draft]:
    """Yield coming to and leaving the bed, where it is told; 0 and empty mean it is not."""
    for kind, at in (("bed.in", bed_in), ("bed.out", bed_out)):
        if at is not None:
            yield drafted(kind, METRIC, row, *of, at=at)


def _hours(row: Fields) -> tuple[dict[str, float], list[str]]:
    """Return the hours a row gives, and the names of those that are no numbers."""
    told = {name: row[name] for name in _HOURS if row.get(name) is not None}
    hours = {name: hour for name in told if (hour := amount(told[name])) is not None}
    return hours, [name for name in told if number(told[name]) is None]


def _asleep(hours: dict[str, float]) -> float | None:
    """Return the hours of sleep: all stages together; 0 means that it is not told."""
    stages = math.fsum(hours.get(name, 0.0) for name in ("asleep", "core", "deep", "rem"))
    return hours.get("totalSleep") or stages or None


def _minutes(hours: float | None) -> int | None:
    return round(60 * hours) if hours else None
