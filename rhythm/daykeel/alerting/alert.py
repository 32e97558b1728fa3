"""What an alert, a step of it and a notice are: values without behaviour."""

from dataclasses import dataclass
from datetime import date, datetime

from daykeel.rhythm.ledger import Episode

NONE = "none"
PENDING = "pending"
OPEN = "open"
ACKNOWLEDGED = "acknowledged"
SNOOZED = "snoozed"
RESOLVED = "resolved"
CANCELLED = "cancelled"

WITHDRAWN = "withdrawn"
RECOVERED = "recovered"
CONTINUED = "continued"
"""It was closed, but the same episode went on or got worse: a newer alert tells of it."""
GONE = frozenset({WITHDRAWN, CONTINUED})
"""Reasons by which a resolved alert no longer stands for an episode."""

RANKS = {"": 0, "info": 1, "watch": 2, "act": 3}
"""Of severities; nothing told is the least."""

SYSTEM = "daykeel"
"""The actor of what no person did."""

CHANNEL = "therapist"
"""Whom notices are for; `routing` says who that is, and when."""


class Impossible(Exception):  # noqa: N818  the state does not allow it: not a fault
    """The alert's state does not allow the step."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What a therapist is told about one episode, and what became of it."""

    id: str
    client: str
    kind: str
    state: str
    severity: str
    onset: date
    """First signal night as State has it now; the id keeps the one of the first opening."""
    raised_at: datetime
    episode: Episode
    """The evidence; of a withdrawn alert what was known before.

    Its versions are all that it ever rested on, from the raising on.
    """
    evidence_at: datetime | None = None
    """Of the onset: the last record needed was here and the onset night was final.

    As it was at the opening, or when late data moved the onset.
    """
    seen_at: datetime | None = None
    snoozed_until: datetime | None = None
    reason: str = ""
    """Why it is snoozed, resolved or cancelled."""
    recurrence_of: str | None = None
    version: int = 1
    resolved_at: datetime | None = None
    resolved_for: str = ""
    """The reason a person or a recovery resolved it for, which outlasts a withdrawal."""
    told: str = ""
    """The greatest severity a notice was made for since it opened or woke."""
    useful: bool | None = None
    """What a person said of it; None if nobody did."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of an alert's history."""

    alert: str
    version: int
    """Of the alert once the step was taken."""
    at: datetime
    actor: str
    was: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """That somebody has to be told: one per alert, version and channel."""

    alert: str
    version: int
    channel: str
    severity: str


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an alert: to be stored as a whole, over version `alert.version - 1`."""

    alert: Alert
    entry: Transition
    notices: tuple[Notice, ...] = ()


def stands(alert: Alert) -> bool:
    """Return whether the alert says that its episode happened.

    Once everything has been seen, the alerts that stand and the episodes that do not count
    nights any more are the same (client, kind, onset).
    """
    return alert.state not in (PENDING, CANCELLED) and not is_gone(alert)


def is_gone(alert: Alert) -> bool:
    """Return whether a resolved alert has no episode any more."""
    return alert.state == RESOLVED and alert.reason in GONE
