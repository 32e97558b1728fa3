"""Outages of ours: kept apart from other commands, since each concerns a few nights alone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from daykeel.pipeline.state import ClientState, Command, Outages, Tables
from daykeel.pipeline.tables import dates, load, save
from daykeel.rhythm.context import Outage

KIND = "outage"
BEFORE, AFTER = timedelta(days=2), timedelta(days=2)
"""Around the UTC dates of an outage: nights of which data may have been due in it."""

LONGEST = timedelta(days=400)
"""Of a longer one the end is not looked at."""


def keep(tables: Tables, state: ClientState, command: Command) -> bool:
    """Keep an outage if it is the highest version of its id; its nights are to be built again."""
    key = _key(state.client)
    held = load(tables.groups, key, Outages) or Outages()
    before = held.commands.get(command.id)
    if before is not None and before.version >= command.version:
        return False
    held.commands[command.id] = command
    save(tables.groups, key, held)
    for one in (before, command):
        state.dirty.update(_nights(one) if one else ())
    return True


def outages_of(tables: Tables, client: str) -> tuple[Outage, ...]:
    """Return the outages that are known, oldest first."""
    held = load(tables.groups, _key(client), Outages) or Outages()
    found = (_outage(command) for command in held.commands.values())
    return tuple(sorted(filter(None, found), key=lambda one: (one.start, one.id)))


def _outage(command: Command) -> Outage | None:
    start, stop = command.effective_from, command.effective_to
    if start is None or stop is None:
        return None
    return Outage(command.id, start, min(stop, start + LONGEST))


def _nights(command: Command) -> Iterable[date]:
    outage = _outage(command)
    if outage is None:
        return ()
    return dates(_utc(outage.start) - BEFORE, _utc(outage.stop) + AFTER)


def _utc(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _key(client: str) -> str:
    return f"{client}|outages"
