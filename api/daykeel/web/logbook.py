"""The log as request threads use it: one thread owns it, everybody waits for that one."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from sqlite3 import DatabaseError
from typing import TypeVar

from daykeel.events.event import RawRecord
from daykeel.log.allowance import Allowance
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log, NewRecord
from daykeel.log.tally import MEMO, tally_of
from daykeel.log.topics import GROUPS, QUARANTINE
from daykeel.web.errors import NotReady

T = TypeVar("T")

OPERATOR = "operator"
"""Consumer group of what an operator has looked at in quarantine."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the log's readers are."""

    marks: Mapping[str, float]
    lags: Mapping[str, int]
    """Records each consumer group has not committed."""
    quarantined: int = 0
    """Refused messages that no operator has looked at."""
    unrecorded: Mapping[str, int] = field(default_factory=dict)
    """Messages that devices were told are taken and that left no record, by reason."""


UNKNOWN = Progress({}, {})


class Logbook:
    """A log that is opened, used and closed in a thread of its own.

    Every method raises `NotReady` while the log does not answer.
    """

    def __init__(self, opened: Callable[[], Log]) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._log = self._thread.submit(opened).result()
        self._allowance = Allowance(self._log)

    def append(self, records: Sequence[NewRecord]) -> list[int]:
        """Return the offsets of `records` once all of them are durable."""
        return self._run(lambda log: log.append(records))

    def note(self, record: NewRecord, raw: RawRecord) -> None:
        """Put on `quarantine` that a message was refused, unless much of its sender is there."""

        def append(log: Log) -> None:
            self._allowance.begin()
            if self._allowance.grants(record, raw):
                log.append([record])

        self._run(append)

    def progress(self) -> Progress:
        """Return marks and lags as they are at one moment."""
        return self._run(
            lambda log: Progress(
                log.marks(),
                {group: log.lag(group, topics) for group, topics in GROUPS.items()},
                log.lag(OPERATOR, (QUARANTINE,)),
                tally_of(log.memo(MEMO)).counts,
            )
        )

    def close(self) -> None:
        """Close the log and end its thread."""
        self._run(lambda log: log.close())
        self._thread.shutdown()

    def _run(self, work: Callable[[Log], T]) -> T:
        try:
            return self._thread.submit(work, self._log).result()
        except (OSError, DatabaseError, LogUnavailable) as error:
            raise NotReady from error
