"""When what is said of a night could first be known."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime

import numpy as np

from daykeel.events.event import Event
from daykeel.events.ids import sender
from daykeel.events.kinds import STATUS
from daykeel.events.pieces import Epochs
from daykeel.rhythm.activity import instant_of
from daykeel.rhythm.assembly import UNKNOWN, MainSleep, main_sleep
from daykeel.rhythm.frame import Frame
from daykeel.rhythm.minutes import Known
from daykeel.rhythm.reading import Reading

MICROSECONDS = 1_000_000


def decided_at(
    frame: Frame, known: Known, main: MainSleep, reading: Reading, heard: Mapping[str, datetime]
) -> datetime | None:
    """Return when the last record was here that the bounds of the main sleep needed.

    That is the last piece that sleep was read from, or the sync after which enough of the
    minutes around it could be taken for awake. Only syncs that told of something are kept one
    by one; of others the last one counts, at most until the night is final by the clock.
    """
    read = max(known.evidence_at, default=None)
    if read is None or not known.assumed.any():
        return read
    syncs = sorted({at for at in _syncs(reading, known.assuming) if at > read})
    last = (heard[name] for name in known.assuming if name in heard)
    until = max((min(at, frame.stop) for at in last), default=read)

    def is_enough(at: datetime) -> bool:
        states = known.states.copy()
        later = np.arange(states.size) >= frame.minute(at)
        states[known.assumed & later] = UNKNOWN
        return main_sleep(states, frame.core) == main

    moments = [read, *syncs]
    found = bisect_left(moments, True, key=is_enough)
    return moments[found] if found < len(moments) else max(read, until)


def _syncs(reading: Reading, senders: frozenset[str]) -> Iterator[datetime]:
    """Yield when records of some senders arrived."""
    for kind, events in reading.events.items():
        if kind not in STATUS:
            yield from (one.received_at for one in events if _of(one) in senders)
    for epochs in reading.epochs:
        if _of(epochs) in senders:
            yield from map(_instant, set(epochs.received))


def _of(told: Event | Epochs) -> str:
    return sender(told.adapter, told.device)


def _instant(microseconds: int) -> datetime:
    return instant_of(microseconds // MICROSECONDS)
