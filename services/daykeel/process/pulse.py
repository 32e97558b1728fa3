"""A file that is touched while a process makes progress: running alone proves nothing."""

import time
from collections.abc import Callable
from pathlib import Path

EVERY_S = 1.0


class Pulse:
    """Touches a file, once in a second at most; without a file it does nothing."""

    def __init__(self, file: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._monotonic = monotonic
        self._next = float("-inf")

    @property
    def is_kept(self) -> bool:
        """Whether anybody may be looking at it."""
        return self._file is not None

    def beat(self) -> None:
        """Say that something was done, or that there was nothing to do.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        if self._file is None or (now := self._monotonic()) < self._next:
            return
        self._next = now + EVERY_S
        self._file.touch()


SILENT = Pulse(None)
"""For who is not watched."""


def age(file: Path, now: float) -> float | None:
    """Return how many seconds ago the last beat was; None if there was none.

    Parameters
    ----------
    file
        What the process was told to touch.
    now
        Seconds since 1970 by the system's clock, which also dates files.
    """
    try:
        return now - file.stat().st_mtime
    except FileNotFoundError:
        return None
