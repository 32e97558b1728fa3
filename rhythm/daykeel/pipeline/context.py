"""From the commands in force and what devices said of the zone to a client's context."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from daykeel.pipeline.state import ClientState, Command
from daykeel.rhythm.baseline import named
from daykeel.rhythm.context import ClientContext, Consent, Mark, ZoneChange
from daykeel.rhythm.course import (
    FIRST_OF_GRADUATION,
    FIRST_OF_MIDDLE,
    LAST,
    Course,
    Phases,
    Session,
    phases,
)
from daykeel.rhythm.decisions import Decisions, Threshold
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.rulebook import book_of
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.targets import STEP, TargetPlan, Targets, targets_by_day
from daykeel.rhythm.tracked import Tracked
from daykeel.rhythm.working_week import CUSTOMARY, Weeks, WorkingWeek

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
CLINIC = "clinic"
"""Scope of rules that hold for everybody who has no own ones."""
WITHDRAWN = "withdrawn"
"""In the value of a command: it was a mistake, and holds for no night."""


def context_of(state: ClientState) -> ClientContext:
    """Return what holds for the client; the same commands in any order give the same.

    Examples
    --------
    >>> context_of(ClientState(client="c-1")).zones
    (ZoneChange(start=datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), tz='UTC'),)
    """
    told = sorted(state.commands.values(), key=lambda command: (command.kind, command.id))
    commands = [one for one in told if not one.value.get(WITHDRAWN)]
    profile = next((one.value for one in commands if one.kind == "profile"), {})
    enrolled = profile.get("enrolled")
    tz = profile.get("tz", "UTC")
    return ClientContext(
        client=state.client,
        zones=_zones(tz, commands, state),
        night_boundary_hour=profile.get("night_boundary_hour", 12),
        tracked=_tracked(profile, _of_kind(commands, "tracked"), tz),
        targets=_targets(_of_kind(commands, "target"), tz),
        weeks=_weeks(profile, _of_kind(commands, "week"), tz),
        calendar=_calendar(_of_kind(commands, "calendar")),
        therapy_week_starts=profile.get("therapy_week_starts", 0),
        phases=_phases(_of_kind(commands, "course"), _of_kind(commands, "phase"), tz),
        marks=_marks(_of_kind(commands, "mark")),
        consents=_consents(_of_kind(commands, "consent")),
        sources=tuple(profile.get("sources", ())),
        enrolled=date.fromisoformat(enrolled) if enrolled else None,
        decisions=_decisions(commands),
        thresholds=tuple(threshold_of(one.value) for one in _of_kind(commands, "threshold")),
        rules=_rules(_of_kind(commands, "rules")),
    )


def context_with(client: str, commands: Iterable[Command]) -> ClientContext:
    """Return what commands say of a client, without what devices said of the zone.

    Nights that are stored know the zone they lay in, so this is enough to evaluate them.
    """
    return context_of(ClientState(client=client, commands={one.id: one for one in commands}))


def zone_in_force(zones: Iterable[ZoneChange], instant: datetime) -> ZoneInfo:
    """Return the zone of the last change up to `instant`, however short the stay.

    >>> zone_in_force(context_of(ClientState(client="c-1")).zones, datetime(2026, 3, 1, tzinfo=UTC))
    zoneinfo.ZoneInfo(key='UTC')
    """
    begun = (change for change in zones if change.start <= instant)
    return ZoneInfo(max(begun, key=lambda change: change.start).tz)


def _of_kind(commands: Sequence[Command], kind: str) -> list[Command]:
    return [command for command in commands if command.kind == kind]


def _zones(home: str, commands: Sequence[Command], state: ClientState) -> tuple[ZoneChange, ...]:
    told = [(one.effective_from or ALWAYS, one.value["tz"]) for one in _of_kind(commands, "zone")]
    seen = [(word.start, word.tz) for word in state.zones.values()]
    changes = [ZoneChange(ALWAYS, home)]
    for start, tz in sorted(told + seen):
        if tz != changes[-1].tz:
            changes.append(ZoneChange(start, tz))
    return tuple(changes)


def _targets(commands: Iterable[Command], tz: str) -> Targets:
    return targets_by_day(_target(one, tz) for one in commands)


def _target(command: Command, tz: str) -> TargetPlan:
    told = command.value
    return TargetPlan(
        anchor=_text(told, "anchor"),
        first=_first(command, tz),
        goal=told["minutes"],
        current=told.get("current"),
        step=told.get("step", STEP),
    )


def _tracked(profile: dict[str, Any], commands: Iterable[Command], tz: str) -> Tracked:
    """Return what is tracked from when on; what the profile says holds before all else."""
    told = {_first(one, tz): tuple(one.value["items"]) for one in commands}
    if "tracked_items" in profile:
        told.setdefault(date.min, tuple(profile["tracked_items"]))
    return tuple(sorted(told.items()))


def _weeks(profile: dict[str, Any], commands: Iterable[Command], tz: str) -> Weeks:
    """Return which working week holds from when on; the profile's holds before all else."""
    told = {first: _week(first, one.value) for one in commands for first in [_first(one, tz)]}
    if profile.keys() & {"free_weekdays", "region"}:
        told.setdefault(date.min, _week(date.min, profile))
    return tuple(told[first] for first in sorted(told))


