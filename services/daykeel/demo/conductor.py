"""The conductor: sets the clock, publishes what is due, waits until all of it has settled."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from daykeel.clock.clock import SteppedClock
from daykeel.demo.connections import Connections
from daykeel.demo.plan import Delivery, Device, Play, Step, topic_of
from daykeel.log.protocol import Log
from daykeel.log.topics import COMMANDS, DAYS, EVENTS_RAW, NIGHTS, SCORES, SIGNALS

DEADLINE_S = 60.0
PAUSE_S = 0.004
LAGS = (
    ("scored", (EVENTS_RAW, COMMANDS)),
    ("sink", (DAYS, NIGHTS, SCORES)),
    ("alerts", (SIGNALS,)),
)


class Stuck(TimeoutError):  # noqa: N818  a fact about the pipeline
    """The pipeline did not settle in time."""


class Conductor:
    """Moves a stepped clock through a play."""

    def __init__(
        self, clock: SteppedClock, log: Log, devices: Connections, usernames: Mapping[Device, str]
    ) -> None:
        self._clock = clock
        self._log = log
        self._devices = devices
        self._usernames = usernames

    def play(self, play: Play, told: Callable[[Step], None]) -> None:
        """Play all steps, tell of each when it is done, and let the clock go."""
        for step in play.steps:
            self._clock.set(step.at)
            self._devices.publish(self._message(one) for one in step.deliveries)
            if step.settles:
                self.settle(step.at)
            told(step)
        self._clock.set(play.ends, release=True)

    def _message(self, one: Delivery) -> tuple[Device, str, bytes]:
        return key_of(one), topic_of(one, self._usernames), one.said.payload

    def settle(self, now: datetime) -> None:
        """Wait until everything that `now` and the messages cause has been stored.

        Raises
        ------
        Stuck
            It takes longer than a minute.
        """
        end = time.monotonic() + DEADLINE_S
        while not has_settled(self._log, now):
            if time.monotonic() > end:
                raise Stuck(f"not settled at {now}: {lags(self._log)}")
            time.sleep(PAUSE_S)


def key_of(one: Delivery) -> Device:
    """Return which device a message is of: (client, adapter, device)."""
    return one.member.client, one.said.device.adapter, one.said.device.name


def has_settled(log: Log, now: datetime) -> bool:
    """Return whether timers up to `now` have fired and nothing is on its way."""
    if log.marks().get("stream.timers", 0.0) < now.timestamp():
        return False
    return all(log.lag(group, topics) == 0 for group, topics in LAGS)


def lags(log: Log) -> dict[str, float]:
    """Return what is on its way, for an error to tell of."""
    behind: dict[str, float] = {group: log.lag(group, topics) for group, topics in LAGS}
    return behind | log.marks()
