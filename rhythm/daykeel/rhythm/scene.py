"""Everything one date's record is made from, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from daykeel.events.pieces import Pieces
from daykeel.rhythm.activity import Run, runs_of
from daykeel.rhythm.blocks import Ranking
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import DAY, Frame, frame_of, local_instant
from daykeel.rhythm.ledger import Source
from daykeel.rhythm.local_times import SOCIAL_DAY_STARTS
from daykeel.rhythm.reading import Reading, reading


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the devices besides what lies around a night."""

    seen: Mapping[str, datetime] = field(default_factory=dict)
    """By adapter/device, when it last gave a sign of being there."""
    before: tuple[Source, ...] = ()
    """What they had said of themselves by the end of the night before."""


NO_SIGNS = Signs()


@dataclass(frozen=True, slots=True)
class Scene:
    """A night with the day that follows, and what was said around it."""

    frame: Frame
    reading: Reading
    runs: Sequence[Run]
    """Activity from the start of the night's span to `stop`."""
    ranking: Ranking
    context: ClientContext
    heard: Mapping[str, datetime]
    """By adapter/device, until when it has synced."""
    signs: Signs
    as_of: datetime
    stop: datetime
    """End of the social day."""


def scene_of(  # noqa: PLR0913, PLR0917  all that a record depends on
    day: date,
    pieces: Mapping[date, Pieces],
    context: ClientContext,
    heard: Mapping[str, datetime],
    as_of: datetime,
    signs: Signs = NO_SIGNS,
) -> Scene:
    """Return what a date's record is made from."""
    frame = frame_of(day, context, as_of)
    read = reading(day, pieces, context)
    stop = local_instant(context, day + DAY, SOCIAL_DAY_STARTS)
    runs = runs_of(read.epochs, read.of("activity.steps"), frame.start, stop)
    return Scene(frame, read, runs, Ranking(context.sources), context, heard, signs, as_of, stop)
