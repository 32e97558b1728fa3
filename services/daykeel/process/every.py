"""Something that is due once in a while."""

import time
from collections.abc import Callable


class Every:
    """Something that is due once in a while."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next = 0.0

    def is_due(self) -> bool:
        """Return whether it is time, and if so begin to wait again."""
        now = self._monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True

    def put_off(self, seconds: float) -> None:
        """Be due in `seconds` and not before."""
        self._next = self._monotonic() + seconds
