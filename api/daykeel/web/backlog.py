"""How long records have been waiting without any being taken: a stuck consumer is not calm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock


@dataclass(frozen=True, slots=True)
class Seen:
    """What waited for one consumer group when somebody last looked."""

    lag: int
    since: datetime
    """When it last was nothing, or less than the time before."""


class Backlog:
    """What this process saw of the lags, whenever it looked.

    A consumer that works makes its lag smaller now and then, whatever comes in; one that is
    stuck never does.
    """

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._lock = Lock()

    def look(self, lags: Mapping[str, int], now: datetime) -> timedelta:
        """Return how long the slowest group has taken nothing of what waits for it.

        >>> from datetime import UTC
        >>> noon, backlog = datetime(2026, 3, 1, 12, tzinfo=UTC), Backlog()
        >>> _ = backlog.look({"sink": 7}, noon)
        >>> backlog.look({"sink": 9}, noon + timedelta(minutes=6)).seconds
        360
        >>> backlog.look({"sink": 8}, noon + timedelta(minutes=7)).seconds
        0
        """
        with self._lock:
            for group, lag in lags.items():
                before = self._seen.get(group)
                moves = before is None or lag == 0 or lag < before.lag
                self._seen[group] = Seen(lag, now if moves or before is None else before.since)
            waits = (now - self._seen[group].since for group in lags)
            return max(waits, default=timedelta())
