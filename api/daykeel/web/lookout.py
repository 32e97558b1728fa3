"""Where the canary is looked at: in the store of scores, where its messages must come out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from daykeel.records.policy import CANARY
from daykeel.rhythm.synthetic.canary import final_night, heard, is_as_slept
from daykeel.scores.protocol import ScoreStore
from daykeel.web.canary import Canary
from daykeel.web.errors import UNANSWERED

DAY = timedelta(days=1)
LOOK = timedelta(seconds=2)
"""Longest time that one look is enough for: every page asks."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the store held when somebody last looked."""

    at: datetime
    heard: datetime | None = None
    has_slept: bool = False


class Lookout:
    """The canary as the store of scores knows it; a store that does not answer knows nothing."""

    def __init__(self, scores: ScoreStore, every: timedelta) -> None:
        self._scores = scores
        self._every = every
        # a look that is kept may not itself be what makes the last message overdue
        self._look = min(LOOK, every / 2)
        self._sight: Sight | None = None
        self._lock = Lock()

    def look(self, now: datetime) -> Canary:
        """Return how it is with the canary at `now`."""
        with self._lock:
            if self._sight is None or not timedelta() <= now - self._sight.at < self._look:
                self._sight = self._seen(now)
            sight = self._sight
        age = None if sight.heard is None else max(now - sight.heard, timedelta())
        return Canary(age, sight.has_slept, self._every)

    def _seen(self, now: datetime) -> Sight:
        today, night = now.astimezone(UTC).date(), final_night(now)
        try:
            days = self._scores.days(CANARY, today - DAY, today + DAY)
            nights = self._scores.nights(CANARY, night, night + DAY)
        except UNANSWERED:
            return Sight(now)
        return Sight(now, heard(days), any(is_as_slept(one.night) for one in nights))
