"""The process that lets notices leave: each is delivered, or shown as undeliverable.

At least once: rather twice than never. In an installation of one machine the process that keeps
alerts does this besides.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from functools import cache
from threading import Event
from typing import TYPE_CHECKING

from daykeel.clock.clock import Clock, open_clock
from daykeel.log.open import look_at_log
from daykeel.log.protocol import Log
from daykeel.notify.outbox import Notices
from daykeel.notify.settings import NotifySettings
from daykeel.process.pulse import SILENT, Pulse
from daykeel.process.signals import log_to_stderr, told_to_stop
from daykeel.process.waiting import AWAY, waited_for
from daykeel.records.open import open_records
from daykeel.records.records import Records

if TYPE_CHECKING:
    from daykeel.notify.heartbeat import Heartbeat
    from daykeel.scores.protocol import ScoreStore

log = logging.getLogger("daykeel.notify")

Step = Callable[[], None]
"""Does what there is to do, if it is time."""

LOOK_S = 0.2
AGAIN_S = 1.0
"""After the records did not answer."""
PATIENCE_S = 3.0
"""How long a log that somebody else is writing to is waited for."""


def run(settings: NotifySettings, stop: Event) -> None:
    """Let notices leave until told to stop."""
    records = open_records(settings.records, settings.key_file.read_bytes())
    with closing(records):
        waited_for(records.migrate, stop)
        log.info("ready")
        let_leave(settings, records, stop, Pulse(settings.pulse))


def let_leave(
    settings: NotifySettings, records: Records, stop: Event, pulse: Pulse = SILENT
) -> None:
    """Let the notices in the records leave until told to stop."""
    clock = open_clock(settings.clock)
    notices = Notices(records, settings.carriers, settings.public_url, clock)
    forward([notices.step, *_heartbeat(settings, records, clock)], pulse, stop)


def _heartbeat(settings: NotifySettings, records: Records, clock: Clock) -> Iterator[Step]:
    """Yield what calls the URL; on a demonstration's clock there is no canary to tell of.

    The stores it looks into are opened at the first step: one that cannot be keeps no letter back.
    """
    url = settings.heartbeat.get_secret_value()
    if not url or clock.stepped:
        return

    @cache
    def scores() -> "ScoreStore":
        from daykeel.scores.open import open_scores  # noqa: PLC0415  it takes 15 megabytes

        return open_scores(settings.scores)

    @cache
    def logbook() -> Log:
        return look_at_log(settings.log, patience_s=PATIENCE_S)

    @cache
    def heartbeat() -> "Heartbeat":
        from daykeel.notify import signs  # noqa: PLC0415  it takes 15 megabytes
        from daykeel.notify.heartbeat import Heartbeat  # noqa: PLC0415  the same

        late = timedelta(seconds=settings.late_s)
        found = [
            signs.canary_comes_through(scores, settings.canary_s),
            signs.signals_are_taken(logbook, late),
            signs.letters_leave(records.post, late),
        ]
        return Heartbeat(url, found, clock)

    yield lambda: heartbeat().step()


def forward(steps: Sequence[Step], pulse: Pulse, stop: Event) -> None:
    """Go on until told to stop; records that do not answer are asked again."""
    while not stop.is_set():
        wait = LOOK_S
        try:
            for step in steps:
                step()
        except AWAY as error:
            log.warning("the records do not answer: %s", type(error).__name__)
            wait = AGAIN_S
        except Exception as error:  # the outermost loop: one letter must not keep back all others
            log.error("could not go on: %s", type(error).__name__)  # noqa: TRY400  its text might quote an address
            wait = AGAIN_S
        else:
            pulse.beat()
        stop.wait(wait)


def main() -> None:
    """Run until a signal asks to stop."""
    log_to_stderr()
    run(NotifySettings(), told_to_stop())


if __name__ == "__main__":
    main()
