"""Who may do what to whose data: the one function every route asks."""

from typing import Protocol

STAFF = frozenset({"caseload.read", "client.read", "alert.read"})

ALLOWED = {
    "therapist": STAFF | {"alert.decide"},
    "supervisor": STAFF,
    "client": frozenset({"client.own", "diary.write"}),
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


def can(actor: Actor, action: str, client: Subject) -> bool:
    """Return whether the actor may do `action` to the client's data.

    >>> from daykeel.records.people import Account, Client
    >>> ann, therapist = Client("c-ann", "Ann", "UTC"), Account("a-1", "therapist", "t")
    >>> can(therapist, "client.read", ann)
    False
    >>> can(Account("a-1", "therapist", "t", clients=frozenset({"c-ann"})), "client.read", ann)
    True
    """
    if action not in ALLOWED.get(actor.role, frozenset()):
        return False
    if actor.role == "client":
        return actor.client == client.id
    return client.id in actor.clients
