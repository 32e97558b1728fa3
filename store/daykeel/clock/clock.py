"""The one clock every process takes `now` from: the system's, or one a conductor steps."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Somewhere `now` comes from."""

    stepped: bool
    """Whether a conductor moves it: then every page says so."""

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""


class SystemClock:
    """The clock of the machine."""

    stepped = False

    def now(self) -> datetime:
        """Return the instant the machine says it is."""
        return datetime.now(UTC)


class SteppedClock:
    """A value in one small file that only the conductor moves, then lets run at normal speed."""

    stepped = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._instant = datetime(1970, 1, 1, tzinfo=UTC)
        self._released: float | None = None

    def now(self) -> datetime:
        """Return the instant last set, or what has become of it since it was released."""
        stamp = self._path.stat().st_mtime_ns
        if stamp != self._seen:
            said = json.loads(self._path.read_text())
            self._instant = datetime.fromisoformat(said["instant"])
            self._released = said["released"]
            self._seen = stamp
        if self._released is None:
            return self._instant
        return self._instant + timedelta(seconds=time.time() - self._released)

    def set(self, instant: datetime, *, release: bool = False) -> None:
        """Move the clock; with `release` it goes on at normal speed from there."""
        said = {"instant": instant.isoformat(), "released": time.time() if release else None}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(said))
        fresh.replace(self._path)
        os.utime(self._path, ns=(time.time_ns(), time.time_ns()))


def open_clock(url: str) -> Clock:
    """Return the clock that `system:` or `stepped:<path>` names.

    >>> open_clock("system:").stepped
    False
    """
    kind, _, rest = url.partition(":")
    if kind == "system" and not rest:
        return SystemClock()
    if kind == "stepped" and rest:
        return SteppedClock(Path(rest))
    raise ValueError(f"no such clock: {url!r}; use system: or stepped:<path>")
