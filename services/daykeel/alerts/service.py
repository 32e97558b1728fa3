"""The loop of the alerts process: what comes is done at once, what waits is looked for."""

import logging
import time
from collections.abc import Callable
from threading import Event

from sqlalchemy.exc import OperationalError

from daykeel.alerts.notices import NoticeFile
from daykeel.alerts.outboxes import end_snoozes, let_notices_leave, relay_commands
from daykeel.alerts.signals import Signals
from daykeel.clock.clock import Clock
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log
from daykeel.records.records import Records

log = logging.getLogger("daykeel.alerts")

BUSY_S = 0.005
IDLE_S = 0.03
"""Waits between two looks: from the first, after something came, up to the second."""
COMMANDS_S = 0.045
SNOOZES_S = 0.2
NOTICES_S = 1.0
AGAIN_S = 1.0
"""After a store did not answer."""
UNDELIVERED_S = 60.0
"""After a notice could not leave: each attempt leaves a receipt."""


class Every:
    """Something that is due once in a while."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next = 0.0

    def is_due(self) -> bool:
        """Return whether it is time, and if so begin to wait again."""
        now = self._monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True

    def put_off(self, seconds: float) -> None:
        """Be due in `seconds` and not before."""
        self._next = self._monotonic() + seconds


class AlertsService:
    """Alerts, snoozes, commands and notices of one installation."""

    def __init__(
        self, logbook: Log, records: Records, clock: Clock, file: NoticeFile, partitions: int
    ) -> None:
        self._log = logbook
        self._records = records
        self._clock = clock
        self._file = file
        self._partitions = partitions
        self._signals = Signals(logbook, records, clock)
        self._commands = Every(COMMANDS_S)
        self._snoozes = Every(SNOOZES_S)
        self._notices = Every(NOTICES_S)
        self._can_leave = True

    def step(self) -> bool:
        """Do what there is to do, and return whether signals or commands had come."""
        any_came = self._signals.step()
        if self._notices.is_due() or (any_came and self._can_leave):
            self._let_notices_leave()
        if self._commands.is_due():
            any_came |= relay_commands(self._records, self._log, self._partitions)
        if self._snoozes.is_due():
            end_snoozes(self._records, self._clock)
        return any_came

    def _let_notices_leave(self) -> None:
        self._can_leave = let_notices_leave(self._records, self._file, self._clock)
        if not self._can_leave:
            self._notices.put_off(UNDELIVERED_S)

    def run(self, stop: Event) -> None:
        """Go on until told to stop; a store that does not answer is asked again."""
        wait = BUSY_S
        while not stop.is_set():
            try:
                wait = BUSY_S if self.step() else min(wait * 2, IDLE_S)
            except (OperationalError, LogUnavailable) as error:
                log.warning("a store does not answer: %s", type(error).__name__)
                wait = AGAIN_S
            stop.wait(wait)
