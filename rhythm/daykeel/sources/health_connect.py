"""Health Connect, through the bridges HC Webhook and Life Dashboard Companion.

Both send the same form; they drop the offsets that Health Connect keeps.

References
----------
.. [1] https://github.com/mcnaveen/health-connect-webhook/blob/main/docs/webhook.md
.. [2] https://github.com/owen282000/life-dashboard-companion-app/blob/main/docs/webhook.md
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.events.times import BadTime, parse_instant, to_wire
from daykeel.sources.draft import Draft, Finding, adapted, each
from daykeel.sources.fields import Fields, amount, label, present, rows, whole
from daykeel.sources.payload import BadPayload, read_json

OVER_EVERYWHERE = timedelta(hours=24 + 12)
"""After midnight in UTC: the date has then passed in the westmost zone too."""

LONGEST_SESSION_S = 7 * 86_400.0

_PACKAGE = re.compile(r"[a-z][a-z0-9_.]{0,79}", re.ASCII | re.IGNORECASE)
_STAGES = {
    "unknown": "unknown",
    "awake": "awake",
    "sleeping": "asleep",
    "out_of_bed": "awake",
    "light": "light",
    "deep": "deep",
    "rem": "rem",
    "awake_in_bed": "awake",
}
_NUMBERED = tuple(_STAGES)
"""The stages by the number Health Connect gives them, from 0."""


class Span(NamedTuple):
    """A stretch of time of a record."""

    start: datetime
    end: datetime


def adapt(raw: RawRecord) -> Adapted:
    """Return the events of one payload; lists we make nothing of give none."""
    return adapted(raw, _findings(raw))


def _findings(raw: RawRecord) -> Iterator[Finding]:
    payload = read_json(raw.payload)
    if not isinstance(payload, dict):
        raise BadPayload("wrong_shape")
    built_at = _optional(payload.get("timestamp"))
    for name in _LISTS:
        yield from _listed(payload, name, built_at)


def _listed(payload: Fields, name: str, built_at: datetime | None) -> Iterator[Finding]:
    read = _LISTS[name]
    return each(payload.get(name), name, lambda row: read(row, built_at))


def _sleep(row: Fields, built_at: datetime | None) -> Iterator[Finding]:
    """Yield a night: it is told by its end and length, and its stages stay inside it."""
    end, seconds = parse_instant(row.get("session_end_time")), amount(row.get("duration_seconds"))
    if not seconds or seconds > LONGEST_SESSION_S:
        yield Reject("bad_value", "sleep.episode: duration_seconds")
        return
    session = Span(end - timedelta(seconds=seconds), end)
    stages, quality = _stages(row, session)
    yield _draft(
        "sleep.episode",
        row,
        ("sleep", to_wire(end), str(round(seconds))),
        _optional(row.get("sleep_updated_at")) or built_at,
        start=session.start,
        end=end,
        value={"stages": stages} if stages else {},
        quality=quality,
    )


def _stages(row: Fields, session: Span) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the stages of a session as they are told, and what is odd about them."""
    listed = [(_stage(one), _optional_span(one)) for one in rows(row.get("stages"))]
    told = [(stage, span) for stage, span in listed if span is not None]
    spans = [span for _, span in told]
    flags = {
        "stage_before_session_start": any(span.start < session.start for span in spans),
        "stage_span_exceeds_duration": any(span.end > session.end for span in spans),
        "bad_field:stage": any(stage is None for stage, _ in told),
        "bad_field:stages": len(told) < _length(row.get("stages")),
    }
    stages = [
        {"stage": stage or "unknown", "start": to_wire(span.start), "end": to_wire(span.end)}
        for stage, span in sorted(told, key=lambda one: one[1])
        if span.start < span.end
    ]
    return stages, tuple(flag for flag, is_so in flags.items() if is_so)


def _stage(row: Fields) -> str | None:
    """Return the stage, which apps write as a word, a constant's name or its number."""
    told = str(row.get("stage")).casefold().removeprefix("stage_type_")
    if told.isascii() and told.isdigit() and int(told[:4]) < len(_NUMBERED):
        told = _NUMBERED[int(told[:4])]
    return _STAGES.get(told)


