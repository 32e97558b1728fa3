"""How far everything that was folded has also been scored."""

from collections.abc import Mapping

from daykeel.log.protocol import Position


class Progress:
    """The first record of each client that is folded and not yet scored, by partition.

    It says what group `scored` may commit: everything before the first such record, and never
    more than what has been folded.
    """

    def __init__(self, folded: Mapping[Position, int]) -> None:
        self._folded = dict(folded)
        self._open: dict[Position, dict[str, int]] = {at: {} for at in folded}
        self._said: dict[Position, int] = {}

    def fold(self, at: Position, offset: int, client: str) -> None:
        """Note that a record changed something of the client that must be scored."""
        self._open[at].setdefault(client, offset)

    def score(self, client: str) -> None:
        """Note that all that was folded of the client is scored."""
        for waiting in self._open.values():
            waiting.pop(client, None)

    def clients(self) -> set[str]:
        """Return the clients of whom something is not scored."""
        return {client for waiting in self._open.values() for client in waiting}

    def reached(self, folded: Mapping[Position, int]) -> dict[Position, int]:
        """Return up to where each partition is scored, given how far it is folded.

        >>> progress = Progress({("events.raw", 0): 4})
        >>> progress.fold(("events.raw", 0), 4, "c-1")
        >>> progress.reached({("events.raw", 0): 7})
        {('events.raw', 0): 4}
        >>> progress.score("c-1")
        >>> progress.reached({("events.raw", 0): 7})
        {('events.raw', 0): 7}
        """
        # clients enter in the order of their offsets, so the first is the least
        return {
            at: min(folded.get(at, 0), next(iter(waiting.values()), folded.get(at, 0)))
            for at, waiting in self._open.items()
        }

    def advance(self, commits: Mapping[Position, int]) -> dict[Position, int]:
        """Return what moved since it was last asked, given how far the fold is about to commit.

        >>> progress = Progress({("events.raw", 0): 4})
        >>> progress.fold(("events.raw", 0), 4, "c-1")
        >>> progress.advance({("events.raw", 0): 7})
        {('events.raw', 0): 4}
        >>> progress.score("c-1")
        >>> progress.advance({})
        {('events.raw', 0): 7}
        """
        self._folded |= {at: commits[at] for at in self._folded if at in commits}
        reached = self.reached(self._folded)
        moved = {at: to for at, to in reached.items() if to != self._said.get(at, 0)}
        self._said |= moved
        return moved
