"""The process devices talk to: what it has acknowledged by MQTT is on the log.

With an embedded broker devices connect here; with another one this is its subscriber. Messages
of quality of service 0 are logged without promise. Where log or records do not answer nothing
is acknowledged, and after 1,000 messages under way nothing is read.
"""

import asyncio
import logging
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from daykeel.clock.clock import open_clock
from daykeel.ingest.appender import Appender
from daykeel.ingest.bridge import Bridge
from daykeel.ingest.broker import device_broker
from daykeel.ingest.directory import Directory, authenticated
from daykeel.ingest.handler import Edge
from daykeel.ingest.mailbox import Mailbox
from daykeel.ingest.settings import IngestSettings
from daykeel.log.open import open_log
from daykeel.process.pulse import Pulse
from daykeel.process.signals import log_to_stderr, told_to_stop_in_loop
from daykeel.process.waiting import waited_for
from daykeel.records.open import open_records
from daykeel.records.secrets import broker_hash, is_secret

log = logging.getLogger("daykeel.ingest")

SHUTDOWN_S = 5.0
REPORT_S = 60.0
LOOK_S, FIRST_LOOK_S = 1.0, 0.05


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where messages come in."""

    counts: Counter[str]
    """Of what happened to connections."""
    is_open: Callable[[], bool]
    """Whether what is acknowledged outside comes in."""


@asynccontextmanager
async def embedded(
    settings: IngestSettings, appender: Appender, directory: Directory
) -> AsyncIterator[Entrance]:
    """Run the broker inside."""
    edge = Edge(appender.submit, Mailbox(asyncio.get_running_loop()))
    door = partial(authenticated, directory, is_secret, broker_hash(secrets.token_hex()))
    if settings.address.is_open:
        log.warning("other machines may connect without TLS: passwords are sent in clear")
    broker = device_broker(settings.address, door, edge, cert=settings.cert, key=settings.key)
    await broker.start()
    try:
        yield Entrance(edge.counts, lambda: True)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_S):
                await broker.shutdown()


@asynccontextmanager
async def bridged(
    settings: IngestSettings, appender: Appender, _: Directory
) -> AsyncIterator[Entrance]:
    """Subscribe at another broker."""
    bridge = Bridge(appender.submit)
    bridge.start(settings.address)
    try:
        yield Entrance(bridge.counts, lambda: bridge.is_subscribed)
    finally:
        await asyncio.to_thread(bridge.stop)


async def run(settings: IngestSettings) -> int:
    """Take messages in until told to stop; return 1 if the log's thread ended before."""
    told, stop = told_to_stop_in_loop()
    log_ = await asyncio.to_thread(waited_for, lambda: open_log(settings.log), stop)
    if log_ is None:
        return 0
    directory = Directory(open_records(settings.records, settings.key_file.read_bytes()))
    clock = open_clock(settings.clock)
    appender = Appender(log_, directory, clock, partitions=settings.partitions)
    appender.start()
    pulse = Pulse(settings.pulse)
    edge = embedded if settings.address.is_embedded else bridged
    async with edge(settings, appender, directory) as entrance:
        await _until(told, appender, entrance, pulse)
    is_well = appender.is_alive()
    await asyncio.to_thread(appender.close)
    log_.close()
    _report(appender.counts + entrance.counts)
    return 0 if is_well else 1


async def _until(told: asyncio.Event, appender: Appender, entrance: Entrance, pulse: Pulse) -> None:
    """Wait until told to stop or the appender has ended.

    Says when messages can come in for the first time, and now and then what came.
    """
    said: Counter[str] = Counter()
    is_ready = False
    loop = asyncio.get_running_loop()
    report_at = loop.time() + REPORT_S
    while appender.is_alive() and not told.is_set():
        is_open = entrance.is_open()
        if is_open and not is_ready:
            log.info("ready")
            is_ready = True
        if is_open and not appender.is_held_up:
            pulse.beat()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S if is_ready else FIRST_LOOK_S):
                await told.wait()
        if loop.time() >= report_at:
            report_at += REPORT_S
            now = appender.counts + entrance.counts
            if now != said:
                _report(now)
            said = now


def _report(counts: Counter[str]) -> None:
    log.info("since the start: %s", ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))


def main() -> None:
    """Run with settings from the environment."""
    log_to_stderr()
    sys.exit(asyncio.run(run(IngestSettings())))


if __name__ == "__main__":
    main()
