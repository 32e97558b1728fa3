"""The log as request threads use it: one thread owns it, everybody waits for that one."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from sqlite3 import DatabaseError
from typing import TypeVar

from daykeel.log.protocol import Log, NewRecord
from daykeel.web.errors import NotReady

T = TypeVar("T")


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

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Return how many records of `topics` the group has not committed."""
        return self._run(lambda log: log.lag(group, topics))

    def marks(self) -> dict[str, float]:
        """Return all progress marks."""
        return self._run(lambda log: log.marks())

    def close(self) -> None:
        """Close the log and end its thread."""
        self._run(lambda log: log.close())
        self._thread.shutdown()

    def _run(self, work: Callable[[Log], T]) -> T:
        try:
            return self._thread.submit(work, self._log).result()
        except (OSError, DatabaseError) as error:
            raise NotReady from error
