"""How often signing in may fail before one has to wait."""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from daykeel.web.errors import TooManyAttempts

MOST = 8
PERIOD = timedelta(minutes=15)
MOST_NAMES = 10_000
"""Names remembered; the oldest are forgotten first."""


class Attempts:
    """Failures by name in the last minutes, in memory."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def check(self, name: str, now: datetime) -> None:
        """Raise `TooManyAttempts` if signing in as `name` failed too often of late."""
        with self._lock:
            recent = self._failures.get(name, deque())
            while recent and recent[0] <= now - PERIOD:
                recent.popleft()
            if len(recent) >= MOST:
                raise TooManyAttempts

    def failed(self, name: str, now: datetime) -> None:
        """Note a failure."""
        with self._lock:
            self._failures.setdefault(name, deque(maxlen=MOST)).append(now)
            while len(self._failures) > MOST_NAMES:
                self._failures.pop(next(iter(self._failures)))

    def succeeded(self, name: str) -> None:
        """Forget the failures of `name`."""
        with self._lock:
            self._failures.pop(name, None)
