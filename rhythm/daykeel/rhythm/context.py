"""What people decided about a client and where the client lives: the other input of State."""

from dataclasses import dataclass, field
from datetime import date, datetime

from daykeel.rhythm.ledger import ANCHORS


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """From `start` on the client lives in `tz`."""

    start: datetime
    tz: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A declared illness, event, episode, exclusion or dispute over some nights."""

    what: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Consent:
    """The client allows events of `source` whose time lies in [start, stop)."""

    source: str
    """Adapter name, or `*`."""
    start: datetime | None = None
    stop: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClientContext:
    """Zones, calendar, targets and decisions of one client."""

    client: str
    zones: tuple[ZoneChange, ...]
    """Oldest first; the first one also holds for everything before it."""
    night_boundary_hour: int = 12
    tracked_items: tuple[str, ...] = ANCHORS
    targets: tuple[tuple[str, date, float], ...] = ()
    """(anchor, first day, minutes from midnight), oldest first."""
    free_weekdays: tuple[int, ...] = (5, 6)
    """Monday is 0."""
    calendar: tuple[tuple[date, str, str], ...] = ()
    """(date, `work` or `free`, why)."""
    therapy_week_starts: int = 0
    phase: str = "middle"
    marks: tuple[Mark, ...] = ()
    consents: tuple[Consent, ...] = ()
    """Empty: everything is allowed (research imports)."""
    sources: tuple[str, ...] = ()
    """Source priority, best first; unknown ones follow in the order of their names."""
    enrolled: date | None = None
    """First date on which silence counts."""
    plan: dict[str, str] = field(default_factory=dict)
