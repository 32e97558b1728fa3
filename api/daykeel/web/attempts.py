"""How often signing in may fail before one has to wait."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

from daykeel.web.errors import TooManyAttempts

MOST = 8
PERIOD = timedelta(minutes=15)
MOST_NAMES = 10_000
"""Names remembered; the oldest are forgotten first."""
AT_ONCE = 2
"""Passwords hashed at the same time: each takes a core and much memory for a while."""
MOST_WAITING = 8
"""Who waits for that takes a thread which pages and devices need as well."""


class Attempts:
    """Attempts by name in the last minutes, in memory."""

    def __init__(self) -> None:
        self._attempts: dict[str, deque[datetime]] = {}
        self._lock = Lock()
        self._turns = BoundedSemaphore(AT_ONCE)
        self._waiting = 0

    def begin(self, name: str, now: datetime) -> None:
        """Note an attempt; it counts as failed until `succeeded` says otherwise.

        Raises
        ------
        TooManyAttempts
            Signing in as `name` failed too often of late.
        """
        with self._lock:
            recent = self._attempts.setdefault(name, deque(maxlen=MOST))
            while recent and recent[0] <= now - PERIOD:
                recent.popleft()
            if len(recent) >= MOST:
                raise TooManyAttempts
            recent.append(now)
            while len(self._attempts) > MOST_NAMES:
                self._attempts.pop(next(iter(self._attempts)))

    def succeeded(self, name: str) -> None:
        """Forget the attempts of `name`."""
        with self._lock:
            self._attempts.pop(name, None)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a password may be hashed.

        Raises
        ------
        TooManyAttempts
            Too many wait already.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise TooManyAttempts
            self._waiting += 1
        try:
            self._turns.acquire()
        finally:
            with self._lock:
                self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
