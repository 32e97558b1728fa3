"""From which minutes a night is read: once it is final, waiting alone no longer changes it.

`science.md` 3.1 makes a night final three hours after waking, and 5.3 makes it uncertain where
minutes after it are unknown. Read at the present minute, a short night would be certain in the
morning and lost again by a silent afternoon, and an alert with it. So a final night depends only
on what arrived.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from daykeel.rhythm.assembly import UNKNOWN, MainSleep, main_sleep
from daykeel.rhythm.finality import EARLIEST, OLD, final_from, wakes_of
from daykeel.rhythm.minutes import Known, Slept
from daykeel.rhythm.scene import Scene


@dataclass(frozen=True, slots=True)
class Read:
    """The main sleep of a night, and the minutes it was read from."""

    minutes: Known
    main: MainSleep
    wakes: tuple[str, ...]
    """Groups of the wake-ups in the core."""
    final_at: datetime | None
    """None while the night is open: then it is read as it stands at this minute."""


def read(scene: Scene, told: Slept, minutes: Known) -> Read:
    """Return the main sleep of a night, and from when it is final."""
    frame = scene.frame
    wakes = wakes_of(frame, scene.reading.standing("sleep.wake"))
    groups = tuple(wake.group for wake in wakes)
    lasting, main = _settled(scene, told, minutes)
    is_known = main.main is not None
    final_at = final_from(frame, told.standing(scene.reading), wakes, is_known=is_known)
    if scene.as_of >= final_at:
        return Read(lasting, main, groups, final_at)
    return Read(minutes, main_sleep(minutes.states, frame.core), groups, None)


def _settled(scene: Scene, told: Slept, minutes: Known) -> tuple[Known, MainSleep]:
    """Return what stays true of a night however long nothing more arrives.

    Where each device that told of its sleep was heard three hours after the end of it, there has
    been nobody to tell of what came later: those minutes do not exist. Else a longer sleep may
    yet come, and all later minutes of the span are unknown.
    """
    frame = scene.frame
    until = _heard_until(scene, told)
    if until is not None:
        heard = _sized(minutes, min(frame.minute(until), frame.exists))
        main = main_sleep(heard.states, frame.core)
        if main.main is not None:
            return heard, main
    whole = _sized(minutes, frame.size)
    return whole, main_sleep(whole.states, frame.core)


def _heard_until(scene: Scene, told: Slept) -> datetime | None:
    """Return until when all that told of the night's sleep were heard, if it is long enough.

    Sleep that ends before 04:00 may go on: from then the three hours count. Deleted sleep counts
    as told and a deletion is nothing heard, so that none makes fewer minutes unknown.
    """
    heard: dict[str, datetime] = {}
    asleep = scene.frame.core_start + EARLIEST
    for one in (one for block in told.around(scene.frame) for one in block.sessions):
        synced = scene.heard.get(one.sender, one.received_at)
        heard[one.sender] = max(heard.get(one.sender, synced), synced, one.received_at)
        asleep = max(asleep, one.stop)
    until = min(heard.values(), default=None)
    return until if until is not None and until >= asleep + OLD else None


def _sized(minutes: Known, size: int) -> Known:
    """Return the first so many minutes of the span; those that do not exist yet are unknown."""
    have = minutes.states.size
    if size == have:
        return minutes
    lacking = (0, max(size - have, 0))
    return replace(
        minutes,
        states=np.pad(minutes.states[:size], lacking, constant_values=UNKNOWN),
        assumed=np.pad(minutes.assumed[:size], lacking),
        fallback=np.pad(minutes.fallback[:size], lacking),
    )
