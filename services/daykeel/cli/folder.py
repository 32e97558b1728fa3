"""The data folder of an embedded installation: its key, its lock, and what lies where."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from daykeel.cli.say import Refused
from daykeel.clock.clock import SteppedClock
from daykeel.records.open import open_records
from daykeel.records.records import Records

KEY_BYTES = 32
OTHERS = 0o077
"""Permission bits that nobody but the owner of the key may have."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How devices and browsers reach the installation."""

    url: str
    mqtt_host: str
    mqtt_port: int
    mqtt_tls: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """Where everything of one installation lies."""

    path: Path

    @property
    def key_file(self) -> Path:
        """The installation's key."""
        return self.path / "installation.key"

    @property
    def clock_file(self) -> Path:
        """The stepped clock of a demonstration; none in real use."""
        return self.path / "clock.json"

    @property
    def logs(self) -> Path:
        """Where processes write their logs when they do not write to the terminal."""
        return self.path / "logs"

    def now(self) -> datetime:
        """Return the instant of the folder's clock: a demonstration lives in a time of its own."""
        stepped = self.clock_file.exists()
        return SteppedClock(self.clock_file).now() if stepped else datetime.now(UTC)

    def store(self, name: str) -> str:
        """Return the URL of `log`, `scores` or `records`."""
        return f"sqlite:///{self.path}/{name}.db"

    def environment(self) -> Mapping[str, str]:
        """Return the settings that say where everything lies."""
        return {
            "DAYKEEL_DATA": str(self.path),
            "DAYKEEL_LOG": self.store("log"),
            "DAYKEEL_SCORES": self.store("scores"),
            "DAYKEEL_RECORDS": self.store("records"),
            "DAYKEEL_KEY_FILE": str(self.key_file),
        }

    def records(self) -> Records:
        """Open the records, brought up to this version."""
        records = open_records(self.store("records"), self.key_file.read_bytes())
        records.migrate()
        return records

    @property
    def reached(self) -> Reached | None:
        """How the installation was reached when it last started; None before that."""
        file = self.path / "installation.json"
        return Reached(**json.loads(file.read_text())) if file.exists() else None

    def note(self, reached: Reached) -> None:
        """Keep how the installation is reached, for `client add` to print."""
        (self.path / "installation.json").write_text(json.dumps(asdict(reached), indent=1) + "\n")


def opened(path: Path) -> Folder:
    """Return the folder at `path`; what is missing of it is made, for the owner's eyes only.

    Raises
    ------
    Refused
        Others can read the key, or it is no key.
    """
    folder = Folder(path.expanduser().resolve())
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.path.chmod(0o700)
    if not folder.key_file.exists():
        _make_key(folder.key_file)
    if folder.key_file.stat().st_mode & OTHERS:
        raise Refused(f"others can read {folder.key_file}; chmod 600 it, if nobody has read it")
    if len(folder.key_file.read_bytes()) != KEY_BYTES:
        raise Refused(f"{folder.key_file} is no key of {KEY_BYTES} bytes; restore it from a backup")
    return folder


def existing(path: Path) -> Folder:
    """Return the folder of an installation that has been started before."""
    if not (path.expanduser() / "installation.key").exists():
        raise Refused(
            f"there is no installation in {path}; start one with: daykeel up --data {path}"
        )
    return opened(path)


def _make_key(file: Path) -> None:
    made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(made, "wb") as key:
        key.write(secrets.token_bytes(KEY_BYTES))


@contextmanager
def locked(folder: Folder) -> Iterator[int]:
    """Hold the folder's lock and give its file descriptor, for processes to hold it too.

    Raises
    ------
    Refused
        Somebody else holds it.
    """
    with (folder.path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"another installation is running on {folder.path}") from error
        yield file.fileno()
