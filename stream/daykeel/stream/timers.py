"""What the stream does by the clock: sends dues whose turn has come, and says how far it got."""

import asyncio
from datetime import datetime
from time import monotonic

from daykeel.clock.clock import Clock
from daykeel.log.topics import COMMANDS, EVENTS_RAW
from daykeel.stream.agents import Work
from daykeel.stream.transport.consumer import Consumer

MARK = "stream.timers"

TICK_S = 0.1
MARK_S = 0.5
"""How often the mark is written on a clock that runs by itself."""

FORGET_S = 60.0
STEPPED_TICK_S = 0.005
"""On a stepped clock everybody waits for us."""

QUIET_S = 0.015
"""On a stepped clock, how long no change must have come before what is there is scored."""

LONGEST_S = 0.2
"""On a stepped clock, how long a change waits at most for others."""


class Timers:
    """Fires what is due by the clock, and knows up to which instant all of it is done."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ticked: datetime | None = None
        self._said = 0.0
        self._waiting_since: float | None = None

    async def run(self, consumer: Consumer) -> None:
        """Tick until cancelled."""
        forgot = monotonic()
        while True:
            if monotonic() - forgot > FORGET_S:
                forgot = monotonic()
                self._work.dues.forget(forgot)
            self.tick(is_caught_up=consumer.is_caught_up((EVENTS_RAW, COMMANDS)))
            if self._reached() is not None:
                consumer.commit_soon()
            await asyncio.sleep(pause_of(self._work.clock))

    def tick(self, *, is_caught_up: bool) -> None:
        """Note what is due by now, and send the dues whose turn it is."""
        now = self._work.clock.now()
        if now != self._ticked:
            for client in self._work.checks.due(now):
                self._work.want(client)
            self._ticked = now
        if not self._work.clock.stepped:
            self._work.send_dues()
        elif self._may_score(is_caught_up=is_caught_up):
            self._work.send_dues(early=True)
            self._waiting_since = None

    def _may_score(self, *, is_caught_up: bool) -> bool:
        """Return whether all of a step seems to be folded, or a change has waited long enough."""
        now = monotonic()
        if not self._work.dues:
            return False
        if self._waiting_since is None:
            self._waiting_since = now
        is_quiet = is_caught_up and now - self._work.heard_at >= QUIET_S
        return is_quiet or now - self._waiting_since >= LONGEST_S

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
        if self._ticked is None or self._work.checks.is_open(self._ticked):
            return None
        reached = self._ticked.timestamp()
        least = 0.0 if self._work.clock.stepped else MARK_S
        return reached if reached > self._said + least else None


def pause_of(clock: Clock) -> float:
    """Return how long to wait between two ticks, in seconds."""
    return STEPPED_TICK_S if clock.stepped else TICK_S
