"""The pulse of a worker: it beats while what is committed moves, or nothing waits."""

import asyncio

from faust.exceptions import ConsumerNotStarted

from daykeel.log.open import open_log
from daykeel.log.protocol import Log, Position
from daykeel.log.topics import GROUPS
from daykeel.process.movement import Movement
from daykeel.process.pulse import Pulse
from daykeel.process.waiting import AWAY
from daykeel.stream.app import Stream
from daykeel.stream.state import GROUP

LOOK_S = 5.0


async def watch(stream: Stream, log_url: str, pulse: Pulse) -> None:
    """Look now and then whether the worker gets on with its own partitions, until cancelled."""
    if not pulse.is_kept:
        return
    log: Log | None = None
    try:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                if log is None:
                    log = await asyncio.to_thread(open_log, log_url)
                    movement = Movement(log, GROUP, GROUPS[GROUP])
                goes_on = await asyncio.to_thread(movement.goes_on, owned(stream))
            except (*AWAY, ConsumerNotStarted):  # who needs the log says so
                continue
            if goes_on:
                pulse.beat()
    finally:
        if log is not None:
            log.close()


def owned(stream: Stream) -> set[Position]:
    """Return the partitions that are the worker's now, under plain names."""
    prefix = stream.timers.work.prefix
    return {
        (str(at.topic).removeprefix(prefix), at.partition)
        for at in stream.app.consumer.assignment()
    }
