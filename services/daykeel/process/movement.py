"""Whether a group that reads the log moves on while there is something for it."""

from collections.abc import Container, Sequence

from daykeel.log.protocol import Log, Position


class Movement:
    """What a group has committed, compared with the last look."""

    def __init__(self, log: Log, group: str, topics: Sequence[str]) -> None:
        self._log = log
        self._group = group
        self._topics = topics
        self._before: dict[Position, int] = {}

    def goes_on(self, mine: Container[Position]) -> bool:
        """Return whether of some partitions nothing waits, or something was done since.

        Raises
        ------
        LogUnavailable
            The log does not answer.
        """
        heads = self._log.heads(self._topics)
        done = self._log.committed(self._group)
        ours = {at: done.get(at, 0) for at in heads if at in mine}
        is_behind = any(done_to < heads[at] for at, done_to in ours.items())
        has_moved = any(done_to != self._before.get(at) for at, done_to in ours.items())
        self._before = ours
        return has_moved or not is_behind
