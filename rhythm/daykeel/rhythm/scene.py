"""Everything one date's record is made from, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daykeel.events.pieces import Pieces
from daykeel.rhythm.activity import Run, runs_of
from daykeel.rhythm.blocks import Ranking
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import DAY, Frame, frame_of, local_instant
from daykeel.rhythm.reading import Reading, reading

SOCIAL_DAY_STARTS = 4
"""Local hour."""


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
    as_of: datetime
    stop: datetime
    """End of the social day."""


def scene_of(
    day: date,
    pieces: Mapping[date, Pieces],
    context: ClientContext,
    heard: Mapping[str, datetime],
    as_of: datetime,
) -> Scene:
    """Return what a date's record is made from."""
    frame = frame_of(day, context, as_of)
    read = reading(day, pieces, context)
    stop = local_instant(context, day + DAY, SOCIAL_DAY_STARTS)
    runs = runs_of(read.epochs, read.of("activity.steps"), frame.start, stop)
    return Scene(frame, read, runs, Ranking(context.sources), context, heard, as_of, stop)
