"""Signs that the whole path works, from a device's message to a letter that has left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from daykeel.log.protocol import Log
from daykeel.log.waiting import oldest_waiting
from daykeel.records.policy import CANARY
from daykeel.records.post import Post
from daykeel.rhythm.synthetic.canary import heard
from daykeel.scores.protocol import ScoreStore

Sign = Callable[[datetime], bool]
"""Returns whether a part of the path works at an instant; may raise that a store is away."""

MISSED = 3
"""Messages of the canary without which it is overdue."""
DAY = timedelta(days=1)
ALERTS = "alerts"


def canary_comes_through(scores: Callable[[], ScoreStore], canary_s: float) -> Sign:
    """Return the sign that a message of the canary came out of the store of scores lately."""
    limit = timedelta(seconds=MISSED * canary_s)

    def sign(now: datetime) -> bool:
        today = now.astimezone(UTC).date()
        newest = heard(scores().days(CANARY, today - DAY, today + DAY))
        return newest is not None and now - newest <= limit

    return sign


def signals_are_taken(logbook: Callable[[], Log], late: timedelta) -> Sign:
    """Return the sign that nothing has waited for the alerts process for longer than `late`."""

    def sign(now: datetime) -> bool:
        oldest = oldest_waiting(logbook(), ALERTS)
        return oldest is None or oldest > (now - late).timestamp()

    return sign


def letters_leave(post: Post, late: timedelta) -> Sign:
    """Return the sign that no letter waits or is undeliverable for longer than `late`.

    It is for the system's clock, by which workers take letters.
    """
    return lambda now: not post.is_stuck(now=now, wall=now, since=now - late)
