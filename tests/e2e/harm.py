"""What befalls the processes of an installation: killed or stopped at random, then up again."""

import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from installation import Installation
from servers_at import Servers

PAUSE_S = (0.02, 0.4)
"""Between a kill and the start after it."""
SLEEP_S = (0.05, 0.8)
"""How long something stands still; one in `LONG_ONE_IN` for `LONG_S`."""
LONG_S, LONG_ONE_IN = 4.0, 8
REST_S = (0.05, 0.6)
"""Between two faults of one lane."""


class Target(Protocol):
    """Something that can be killed and stopped."""

    name: str

    def kill(self) -> None:
        """End it at once."""

    def start(self) -> None:
        """Have it run again."""

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all that belongs to it."""

    def has_ended(self) -> bool:
        """Whether it runs no more."""


@dataclass
class Process:
    """One of our processes."""

    home: Installation
    name: str

    def kill(self) -> None:
        self.home.kill(self.name)

    def start(self) -> None:
        self.home.launch(self.name)

    def send(self, number: signal.Signals) -> None:
        self.home.running[self.name].send_signal(number)

    def has_ended(self) -> bool:
        return self.home.running[self.name].poll() is not None


@dataclass
class Server:
    """A server with all its processes."""

    servers: Servers
    name: str

    def kill(self) -> None:
        self.servers.kill(self.name)

    def start(self) -> None:
        self.servers.start(self.name)

    def send(self, number: signal.Signals) -> None:
        parent = psutil.Process(self.servers.pid(self.name))
        for one in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)

    def has_ended(self) -> bool:
        return not psutil.pid_exists(self.servers.pid(self.name))


@dataclass(frozen=True)
class Fault:
    """One thing that befalls one target, and for how long."""

    target: str
    is_kill: bool
    lasts_s: float
    after_s: float
    """Rest before it."""


@dataclass(frozen=True)
class Befallen:
    """When a fault began and when what it harmed was let go on, in seconds that only count on."""

    fault: Fault
    began: float
    mended: float


def plan(names: Sequence[str], count: int, seed: int) -> list[Fault]:
    """Return `count` faults spread evenly over all targets, kills and stops alike, shuffled."""
    chance = random.Random(seed)  # noqa: S311  seeded, not secret
    faults = []
    for number in range(count):
        is_kill = number // len(names) % 2 == 0
        lasts = chance.uniform(*(PAUSE_S if is_kill else SLEEP_S))
        if not is_kill and chance.randrange(LONG_ONE_IN) == 0:
            lasts = LONG_S
        name = names[number % len(names)]
        faults.append(Fault(name, is_kill, lasts, chance.uniform(*REST_S)))
    chance.shuffle(faults)
    return faults


class Lane(threading.Thread):
    """Does one fault after the other, as many as it was allowed to."""

    def __init__(self, targets: Sequence[Target], faults: Sequence[Fault]) -> None:
        super().__init__(name="harm", daemon=True)
        self.done: list[Befallen] = []
        self.error: BaseException | None = None
        self._targets = {one.name: one for one in targets}
        self._faults = list(faults)
        self._allowed = threading.Semaphore(0)
        self._held = threading.Lock()
        self._harmed: str | None = None
        self._given = 0

    def allow(self, share: float) -> None:
        """Let it do the given share of its faults."""
        while self._given < round(share * len(self._faults)):
            self._given += 1
            self._allowed.release()

    @property
    def is_through(self) -> bool:
        """Whether all that it may do is done."""
        if self.error is not None:
            raise self.error
        return len(self.done) == self._given

    def run(self) -> None:
        try:
            for fault in self._faults:
                self._allowed.acquire()
                time.sleep(fault.after_s)  # the instant of the fault, not a wait for anything
                began = time.monotonic()
                self.done.append(Befallen(fault, began, self._befall(fault)))
        except BaseException as error:
            self.error = error

    def _befall(self, fault: Fault) -> float:
        """Do one, and return when it was over: after that nothing can be its doing."""
        target = self._targets[fault.target]
        with self._held:
            self._harmed = fault.target
            target.kill() if fault.is_kill else target.send(signal.SIGSTOP)
        time.sleep(fault.lasts_s)
        mended = time.monotonic()
        with self._held:
            target.start() if fault.is_kill else target.send(signal.SIGCONT)
            self._harmed = None
        return mended

    def tend(self) -> list[str]:
        """Start again what ended without our doing, and return what that was."""
        with self._held:
            ended = [
                one
                for one in self._targets.values()
                if one.name != self._harmed and one.has_ended()
            ]
            for one in ended:
                one.start()
        return [one.name for one in ended]


def lanes(home: Installation, count: int, seed: int) -> Iterator[Lane]:
    """Yield what harms an installation: a lane for its own processes, and one for the servers."""
    ours = [Process(home, name) for name in home.profile.processes]
    broker = home.profile.broker
    theirs = [Server(broker, name) for name in SERVERS] if broker is not None else []
    share = count * len(ours) // (len(ours) + len(theirs))
    if not theirs:  # two lanes, of which each has its own half of the processes
        half = len(ours) // 2
        for part, number in ((ours[:half], count // 2), (ours[half:], count - count // 2)):
            seed += 1
            yield Lane(part, plan([one.name for one in part], number, seed))
        return
    yield Lane(ours, plan([one.name for one in ours], share, seed + 1))
    yield Lane(theirs, plan(SERVERS, count - share, seed + 2))


SERVERS = ("mosquitto", "kafka", "influxdb", "postgres")
