"""Alerts and canary in one process: either goes on, whatever becomes of the other."""

import logging
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread

from daykeel.alerts.__main__ import run as keep_alerts
from daykeel.alerts.settings import AlertsSettings
from daykeel.canary.service import keep_singing
from daykeel.canary.settings import CanarySettings
from daykeel.cli.supervisor import FIRST_WAIT_S, STEADY_S, longer
from daykeel.process.signals import log_to_stderr, told_to_stop

log = logging.getLogger("daykeel.beside")

Task = Callable[[Event], None]
"""Works until the event is set."""

TASKS: Mapping[str, Task] = {
    "alerts": lambda stop: keep_alerts(AlertsSettings(), stop),
    "canary": lambda stop: keep_singing(CanarySettings(), stop),
}


def keep(name: str, task: Task, stop: Event) -> None:
    """Run a task until told to stop, and again each time it has failed, after a longer wait."""
    wait_s = FIRST_WAIT_S
    while not stop.is_set():
        began = time.monotonic()
        try:
            task(stop)
        except Exception as error:  # the outermost loop of the task
            log.error("%s ended by %s, again in %.1f s", name, type(error).__name__, wait_s)  # noqa: TRY400  its text might quote a record
        stop.wait(wait_s)
        is_steady = time.monotonic() - began >= STEADY_S
        wait_s = FIRST_WAIT_S if is_steady else longer(wait_s)


def main() -> None:
    """Run all tasks until a signal asks to stop."""
    log_to_stderr()
    stop = told_to_stop()
    threads = [Thread(target=keep, args=(*task, stop), name=task[0]) for task in TASKS.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
