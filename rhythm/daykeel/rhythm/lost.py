"""Anchors that happened on most days of the baseline, and of late on few (science.md 13.1a)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from daykeel.rhythm.anchors import Anchors, Told
from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.freeze import Frozen
from daykeel.rhythm.series import Flags
from daykeel.rhythm.track import Track
from daykeel.rhythm.tracked_days import TrackedDays

MANY, WEEK = 5, 7
"""Days of a week on which it happened before, or is known not to have happened now."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One anchor, day by day."""

    item: str
    known: Flags
    """Days that can tell."""
    missed: Numbers
    """Of the seven days up to each, on how many it is known not to have happened."""
    signal: Flags
    stands: Flags
    """Days on which it would signal if nothing were known of what was declared."""
    watched: Flags
    """Days on which a baseline holds that knows the anchor."""


def lost_anchors(track: Track, anchors: Anchors, tracked: TrackedDays) -> list[Lost]:
    """Return what is told of each tracked anchor that the chart's baselines know.

    Parameters
    ----------
    track
        The chart of anchors: its baselines hold which class told of each.
    anchors
        What is said of every day. What is unknown is not missed, so deleting raises nothing.
    """
    return [
        _lost(item, track, anchors, is_tracked)
        for item, is_tracked in tracked.each.items()
        if is_tracked.any()
    ]


def _lost(item: str, track: Track, anchors: Anchors, is_tracked: Flags) -> Lost:
    n = track.limit.size
    known, missed, usual, watched = (np.zeros(n, dtype=bool) for _ in range(4))
    for frozen, told in _told(item, track, anchors):
        here = slice(frozen.start, frozen.stop)
        watched[here] = True
        # what is not tracked any more is not missed any more: so what was told of it passes
        known[here] = (told.known[here] >= 0) | ~is_tracked[here]
        missed[here] = (told.known[here] == 0) & is_tracked[here]
        usual[here] = _was_usual(frozen, told)
    counts = _of_a_week(missed)
    bare = missed & ~track.declared
    return Lost(
        item=item,
        known=known,
        missed=counts,
        signal=missed & usual & (counts >= MANY),
        stands=bare & usual & (_of_a_week(bare) >= MANY),
        watched=watched,
    )


def _of_a_week(days: Flags) -> Numbers:
    """Return of the seven days up to each how many are among `days`."""
    counts: Numbers = np.cumsum(days, dtype=np.int64)
    before = np.zeros_like(counts)
    before[WEEK:] = counts[:-WEEK]
    return counts - before


def _told(item: str, track: Track, anchors: Anchors) -> Iterator[tuple[Frozen, Told]]:
    """Yield the baselines that alert, each with what the class it believes says of the anchor."""
    for frozen in track.frozen:
        name = dict(frozen.baseline.classes).get(item, "")
        told = anchors.get(item, {}).get(name)
        if told is not None and not frozen.baseline.provisional:
            yield frozen, told


def _was_usual(frozen: Frozen, told: Told) -> bool:
    done = int((told.known[frozen.used] == 1).sum())
    return done * WEEK >= MANY * len(frozen.baseline.nights)
