"""How a process is told to end, and where it writes what happens."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from threading import Event, Thread

from daykeel.process.lifeline import end_with_parent

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def told_to_stop() -> Event:
    """Return what SIGINT, SIGTERM and the end of who started us set from now on."""
    stop = Event()
    act = setting(stop)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, act)
    end_with_parent()
    return stop


def setting(stop: Event) -> Callable[..., object]:
    """Return what sets `stop` when a signal calls it.

    A thread sets it: a signal interrupts the main thread anywhere, also where that holds the
    event's own lock, and would wait for it for ever.
    """
    hears, says = os.pipe()

    def listen() -> None:
        os.read(hears, 1)
        stop.set()

    Thread(target=listen, name="signals", daemon=True).start()
    return lambda *_: os.write(says, b"!")


def told_to_stop_in_loop() -> tuple[asyncio.Event, Event]:
    """Return what `told_to_stop` does: for the running loop and for its threads."""
    told, stop = asyncio.Event(), Event()

    def end() -> None:
        stop.set()
        told.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, end)
    end_with_parent()
    return told, stop


def log_to_stderr() -> None:
    """Write what happens, without what anybody said, to standard error."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=FORMAT)
