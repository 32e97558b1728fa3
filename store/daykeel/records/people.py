"""Who is in the records: values without behaviour."""

from dataclasses import dataclass
from datetime import date, datetime

ROLES = ("client", "therapist", "supervisor", "researcher", "operator")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: str
    role: str
    """One of `ROLES`."""
    name: str
    """The name to sign in with."""
    client: str | None = None
    """The pseudonymous id, of a client's account."""
    clients: frozenset[str] = frozenset()
    """Whom a therapist is assigned to, or a supervisor looks after: what `policy.can` asks."""


@dataclass(frozen=True, slots=True)
class Client:
    """A person who wears a device."""

    id: str
    """Pseudonymous and random: all that log, topics and stores know."""
    display_name: str
    zone: str
    """IANA name of where the client lives."""
    enrolled: date | None = None
    """First date on which silence counts."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What one device signs in with."""

    username: str
    client: str
    device: str
    adapter: str
    secret_hash: str
    topics: tuple[str, ...] = ()
    """MQTT filters it may publish to."""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Consent:
    """The client allows a source from `start` to `stop`."""

    source: str
    """Adapter name, or `*`."""
    start: datetime | None = None
    stop: datetime | None = None
    """First instant after it; None until withdrawn."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit."""

    seq: int
    at: datetime
    actor: str
    action: str
    resource: str
