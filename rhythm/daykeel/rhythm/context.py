"""What people decided about a client and where the client lives: the other input of State."""

from dataclasses import dataclass
from datetime import date, datetime

from daykeel.rhythm.course import Phases, phase_on
from daykeel.rhythm.decisions import NOTHING_DECIDED, Decisions, Threshold
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.targets import Targets
from daykeel.rhythm.tracked import Tracked, tracked_on
from daykeel.rhythm.working_week import Weeks


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
class Outage:
    """Nothing came through from [start, stop), as our own canary shows."""

    id: str
    start: datetime
    stop: datetime


@dataclass(frozen=True, slots=True)
class ClientContext:
    """Zones, calendar, targets and decisions of one client."""

    client: str
    zones: tuple[ZoneChange, ...]
    """Oldest first; the first one also holds for everything before it."""
    night_boundary_hour: int = 12
    tracked: Tracked = ()
    """Anchors that can be known, from which day on; before the first one all five."""
    targets: Targets = ()
    weeks: Weeks = ()
    """Free days of the week and public holidays, from which day on."""
    calendar: tuple[tuple[date, str, str], ...] = ()
    """(date, `work` or `free`, why)."""
    therapy_week_starts: int = 0
    phases: Phases = ()
    marks: tuple[Mark, ...] = ()
    consents: tuple[Consent, ...] = ()
    """Empty: everything is allowed (research imports)."""
    sources: tuple[str, ...] = ()
    """Source priority, best first; unknown ones follow in the order of their names."""
    enrolled: date | None = None
    """First date on which silence counts."""
    outages: tuple[Outage, ...] = ()
    """Ours, oldest first."""
    decisions: Decisions = NOTHING_DECIDED
    thresholds: tuple[Threshold, ...] = ()
    rules: tuple[tuple[date, Rules], ...] = ()
    """(first night, rules by which charts signal), oldest first; before them the live ones."""

    def tracked_items(self, day: date) -> tuple[str, ...]:
        """Return the anchors that are tracked on a day."""
        return tracked_on(self.tracked, day)

    def phase(self, night: date) -> str:
        """Return the phase of therapy in force on a night; without a course it is the middle."""
        return phase_on(self.phases, night)
