"""The Faust transport over the SQLite log.

Promise: what an event causes (table changelogs and messages) is written in the same transaction
as the event's offset. A crash at any instant therefore replays exactly the events whose effects
are not in the file.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

import faust
from faust.transport import base
from faust.types import TP
from yarl import URL

from daykeel.log.errors import Leased
from daykeel.log.protocol import Position
from daykeel.log.sqlite import SqliteLog
from daykeel.stream.transport.consumer import Consumer
from daykeel.stream.transport.producer import Producer

P = ParamSpec("P")
T = TypeVar("T")

Commits = Mapping[str, Mapping[Position, int]]
Checkpoint = Callable[[Mapping[Position, int]], tuple[Commits, Mapping[str, float]]]
"""What else to write when the given offsets are committed: groups and marks."""


def nothing_else(_: Mapping[Position, int]) -> tuple[Commits, Mapping[str, float]]:
    """Write nothing besides effects and offsets."""
    return {}, {}


class Cache(Protocol):
    """Somewhere values are held until a transaction has written them."""

    def take(self) -> None:
        """Note that all that was set is being written."""

    def settle(self) -> None:
        """Note that it is written."""


class Transport(base.Transport):
    """One member that owns every partition of one log, and holds the lease of its group.

    Reads and writes run on a thread of their own; only the heads of partitions, which takes
    microseconds, are read on the event loop, by a second connection.
    """

    Consumer = Consumer
    Producer = Producer
    driver_version = f"sqlite={sqlite3.sqlite_version}"

    def __init__(self, app: faust.App, open_log: Callable[[], SqliteLog], group: str) -> None:
        super().__init__([URL("sqlite://")], app)
        self.log = open_log()
        try:
            self.log.lease(group)
        except Leased:
            self.log.close()
            raise
        self.watch = open_log()
        self.checkpoint: Checkpoint = nothing_else
        self.written: list[Callable[[], None]] = []
        """Called on the loop after each transaction."""
        self.caches: list[Cache] = []
        """Stores that must hold what was set until it is written."""
        self.heads: dict[TP, int] = {}
        self.arrived = asyncio.Event()
        self._version = -1
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="log")
        self.refresh()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call on the thread of the log."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: call(*args, **kwargs)
        )

    def refresh(self) -> None:
        """Notice what was appended, by this process or another."""
        version = self.watch.version()
        if version == self._version:
            return
        self._version = version
        self.heads = {TP(*at): head for at, head in self.watch.heads().items()}
        self.arrived.set()

    def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; 0 if it is not declared."""
        return sum(1 for at in self.heads if at.topic == topic)

    def close(self) -> None:
        """Release the files."""
        self._pool.shutdown()
        self.log.close()
        self.watch.close()
