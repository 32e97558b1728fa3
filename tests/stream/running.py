"""A stream in this process, and what tests ask of it."""

import asyncio
import time
from contextlib import asynccontextmanager

from daykeel.events.codec import encode
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import (
    COMMANDS,
    DAYS,
    EVENTS_RAW,
    NIGHTS,
    SCORES,
    SQLITE_PARTITIONS,
    partition_of,
)
from daykeel.stream.app import build_stream


class Store:
    """A store of scores that keeps its promise: what `put` returned from is kept."""

    def __init__(self):
        self.nights, self.days, self.scores, self.artefacts, self.known = {}, {}, {}, {}, {}
        self.down = False

    def put(self, nights=(), days=(), scores=(), artefacts=(), known=()):
        if self.down:
            raise ConnectionError
        self.nights |= {(one.night.client, one.night.night): one for one in nights}
        self.days |= {(one.client, one.day): one for one in days}
        self.scores |= {(one.client, one.local_date, one.window): one for one in scores}
        self.artefacts |= {(client, one.id): one for client, one in artefacts}
        self.known = {(client, one.at, one.number): one for client, one in known} | self.known


def has_settled(log, now):
    """Whether all that is on the log and due at an instant is scored and stored; no alerts."""
    return (
        log.marks().get("stream.timers", 0.0) >= now.timestamp()
        and log.lag("scored", (EVENTS_RAW, COMMANDS)) == 0
        and log.lag("sink", (DAYS, NIGHTS, SCORES)) == 0
    )


class Running:
    """A stream that works, and the log seen from outside it."""

    def __init__(self, log, clock, store, stream, task):
        self.log, self.clock, self.store, self.stream = log, clock, store, stream
        self._task = task

    def has_settled(self, now):
        return has_settled(self.log, now)

    async def settle(self, now):
        self.clock.set(now)
        await self.until(lambda: self.has_settled(now), f"settled at {now}")

    async def until(self, true, what, seconds=60.0):
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"not in time: {what}"
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running(log, url, clock, store=None):
    store = store or Store()
    stream, stopped = build_stream(url, clock, store), asyncio.Event()
    task = asyncio.create_task(stream.run(stopped))
    try:
        yield Running(log, clock, store, stream, task)
    finally:
        stopped.set()
        await task


def raw_record(raw):
    return at_home(EVENTS_RAW, raw.client, raw.client, encode(raw))


def command_record(command):
    key = f"{command.client}|{command.kind}|{command.id}"
    return at_home(COMMANDS, command.client, key, encode(command))


def at_home(topic, client, key, value):
    """A record in its client's partition."""
    return NewRecord(topic, partition_of(client, SQLITE_PARTITIONS), key.encode(), value)


def said(log, topic, group="test"):
    """What lies on a topic beyond what was asked for before."""
    return log.read(group, (topic,), 100_000)
