"""What group `stream` says on Kafka of the partitions a worker owns, and what is yet to be said.

How far a partition is folded, how far that is also scored, and up to which instant timers have
fired are one commit: the offset, and words beside it. What was not stored is said again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from daykeel.log.protocol import Position
from daykeel.log.topics import DUE


class Said(NamedTuple):
    """What is committed of one partition."""

    folded: int = 0
    scored: int | None = None
    """Only of topics that are scored."""
    marks: Mapping[str, float] = {}
    """Only of `due`."""


class Account:
    """What holds of each partition owned, and what of that is stored."""

    def __init__(self, stored: Mapping[Position, Said]) -> None:
        self._stored = dict(stored)
        self._holds = dict(stored)

    @property
    def folded(self) -> dict[Position, int]:
        """How far each partition is folded."""
        return {at: said.folded for at, said in self._holds.items()}

    def some(self) -> dict[Position, Said]:
        """Return what is stored of one partition, to say it once more."""
        return dict(list(self._stored.items())[:1])

    def pass_over(self, starts: Mapping[Position, int]) -> None:
        """Note that nothing is left before the given offsets."""
        folded = self.folded
        self.note({at: max(start, folded[at]) for at, start in starts.items()}, {}, {})

    def note(
        self,
        folded: Mapping[Position, int],
        scored: Mapping[Position, int],
        marks: Mapping[str, float],
    ) -> None:
        """Note what has moved."""
        for at, before in self._holds.items():
            self._holds[at] = Said(
                folded.get(at, before.folded),
                scored.get(at, before.scored),
                {**before.marks, **marks} if at[0] == DUE else before.marks,
            )

    def owed(self) -> dict[Position, Said]:
        """Return what holds and is not stored.

        >>> account = Account({("due", 0): Said(4), ("commands", 0): Said(2, 1)})
        >>> account.note({("commands", 0): 3}, {("commands", 0): 3}, {})
        >>> account.owed()
        {('commands', 0): Said(folded=3, scored=3, marks={})}
        >>> account.store(account.owed())
        >>> account.owed()
        {}
        """
        return {at: said for at, said in self._holds.items() if said != self._stored[at]}

    def store(self, said: Mapping[Position, Said]) -> None:
        """Note that it is stored."""
        self._stored |= said
