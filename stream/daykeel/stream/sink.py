"""From the log to the store of scores: committed means stored."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from daykeel.events.codec import BadValue, decode
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log, Record
from daykeel.log.topics import DAYS, GROUPS, NIGHTS
from daykeel.rhythm.ledger import Baseline, DayRecord, ScoreRow
from daykeel.scores.protocol import ScoreStore, StoredNight
from daykeel.stream.faults import told
from daykeel.stream.messages import NightSaid, ScoreSaid

log = logging.getLogger(__name__)

GROUP = "sink"
AT_ONCE = 2_000
IDLE_S = 0.05
"""How often the log is looked at when nobody says that something was written."""

PAUSE_S = (0.1, 10.0)
"""Shortest and longest wait before a store that failed is tried again."""


@dataclass
class Batch:
    """What some records say, sorted by what they hold."""

    nights: list[StoredNight] = field(default_factory=list)
    days: list[DayRecord] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    artefacts: list[tuple[str, Baseline]] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Sort in one record; a deleted one says nothing."""
        if record.value is None:
            return
        if record.topic == DAYS:
            self.days.append(decode(DayRecord, record.value))
        elif record.topic == NIGHTS:
            said = decode(NightSaid, record.value)
            self.nights.append(StoredNight(said.night, said.version, said.state, said.said_at))
        else:
            self._add_score(decode(ScoreSaid, record.value))

    def _add_score(self, said: ScoreSaid) -> None:
        if said.row is not None:
            self.scores.append(said.row)
        if said.baseline is not None:
            self.artefacts.append((said.client, said.baseline))


class Sink:
    """The only writer of nights, days and scores, on a thread of its own."""

    def __init__(self, open_log: Callable[[], Log], store: ScoreStore) -> None:
        self._open_log = open_log
        self._store = store
        self._written = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def wake(self) -> None:
        """Look at the log now."""
        self._written.set()

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
        source = self._open_log()
        try:
            while not self._stopped.is_set():
                self._written.clear()
                if not self._forwarded(source):
                    self._written.wait(IDLE_S)
        finally:
            source.close()

    def _forwarded(self, source: Log) -> bool:
        """Store the next records and commit them; return whether there were any."""
        try:
            records = source.read(GROUP, GROUPS[GROUP], AT_ONCE)
            if records and self._insist(batch_of(records)):
                source.commit(GROUP, positions_after(records))
        except LogUnavailable as error:  # what is not committed is so with the next batch
            log.warning("the log cannot be read or written: %s", error)
            return False
        return bool(records)

    def _insist(self, batch: Batch) -> bool:
        """Write until the store takes it or the sink is stopped; return whether it did."""
        pause, longest = PAUSE_S
        while not self._stopped.is_set():
            try:
                self._store.put(batch.nights, batch.days, batch.scores, batch.artefacts)
            except Exception as error:  # the thread's outermost loop; drops nothing
                log.warning("scores not stored, again in %.1f s: %s", pause, told(error))
            else:
                return True
            self._stopped.wait(pause)
            pause = min(2 * pause, longest)
        return False


def batch_of(records: Sequence[Record]) -> Batch:
    """Return what the records say; one that cannot be read is passed over and logged."""
    batch = Batch()
    for record in records:
        try:
            batch.add(record)
        except BadValue:
            # without the error, whose text might quote what was said
            where = (record.topic, record.partition, record.offset)
            log.error("unreadable record %s/%d at %d", *where)  # noqa: TRY400
    return batch


def positions_after(records: Sequence[Record]) -> dict[tuple[str, int], int]:
    """Return what to commit once the records are dealt with."""
    positions: dict[tuple[str, int], int] = defaultdict(int)
    for record in records:
        at = (record.topic, record.partition)
        positions[at] = max(positions[at], record.offset + 1)
    return positions
