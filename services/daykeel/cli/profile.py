"""What a demonstration runs on: where its stores lie, which processes it has, and which broker."""

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from daykeel.cli.exposure import LOOPBACK
from daykeel.cli.folder import Folder, Reached
from daykeel.cli.supervisor import PROCESSES
from daykeel.demo.connections import Broker
from daykeel.records.records import Records

PATIENCE_S = 60.0

PORTS = range(20_000, 32_000)
"""Below those that outgoing connections get, one of which might take it before we listen."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where an installation keeps what, and what has to run."""

    folder: Folder
    broker: Broker
    settings: Mapping[str, str]
    processes: Sequence[str] = PROCESSES
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By process, settings of it alone."""
    let_in: Callable[[Records], None] = lambda _: None
    """Tells the broker of all devices; our own asks by itself."""
    patience_s: float = PATIENCE_S
    """How long it may take until all processes have started, or until what was said is stored."""
    apart: str = ""
    """What else runs, of which nobody measures the memory."""
    kept: str = ""
    """What is left in the end."""

    def reached(self, http_port: int) -> Reached:
        """Return how browsers and devices reach it."""
        url = f"http://{LOOPBACK}:{http_port}"
        is_tls = self.broker.ca is not None
        return Reached(url, self.broker.host, self.broker.port, mqtt_tls=is_tls)


@contextmanager
def embedded(folder: Folder) -> Iterator[Profile]:
    """Give an installation that lies in one folder, with a broker inside."""
    port = free_port()
    settings = {"DAYKEEL_MQTT": f"embedded://{LOOPBACK}:{port}"}
    yield Profile(folder, Broker(LOOPBACK, port), settings, patience_s=PATIENCE_S)


def free_port() -> int:
    """Return a port nobody listens on."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
