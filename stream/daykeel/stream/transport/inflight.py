"""What was delivered to agents and is not committed, and how far a commit may go."""

from collections import deque


class InFlight:
    """The events of one partition between delivery and commit, oldest first.

    Stock Faust takes a gap between offsets for an event that never was, and so commits past one
    that is still being processed (upstream issue 606). Here only what was delivered counts.
    """

    def __init__(self) -> None:
        self._delivered: deque[int] = deque()
        self._open: set[int] = set()

    def deliver(self, offset: int) -> None:
        """Note an event handed to an agent; offsets rise."""
        self._delivered.append(offset)
        self._open.add(offset)

    def acknowledge(self, offset: int) -> None:
        """Note that an agent is done with an event; of one never delivered nothing is kept."""
        self._open.discard(offset)

    @property
    def open(self) -> int:
        """How many events were delivered and not acknowledged."""
        return len(self._open)

    def advance(self) -> int | None:
        """Return the offset to commit, and forget what lies before it.

        That is one more than the last event before which all were acknowledged, or None.

        >>> events = InFlight()
        >>> for offset in (3, 5, 9):
        ...     events.deliver(offset)
        >>> events.acknowledge(3)
        >>> events.acknowledge(9)
        >>> events.advance(), events.advance()
        (4, None)
        """
        last = None
        while self._delivered and self._delivered[0] not in self._open:
            last = self._delivered.popleft()
        return None if last is None else last + 1
