"""What has come back of the canary's messages, and whether it is overdue."""

from dataclasses import dataclass
from datetime import timedelta

from daykeel.rhythm.synthetic.canary import MISSED
from daykeel.web import words


@dataclass(frozen=True, slots=True)
class Canary:
    """How long ago the newest test message was told, by what the store of scores holds."""

    age: timedelta | None
    """None where the store holds none of the last two days, or does not answer."""
    has_slept: bool
    """Whether its last night that should be final is, as it was slept."""
    every: timedelta
    """The pause between two messages."""

    @property
    def is_silent(self) -> bool:
        """Whether no message has come through for too long."""
        return self.age is None or self.age > MISSED * self.every

    @property
    def is_overdue(self) -> bool:
        """Whether something the canary told should be in the store and is not."""
        return self.is_silent or not self.has_slept

    @property
    def told(self) -> str:
        """The mark in words.

        >>> Canary(timedelta(minutes=3), True, timedelta(minutes=5)).told
        'A test message came through 3 min ago.'
        >>> Canary(timedelta(hours=2), True, timedelta(minutes=5)).told
        'The last test message came through 2 h ago; there should be one every 5 min.'
        """
        if self.age is None:
            return "No test message has come through."
        ago = words.age(self.age)
        if self.is_silent:
            pause = words.age(self.every)
            return (
                f"The last test message came through {ago} ago; there should be one every {pause}."
            )
        night = "" if self.has_slept else " Last night's test recording has not become a night."
        return f"A test message came through {ago} ago.{night}"
