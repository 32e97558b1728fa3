"""Run the stream with settings from the environment: `python -m daykeel.stream`.

Promise: everything acknowledged on the log is folded once, and what it comes to is on the log
and then in the store of scores.
"""

import asyncio
import logging
import signal

from daykeel.clock.clock import open_clock
from daykeel.scores.open import open_scores
from daykeel.stream.app import build_stream
from daykeel.stream.settings import StreamSettings


async def run(settings: StreamSettings) -> None:
    """Work until the process is told to stop."""
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    stream = build_stream(settings.log, open_clock(settings.clock), open_scores(settings.scores))
    await stream.run(stopped)


def main() -> None:
    """Run the stream with settings from the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("faust", "mode"):  # a crash is told by `Stream.run`, without quoting values
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    asyncio.run(run(StreamSettings()))


if __name__ == "__main__":
    main()
