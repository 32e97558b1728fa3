"""The two agents: `fold` takes records in, `score` says what they come to.

Each handles one event from its first byte to its acknowledgement without giving way to the
event loop, so a commit, which runs on the loop, finds every event either untouched or done. What
fails for now is tried again from the start; what fails for good leaves nothing behind but a word
in quarantine.
"""

import asyncio
import logging
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import faust
from faust.types import EventT, Message

from daykeel.clock.clock import Clock
from daykeel.events.codec import BadValue, decode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Position
from daykeel.log.topics import COMMANDS, DUE, EVENTS_RAW, partition_of
from daykeel.pipeline.command import RESCORE, apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command, Due
from daykeel.stream.checks import Checks
from daykeel.stream.dues import Dues
from daykeel.stream.faults import told
from daykeel.stream.outbox import Outbox
from daykeel.stream.progress import Progress
from daykeel.stream.quota import fitted
from daykeel.stream.tables import Table, draft, make

log = logging.getLogger(__name__)

CHECK = timedelta(seconds=1)
"""Least time from one check of a client to the next."""

PAUSE_S = (0.05, 5.0)
"""Shortest and longest wait before an event is handled again."""

KEPT = 4096
"""Bytes kept of something that cannot be read."""


@dataclass
class Work:
    """What the agents and the timers of one stream share."""

    tables: Mapping[str, Table]
    outbox: Outbox
    progress: Progress
    dues: Dues
    checks: Checks
    clock: Clock
    incarnation: str
    partitions: int
    prefix: str = ""
    """What stands before the names of topics."""
    behind: Callable[[], int] = int
    """How many raw records and commands are not folded, the one in hand included."""
    heard_at: float = 0.0
    """When a change was last folded or a timer last came due, in seconds that only count on."""

    def begin(
        self, progress: Progress, checks: Checks, unscored: Iterable[str], patient: Container[str]
    ) -> None:
        """Begin anew where the log says that the stream was left.

        Parameters
        ----------
        progress, checks
            What is folded and not scored, and when each client is looked at.
        unscored
            Clients to be scored first of all.
        patient
            Those of them who can wait for everybody else.
        """
        self.progress, self.checks, self.dues = progress, checks, Dues()
        for client in unscored:
            if client in patient:
                self.dues.wish(client)
            else:
                self.dues.want(client, 0.0)

    def source(self, message: Message) -> Position:
        """Return where a record comes from."""
        return message.topic.removeprefix(self.prefix), message.partition

    def want(self, client: str, *, hot: bool = True) -> None:
        """See that the client is scored: at once, unless more records wait to be folded."""
        self.heard_at = monotonic()
        self.dues.want(client, self.heard_at, hot=hot)
        self._send_unless_behind()

    def wish(self, client: str) -> None:
        """See that the client is scored when there is nothing else to do."""
        self.heard_at = monotonic()
        self.dues.wish(client)
        self._send_unless_behind()

    def go_on(self) -> None:
        """See to the next one of those who wait for a moment in which nobody else does."""
        if self.dues.is_patient:
            self._send_unless_behind()

    def _send_unless_behind(self) -> None:
        if self.behind() <= 1 and not self.clock.stepped:
            self.send_dues()

    def send_dues(self, *, early: bool = False) -> None:
        """Send the dues whose turn it is; with `early` also those that could wait."""
        for client in self.dues.take(monotonic(), early=early):
            self.outbox.due(client, self.clock.now())


def add_agents(app: faust.App, work: Work, topic: Callable[..., faust.TopicT]) -> None:
    """Have `app` fold records and commands, and score clients that are due."""

    def is_current(event: EventT[bytes]) -> bool:
        """Return whether it was delivered since partitions were last handed out.

        Any other is delivered again, here or to another worker, whose tables it then belongs in.
        """
        return bool(event.message.generation_id == app.consumer_generation_id)

    # streams are Any because Faust's interface of them leaves out `noack`

    async def take_in(stream: Any) -> None:
        async for event in stream.noack().events():
            if is_current(event):
                await _insist(fold_event, work, event)
            event.ack()

    async def say(stream: Any) -> None:
        async for event in stream.noack().events():
            if is_current(event):
                await _insist(score_event, work, event)
            event.ack()

    app.agent(topic(EVENTS_RAW, COMMANDS), name="fold", concurrency=1)(take_in)
    app.agent(topic(DUE), name="score", concurrency=1)(say)


