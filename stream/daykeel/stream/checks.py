"""When State of each client may change by the clock alone."""

import heapq
from datetime import datetime

SPARE = 100
"""Replaced checks that may stay in the queue besides as many as there are clients."""


class Checks:
    """The next instant at which each client must be scored again though nothing arrived."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []

    def put(self, client: str, at: datetime | None) -> None:
        """Replace the client's next check; None if no clock can change anything."""
        if at is None:
            self._at.pop(client, None)
        elif self._at.get(client) != at:
            self._at[client] = at
            heapq.heappush(self._queue, (at, client))
            if len(self._queue) > SPARE + 2 * len(self._at):
                self._queue = sorted((at, client) for client, at in self._at.items())

    def due(self, now: datetime) -> list[str]:
        """Return the clients whose check has come and who were not scored since.

        >>> from datetime import UTC
        >>> checks, noon = Checks(), datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> checks.put("c-1", noon)
        >>> checks.due(noon), checks.is_open(noon)
        (['c-1'], True)
        >>> checks.put("c-1", None)
        >>> checks.due(noon), checks.is_open(noon)
        ([], False)
        """
        found = []
        while self.is_open(now):
            found.append(heapq.heappop(self._queue))
        for one in found:
            heapq.heappush(self._queue, one)
        return [client for _, client in found]

    def is_open(self, now: datetime) -> bool:
        """Return whether a check that has come is not done."""
        while self._queue and self._at.get(self._queue[0][1]) != self._queue[0][0]:
            heapq.heappop(self._queue)
        return bool(self._queue) and self._queue[0][0] <= now
