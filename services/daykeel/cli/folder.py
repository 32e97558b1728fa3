"""The data folder of an embedded installation: its key, its lock, and what lies where."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType

from daykeel.cli.say import Refused
from daykeel.clock.clock import SteppedClock
from daykeel.process.broker import address
from daykeel.records.errors import RecordsError
from daykeel.records.open import open_records
from daykeel.records.records import Records

KEY_BYTES = 32
SETTINGS = "settings"
NOTHING: Mapping[str, str] = MappingProxyType({})
STORES = ("log", "scores", "records")
UNFINISHED = "installation.key."
"""Begins the names of keys that a crash left half-way."""

OTHERS = 0o077
"""Permission bits that nobody but the owner of the key may have."""

AS_ITS_USER = "run this as the user the installation runs as"

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
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """URLs of those stores that do not lie in it."""
    key: Path | None = None
    """Where the key is, if not in it."""
    told: Reached | None = None
    """How the installation is reached, where the environment says so."""

    @property
    def key_file(self) -> Path:
        """The installation's key."""
        return self.key or self.path / "installation.key"

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
        return self.elsewhere.get(name, f"sqlite:///{self.path}/{name}.db")

    def environment(self) -> Mapping[str, str]:
        """Return the settings that say where everything lies."""
        return {
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
        except RecordsError as error:
            raise Refused(f"the records cannot be used: {error}") from error
        return records

    @property
    def _reached_file(self) -> Path:
        return self.path / "installation.json"

    @property
    def reached(self) -> Reached | None:
        """How the installation is reached, or was when it last started; None before that."""
        if self.told is not None:
            return self.told
        return self._noted()[0]

    @property
    def settings(self) -> Mapping[str, str]:
        """What the processes were set to when the installation last started."""
        return self._noted()[1]

    def _noted(self) -> tuple[Reached | None, Mapping[str, str]]:
        """Return what the last start has noted.

        Raises
        ------
        Refused
            It cannot be read, for the reason in the text.
        """
        file = self._reached_file
        try:
            noted = dict(json.loads(file.read_text()))
            settings = dict(noted.pop(SETTINGS, {}))
            return Reached(**noted) if noted else None, settings
        except (FileNotFoundError, NotADirectoryError):
            return None, NOTHING
        except OSError as error:
            raise Refused(f"{file} cannot be read: {error.strerror}; {AS_ITS_USER}") from error
        except (ValueError, TypeError) as error:
            raise Refused(
                f"{file} is garbled; start the installation again, which writes it anew: "
                f"daykeel up --data {self.path}"
            ) from error

    def note(self, reached: Reached, settings: Mapping[str, str] = NOTHING) -> None:
        """Keep how the installation is reached, for `client add` to print, and what was set.

        A power cut leaves what was noted before, or this, whole.
        """
        noted = {**asdict(reached), SETTINGS: dict(settings)}
        fresh = self._reached_file.with_suffix(".new")
        with fresh.open("w") as file:
            file.write(json.dumps(noted, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
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
    """Return the folder of an installation that has been started before.

    With `DAYKEEL_RECORDS` in the environment it is that of processes on their own, whose settings
    say where records and key are, and how it is reached; only what the command line itself notes
    is in the folder.
    """
    if "DAYKEEL_RECORDS" in os.environ:
        return _apart(path.expanduser().resolve())
    try:
        (path.expanduser() / "installation.key").stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(
            f"there is no installation in {path}; start one with: daykeel up --data {path}"
        ) from error
    except OSError as error:
        raise Refused(f"{path} cannot be used: {error.strerror}") from error
    return opened(path)


def _apart(path: Path) -> Folder:
    key_file = Path(os.environ.get("DAYKEEL_KEY_FILE", path / "installation.key"))
    named = {name: os.environ.get(f"DAYKEEL_{name.upper()}") for name in STORES}
    elsewhere = {name: url for name, url in named.items() if url}
    folder = Folder(path, elsewhere, key_file, told(os.environ))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_key(folder)
    except OSError as error:
        raise Refused(f"{error.filename} cannot be used: {error.strerror}") from error
    return folder


def told(environment: Mapping[str, str]) -> Reached | None:
    """Return how settings say that browsers and devices reach the processes; None without."""
    url, mqtt = environment.get("DAYKEEL_PUBLIC_URL"), environment.get("DAYKEEL_MQTT")
    if not url or not mqtt:
        return None
    broker = address(mqtt)
    return Reached(url.rstrip("/"), broker.host, broker.port, mqtt_tls=broker.is_tls)


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
            raise Refused(
                f"another installation is running on {folder.path}, "
                "or one that was killed is ending: try again in some seconds"
            ) from error
        yield file.fileno()


def is_running(folder: Folder) -> bool | None:
    """Return whether an installation runs on the folder; None where each process runs by itself.

    The lock is had for an instant: who starts in that very one is refused, and starts again.

    Raises
    ------
    Refused
        Nobody can tell, for the reason in the text.
    """
    if folder.elsewhere:
        return None
    try:
        with (folder.path / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        raise Refused(
            f"{error.filename} cannot be read: {error.strerror}; {AS_ITS_USER}"
        ) from error
    return False
