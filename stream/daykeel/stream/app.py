"""Put the stream together."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import faust

from daykeel.clock.clock import Clock
from daykeel.log.open import open_sqlite_log
from daykeel.log.protocol import Position
from daykeel.log.sqlite import SqliteLog
from daykeel.log.topics import GROUPS, SQLITE_PARTITIONS
from daykeel.scores.protocol import ScoreStore
from daykeel.stream.agents import Work, add_agents
from daykeel.stream.dues import Dues
from daykeel.stream.faults import told
from daykeel.stream.outbox import WRITTEN, Outbox
from daykeel.stream.quota import Quota
from daykeel.stream.sink import Sink
from daykeel.stream.state import GROUP, SCORED, checks, quarantined, unscored
from daykeel.stream.store import LogTable, PromptTables
from daykeel.stream.tables import add_tables
from daykeel.stream.timers import Timers
from daykeel.stream.transport.consumer import Consumer
from daykeel.stream.transport.driver import Commits, Transport

RAW: dict[str, Any] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}
"""Topics carry bytes: Faust acknowledges what it cannot decode, and stops the agent."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The Faust app and what runs beside it."""

    app: faust.App
    transport: Transport
    timers: Timers
    sink: Sink

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set, or raise as soon as any part has ended by itself."""
        parts = [asyncio.create_task(stopped.wait(), name="stopped")]
        try:
            await self.app.start()
            self.sink.start()
            parts += self._parts()
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if not stopped.is_set():
                raise RuntimeError(f"ended by itself: {self._first_done(parts)}")
        finally:
            for part in parts:
                part.cancel()
            await self.stop()

    def _parts(self) -> list[asyncio.Task[Any]]:
        consumer = cast(Consumer, self.app.consumer)
        self.timers.work.behind = lambda: consumer.behind(GROUPS[SCORED])
        return [
            asyncio.create_task(self.app.wait_until_stopped(), name="faust"),
            asyncio.create_task(self.timers.run(consumer), name="timers"),
            asyncio.create_task(asyncio.to_thread(self.sink.join), name="sink"),
        ]

    def _first_done(self, parts: Iterable[asyncio.Task[Any]]) -> str:
        done = next(part for part in parts if part.done())
        error = done.exception() or self.app.crash_reason
        return f"{done.get_name()}, {told(error)}"

    async def stop(self) -> None:
        """Commit what is done and release the files."""
        await self.app.stop()
        await asyncio.to_thread(self.sink.stop)
        self.transport.close()


def build_stream(log_url: str, clock: Clock, store: ScoreStore) -> Stream:
    """Return the stream: agents, timers and sink. Nothing starts until it is run.

    Raises
    ------
    Leased
        Another stream works on the log.
    """
    app = faust.App(
        GROUP,
        broker="kafka://unused",  # never asked: the transport is ours
        Table=LogTable,
        TableManager=PromptTables,
        topic_partitions=SQLITE_PARTITIONS,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        broker_commit_interval=0.1,
        stream_buffer_maxsize=1_000,
        stream_wait_empty=False,
    )
    app.transport = transport = Transport(app, lambda: open_sqlite_log(log_url), GROUP)
    work = _work(app, transport.log, clock)
    add_agents(app, work, lambda *names: app.topic(*names, **RAW))
    timers, sink = Timers(work), Sink(lambda: open_sqlite_log(log_url), store)

    def checkpoint(commits: Mapping[Position, int]) -> tuple[Commits, Mapping[str, float]]:
        moved = work.progress.advance(commits)
        return ({SCORED: moved} if moved else {}), timers.marks()

    transport.checkpoint = checkpoint
    transport.written.append(sink.wake)
    return Stream(app, transport, timers, sink)


def _work(app: faust.App, source: SqliteLog, clock: Clock) -> Work:
    """Return what agents share, as a stream that ran before has left it."""
    work = Work(
        tables=add_tables(app, SQLITE_PARTITIONS),
        outbox=Outbox(
            {name: app.topic(name, **RAW) for name in WRITTEN},
            SQLITE_PARTITIONS,
            Quota(quarantined(source)),
        ),
        progress=unscored(source),
        dues=Dues(),
        checks=checks(source),
        clock=clock,
        incarnation=source.incarnation,
        partitions=SQLITE_PARTITIONS,
    )
    for client in work.progress.clients():
        work.dues.want(client, 0.0)
    return work
