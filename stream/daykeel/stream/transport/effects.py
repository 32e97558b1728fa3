"""What events caused, held back until their offsets are committed."""

from collections.abc import Mapping
from typing import NamedTuple

from faust.types.tuples import FutureMessage

from daykeel.log.protocol import NewRecord

Source = tuple[str, int]
"""Topic and partition of the event that caused something."""


class Effect(NamedTuple):
    """A record to write, and whom to tell once it is."""

    record: NewRecord
    message: FutureMessage


class Effects:
    """Effects in the order in which they were caused, across all partitions.

    The order matters: two agents write to one table, and of each key the last one must win.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Source, int, Effect]] = []

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, source: Source, offset: int, effect: Effect) -> None:
        """Keep an effect of the event at `offset`."""
        self._held.append((source, offset, effect))

    def take(self, commits: Mapping[Source, int]) -> list[Effect]:
        """Return the effects of all events before the offsets to commit, and forget them."""
        due: list[Effect] = []
        rest: list[tuple[Source, int, Effect]] = []
        for held in self._held:
            source, offset, effect = held
            if offset < commits.get(source, 0):
                due.append(effect)
            else:
                rest.append(held)
        self._held = rest
        return due

    def forget(self) -> None:
        """Drop everything: the events will be delivered again."""
        self._held.clear()
