"""The log as request threads use it: one thread owns it, everybody waits for that one."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from sqlite3 import DatabaseError
from typing import TypeVar

from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log, NewRecord
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


UNKNOWN = Progress({}, {})


class Logbook:
    """A log that is opened, used and closed in a thread of its own.

    Every method raises `NotReady` while the log does not answer.
    """

    def __init__(self, opened: Callable[[], Log]) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._log = self._thread.submit(opened).result()

    def append(self, records: Sequence[NewRecord]) -> list[int]:
        """Return the offsets of `records` once all of them are durable."""
        return self._run(lambda log: log.append(records))

    def progress(self) -> Progress:
        """Return marks and lags as they are at one moment."""
        return self._run(
            lambda log: Progress(
                log.marks(),
                {group: log.lag(group, topics) for group, topics in GROUPS.items()},
                log.lag(OPERATOR, (QUARANTINE,)),
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
