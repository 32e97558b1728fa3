"""Who may send what: credentials and consents out of the records, never older than ten seconds."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from daykeel.log import admission
from daykeel.records.errors import RecordsError

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

    def all_consents(self) -> Mapping[str, Sequence[admission.Consent]]:
        """Return what each client has consented to."""


@dataclass(frozen=True, slots=True)
class _Lists:
    """All there was at one instant."""

    credentials: dict[str, Credential]
    """By user name."""
    filters: Mapping[str, Sequence[tuple[str, Credential]]]
    """Filters of topics and whose they are, by the levels before the first wildcard."""
    consents: Mapping[str, Sequence[admission.Consent]]
    """By client."""


class Directory:
    """The records' lists, read every ten seconds; what is not there is asked for every time.

    They are read whole, so that a message costs the same however many clients there are. Every
    method may raise `Unreachable`.
    """

    def __init__(self, records: Records, seconds: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._seconds = seconds
        self._lists = _Lists({}, {}, {})
        self._read = float("-inf")

    def credential(self, username: str) -> Credential | None:
        """Return an enabled credential as it was within the last ten seconds."""
        found = self._fresh(MAX_AGE_S).credentials.get(username)
        return _enabled(found or _answer(lambda: self._records.credential(username)))

    def credential_now(self, username: str) -> Credential | None:
        """Return an enabled credential as it is."""
        found = _answer(lambda: self._records.credential(username))
        if found is not None:
            self._fresh(MAX_AGE_S).credentials[username] = found
        return _enabled(found)

    def consents(self, client: str) -> Sequence[admission.Consent]:
        """Return a client's consents as they were within the last ten seconds."""
        found = self._fresh(MAX_AGE_S).consents.get(client)
        return found or _answer(lambda: self._records.consents(client))

    def owner(self, topic: str) -> Credential | None:
        """Return the enabled credential that may publish on a topic; the most exact filter wins."""
        found = _owner(self._fresh(MAX_AGE_S), topic)
        return found or _owner(self._fresh(MISS_S), topic)

    def _fresh(self, age: float) -> _Lists:
        """Return the lists, read again if they are not younger than `age` seconds."""
        now = self._seconds()
        if now - self._read >= age:
            credentials = _answer(self._records.credentials)
            consents = _answer(self._records.all_consents)
            named = {one.username: one for one in credentials}
            self._lists = _Lists(named, _by_prefix(credentials), consents)
            self._read = now
        return self._lists


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
    except (RecordsError, OSError) as error:
        raise Unreachable from error


def _owner(lists: _Lists, topic: str) -> Credential | None:
    levels = topic.split("/")
    for count in range(len(levels), -1, -1):
        for pattern, credential in lists.filters.get("/".join(levels[:count]), ()):
            if admission.matches(pattern, topic):
                return credential
    return None


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
