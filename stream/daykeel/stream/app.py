"""Put the stream together."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faust

from daykeel.clock.clock import Clock
from daykeel.log.open import open_log, open_sqlite_log
from daykeel.log.protocol import Log, Position
from daykeel.log.topics import GROUPS, SQLITE_PARTITIONS
from daykeel.scores.protocol import ScoreStore
from daykeel.stream.agents import Work, add_agents
from daykeel.stream.checks import Checks
from daykeel.stream.dues import Dues
from daykeel.stream.faults import told
from daykeel.stream.outbox import WRITTEN, Outbox
from daykeel.stream.progress import Progress
from daykeel.stream.sink import Sink
from daykeel.stream.state import GROUP, SCORED, checks, clients, patient, unscored
from daykeel.stream.store import LogTable, PromptTables
from daykeel.stream.tables import add_tables
from daykeel.stream.timers import Timers
from daykeel.stream.transport.acking import Acking
from daykeel.stream.transport.driver import Commits, Transport

RAW: dict[str, Any] = {
    "key_type": bytes,
    "value_type": bytes,
    "key_serializer": "raw",
    "value_serializer": "raw",
}
"""Topics carry bytes: Faust acknowledges what it cannot decode, and stops the agent."""

COMMON: dict[str, Any] = {
    "topic_disable_leader": True,
    "table_standby_replicas": 0,
    "web_enabled": False,
    "stream_buffer_maxsize": 1_000,
    "stream_wait_empty": False,
}
"""Settings of the app on either log."""


class App(faust.App):
    """An app that leaves nothing where it is started: tables lie elsewhere."""

    def _create_directories(self) -> None:
        """Make none."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The Faust app and what runs beside it."""

    app: faust.App
    transport: Any
    timers: Timers
    sink: Sink | None
    """None where it is a process of its own."""

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until `stopped` is set, or raise as soon as any part has ended by itself."""
        parts = [asyncio.create_task(stopped.wait(), name="stopped")]
        starting = asyncio.create_task(self.app.start(), name="start")
        try:
            await asyncio.wait([starting, *parts], return_when=asyncio.FIRST_COMPLETED)
            if stopped.is_set():
                return
            starting.result()
            if self.sink:
                self.sink.start()
            parts += self._parts()
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if not stopped.is_set():
                raise RuntimeError(f"ended by itself: {self._first_done(parts)}")
        finally:
            for part in parts:
                part.cancel()
            await self.stop()
            await asyncio.gather(starting, return_exceptions=True)

    def _parts(self) -> list[asyncio.Task[Any]]:
        consumer = cast(Acking, self.app.consumer)
        self.timers.work.behind = lambda: consumer.behind(GROUPS[SCORED])
        parts = [
            asyncio.create_task(self.app.wait_until_stopped(), name="faust"),
            asyncio.create_task(self.timers.run(consumer), name="timers"),
        ]
        if self.sink:
            parts.append(asyncio.create_task(asyncio.to_thread(self.sink.join), name="sink"))
        return parts

    def _first_done(self, parts: Iterable[asyncio.Task[Any]]) -> str:
        done = next(part for part in parts if part.done())
        error = done.exception() or self.app.crash_reason
        return f"{done.get_name()}, {told(error)}"

    async def stop(self) -> None:
        """Commit what is done and release the files."""
        await self.app.stop()
        if self.sink:
            await asyncio.to_thread(self.sink.stop)
        self.transport.close()


@dataclass(frozen=True, slots=True)
class Worker:
    """Which of several workers this is, where the log is Kafka."""

    name: str = "0"
    """Its own among the workers of an installation, and the same whenever it starts again."""
    folder: Path = Path("data/tables")
    """Where its tables lie; no other worker's."""


def build_stream(
    log_url: str, clock: Clock, store: ScoreStore | None, worker: Worker = Worker()
) -> Stream:
    """Return the stream: agents, timers and, given a store, the sink. Nothing starts before `run`.

    Raises
    ------
    Leased
        Another stream works on the SQLite log.
    LogUnavailable
        Kafka does not answer, or its topics are not declared.
    """
    transport: Any
    if log_url.startswith("kafka:"):
        from daykeel.stream.kafka.app import build  # noqa: PLC0415  needs RocksDB

        app, timers, transport = build(log_url, clock, worker.name, worker.folder)
    else:
        app, timers, transport = _build_on_sqlite(log_url, clock)
    prefix = timers.work.prefix
    add_agents(
        app, timers.work, lambda *names: app.topic(*(prefix + name for name in names), **RAW)
    )
    sink = Sink(lambda: open_log(log_url), store) if store else None
    if sink:
        transport.written.append(sink.wake)
    return Stream(app, transport, timers, sink)


def _build_on_sqlite(log_url: str, clock: Clock) -> tuple[faust.App, Timers, Transport]:
    app = App(
        GROUP,
        broker="kafka://unused",  # never asked: the transport is ours
        Table=LogTable,
        TableManager=PromptTables,
        topic_partitions=SQLITE_PARTITIONS,
        broker_commit_interval=0.1,
        **COMMON,
    )
    app.transport = transport = Transport(app, lambda: open_sqlite_log(log_url), GROUP)
    source = transport.log
    work = work_of(app, clock, SQLITE_PARTITIONS, source)
    progress, states = unscored(source), clients(source)
    work.begin(progress, checks(states), progress.clients(), patient(states))
    timers = Timers(work)

    def checkpoint(commits: Mapping[Position, int]) -> tuple[Commits, Mapping[str, float]]:
        moved = progress.advance(commits)
        return ({SCORED: moved} if moved else {}), timers.marks()

    transport.checkpoint = checkpoint
    return app, timers, transport


def work_of(app: faust.App, clock: Clock, partitions: int, log: Log, prefix: str = "") -> Work:
    """Return what the agents of an app share, before anything is known of where they stand."""
    return Work(
        tables=add_tables(app, partitions),
        outbox=Outbox(
            {name: app.topic(prefix + name, **RAW) for name in WRITTEN},
            partitions,
        ),
        progress=Progress({}),
        dues=Dues(),
        checks=Checks(),
        clock=clock,
        incarnation=log.incarnation,
        partitions=partitions,
        prefix=prefix,
    )
