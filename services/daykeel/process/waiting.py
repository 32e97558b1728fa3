"""A process waits for the stores it needs; it does not end because one is not there yet."""

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from daykeel.log.errors import LogUnavailable
from daykeel.records.errors import RecordsUnavailable
from daykeel.scores.errors import ScoresUnavailable

log = logging.getLogger("daykeel.process")

T = TypeVar("T")

AWAY = (LogUnavailable, RecordsUnavailable, ScoresUnavailable)
"""What the stores raise while they are not there, and may not raise a moment later."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0


def waited_for(ask: Callable[[], T], stop: Event) -> T | None:
    """Return what a store answers as soon as it does, or None if told to stop before.

    What keeps it is said once, and again when it is something else.
    """
    said, pause = "", FIRST_PAUSE_S
    while not stop.is_set():
        try:
            return ask()
        except AWAY as error:
            if str(error) != said:
                said = str(error)
                log.warning("waiting: %s", said)
        stop.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
    return None
