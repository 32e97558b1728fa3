"""From the commands in force and what devices said of the zone to a client's context."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from daykeel.pipeline.state import ClientState, Command
from daykeel.rhythm.context import ClientContext, Consent, Mark, ZoneChange
from daykeel.rhythm.ledger import ANCHORS

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


def context_of(state: ClientState, as_of: datetime | None = None) -> ClientContext:
    """Return what holds for the client; the same commands in any order give the same.

    Parameters
    ----------
    as_of
        A phase of therapy that begins later does not hold yet; None takes the last one.

    Examples
    --------
    >>> context_of(ClientState(client="c-1")).zones
    (ZoneChange(start=datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), tz='UTC'),)
    """
    commands = sorted(state.commands.values(), key=lambda command: (command.kind, command.id))
    profile = next((one.value for one in commands if one.kind == "profile"), {})
    enrolled = profile.get("enrolled")
    return ClientContext(
        client=state.client,
        zones=_zones(profile.get("tz", "UTC"), commands, state),
        night_boundary_hour=profile.get("night_boundary_hour", 12),
        tracked_items=tuple(profile.get("tracked_items", ANCHORS)),
        targets=_targets(_of_kind(commands, "target")),
        free_weekdays=tuple(profile.get("free_weekdays", (5, 6))),
        calendar=_calendar(_of_kind(commands, "calendar")),
        therapy_week_starts=profile.get("therapy_week_starts", 0),
        phase=_phase(_of_kind(commands, "phase"), as_of),
        marks=_marks(_of_kind(commands, "mark")),
        consents=_consents(_of_kind(commands, "consent")),
        sources=tuple(profile.get("sources", ())),
        enrolled=date.fromisoformat(enrolled) if enrolled else None,
    )


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


def _targets(commands: Iterable[Command]) -> tuple[tuple[str, date, float], ...]:
    rows = (
        (_text(one.value, "anchor"), (one.effective_from or ALWAYS).date(), one.value["minutes"])
        for one in commands
    )
    return tuple(sorted(rows, key=lambda row: (row[1], row[0])))


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


def _phase(commands: Iterable[Command], as_of: datetime | None) -> str:
    begun = [(one.effective_from or ALWAYS, one.id, one) for one in commands]
    if as_of is not None:
        begun = [one for one in begun if one[0] <= as_of]
    latest = max(begun, key=lambda one: one[:2], default=None)
    return _text(latest[2].value, "phase") if latest else "middle"


def _text(value: dict[str, Any], name: str) -> str:
    return str(value[name])


def _day(value: dict[str, Any], name: str) -> date:
    return date.fromisoformat(value[name])
