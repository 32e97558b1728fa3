"""The dead man's switch: somebody outside hears from us as long as the whole path works."""

import logging
import urllib.request
from collections.abc import Sequence

from daykeel.clock.clock import Clock
from daykeel.notify.signs import Sign
from daykeel.process.every import Every
from daykeel.process.waiting import AWAY

log = logging.getLogger("daykeel.notify")

EVERY_S = 60.0
PATIENCE_S = 10.0


class Heartbeat:
    """Calls a URL while every sign is good."""

    def __init__(
        self, url: str, signs: Sequence[Sign], clock: Clock, every_s: float = EVERY_S
    ) -> None:
        self._url = url
        self._signs = signs
        self._clock = clock
        self._due = Every(every_s)
        self._was_well = True

    def step(self) -> None:
        """Call, if it is time and all is well; say when that changes."""
        if not self._due.is_due():
            return
        is_well = self.is_well() and self._call()
        if is_well != self._was_well:
            log.warning("the heartbeat %s", "goes on" if is_well else "has stopped")
        self._was_well = is_well

    def is_well(self) -> bool:
        """Return whether every sign is good; of a store that is away nobody knows."""
        now = self._clock.now()
        try:
            return all(sign(now) for sign in self._signs)
        except AWAY:
            return False

    def _call(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=PATIENCE_S):  # noqa: S310  checked when read
                return True
        except OSError:
            return False
