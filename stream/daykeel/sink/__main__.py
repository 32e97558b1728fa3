"""The sink as a process of its own: committed means stored, or in quarantine with the reason.

In an installation of one machine the stream's process does this besides.
"""

import logging
import sys
from threading import Event

from daykeel.log.open import open_log
from daykeel.process.pulse import Pulse
from daykeel.process.signals import log_to_stderr, told_to_stop
from daykeel.scores.open import open_scores
from daykeel.sink.settings import SinkSettings
from daykeel.stream.sink import Sink

log = logging.getLogger("daykeel.sink")

LOOK_S = 0.2


def run(settings: SinkSettings, stop: Event) -> int:
    """Store what comes until told to stop; return 1 if the sink ended before."""
    sink = Sink(lambda: open_log(settings.log), open_scores(settings.scores), Pulse(settings.pulse))
    sink.start()
    log.info("ready")
    while sink.is_alive() and not stop.wait(LOOK_S):
        pass
    is_well = sink.is_alive()
    sink.stop()
    return 0 if is_well else 1


def main() -> None:
    """Run until a signal asks to stop."""
    log_to_stderr()
    sys.exit(run(SinkSettings(), told_to_stop()))


if __name__ == "__main__":
    main()
