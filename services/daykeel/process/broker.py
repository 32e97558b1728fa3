"""From a URL to the broker it names, our own or another."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES = {
    "embedded": (True, False),
    "embedded+tls": (True, True),
    "mqtt": (False, False),
    "mqtts": (False, True),
}
"""Per scheme: whether the broker is ours, and whether it speaks TLS."""

FILES = {
    False: frozenset({"password_file"}),
    True: frozenset({"password_file", "ca_file"}),
}
"""Per use of TLS: the files that the URL of another broker may name."""

PORT, TLS_PORT = 1883, 8883
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker listens, ours or another."""

    is_embedded: bool
    is_tls: bool
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    """Holds the password, where the URL does not."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""

    def secret(self) -> str | None:
        """Return the password, wherever it is kept."""
        if self.password_file is None:
            return self.password
        return self.password_file.read_text().strip()

    @property
    def is_open(self) -> bool:
        """Whether our broker takes passwords in clear from other machines."""
        return self.is_embedded and not self.is_tls and self.host not in LOOPBACK


def address(url: str) -> Address:
    """Return what a broker's URL names.

    >>> address("embedded://127.0.0.1:1883").port
    1883
    >>> address("mqtts://ann:s%40fe@broker.example").host
    'broker.example'
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"a broker is named {' | '.join(SCHEMES)}://HOST:PORT")
    is_embedded, is_tls = SCHEMES[parts.scheme]
    named = _files(parts.query, frozenset() if is_embedded else FILES[is_tls])
    return Address(
        is_embedded=is_embedded,
        is_tls=is_tls,
        host=parts.hostname,
        port=parts.port or (TLS_PORT if is_tls else PORT),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        **named,
    )


def _files(query: str, known: frozenset[str]) -> dict[str, Path]:
    given = parse_qs(query, keep_blank_values=True)
    if given.keys() - known:
        raise ValueError(f"a broker of this kind knows {' and '.join(sorted(known)) or 'no files'}")
    return {name: Path(value[-1]) for name, value in given.items()}
