"""What the stream does by the clock: sends dues whose turn has come, and says how far it got."""

import asyncio
from datetime import datetime
from time import monotonic

from daykeel.stream.agents import Work
from daykeel.stream.transport.acking import Acking

MARK = "stream.timers"

TICK_S = 0.1
STEPPED_TICK_S = 0.005
"""On a stepped clock everybody waits for us."""

MARK_S = 0.5
"""How often the mark is written on a clock that runs by itself."""

FORGET_S = 60.0

QUIET_S = 0.015
"""On a stepped clock, how long no change must have come before what is there is scored."""

LONGEST_S = 0.2
"""On a stepped clock, how long a change waits at most for others."""

BACKLOG_S = 2.0
"""While records wait to be folded, least time from the end of one round of scores to the next."""


class Rounds:
    """When to score amid a backlog: at most half of the time, however long a round takes."""

    def __init__(self) -> None:
        self._is_out = False
        self._began = self._ended = 0.0

    def watch(self, now: float, out: int) -> None:
        """Note how many scores of the last round are not done."""
        if self._is_out and not out:
            self._ended = now
        self._is_out = out > 0

    def begin(self, now: float) -> bool:
        """Return whether it is time for the next round, and if so begin it.

        >>> rounds = Rounds()
        >>> rounds.begin(10.0)
        True
        >>> rounds.watch(11.0, 5)
        >>> rounds.watch(15.0, 0)
        >>> rounds.begin(19.0), rounds.begin(20.0)
        (False, True)
        """
        if self._is_out or now - self._ended < max(BACKLOG_S, self._ended - self._began):
            return False
        self._began = now
        return True


class Timers:
    """Fires what is due by the clock, and knows up to which instant all of it is done."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.begin()

    def begin(self) -> None:
        """Know of nothing that has fired."""
        self._rounds = Rounds()
        self._ticked: datetime | None = None
        self._said = 0.0
        self._waiting_since: float | None = None

    async def run(self, consumer: Acking) -> None:
        """Tick until cancelled."""
        forgot = monotonic()
        while True:
            if monotonic() - forgot > FORGET_S:
                forgot = monotonic()
                self.work.dues.forget(forgot)
            self.tick()
            if self._reached() is not None:
                consumer.commit_soon()
            await asyncio.sleep(STEPPED_TICK_S if self.work.clock.stepped else TICK_S)

    def tick(self) -> None:
        """Note what is due by now, and send the dues whose turn it is."""
        work, now = self.work, self.work.clock.now()
        if now != self._ticked:
            for client in work.checks.due(now):
                work.want(client)
            self._ticked = now
        self._rounds.watch(monotonic(), work.dues.out)
        if work.behind():
            if work.dues and self._rounds.begin(monotonic()):
                work.send_dues()
        elif not work.clock.stepped:
            work.send_dues()
        elif self._is_quiet():
            work.send_dues(early=True)
            self._waiting_since = None

    def _is_quiet(self) -> bool:
        """Return whether a step seems to have ended, or a change has waited long enough."""
        now = monotonic()
        if not self.work.dues:
            return False
        if self._waiting_since is None:
            self._waiting_since = now
        return now - self.work.heard_at >= QUIET_S or now - self._waiting_since >= LONGEST_S

    def marks(self) -> dict[str, float]:
        """Return the mark if it moved: every timer up to there has fired and its work is done.

        A check that has come stays open until its client is scored, and what that score said is
        written with the same commit as this mark, or an earlier one.
        """
        reached = self._reached()
        if reached is None:
            return {}
        self._said = reached
        return {MARK: reached}

    def _reached(self) -> float | None:
        if self._ticked is None or self.work.checks.is_open(self._ticked):
            return None
        reached = self._ticked.timestamp()
        least = 0.0 if self.work.clock.stepped else MARK_S
        return reached if reached > self._said + least else None
