"""The data folder of an embedded installation: its key, its lock, and what lies where."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy.exc import SQLAlchemyError

from daykeel.cli.say import Refused
from daykeel.clock.clock import SteppedClock
from daykeel.records.errors import RecordsError
from daykeel.records.open import open_records
from daykeel.records.records import Records

KEY_BYTES = 32
UNFINISHED = "installation.key."
"""Begins the names of keys that a crash left half-way."""

OTHERS = 0o077
"""Permission bits that nobody but the owner of the key may have."""

IN_URLS = frozenset("?#%")
"""What means something in the URL of a store, and so cannot stand in its path."""


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
        """Open the records, brought up to this version.

        Raises
        ------
        Refused
            They cannot be, for the reason in the text.
        """
        records = open_records(self.store("records"), self.key_file.read_bytes())
        try:
            records.migrate()
        except (RecordsError, SQLAlchemyError) as error:
            why = str(error).partition("\n")[0]
            raise Refused(f"the records in {self.path} cannot be used: {why}") from error
        return records

    @property
    def _reached_file(self) -> Path:
        return self.path / "installation.json"

    @property
    def reached(self) -> Reached | None:
        """How the installation was reached when it last started; None before that."""
        file = self._reached_file
        return Reached(**json.loads(file.read_text())) if file.exists() else None

    def note(self, reached: Reached) -> None:
        """Keep how the installation is reached, for `client add` to print."""
        fresh = self._reached_file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(reached), indent=1) + "\n")
        fresh.replace(self._reached_file)


def opened(path: Path) -> Folder:
    """Return the folder at `path`; what is missing of it is made, for the owner's eyes only.

    Raises
    ------
    Refused
        It holds something else, cannot be used, or its key is none or open to others.
    """
    folder = Folder(path.expanduser().resolve())
    if IN_URLS & set(str(folder.path)):
        raise Refused(f"{folder.path} has one of {' '.join(sorted(IN_URLS))} in its name")
    try:
        _make(folder)
        _check_key(folder)
    except OSError as error:
        raise Refused(f"{folder.path} cannot be used: {error.strerror}") from error
    return folder


def existing(path: Path) -> Folder:
    """Return the folder of an installation that has been started before."""
    try:
        (path.expanduser() / "installation.key").stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(
            f"there is no installation in {path}; start one with: daykeel up --data {path}"
        ) from error
    except OSError as error:
        raise Refused(f"{path} cannot be used: {error.strerror}") from error
    return opened(path)


def _make(folder: Folder) -> None:
    """Make the folder and its key; what others keep in it is theirs, so it stays as it is."""
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.key_file.exists():
        if any(not one.name.startswith(UNFINISHED) for one in folder.path.iterdir()):
            raise Refused(
                f"{folder.path} is not empty and has no installation.key: "
                "give another folder, or put the key back from a backup"
            )
        _make_key(folder)
    folder.path.chmod(0o700)


def _check_key(folder: Folder) -> None:
    if folder.key_file.stat().st_mode & OTHERS:
        raise Refused(f"others can read {folder.key_file}; chmod 600 it, if nobody has read it")
    if len(folder.key_file.read_bytes()) != KEY_BYTES:
        raise Refused(f"{folder.key_file} is no key of {KEY_BYTES} bytes; restore it from a backup")


def _make_key(folder: Folder) -> None:
    """Make the key whole or not at all, and only one, if two start at once."""
    with NamedTemporaryFile(dir=folder.path, prefix=UNFINISHED) as fresh:
        fresh.write(secrets.token_bytes(KEY_BYTES))
        fresh.flush()
        os.fsync(fresh.fileno())
        with suppress(FileExistsError):
            os.link(fresh.name, folder.key_file)


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
