"""The servers of a folder, as `deploy/servers/servers.py start` writes down where they answer."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

NAMES = ("kafka", "influxdb", "postgres", "mosquitto")
VARIABLE = "DAYKEEL_SERVERS_AT"
PATIENCE_S = 5.0


class NoServers(ConnectionError):  # noqa: N818  a fact about the machine
    """Not all servers are there; the text says what to run."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers that were started in one folder."""

    folder: Path
    urls: Mapping[str, str]
    mosquitto_pid: int

    @property
    def mosquitto(self) -> Path:
        """The folder of what Mosquitto reads."""
        return self.folder / "mosquitto"


def servers_at(folder: Path | None) -> Servers:
    """Return the servers of a folder, or of the one that `DAYKEEL_SERVERS_AT` names.

    Raises
    ------
    NoServers
        No folder is named, or not all of its servers answer.
    """
    named = folder or os.environ.get(VARIABLE)
    if not named:
        raise NoServers(f"no servers are named; {_how(Path('FOLDER'))}, and give --servers FOLDER")
    at = Path(named).expanduser().resolve()
    try:
        known = json.loads((at / "servers.json").read_text())
        urls = {name: str(known[name]["url"]) for name in NAMES}
        pid = int(known["mosquitto"]["pid"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoServers(f"{at} does not say where all servers are; {_how(at)}") from error
    for name, url in urls.items():
        if not _answers(url):
            raise NoServers(f"{name} in {at} does not answer; {_how(at)}")
    return Servers(at, urls, pid)


def _how(folder: Path) -> str:
    return f"start them: python3 deploy/servers/servers.py start --at {folder}"


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((str(parts.hostname), parts.port or 0), PATIENCE_S).close()
    except OSError:
        return False
    return True
