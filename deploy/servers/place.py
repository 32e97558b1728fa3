"""What a server has in an installation's folder: a folder of its own, ports, and how it starts."""

import os
import secrets
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# Below the ports that the system gives to outgoing connections, so that a server that was
# killed finds its port free.
PORTS = range(20000, 32000)


@dataclass(frozen=True)
class Place:
    """Where one server keeps its files and on which loopback ports it listens."""

    folder: Path
    ports: tuple[int, ...]

    def secret(self, name: str) -> Path:
        """Return the path of a file with a random secret, made at the first call, mode 0600."""
        file = self.folder / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file


@dataclass(frozen=True)
class Launch:
    """How one server is started and ended."""

    command: Sequence[str]
    end: signal.Signals = signal.SIGTERM
    "The signal that asks for an orderly end."
    account: str | None = None
    "The account it runs as, when that is not the caller's."
    environment: dict[str, str] = field(default_factory=dict)


class Server(Protocol):
    """What the commands need to know of each kind of server."""

    name: str
    ports: int

    def install(self) -> None: ...  # noqa: D102 - a protocol
    def prepare(self, place: Place) -> Launch: ...  # noqa: D102 - a protocol
    def answers(self, place: Place) -> bool: ...  # noqa: D102 - a protocol
    def settle(self, place: Place) -> None: ...  # noqa: D102 - a protocol
    def data(self, place: Place) -> Path: ...  # noqa: D102 - a protocol
    def url(self, place: Place) -> str: ...  # noqa: D102 - a protocol


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.replace(file)


def free_ports(count: int, taken: frozenset[int] = frozenset()) -> tuple[int, ...]:
    """Return loopback ports that nobody listens on, none of them in `taken`."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        if port not in taken and port not in found and _is_free(port):
            found.append(port)
    return tuple(found)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
