"""The loop of the alerts process: what comes is done at once, what waits is looked for."""

import logging
from threading import Event

from daykeel.alerts.outboxes import end_snoozes, relay_commands
from daykeel.alerts.signals import Signals
from daykeel.clock.clock import Clock
from daykeel.log.protocol import Log
from daykeel.process.every import Every
from daykeel.process.pulse import SILENT, Pulse
from daykeel.process.waiting import AWAY
from daykeel.records.records import Records

log = logging.getLogger("daykeel.alerts")

BUSY_S = 0.005
IDLE_S = 0.03
"""Waits between two looks: from the first, after something came, up to the second."""
COMMANDS_S = 0.045
SNOOZES_S = 0.2
AGAIN_S = 1.0
"""After a store did not answer."""


class AlertsService:
    """Alerts, snoozes and commands of one installation."""

    def __init__(
        self,
        logbook: Log,
        records: Records,
        clock: Clock,
        partitions: int,
    ) -> None:
        self._log = logbook
        self._records = records
        self._clock = clock
        self._partitions = partitions
        self._signals = Signals(logbook, records, clock)
        self._commands = Every(COMMANDS_S)
        self._snoozes = Every(SNOOZES_S)

    def step(self) -> bool:
        """Do what there is to do, and return whether signals or commands had come."""
        any_came = self._signals.step()
        if self._commands.is_due():
            any_came |= relay_commands(self._records, self._log, self._partitions)
        if self._snoozes.is_due():
            end_snoozes(self._records, self._clock)
        return any_came

    def run(self, stop: Event, pulse: Pulse = SILENT) -> None:
        """Go on until told to stop; a store that does not answer is asked again."""
        wait = BUSY_S
        while not stop.is_set():
            try:
                wait = BUSY_S if self.step() else min(wait * 2, IDLE_S)
            except AWAY as error:
                log.warning("a store does not answer: %s", type(error).__name__)
                wait = AGAIN_S
            else:
                pulse.beat()
            stop.wait(wait)
