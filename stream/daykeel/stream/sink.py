"""From the log to the store of scores: committed means stored, or in quarantine with the reason."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from daykeel.alerting.knowledge import Known
from daykeel.events.codec import BadValue, decode
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log, Position, Record
from daykeel.log.topics import DAYS, GROUPS, NIGHTS
from daykeel.process.pulse import SILENT, Pulse
from daykeel.process.waiting import waited_for
from daykeel.rhythm.ledger import Baseline, DayRecord, ScoreRow
from daykeel.scores.errors import Refused, RowsRefused, ScoresUnavailable
from daykeel.scores.protocol import ScoreStore, StoredNight
from daykeel.stream.faults import told
from daykeel.stream.letters import letter
from daykeel.stream.messages import NightSaid, ScoreSaid

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP = "sink"
AT_ONCE = 2_000
IDLE_S = 0.05
"""How often the log is looked at when nobody says that something was written."""

AWAY_S = 1.0
"""How long the log is left alone when it does not answer."""

UNDECODABLE = "undecodable"

PAUSE_S = (0.1, 10.0)
"""Shortest and longest wait before a store that failed is tried again."""


@dataclass
class Batch:
    """What some records say, sorted by what they hold."""

    nights: list[StoredNight] = field(default_factory=list)
    days: list[DayRecord] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    artefacts: list[tuple[str, Baseline]] = field(default_factory=list)
    known: list[tuple[str, Known]] = field(default_factory=list)
    origins: dict[int, Record] = field(default_factory=dict)
    """The record each row was read from, by the row's identity as an object."""
    unreadable: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Sort in one record; a deleted one says nothing."""
        if record.value is None:
            return
        try:
            self._add(record, record.value)
        except BadValue:
            # without the error, whose text might quote what was said
            where = (record.topic, record.partition, record.offset)
            log.error("unreadable record %s/%d at %d", *where)  # noqa: TRY400
            self.unreadable.append(record)

    def _add(self, record: Record, value: bytes) -> None:
        if record.topic == DAYS:
            self._put(self.days, decode(DayRecord, value), record)
        elif record.topic == NIGHTS:
            said = decode(NightSaid, value)
            night = StoredNight(said.night, said.version, said.state, said.said_at)
            self._put(self.nights, night, record)
        else:
            self._add_score(decode(ScoreSaid, value), record)

    def _add_score(self, said: ScoreSaid, record: Record) -> None:
        if said.row is not None:
            self._put(self.scores, said.row, record)
        if said.baseline is not None:
            self._put(self.artefacts, (said.client, said.baseline), record)
        if said.known is not None:
            self._put(self.known, (said.client, said.known), record)

    def _put(self, rows: list[T], row: T, record: Record) -> None:
        rows.append(row)
        self.origins[id(row)] = record


class Sink:
    """The only writer of nights, days and scores, on a thread of its own."""

    def __init__(
        self, open_log: Callable[[], Log], store: ScoreStore, pulse: Pulse = SILENT
    ) -> None:
        self._open_log = open_log
        self._store = store
        self._pulse = pulse
        self._done: dict[Position, int] = {}
        """What is stored and not committed."""
        self._written = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the log now."""
        self._written.set()

    def is_alive(self) -> bool:
        """Return whether it has not ended."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End after the batch that is being written."""
        self._stopped.set()
        self._written.set()
        self.join()

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        source = waited_for(self._open_log, self._stopped)
        if source is None:
            return
        try:
            source.lease(GROUP)
            while not self._stopped.is_set():
                self._written.clear()
                self._written.wait(self._forward(source))
        finally:
            source.close()

    def _forward(self, source: Log) -> float:
        """Deal with the next records and commit them; return how long to wait for more."""
        try:
            records = source.read(GROUP, GROUPS[GROUP], AT_ONCE)
            if records and self._is_dealt_with(batch_of(records), source):
                self._done |= positions_after(records)
            if self._done:
                source.commit(GROUP, self._done)
                self._done = {}
        except LogUnavailable as error:  # what is not committed is so the next time
            log.warning("the log cannot be read or written: %s", error)
            return AWAY_S
        self._pulse.beat()
        return 0.0 if records else IDLE_S

    def _is_dealt_with(self, batch: Batch, source: Log) -> bool:
        """Store the batch, or note what never can be; False if the sink was stopped."""
        never: list[Refused] = []

        def store() -> None:
            try:
                self._store.put(
                    batch.nights, batch.days, batch.scores, batch.artefacts, batch.known
                )
            except RowsRefused as error:
                log.error("%s: they are in quarantine", error)  # noqa: TRY400  quotes nothing
                never.extend(error.refused)

        if not self._insist(store):
            return False
        noted = [letter(batch.origins[id(one.row)], one.reason) for one in never]
        noted += [letter(one, UNDECODABLE) for one in batch.unreadable]
        return not noted or self._insist(lambda: source.append(noted))

    def _insist(self, work: Callable[[], object]) -> bool:
        """Do it until it succeeds or the sink is stopped; return whether it did."""
        pause, longest = PAUSE_S
        while not self._stopped.is_set():
            try:
                work()
            except ScoresUnavailable as error:
                log.warning("scores not stored: %s", error)
                asked = error.retry_after_s or 0.0
            except Exception as error:  # the thread's outermost loop; drops nothing
                log.warning("scores not stored: %s", told(error))
                asked = 0.0
            else:
                return True
            self._stopped.wait(max(pause, asked))
            pause = min(2 * pause, longest)
        return False


def batch_of(records: Sequence[Record]) -> Batch:
    """Return what the records say."""
    batch = Batch()
    for record in records:
        batch.add(record)
    return batch


def positions_after(records: Sequence[Record]) -> dict[Position, int]:
    """Return what to commit once the records are dealt with."""
    positions: dict[Position, int] = defaultdict(int)
    for record in records:
        at = (record.topic, record.partition)
        positions[at] = max(positions[at], record.offset + 1)
    return positions
