"""What the stream keeps between two records: plain values in tables keyed by text."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from daykeel.events.event import Event

Table = MutableMapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the stream; Faust tables in the running system, dicts in batch and tests."""

    clients: Table
    """client -> ClientState"""
    pieces: Table
    """client|UTC date -> Pieces without epochs; client|UTC date|hour -> Pieces of epochs only"""
    groups: Table
    """client|group -> GroupEntry, for groups whose start a new observation may move;
    client|of|id or group -> Words; client|outages -> Outages"""
    days: Table
    """client|date -> DayRecord"""
    outputs: Table
    """client|date -> SentDay; client| -> SentClient"""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision of a person, as it lies on `commands`; the highest version of an id holds.

    `docs/commands.md` has the kinds and what `value` holds for each.
    """

    client: str
    kind: str
    id: str
    version: int
    effective_from: datetime | None = None
    effective_to: datetime | None = None
    value: dict[str, Any] = {}


class ZoneWord(msgspec.Struct, frozen=True):
    """What a device said of the zone it is in."""

    start: datetime
    tz: str
    observed_at: datetime


class ClientState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the stream knows of one client besides pieces and days."""

    client: str
    incarnation: str = ""
    offsets: dict[str, int] = {}
    """Last offset of `events.raw` applied, per partition of this incarnation of the log; text,
    since only then the order of the encoded keys is fixed."""
    commands: dict[str, Command] = {}
    zones: dict[str, ZoneWord] = {}
    """By event group."""
    has_words: bool = False
    """There are tombstones or corrections."""
    heard: dict[str, datetime] = {}
    """adapter/device -> greatest `received_at`: it has synced up to then."""
    seen: dict[str, datetime] = {}
    """adapter/device -> greatest `received_at` of anything that shows it was there."""
    dirty: set[date] = set()
    """Dates whose night and day must be built again."""
    everything: bool = False
    """A command changed what holds for all dates."""
    anew: bool = False
    """All of it is to be said again, also what does not differ from what was said."""
    due_out: bool = False
    """A `due` of this client is on its way."""
    first: date | None = None
    """First date of which anything is known."""
    oldest: date | None = None
    """First UTC date on which any event lies."""
    newest: date | None = None
    """Last one."""
    begins: date | None = None
    """First date that was built."""
    last: date | None = None
    """Last date that was built."""
    settled: date | None = None
    """Days up to here no longer depend on the clock."""
    next_check: datetime | None = None
    """When State may change without any new record."""


class GroupEntry(msgspec.Struct, frozen=True):
    """Where the events of a group lie and how new they are."""

    observed_at: datetime
    revision: str
    received_at: datetime
    dates: tuple[date, ...]
    content: str = ""
    """Hash of what is said."""
    firsts: dict[str, tuple[datetime, datetime]] = {}
    """By hash of each content ever said, when it was first received, and observed."""


class Words(msgspec.Struct):
    """The tombstones and corrections of one id or group, which may come before it."""

    events: list[Event] = []


class Outages(msgspec.Struct):
    """The commands that tell of outages of ours, by id."""

    commands: dict[str, Command] = {}


class SentDay(msgspec.Struct):
    """What has been sent of one date, so that only changes go out; the version is History."""

    night: str = ""
    """Hash of what makes a revision."""
    version: int = 0
    day: str = ""
    scores: dict[str, str] = {}
    """window -> hash of the row."""
    said: datetime | None = None
    """When the night was last said because the date had changed; History as well."""
    known: str = ""
    """Hash of what charts read of it, as it last became known."""


class SentClient(msgspec.Struct):
    """What has been sent of a client's signals and baselines, as hashes."""

    signals: dict[str, str] = {}
    baselines: dict[str, str] = {}
    known: int = 0
    """How many times something became known; History."""
    decided: str = ""
    """Of what was decided by then, and the first date."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's dates are dirty, or the time for a check has come."""

    client: str
    since: float = 0.0
    """Clock seconds at which it was sent."""
