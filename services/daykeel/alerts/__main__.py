"""The process that keeps alerts: one per client, kind and episode, stored before it is committed.

It also wakes snoozes, sends people's commands to the log and lets notices leave, each at least
once: rather twice than never.
"""

import logging
import signal
import sys
from threading import Event

from daykeel.alerts.notices import NoticeFile
from daykeel.alerts.service import AlertsService
from daykeel.alerts.settings import AlertsSettings
from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.records.open import open_records

log = logging.getLogger("daykeel.alerts")


def run(settings: AlertsSettings, stop: Event) -> None:
    """Keep alerts over the stores that `settings` name until told to stop."""
    records = open_records(settings.records, settings.key_file.read_bytes())
    records.migrate()
    logbook = open_log(settings.log)
    file = NoticeFile(settings.data / "notices.log")
    service = AlertsService(logbook, records, open_clock(settings.clock), file, settings.partitions)
    log.info("ready")
    try:
        service.run(stop)
    finally:
        logbook.close()
        records.close()


def main() -> None:
    """Run until a signal asks to stop."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    run(AlertsSettings(), stop)


if __name__ == "__main__":
    main()
