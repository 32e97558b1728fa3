"""A process that others look after ends when they do, however they ended.

It reads from a pipe that nobody ever writes to: that the other end was closed, by a kill too, is
all it hears.
"""

import os
import signal
import threading

LIFELINE = "DAYKEEL_LIFELINE"
"""Names the descriptor to read from; set by who starts processes and looks after them."""


def end_with_parent() -> None:
    """Ask this process to stop once who looks after it is gone; without a lifeline do nothing."""
    held = os.environ.pop(LIFELINE, None)
    if held is not None:
        threading.Thread(target=_wait, args=(int(held),), name="lifeline", daemon=True).start()


def _wait(held: int) -> None:
    os.read(held, 1)
    os.kill(os.getpid(), signal.SIGTERM)
