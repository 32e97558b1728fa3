"""What pages and routes need of the records."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from daykeel.alerting.lifecycle import Alert, Notice, Transition
from daykeel.pipeline.state import Command
from daykeel.records.decisions import Decided, Made
from daykeel.rhythm.context import Outage
from daykeel.web.needs_post import Post


class Account(Protocol):
    """Somebody who may sign in."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def role(self) -> str:
        """`client`, `therapist`, `supervisor`, `researcher` or `operator`."""

    @property
    def name(self) -> str:
        """The name to sign in with."""

    @property
    def client(self) -> str | None:
        """The pseudonymous id, of a client's account."""

    @property
    def clients(self) -> frozenset[str]:
        """Whom a therapist is assigned to, or a supervisor looks after."""


class Client(Protocol):
    """A person who wears a device."""

    @property
    def id(self) -> str:
        """The pseudonymous id."""

    @property
    def display_name(self) -> str:
        """The name the therapist knows."""

    @property
    def zone(self) -> str:
        """IANA name of where the client lives."""

    @property
    def enrolled(self) -> date | None:
        """First date on which silence counts."""


class Credential(Protocol):
    """What one device signs in with."""

    @property
    def username(self) -> str:
        """Its user name."""

    @property
    def client(self) -> str:
        """Whose device it is."""

    @property
    def device(self) -> str:
        """Which device."""

    @property
    def adapter(self) -> str:
        """Which adapter reads what it sends."""

    @property
    def secret_hash(self) -> str:
        """Hash of its password."""

    @property
    def topics(self) -> tuple[str, ...]:
        """MQTT filters of what it may publish on."""

    @property
    def enabled(self) -> bool:
        """Whether it may send."""


class Consent(Protocol):
    """The client allows a source from `start` to `stop`."""

    @property
    def source(self) -> str:
        """Adapter name, or `*`."""

    @property
    def start(self) -> datetime | None:
        """First instant; None: always."""

    @property
    def stop(self) -> datetime | None:
        """First instant after it; None: until withdrawn."""


class Records(Protocol):
    """People, sessions, alerts and the audit; safe to use from several threads."""

    @property
    def post(self) -> Post:
        """Letters, where they go and what holds them back."""

    def account_named(self, name: str) -> Account | None:
        """Return the account that signs in by `name`."""

    def client(self, client: str) -> Client | None:
        """Return a client by id."""

    def clients(self, actor: Account) -> Sequence[Client]:
        """Return the clients of the actor's caseload."""

    def client_ids(self) -> Sequence[str]:
        """Return the id of everybody, to count by."""

    def credential(self, username: str) -> Credential | None:
        """Return a device's credential."""

    def consents(self, client: str) -> Sequence[Consent]:
        """Return what the client has consented to."""

    def withdraw(self, client: str, source: str, *, now: datetime) -> Sequence[str]:
        """Allow a source no longer, `*` none at all; return those allowed until now."""

    def renew(self, client: str, source: str, *, now: datetime) -> Sequence[str]:
        """Allow a source that was withdrawn, `*` all of them; return those allowed anew."""

    def outages(self, since: datetime) -> Sequence[Outage]:
        """Return the outages of ours that ended after an instant, oldest first."""

    def account(self, account: str) -> Account | None:
        """Return an account by id."""

    def sign_in(self, name: str, password: str, *, now: datetime) -> str | None:
        """Return the token of a new session if name and password belong together."""

    def redeem(self, token: str, *, now: datetime) -> str | None:
        """Use a login link up and return the token of a new session."""

    def session(self, token: str, *, now: datetime) -> Account | None:
        """Return whose session it is, while it lasts."""

    def end_session(self, token: str, *, now: datetime) -> None:
        """End a session, if there is such a one."""

    def set_password(self, account: str, password: str, *, now: datetime) -> str:
        """Set the password, end all sessions, and return the token of a new one."""

    def alerts(self, client: str | None = None) -> Sequence[Alert]:
        """Return all alerts, or those of one client."""

    def alert(self, alert: str) -> Alert | None:
        """Return an alert by id."""

    def history(self, alert: str) -> Sequence[Transition]:
        """Return the transitions of an alert, oldest first."""

    def histories(self, client: str) -> Sequence[Transition]:
        """Return the transitions of all alerts of a client, alert by alert, each oldest first."""

    def save_transition(
        self, expected_version: int, alert: Alert, entry: Transition, notices: Sequence[Notice]
    ) -> None:
        """Store a step with its history and notices, or raise `Conflict`."""

    def commands(self, client: str) -> Sequence[Command]:
        """Return a client's commands, of each id the highest version."""

    def decide(self, client: str, decided: Sequence[Decided], *, expected: str, made: Made) -> None:
        """Store decisions made upon those of tag `expected`, or raise `Conflict`."""

    def remembered(self, actor: str, key: str) -> str | None:
        """Return the fingerprint of the request that came with an idempotency key."""

    def remember(self, actor: str, key: str, fingerprint: str, *, now: datetime) -> None:
        """Keep what request came with an idempotency key."""

    def audit(self, actor: str, action: str, resource: str, *, now: datetime) -> None:
        """Append to the audit."""
