"""Runs the processes of an installation and starts again what dies."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from daykeel.process.lifeline import LIFELINE

OURS = frozenset({"DAYKEEL_PUBLIC_URL", "DAYKEEL_CERT", "DAYKEEL_KEY"})
"""Settings that never come from outside: they must fit where the processes listen."""

PROCESSES = ("stream", "alerts", "ingest", "api")
"""In the order of starting; stopped the other way round."""

PROVEN = ("stream", "cli.beside", "ingest", "api")
"""The same with a canary, which runs beside the alerts."""

NOTHING: Mapping[str, Mapping[str, str]] = MappingProxyType({})

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
STEADY_S = 60.0
"""A process that has run for so long starts again after the first wait."""

GRACE_S = 20.0


@dataclass(slots=True)
class Running:
    """One process, and when it may be started again."""

    process: subprocess.Popen[bytes]
    since: float
    wait_s: float = FIRST_WAIT_S
    again: float | None = None
    restarts: int = 0


def longer(wait_s: float) -> float:
    """Return how long to wait after having waited in vain.

    >>> longer(0.5), longer(20.0)
    (1.0, 30.0)
    """
    return min(2 * wait_s, LONGEST_WAIT_S)


class Supervisor:
    """Keeps `python -m daykeel.<name>` running for each name, until it is stopped.

    Of several that do the same each has a word more in its name: `stream:a` and `stream:b`.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        lock: int,
        logs: Path | None = None,
        names: Sequence[str] = PROCESSES,
        own: Mapping[str, Mapping[str, str]] = NOTHING,
    ) -> None:
        """Start all of them.

        Parameters
        ----------
        environment
            Settings of all processes.
        lock
            Descriptor of the folder's lock, which they hold too.
        logs
            Folder of what they write; None: where we write.
        names
            In the order of starting.
        own
            By name, settings of one process alone.
        """
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        # Each thread would get a heap of its own, which glibc hardly ever gives back.
        # A fixed threshold, which otherwise grows with use, lets what is free at its end go back.
        heap = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
        self._environment = {**heap, **inherited, **environment}
        self._own = own
        self._lock = lock
        self._logs = logs
        self._lifeline: tuple[int, ...] = os.pipe()
        """What processes read from, and what is closed with us, however we end."""
        self._running: dict[str, Running] = {}
        try:
            for name in names:
                self._running[name] = Running(self._started(name), time.monotonic())
        except BaseException:  # a signal too: nobody else knows of those that run already
            self.stop()
            raise

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that run."""
        return [one.process.pid for one in self._running.values() if one.again is None]

    @property
    def restarts(self) -> int:
        """How many times a process was started again."""
        return sum(one.restarts for one in self._running.values())

    def tend(self) -> None:
        """Start again what has died, each time after a longer wait."""
        now = time.monotonic()
        for name, one in self._running.items():
            if one.again is None and one.process.poll() is not None:
                if now - one.since >= STEADY_S:
                    one.wait_s = FIRST_WAIT_S
                one.again = now + one.wait_s
                one.wait_s = longer(one.wait_s)
            if one.again is not None and now >= one.again:
                one.process = self._started(name)
                one.since, one.again, one.restarts = now, None, one.restarts + 1

    def stop(self) -> None:
        """Ask all processes to end, the last one started first, and wait for them."""
        for one in reversed(self._running.values()):
            one.process.terminate()
        end = time.monotonic() + GRACE_S
        for one in self._running.values():
            try:
                one.process.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()
        self._let_go()

    def _let_go(self) -> None:
        ends, self._lifeline = self._lifeline, ()
        for end in ends:
            os.close(end)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        """Start a process; it holds the folder's lock, and a Ctrl-C reaches only us.

        It ends when we do, also when we are killed: nobody would look after it.
        """
        lifeline = self._lifeline[0]
        with self._output(name) as output:
            return subprocess.Popen(  # noqa: S603  our own modules by name
                [sys.executable, "-m", f"daykeel.{name.partition(':')[0]}"],
                env={
                    **self._environment,
                    **self._own.get(name, {}),
                    LIFELINE: str(lifeline),
                },
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                pass_fds=(self._lock, lifeline),
                process_group=0,
            )

    @contextmanager
    def _output(self, name: str) -> Iterator[int | None]:
        if self._logs is None:
            yield None
            return
        self._logs.mkdir(mode=0o700, exist_ok=True)
        with (self._logs / f"{name}.log").open("ab") as file:
            yield file.fileno()