async def _insist(
    handle: Callable[[Work, EventT[bytes]], None], work: Work, event: EventT[bytes]
) -> None:
    """Handle the event, again and again while the log cannot be read."""
    pause, longest = PAUSE_S
    while True:
        try:
            handle(work, event)
        except LogUnavailable as error:
            log.warning("the log cannot be read, trying again in %.2f s: %s", pause, error)
        else:
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, longest)


def fold_event(work: Work, event: EventT[bytes]) -> None:
    """Take in a raw record or a command; one that cannot be is quarantined with the reason."""
    message = event.message
    if message.value is None:  # what compaction leaves of a command somebody erased
        return
    try:
        if work.source(message)[0] == COMMANDS:
            _fold_command(work, message)
        else:
            _fold_raw(work, message)
    except LogUnavailable:
        raise
    except BadValue as error:
        _refuse(work, message, "undecodable", str(error))
    except Exception as error:  # it would come again and stop the partition for ever
        log.error("fold failed: %s: %s", _where(message), told(error))  # noqa: TRY400
        _refuse(work, message, "fold_failed", told(error))


def _fold_raw(work: Work, message: Message) -> None:
    raw = decode(RawRecord, message.value or b"")
    _belongs(work, message, raw.client)
    tables = draft(work.tables)
    result = fold(
        tables,
        raw,
        partition=message.partition,
        offset=message.offset,
        incarnation=work.incarnation,
    )
    today = work.clock.now().date()
    kept = [fitted(tables.outputs, refused, today) for refused in result.quarantined]
    make(tables)
    for refused in kept:
        work.outbox.quarantine(refused)
    if result.changed or work.dues.waits(raw.client):
        work.progress.fold(work.source(message), message.offset, raw.client)
    if result.changed:
        work.want(raw.client, hot=result.hot)


def _fold_command(work: Work, message: Message) -> None:
    command = decode(Command, message.value or b"")
    _belongs(work, message, command.client)
    tables = draft(work.tables)
    changed = apply(tables, command)
    make(tables)
    if changed or work.dues.waits(command.client):
        work.progress.fold(work.source(message), message.offset, command.client)
    if changed and command.kind == RESCORE:
        work.wish(command.client)
    elif changed:
        work.want(command.client)


def _belongs(work: Work, message: Message, client: str) -> None:
    """Raise where the record lies in another client's partition, and so in nobody's tables."""
    if partition_of(client, work.partitions) != message.partition:
        raise BadValue("the record is not in its client's partition")


def _refuse(work: Work, message: Message, reason: str, detail: str) -> None:
    raw = _refused(message)
    is_message = raw.transport != "log"
    refused = Quarantined(
        reason=reason,
        raw=raw,
        detail=detail,
        size=len(raw.payload if is_message else message.value or b""),
        stage="stream",
    )
    tables = draft(work.tables)
    if partition_of(refused.raw.client, work.partitions) == message.partition:
        refused = fitted(tables.outputs, refused, work.clock.now().date())
    make(tables)
    work.outbox.quarantine(refused)


def _refused(message: Message) -> RawRecord:
    """Return the raw record whole, or what is known of something that is none."""
    value = message.value or b""
    try:
        return decode(RawRecord, value)
    except BadValue:
        return RawRecord(
            client=(message.key or b"").decode(errors="replace").partition("|")[0],
            adapter="",
            device="",
            topic=message.topic,
            payload=value[:KEPT],
            received_at=datetime.fromtimestamp(message.timestamp, UTC),
            transport="log",
        )


def score_event(work: Work, event: EventT[bytes]) -> None:
    """Say what has changed of the client that is due."""
    message = event.message
    try:
        client = decode(Due, message.value or b"").client
    except BadValue:
        log.error("unreadable due: %s", _where(message))  # noqa: TRY400  its text might quote it
        return
    now = work.clock.now()
    tables = draft(work.tables)
    try:
        outputs = score(tables, client, now)
    except LogUnavailable:
        raise
    except Exception as error:  # one client's fault must not stop the others
        log.error("score failed: %s: %s", _where(message), told(error))  # noqa: TRY400
        work.dues.failed(client, monotonic())
        work.go_on()
        return
    make(tables)
    work.outbox.outputs(client, outputs, now)
    work.progress.score(client)
    work.checks.put(client, _later(outputs.next_check, now))
    work.dues.done(client)
    work.go_on()


def _later(check: datetime | None, now: datetime) -> datetime | None:
    """Return the next check, never one that has come: it would come again for ever."""
    return None if check is None else max(check, now + CHECK)


def _where(message: Message) -> str:
    return f"{message.topic}/{message.partition} at {message.offset}"
