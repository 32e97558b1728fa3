"""When a night is final (science.md 3.1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from daykeel.events.event import Event
from daykeel.rhythm.blocks import MERGE
from daykeel.rhythm.frame import Frame
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.sessions import Session

OLD = timedelta(hours=3)
"""From waking to the night's being final."""

EARLIEST = timedelta(hours=16)
"""From the start of the core: 04:00. Before it, the end of a nap or of a first sleep is no wake-up.

`science.md` has no such rule; without it a nap of an hour would end the night it comes before.
"""

WAKE = "wake"
"""Stands with the wake-ups among a night's pieces."""

AGAIN = timedelta(minutes=15)
"""How often to look at a night of which only a wake-up is known."""


def final_from(
    frame: Frame, sessions: Iterable[Session], wakes: Iterable[Event], *, is_known: bool
) -> datetime:
    """Return the instant from which the night is final, given all that has arrived.

    A wake-up or the end of the main sleep counts from when it was received; a session that came
    later than the night was final does not undo that.

    Parameters
    ----------
    sessions
        That stand.
    wakes
        Wake-ups.
    is_known
        Whether main sleep is bounded: the end of one that is not may not be its end.
    """
    moments = [_since(frame, wake.start, wake.received_at) for wake in wakes if wake.start]
    if is_known:
        moments += _after_sleep(frame, list(sessions))
    return min((frame.stop, *moments))


def wakes_of(frame: Frame, wakes: Iterable[Event]) -> list[Event]:
    """Return the wake-ups that lie in the core of the night."""
    return [one for one in wakes if one.start and frame.core_start <= one.start < frame.core_stop]


def _since(frame: Frame, woke: datetime, received_at: datetime) -> datetime:
    return max(woke + OLD, frame.core_start + EARLIEST, received_at)


def _after_sleep(frame: Frame, sessions: Sequence[Session]) -> list[datetime]:
    """Return when, in the order in which sessions came, the end of the main sleep was old."""
    arrivals = sorted({one.received_at for one in sessions})
    for arrived, following in zip_longest(arrivals, arrivals[1:]):
        stop = _main_stop(frame, [one for one in sessions if one.received_at <= arrived])
        if stop is not None:
            since = _since(frame, stop, arrived)
            if following is None or since < following:
                return [since]
    return []


def _main_stop(frame: Frame, sessions: Sequence[Session]) -> datetime | None:
    merged: list[Stretch] = []
    for one in sorted(sessions, key=lambda session: (session.start, session.stop)):
        if merged and one.start - merged[-1][1] < MERGE:
            merged[-1] = (merged[-1][0], max(merged[-1][1], one.stop))
        else:
            merged.append((one.start, one.stop))
    own = [one for one in merged if one[1] - one[0] >= MERGE and frame.owns(*one)]
    longest = max(own, key=lambda one: (one[1] - one[0], frame.start - one[0]), default=None)
    return None if longest is None else longest[1]
