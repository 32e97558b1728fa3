"""What therapists decide about a client: commands with who made them, and upon what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, insert, select

from daykeel.events.codec import decode, encode
from daykeel.pipeline.state import Command
from daykeel.records import outbox, tables
from daykeel.records.errors import Conflict

COMMANDS = tables.commands.c
RULES = tables.clinic_rules.c

KINDS = frozenset(
    {
        "baseline.confirm",
        "baseline.renew",
        "calendar",
        "course",
        "phase",
        "rules",
        "target",
        "threshold",
        "tracked",
        "week",
    }
)
"""Kinds of commands that are decisions of therapy: one tag stands for all of a client's."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: the newest of an id replaces the others."""

    kind: str
    id: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """Who made something, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MadeCommand:
    """A command with who made it and when; None where that was not kept."""

    command: Command
    made: Made | None


def tag(commands: Iterable[Command]) -> str:
    """Return what stands for all decisions about a client as they are: any new one changes it.

    >>> tag([]) == tag([Command(client="c-1", kind="zone", id="z", version=1)])
    True
    """
    told = sorted((one.id, one.version) for one in commands if one.kind in KINDS)
    return sha256(repr(told).encode()).hexdigest()[:16]


def decide(
    connection: Connection,
    client: str,
    decided: Sequence[Decided],
    *,
    expected: str,
    made: Made,
) -> None:
    """Store decisions that were made upon those of tag `expected`, or raise `Conflict`.

    Of several of one id the last holds.
    """
    known = {one.id: one for one in outbox.current(connection, client)}
    if tag(known.values()) != expected:
        raise Conflict
    for one in {each.id: each for each in decided}.values():
        before = known.get(one.id)
        command = Command(
            client=client,
            kind=one.kind,
            id=one.id,
            version=before.version + 1 if before else 1,
            value=one.value,
        )
        outbox.put(connection, command, made_by=made.by, made_at=made.at)


def history(connection: Connection, client: str) -> list[MadeCommand]:
    """Return every version of a client's decisions, oldest first."""
    rows = connection.execute(
        select(COMMANDS.value, COMMANDS.made_by, COMMANDS.made_at)
        .where(COMMANDS.client == client)
        .order_by(COMMANDS.seq)
    )
    found = (
        MadeCommand(
            decode(Command, row.value), Made(row.made_by, row.made_at) if row.made_by else None
        )
        for row in rows
    )
    return [one for one in found if one.command.kind in KINDS]


def set_clinic_rules(
    connection: Connection, first: date, value: dict[str, Any], made: Made
) -> None:
    """Let rules hold from a night on for everybody who has no own ones."""
    newest = connection.execute(
        select(func.max(RULES.version)).where(RULES.first == first)
    ).scalar()
    row = {
        "first": first,
        "version": (newest or 0) + 1,
        "value": encode(value),
        "made_at": made.at,
        "made_by": made.by,
    }
    connection.execute(insert(tables.clinic_rules), row)
    for client in connection.execute(select(tables.clients.c.id)).scalars().all():
        _give(connection, client, first, value, made)


def give_clinic_rules(connection: Connection, client: str, *, now: datetime) -> None:
    """Give a new client the rules of the clinic."""
    rows = connection.execute(
        select(RULES.first, RULES.value, RULES.made_by).order_by(RULES.first, RULES.version)
    )
    newest = {row.first: (decode(dict[str, Any], row.value), row.made_by) for row in rows}
    for first, (value, made_by) in newest.items():
        _give(connection, client, first, value, Made(made_by, now))


def _give(
    connection: Connection, client: str, first: date, value: dict[str, Any], made: Made
) -> None:
    name = f"rules/clinic/{first.isoformat()}"
    command = Command(
        client=client,
        kind="rules",
        id=name,
        version=outbox.newest_version(connection, client, name) + 1,
        value=value | {"scope": "clinic", "first": first.isoformat()},
    )
    outbox.put(connection, command, made_by=made.by, made_at=made.at)
