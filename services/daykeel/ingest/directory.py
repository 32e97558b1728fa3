"""Who may send what: credentials and consents out of the records, never older than ten seconds."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from daykeel.log import admission

T = TypeVar("T")

MAX_AGE_S = 10.0
MISS_S = 1.0
"""How often an unknown topic may make the whole list of credentials be read again."""


class Unreachable(Exception):  # noqa: N818  a state of the database, not a fault of ours
    """The records did not answer; the same question may be answered later."""


class Credential(admission.Credential, Protocol):
    """What one device signs in with."""

    @property
    def username(self) -> str:
        """Its user name."""

    @property
    def secret_hash(self) -> str:
        """Hash of its password."""

    @property
    def enabled(self) -> bool:
        """Whether it may send."""


class Records(Protocol):
    """What ingest needs of the records."""

    def credential(self, username: str) -> Credential | None:
        """Return a device's credential."""

    def credentials(self) -> Sequence[Credential]:
        """Return those of all devices."""

    def consents(self, client: str) -> Sequence[admission.Consent]:
        """Return what the client has consented to."""


class Directory:
    """The records' answers, kept for ten seconds; what is not there is asked for every time.

    Every method may raise `Unreachable`.
    """

    def __init__(self, records: Records, seconds: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._seconds = seconds
        self._credentials: dict[str, tuple[float, Credential]] = {}
        self._consents: dict[str, tuple[float, Sequence[admission.Consent]]] = {}
        self._owners: dict[str, list[tuple[str, Credential]]] = {}
        self._owners_read = float("-inf")

    def credential(self, username: str) -> Credential | None:
        """Return an enabled credential as it was within the last ten seconds."""
        return _enabled(self._kept(self._credentials, username, self._records.credential))

    def credential_now(self, username: str) -> Credential | None:
        """Return an enabled credential as it is."""
        self._credentials.pop(username, None)
        return self.credential(username)

    def consents(self, client: str) -> Sequence[admission.Consent]:
        """Return a client's consents as they were within the last ten seconds."""
        return self._kept(self._consents, client, self._records.consents) or ()

    def owner(self, topic: str) -> Credential | None:
        """Return the enabled credential that may publish on a topic; the most exact filter wins."""
        age = self._seconds() - self._owners_read
        found = self._owner(topic) if age < MAX_AGE_S else None
        if found is None and age >= MISS_S:
            self._owners = _by_prefix(_answer(self._records.credentials))
            self._owners_read = self._seconds()
            found = self._owner(topic)
        return found

    def _owner(self, topic: str) -> Credential | None:
        levels = topic.split("/")
        for count in range(len(levels), -1, -1):
            for pattern, credential in self._owners.get("/".join(levels[:count]), ()):
                if admission.matches(pattern, topic):
                    return credential
        return None

    def _kept(
        self, kept: dict[str, tuple[float, T]], key: str, ask: Callable[[str], T | None]
    ) -> T | None:
        now = self._seconds()
        read, value = kept.get(key, (float("-inf"), None))
        if now - read < MAX_AGE_S:
            return value
        value = _answer(lambda: ask(key))
        if value:
            kept[key] = (now, value)
        else:
            kept.pop(key, None)
        return value


def authenticated(
    directory: Directory,
    is_secret: Callable[[str, str], bool],
    decoy: str,
    username: str,
    password: str,
) -> Credential | None:
    """Return the credential that user name and password belong to.

    Parameters
    ----------
    directory
        Asked anew each time.
    is_secret
        Whether a hash is that of a password, in constant time.
    decoy
        A hash to compare with where there is no such name, so that it takes as long.
    username, password
        As the device gave them.
    """
    found = directory.credential_now(username)
    is_right = is_secret(found.secret_hash if found else decoy, password)
    return found if is_right else None


def _answer(ask: Callable[[], T]) -> T:
    """Return what the records say, or raise `Unreachable`."""
    try:
        return ask()
    except (SQLAlchemyError, OSError) as error:
        raise Unreachable from error


def _enabled(credential: Credential | None) -> Credential | None:
    return credential if credential is not None and credential.enabled else None


def _by_prefix(credentials: Iterable[Credential]) -> dict[str, list[tuple[str, Credential]]]:
    """Return filters by the levels before their first wildcard, so that few are tried."""
    found: dict[str, list[tuple[str, Credential]]] = {}
    for credential in sorted(credentials, key=lambda one: one.username):
        for pattern in credential.topics if credential.enabled else ():
            levels = pattern.split("/")
            plain = next((at for at, one in enumerate(levels) if one in ("+", "#")), len(levels))
            found.setdefault("/".join(levels[:plain]), []).append((pattern, credential))
    return found
