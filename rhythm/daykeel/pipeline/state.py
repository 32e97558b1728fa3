"""What the stream keeps between two records: plain values in tables keyed by text."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

Table = MutableMapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the stream; Faust tables in the running system, dicts in batch and tests."""

    clients: Table
    """client -> ClientState"""
    pieces: Table
    """client|UTC date -> Pieces"""
    groups: Table
    """client|group -> GroupEntry, for groups whose start a new observation may move"""
    days: Table
    """client|date -> DayRecord"""
    outputs: Table
    """client|date or client|kind -> Sent"""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision of a person, as it lies on `commands`; the highest version of an id holds."""

    client: str
    kind: str
    """`profile`, `zone`, `tracked_items`, `target`, `calendar`, `mark`, `consent`, `phase`,
    `baseline.confirm`, `baseline.renew`, `sources`."""
    id: str
    version: int
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    value: dict[str, Any] = {}


class ClientState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the stream knows of one client besides pieces and days."""

    client: str
    incarnation: str = ""
    offsets: dict[int, int] = {}
    """Last offset of `events.raw` applied, per partition of this incarnation of the log."""
    commands: dict[str, Command] = {}
    zones: dict[str, tuple[datetime, str, datetime]] = {}
    """group -> (from, tz, observed_at) of what devices said of the zone."""
    heard: dict[str, datetime] = {}
    """device -> greatest `received_at`: it has synced up to then."""
    dirty: set[date] = set()
    """Dates whose night or day must be built again."""
    due_out: bool = False
    first: date | None = None
    last: date | None = None
    """First and last date of which anything is known."""
    next_check: datetime | None = None
    """When State may change without any new record: a night becomes final, silence counts."""


class GroupEntry(msgspec.Struct, frozen=True):
    """Where the events of a group lie and how new they are."""

    observed_at: datetime
    revision: str
    dates: tuple[date, ...]
    received_at: datetime


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's dates are dirty, or the time for a check has come."""

    client: str
    since: float = 0.0
    """Clock seconds at which it was sent."""
