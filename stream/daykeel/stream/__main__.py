"""Run the stream with settings from the environment: `python -m daykeel.stream`.

Promise: everything acknowledged on the log is folded once, and what it comes to is on the log
and then in the store of scores.
"""

import asyncio
import logging

from daykeel.clock.clock import open_clock
from daykeel.log.open import open_log
from daykeel.process.pulse import Pulse
from daykeel.process.signals import told_to_stop_in_loop
from daykeel.process.waiting import waited_for
from daykeel.scores.open import open_scores
from daykeel.stream.app import Worker, build_stream
from daykeel.stream.settings import StreamSettings
from daykeel.stream.watch import watch


async def run(settings: StreamSettings) -> None:
    """Work until the process is told to stop."""
    stopped, stop = told_to_stop_in_loop()
    # Faust's app is built by the loop's own thread, which must not wait
    if not await asyncio.to_thread(waited_for, lambda: is_there(settings.log), stop):
        return
    stream = build_stream(
        settings.log,
        open_clock(settings.clock),
        None if settings.apart else open_scores(settings.scores),
        Worker(settings.worker, settings.tables),
    )
    watching = asyncio.create_task(watch(stream, settings.log, Pulse(settings.pulse)))
    try:
        await stream.run(stopped)
    finally:
        watching.cancel()


def is_there(log_url: str) -> bool:
    """Return that the log is there, or raise why not."""
    open_log(log_url).close()
    return True


def main() -> None:
    """Run the stream with settings from the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("faust", "mode"):  # a crash is told by `Stream.run`, without quoting values
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    asyncio.run(run(StreamSettings()))


if __name__ == "__main__":
    main()
