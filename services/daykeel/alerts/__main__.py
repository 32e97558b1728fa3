"""The process that keeps alerts: one per client, kind and episode, stored before it is committed.

It also wakes snoozes, sends people's commands to the log and, unless that is a process of its
own, lets notices leave, beside everything else: a mail server that does not answer holds up no
alert. Each is done at least once: rather twice than never.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

from daykeel.alerts.service import AlertsService
from daykeel.alerts.settings import AlertsSettings
from daykeel.alerts.signals import GROUP
from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.notify.__main__ import let_leave
from daykeel.process.pulse import Pulse
from daykeel.process.signals import log_to_stderr, told_to_stop
from daykeel.process.waiting import waited_for
from daykeel.records.open import open_records
from daykeel.records.records import Records

log = logging.getLogger("daykeel.alerts")


def run(settings: AlertsSettings, stop: Event) -> None:
    """Keep alerts over the stores that `settings` name until told to stop."""
    records = open_records(settings.records, settings.key_file.read_bytes())
    try:
        waited_for(records.migrate, stop)
        _keep_alerts(settings, records, stop)
    finally:
        records.close()


def _keep_alerts(settings: AlertsSettings, records: Records, stop: Event) -> None:
    logbook = waited_for(lambda: open_log(settings.log), stop)
    if logbook is None:
        return
    clock = open_clock(settings.clock)
    with closing(logbook):
        logbook.lease(GROUP)
        with _notices(settings, records):
            log.info("ready")
            service = AlertsService(logbook, records, clock, settings.partitions)
            service.run(stop, Pulse(settings.pulse))


@contextmanager
def _notices(settings: AlertsSettings, records: Records) -> Iterator[None]:
    """Let notices leave meanwhile, unless a process of its own does.

    What ends here ends them, and nothing else that waits for the same signal.
    """
    if settings.apart:
        yield
        return
    stop = Event()
    beside = Thread(target=let_leave, args=(settings, records, stop), name="notices")
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join()


def main() -> None:
    """Run until a signal asks to stop."""
    log_to_stderr()
    run(AlertsSettings(), told_to_stop())


if __name__ == "__main__":
    main()
