"""Which source tells of which sleep, where several do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from daykeel.rhythm.sessions import Session

MERGE = timedelta(minutes=60)
"""Sessions of one source less than this apart tell of one sleep."""

USED, DELETED, DISCARDED = "used", "deleted", "another source tells of the same sleep"
"""What becomes of a sleep piece."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Whom to believe first."""

    sources: tuple[str, ...]
    """Names of sources, devices or adapters, best first; others follow by name, people last."""

    def place(self, *names: str) -> int:
        """Return the place of what has these names, from 0."""
        places = (at for at, source in enumerate(self.sources) if source in names)
        return min(places, default=len(self.sources))

    def is_fallback(self, *names: str) -> bool:
        """Return whether it only stands in for the client's primary source."""
        return bool(self.sources) and self.place(*names) > 0


@dataclass(frozen=True, slots=True)
class Block:
    """Sessions of one source that tell of one sleep."""

    start: datetime
    stop: datetime
    sessions: tuple[Session, ...]

    @property
    def first(self) -> Session:
        """The session it begins with."""
        return self.sessions[0]

    @property
    def length(self) -> timedelta:
        """From the first to the last minute of sleep."""
        return self.stop - self.start


def blocks_of(sessions: Iterable[Session]) -> list[Block]:
    """Return the sessions of sleep, those of one source together that are less than 1 h apart."""
    asleep = sorted((one for one in sessions if not one.is_awake), key=_place)
    return [block for _, own in groupby(asleep, key=_owner) for block in _merged(list(own))]


def chosen(blocks: Iterable[Block], ranking: Ranking) -> tuple[list[Block], list[Block]]:
    """Return the blocks that count, best source first, and those another source tells better.

    A block gives way as a whole to one of a better source that it overlaps.
    """
    kept: list[Block] = []
    left: list[Block] = []
    for block in sorted(blocks, key=lambda one: _rank(one, ranking)):
        (left if any(_overlaps(block, other) for other in kept) else kept).append(block)
    return kept, left


def _owner(session: Session) -> tuple[str, str]:
    return session.owner


def _place(session: Session) -> tuple[object, ...]:
    return session.owner, session.start, session.stop, session.names


def _merged(own: Sequence[Session]) -> Iterator[Block]:
    held: list[Session] = []
    stop = own[0].stop
    for session in own:
        if held and session.start - stop >= MERGE:
            yield Block(held[0].start, stop, tuple(held))
            held = []
        stop = max(stop, session.stop) if held else session.stop
        held.append(session)
    yield Block(held[0].start, stop, tuple(held))


def _rank(block: Block, ranking: Ranking) -> tuple[object, ...]:
    first = block.first
    is_corrected = any(session.is_corrected for session in block.sessions)
    place = ranking.place(first.source, first.device, first.adapter)
    return not is_corrected, place, first.is_reported, first.owner, block.start


def _overlaps(block: Block, other: Block) -> bool:
    is_same = block.first.owner == other.first.owner
    return not is_same and block.start < other.stop and other.start < block.stop
