"""How old the newest processed data is: a stalled pipeline must never look like calm."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daykeel.web import words
from daykeel.web.canary import Canary
from daykeel.web.errors import NotReady
from daykeel.web.logbook import UNKNOWN, Progress
from daykeel.web.services import Services

TIMERS = "stream.timers"
"""Mark of the log: the instant up to which the stream has done everything."""
STALE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to which instant everything that arrived has been processed."""

    processed: datetime | None
    age: timedelta | None
    waiting: int = 0
    """Records on their way to the stores."""
    stuck: timedelta = timedelta()
    """How long one of the consumers has taken nothing of what waits for it."""
    canary: Canary | None = None
    """What has come back of the test messages; None on a stepped clock, which has none."""

    @property
    def is_stale(self) -> bool:
        """Whether what the page shows may be out of date."""
        is_silent = self.canary is not None and self.canary.is_overdue
        return is_silent or self.age is None or max(self.age, self.stuck) > STALE

    @property
    def told(self) -> str:
        """The mark in words."""
        return " ".join([self._processed, self.canary.told] if self.canary else [self._processed])

    @property
    def _processed(self) -> str:
        if self.processed is None or self.age is None:
            return "Nothing has been processed yet."
        told = f"Data processed up to {words.age(self.age)} ago."
        if not self.waiting:
            return told
        are = "records are" if self.waiting != 1 else "record is"
        return f"{told} {self.waiting} {are} still being processed."


def freshness(
    progress: Progress,
    now: datetime,
    stuck: timedelta = timedelta(),
    canary: Canary | None = None,
) -> Freshness:
    """Return the mark for a page drawn at `now`.

    >>> now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> freshness(Progress({"stream.timers": now.timestamp() - 4}, {}), now).told
    'Data processed up to 4 s ago.'
    >>> freshness(UNKNOWN, now).is_stale
    True
    """
    mark = progress.marks.get(TIMERS)
    if mark is None:
        return Freshness(None, None, canary=canary)
    processed = datetime.fromtimestamp(mark, UTC)
    waiting = max(progress.lags.values(), default=0)
    return Freshness(processed, max(now - processed, timedelta()), waiting, stuck, canary)


def current(told: Services) -> tuple[Freshness, Progress]:
    """Return the mark as it is now, and what it was made from.

    A log that does not answer has processed nothing, as far as we know.
    """
    canary = None if told.clock.stepped else told.lookout.look(told.clock.now())
    try:
        progress = told.logbook.progress()
    except NotReady:
        return freshness(UNKNOWN, told.clock.now(), canary=canary), UNKNOWN
    stuck = told.backlog.look(progress.lags, told.wall.now())
    return freshness(progress, told.clock.now(), stuck, canary), progress
