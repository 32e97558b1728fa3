"""Who may do what to whose data: the one function every route asks."""

from typing import Protocol

CANARY = "c-canary"
"""The synthetic client by which an installation proves itself; ids of people are longer."""

STAFF = frozenset({"caseload.read", "client.read", "alert.read"})
DECISIONS = frozenset({"alert.decide", "client.decide"})

ALLOWED = {
    "therapist": STAFF | DECISIONS | {"silence.write", "quality.read"},
    "supervisor": STAFF | {"quality.read"},
    "client": frozenset({"client.own", "diary.write", "consent.withdraw", "consent.renew"}),
    "operator": frozenset({"quality.read"}),
}
"""What a role may do at all; researchers and operators see nobody's data by name."""


class Actor(Protocol):
    """Who asks."""

    @property
    def role(self) -> str:
        """One of the roles of `people.ROLES`."""

    @property
    def client(self) -> str | None:
        """The own pseudonymous id, of a client."""

    @property
    def clients(self) -> frozenset[str]:
        """Whom a therapist is assigned to, or a supervisor looks after."""


class Subject(Protocol):
    """Whose data it is."""

    @property
    def id(self) -> str:
        """The pseudonymous id."""


def is_somebody(client: str) -> bool:
    """Return whether a client is a person: the canary is in no list, count or alert.

    >>> is_somebody("c-7f3k2m9x0q"), is_somebody(CANARY)
    (True, False)
    """
    return client != CANARY


def may(actor: Actor, action: str) -> bool:
    """Return whether the actor may do `action` at all, where it is about nobody by name.

    >>> from daykeel.records.people import Account
    >>> may(Account("a-1", "operator", "o"), "quality.read")
    True
    """
    return action in ALLOWED.get(actor.role, frozenset())


def can(actor: Actor, action: str, client: Subject) -> bool:
    """Return whether the actor may do `action` to the client's data.

    >>> from daykeel.records.people import Account, Client
    >>> ann, therapist = Client("c-ann", "Ann", "UTC"), Account("a-1", "therapist", "t")
    >>> can(therapist, "client.read", ann)
    False
    >>> can(Account("a-1", "therapist", "t", clients=frozenset({"c-ann"})), "client.read", ann)
    True
    """
    if not may(actor, action) or not is_somebody(client.id):
        return False
    if actor.role == "client":
        return actor.client == client.id
    return client.id in actor.clients
