"""Which installation is looked at: where everything lies, and whether it should be running."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from daykeel.doctor.urls import sqlite_path

STORES = ("log", "scores", "records")
LEAST_FREE = 500_000_000
"""Bytes that must be free on every disk of ours."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How browsers and devices reach the installation."""

    url: str
    mqtt_host: str
    mqtt_port: int
    mqtt_tls: bool


@dataclass(frozen=True, slots=True)
class Premises:
    """One installation."""

    data: Path
    settings: Mapping[str, str]
    """Of its processes, as the environment has them."""
    is_embedded: bool
    """Whether everything lies in the folder; else each process runs by itself."""
    is_running: bool
    """Whether it runs, or is meant to."""
    reached: Reached | None
    """None where nobody has said so."""
    deadline_s: float = 15.0
    least_free: int = LEAST_FREE
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    """The system's clock."""

    def setting(self, name: str) -> str | None:
        """Return what `DAYKEEL_<name>` is set to."""
        return self.settings.get(f"DAYKEEL_{name.upper()}")

    def file(self, name: str) -> Path | None:
        """Return the file that a setting names."""
        value = self.setting(name)
        return Path(value) if value else None

    @property
    def key_file(self) -> Path:
        """The installation's key."""
        return self.file("key_file") or self.data / "installation.key"

    @property
    def is_new(self) -> bool:
        """Whether it has never run: none of its stores is there."""
        files = [sqlite_path(self.setting(name) or "") for name in STORES]
        return self.is_embedded and not any(file.exists() for file in files if file is not None)

    @property
    def start(self) -> str:
        """How it is started, for advice."""
        return f"daykeel up --data {self.data}" if self.is_embedded else "its processes"

    @property
    def logs(self) -> str:
        """Where a process says what is wrong with it."""
        return "what `daykeel up` writes" if self.is_embedded else "its log"

    @property
    def is_stepped(self) -> bool:
        """Whether its clock is a demonstration's."""
        has_clock = self.is_embedded and (self.data / "clock.json").exists()
        return has_clock or (self.setting("clock") or "system:") != "system:"
