"""Signals into alerts: a record is committed once everything it changes is stored."""

import logging
from collections import deque

from daykeel.alerting.lifecycle import Change, observe
from daykeel.clock.clock import Clock
from daykeel.log.codec import BadValue, decode
from daykeel.log.protocol import Log, Record
from daykeel.log.topics import SIGNALS
from daykeel.records.errors import Conflict
from daykeel.records.policy import is_somebody
from daykeel.records.records import Records
from daykeel.rhythm.ledger import SignalSet

log = logging.getLogger("daykeel.alerts")

GROUP = "alerts"
BATCH = 200


class Signals:
    """The one consumer of signals.

    Everything before a record that changes alerts is committed before it, and the record right
    after: signals that come again after a crash are then those stored last, which change nothing,
    and never older ones, which would take back what newer ones said.
    """

    def __init__(self, logbook: Log, records: Records, clock: Clock) -> None:
        self._log = logbook
        self._records = records
        self._clock = clock
        self._waiting: deque[Record] = deque()
        self._done: dict[tuple[str, int], int] = {}

    def step(self) -> bool:
        """Take what has come since, and return whether there was anything.

        What raises here is not lost: the next call begins with the same record.
        """
        if not self._waiting:
            self._waiting.extend(self._log.read(GROUP, [SIGNALS], BATCH))
        any_came = bool(self._waiting)
        while self._waiting:
            record = self._waiting[0]
            self._take(record)
            self._done[record.topic, record.partition] = record.offset + 1
            self._waiting.popleft()
        self._commit()
        return any_came

    def _take(self, record: Record) -> None:
        if record.value is None:
            return
        try:
            signals = decode(SignalSet, record.value)
        except BadValue:
            log.warning(
                "passed over: %s %d %d is no set of signals",
                record.topic,
                record.partition,
                record.offset,
            )
            return
        changes = self._changes(record, signals) if is_somebody(signals.client) else []
        if not changes:
            return
        self._commit()
        while not self._is_stored(changes):
            changes = self._changes(record, signals)
        self._done[record.topic, record.partition] = record.offset + 1
        self._commit()

    def _changes(self, record: Record, signals: SignalSet) -> list[Change]:
        """Return what a record changes; nothing, and a word in the log, where that fails."""
        own = self._records.alerts(signals.client, signals.kind)
        try:
            return observe(own, signals, self._clock.now())
        except Exception as error:  # it would come again and keep everybody's alerts back for ever
            place = (record.topic, record.partition, record.offset)
            log.error("passed over: %s %d %d, %s", *place, type(error).__name__)  # noqa: TRY400  its text might quote the record
            return []

    def _is_stored(self, changes: list[Change]) -> bool:
        """Store the steps, and return whether nobody was faster with one of them."""
        try:
            for change in changes:
                store(self._records, change)
        except Conflict:
            return False
        return True

    def _commit(self) -> None:
        if self._done:
            self._log.commit(GROUP, self._done)
            self._done = {}


def store(records: Records, change: Change) -> None:
    """Store one step over the version it was made upon.

    Raises
    ------
    Conflict
        Somebody was faster.
    """
    alert = change.alert
    records.save_transition(alert.version - 1, alert, change.entry, change.notices)