def _span(row: Fields, start: str = "start_time", end: str = "end_time") -> Span:
    return Span(parse_instant(row.get(start)), parse_instant(row.get(end)))


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0 if value is None else 1


def _optional_span(row: Fields) -> Span | None:
    try:
        return _span(row)
    except BadTime:
        return None


def _steps(row: Fields, built_at: datetime | None) -> Iterator[Finding]:
    """Yield the steps of a stretch; a total that grows keeps its start and moves its end."""
    is_bucket = "bucket_start" in row
    steps = whole(row.get("total" if is_bucket else "count"))
    span = _span(row, "bucket_start", "bucket_end") if is_bucket else _span(row)
    if steps is None:
        yield Reject("bad_value", "activity.steps: count")
        return
    yield _draft(
        "activity.steps",
        row,
        ("steps", to_wire(span.start), _source(row) or ""),
        built_at,
        start=span.start,
        end=span.end,
        value={"steps": steps},
    )


def _heart_rate(row: Fields, built_at: datetime | None) -> Iterator[Finding]:
    start = parse_instant(row.get("time", row.get("bucket_start")))
    value = present(
        bpm=amount(row.get("bpm", row.get("avg"))),
        min=amount(row.get("min")),
        max=amount(row.get("max")),
    )
    key = ("heart_rate", to_wire(start), _source(row) or "")
    yield _draft("cardio.hr", row, key, built_at, start=start, value=value)


def _daily_total(row: Fields, built_at: datetime | None) -> Iterator[Finding]:
    """Yield the steps of a day so far; a day may have totals of other things alone."""
    steps = whole(row.get("steps"))
    if steps is None and row.get("steps") is not None:
        yield Reject("bad_value", "activity.steps: steps")
    elif steps is not None:
        value = {"steps": steps, "merge": "max"}
        yield _of_a_day("activity.steps", "daily_totals", row, built_at, value)


def _screen_time(row: Fields, built_at: datetime | None) -> Iterator[Finding]:
    """Yield how long the phone was used on a day; which apps were used is dropped."""
    minutes = whole(row.get("total_screen_time_minutes"))
    if minutes is None:
        yield Reject("bad_value", "phone.usage_daily: total_screen_time_minutes")
    else:
        value = {"minutes": minutes}
        yield _of_a_day("phone.usage_daily", "screen_time", row, built_at, value)


def _of_a_day(
    kind: str, of: str, row: Fields, built_at: datetime | None, value: dict[str, Any]
) -> Draft:
    """Return what is told of a local day, of which the bridge does not say the zone."""
    day = _day(row.get("date"))
    is_over = built_at is not None and built_at - day.replace(tzinfo=UTC) >= OVER_EVERYWHERE
    return _draft(
        kind,
        row,
        (of, day.date().isoformat()),
        built_at,
        local_start=day,
        time_basis="local",
        value=value | {"local_date": day.date().isoformat()},
        quality=("zone_assumed",) if is_over else ("zone_assumed", "date_only_part_of_day"),
    )


def _day(told: object) -> datetime:
    try:
        day = date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        day = None
    if day is None or not 1 < day.year < date.max.year:
        raise BadTime("not a date")
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  a local day has no zone yet


def _draft(
    kind: str, row: Fields, key: tuple[str, ...], observed_at: datetime | None, **more: Any
) -> Draft:
    native = label(row.get("uuid"))
    return Draft(
        kind=kind,
        key=key if native is None else (native,),
        native_id=native,
        observed_at=observed_at,
        source=_source(row),
        **more,
    )


def _source(row: Fields) -> str | None:
    """Return the package of the app that wrote the record into Health Connect."""
    name = label(row.get("source"))
    return name.casefold() if name is not None and _PACKAGE.fullmatch(name) else None


def _optional(told: object) -> datetime | None:
    try:
        return parse_instant(told)
    except BadTime:
        return None


_LISTS: Mapping[str, Callable[[Fields, datetime | None], Iterator[Finding]]] = {
    "steps": _steps,
    "sleep": _sleep,
    "heart_rate": _heart_rate,
    "daily_totals": _daily_total,
    "screen_time": _screen_time,
}
