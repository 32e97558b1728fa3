"""The conductor: sets the clock, publishes what is due, waits until it is kept and has settled."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from daykeel.clock.clock import SteppedClock
from daykeel.demo.arrivals import Arrivals
from daykeel.demo.connections import Connections
from daykeel.demo.plan import Delivery, Device, Play, Step, topic_of
from daykeel.log.protocol import Log
from daykeel.log.topics import COMMANDS, DAYS, EVENTS_RAW, NIGHTS, SCORES, SIGNALS

PATIENCE_S = 60.0
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
        self,
        clock: SteppedClock,
        log: Log,
        devices: Connections,
        usernames: Mapping[Device, str],
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._clock = clock
        self._log = log
        self._devices = devices
        self._arrivals = Arrivals(log)
        self._usernames = usernames
        self._patience_s = patience_s

    def play(self, play: Play, told: Callable[[Step], None]) -> None:
        """Play all steps, tell of each when it is done, and let the clock go."""
        for step in play.steps:
            self._clock.set(step.at)
            self._say([self._message(one) for one in step.deliveries])
            if step.settles:
                self.settle(step.at)
            told(step)
        self._clock.set(play.ends, release=True)

    def _say(self, messages: Sequence[tuple[Device, str, bytes]]) -> None:
        """Publish, and wait until ingest has said of all of it when it came: now."""
        self._devices.publish(messages)
        told = [(topic, payload) for _, topic, payload in messages]
        self._arrivals.wait(told, self._patience_s)

    def _message(self, one: Delivery) -> tuple[Device, str, bytes]:
        return key_of(one), topic_of(one, self._usernames), one.said.payload

    def settle(self, now: datetime) -> None:
        """Wait until everything that `now` and the messages cause has been stored.

        Raises
        ------
        Stuck
            It takes longer than one is patient.
        """
        end = time.monotonic() + self._patience_s
        for is_done in stages(self._log, now):
            while True:
                asked = time.monotonic()
                if is_done():
                    break
                answered = time.monotonic()
                if answered > end:
                    raise Stuck(f"not settled at {now}: {lags(self._log)}")
                # who asks all the time keeps a server from its work
                time.sleep(max(PAUSE_S, answered - asked))


def key_of(one: Delivery) -> Device:
    """Return which device a message is of: (client, adapter, device)."""
    return one.member.client, one.said.device.adapter, one.said.device.name


def stages(log: Log, now: datetime) -> Iterator[Callable[[], bool]]:
    """Yield what must come true, one after the other, until nothing is on its way.

    First that timers up to `now` have fired, then of each group, none of which writes for one
    before it, that nothing waits. So what has come true stays true while nobody publishes.
    """
    yield lambda: log.marks().get("stream.timers", 0.0) >= now.timestamp()
    for group, topics in LAGS:
        yield partial(_is_done, log, group, topics)


def _is_done(log: Log, group: str, topics: Sequence[str]) -> bool:
    return log.lag(group, topics) == 0


def lags(log: Log) -> dict[str, float]:
    """Return what is on its way, for an error to tell of."""
    behind: dict[str, float] = {group: log.lag(group, topics) for group, topics in LAGS}
    return behind | log.marks()