def _week(first: date, value: dict[str, Any]) -> WorkingWeek:
    free = tuple(value.get("free_weekdays", CUSTOMARY.free_weekdays))
    return WorkingWeek(first, free, str(value.get("region", CUSTOMARY.region)))


def _first(command: Command, tz: str) -> date:
    """Return the first night or day a command holds on: as it says, else as its instant does."""
    if "first" in command.value:
        return _day(command.value, "first")
    begins = command.effective_from
    return date.min if begins is None else begins.astimezone(ZoneInfo(tz)).date()


def _calendar(commands: Iterable[Command]) -> tuple[tuple[date, str, str], ...]:
    return tuple(
        sorted(
            (_day(one.value, "date"), _text(one.value, "day_type"), str(one.value.get("why", "")))
            for one in commands
        )
    )


def _marks(commands: Iterable[Command]) -> tuple[Mark, ...]:
    return tuple(
        Mark(_text(one.value, "what"), _day(one.value, "first"), _day(one.value, "last"))
        for one in commands
    )


def _consents(commands: Iterable[Command]) -> tuple[Consent, ...]:
    return tuple(
        Consent(_text(one.value, "source"), one.effective_from, one.effective_to)
        for one in commands
    )


def _phases(courses: Iterable[Command], told: Iterable[Command], tz: str) -> Phases:
    """Return the phases of the course, and those told by themselves, which hold before it."""
    rows = [(first, "", phase) for one in courses for first, phase in phases(course_of(one.value))]
    rows += [(_first(one, tz), one.id, _text(one.value, "phase")) for one in told]
    return tuple({first: (first, phase) for first, _, phase in sorted(rows)}.values())


def course_of(value: dict[str, Any]) -> Course:
    """Return the course that the value of a command tells of."""
    return Course(
        sessions=tuple(
            Session(_day(one, "date"), bool(one.get("missed", False)))
            for one in value.get("sessions", ())
        ),
        middle=value.get("middle", FIRST_OF_MIDDLE),
        graduation=value.get("graduation", FIRST_OF_GRADUATION),
        last=value.get("last", LAST),
    )


def _decisions(commands: Sequence[Command]) -> Decisions:
    told = (baseline_in(one.value) for one in _of_kind(commands, "baseline.confirm"))
    renewed = (_day(one.value, "first") for one in _of_kind(commands, "baseline.renew"))
    return Decisions(tuple(one for one in told if one is not None), tuple(sorted(renewed)))


def baseline_in(value: dict[str, Any]) -> Baseline | None:
    """Return the baseline that a confirmation names and holds.

    None where the content is not what the hash was made of: what was confirmed is not known then.
    """
    try:
        found = msgspec.convert(value["baseline"], Baseline)
    except (KeyError, msgspec.ValidationError):
        return None
    return found if named(found).id == value.get("id") == found.id else None


def baseline_told(baseline: Baseline) -> dict[str, Any]:
    """Return the value of a command that confirms a baseline: its hash, and its content."""
    plain = replace(baseline, confirmed=False, until=None, proposal=None, why="", deleted=0)
    return {"id": baseline.id, "baseline": msgspec.to_builtins(replace(plain, provisional=False))}


def threshold_of(value: dict[str, Any]) -> Threshold:
    """Return the threshold that the value of a command tells of."""
    last = value.get("last")
    return Threshold(
        chart=_text(value, "chart"),
        hours=float(value["hours"]),
        nights=int(value["nights"]),
        sides=tuple(value["sides"]),
        first=_day(value, "first"),
        last=date.fromisoformat(last) if last else None,
    )


def _rules(commands: Sequence[Command]) -> tuple[tuple[date, Rules], ...]:
    told = [(one.value.get("scope"), *rules_in(one.value)) for one in commands]
    clinic, client = (
        [(first, by) for scope, first, by in told if (scope == CLINIC) is is_wide]
        for is_wide in (True, False)
    )
    return book_of(clinic, client)


def rules_in(value: dict[str, Any]) -> tuple[date, Rules | None]:
    """Return the first night of rules that a command tells of, and them; None for no own ones."""
    rules = value["rules"]
    return _day(value, "first"), None if rules is None else msgspec.convert(rules, Rules)


def _text(value: dict[str, Any], name: str) -> str:
    return str(value[name])


def _day(value: dict[str, Any], name: str) -> date:
    return date.fromisoformat(value[name])
