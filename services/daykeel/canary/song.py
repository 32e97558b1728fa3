"""What the canary says when: a nonce each time, and each night once it is over."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import msgspec

from daykeel.rhythm.synthetic.canary import final_night, night, nonce, told_night


class Song:
    """What has been said so far; a night is said until it was heard, and once more after a start.

    Parameters
    ----------
    say
        Publishes payloads in order, and raises where not all of them were acknowledged.
    """

    def __init__(self, say: Callable[[Sequence[bytes]], None]) -> None:
        self._say = say
        self._told: date | None = None

    def sing(self, now: datetime) -> None:
        """Say what is to be said at `now`, or raise what saying it raised."""
        newest = told_night(now)
        days = [day for day in sorted({final_night(now), newest}) if self._is_new(day)]
        nights = [night(day) for day in days]
        self._say([msgspec.json.encode(one) for one in (*nights, nonce(now))])
        self._told = newest

    def _is_new(self, day: date) -> bool:
        return self._told is None or day > self._told
