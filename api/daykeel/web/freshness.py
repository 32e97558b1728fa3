"""How old the newest processed data is: a stalled pipeline must never look like calm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daykeel.web import words

TIMERS = "stream.timers"
"""Mark of the log: the instant up to which the stream has done everything."""
STALE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to which instant everything that arrived has been processed."""

    processed: datetime | None
    age: timedelta | None

    @property
    def is_stale(self) -> bool:
        """Whether what the page shows may be out of date."""
        return self.age is None or self.age > STALE

    @property
    def told(self) -> str:
        """The mark in words."""
        if self.processed is None or self.age is None:
            return "Nothing has been processed yet."
        return f"Data processed up to {words.age(self.age)} ago."


def freshness(marks: Mapping[str, float], now: datetime) -> Freshness:
    """Return the mark for a page drawn at `now`.

    >>> now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> freshness({"stream.timers": now.timestamp() - 4}, now).told
    'Data processed up to 4 s ago.'
    >>> freshness({}, now).is_stale
    True
    """
    mark = marks.get(TIMERS)
    if mark is None:
        return Freshness(None, None)
    processed = datetime.fromtimestamp(mark, UTC)
    return Freshness(processed, max(now - processed, timedelta()))
