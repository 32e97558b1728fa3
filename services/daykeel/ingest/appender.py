"""Settled as kept means on the log: messages of all connections, many in one transaction."""

import logging
import queue
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from daykeel.clock.clock import Clock
from daykeel.events.event import Quarantined, RawRecord
from daykeel.ingest.directory import Credential, Directory, Unreachable
from daykeel.log.admission import Digest, Incoming, Refusal, admit, digest_of, note_oversize
from daykeel.log.allowance import Allowance
from daykeel.log.codec import encode
from daykeel.log.errors import LogUnavailable
from daykeel.log.protocol import Log, NewRecord
from daykeel.log.tally import MEMO, Delivery, Tally, tally_of
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, partition_of
from daykeel.process.every import Every

log = logging.getLogger(__name__)

BATCH = 500
BATCH_BYTES = 8_000_000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
REMEMBERED = 1000
SAY_AGAIN_S = 6 * 3600.0
"""How often the tally is written though nothing was counted: Kafka forgets it within a week."""
NOT_ACKNOWLEDGED = frozenset({"too_large", "topic_not_allowed"})
"""Reasons for which the sender is told by the end of its connection, as MQTT 3.1.1 has it."""


class Outcome(Enum):
    """What became of a message."""

    KEPT = "kept"
    """On `events.raw`."""
    NOTED = "noted"
    """On `quarantine`, with the reason; where its sender has no room left, in the tally alone."""
    DROPPED = "dropped"
    """Without consent: nothing is kept, and it is counted in the log's tally."""
    REFUSED = "refused"
    """Not to be acknowledged, and its sender to be cut off; noted where there is what to note."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A message on its way to the log."""

    message: Incoming
    settle: Callable[[Outcome], None]
    """Called once, in the appender's thread, after the log has it; never if it does not."""
    username: str | None = None
    """Who signed in with the connection; None where the topic tells who sent it."""
    digest: Digest | None = None
    """Of the whole payload, where the message holds only its head."""
    delivery: Delivery | None = None
    """By what the sender's connection knows it; None of quality of service 0."""


@dataclass(slots=True)
class _Verdict:
    """What to do with one submission."""

    outcome: Outcome
    record: NewRecord | None = None
    note: tuple[str, str, str] | None = None
    """Identifies a refused message that its sender will send again."""
    reason: str = ""
    is_counted: bool = False
    """Whether nothing but the log's tally tells that it was taken."""


class Appender(threading.Thread):
    """One thread that admits and appends, in the order of submission.

    While log or records cannot be reached it tries the same messages again, and settles nothing:
    whoever bounds what is submitted is held up, which is what reaches the device.
    """

    def __init__(self, log_: Log, directory: Directory, clock: Clock, *, partitions: int) -> None:
        super().__init__(name="appender", daemon=True)
        self.counts: Counter[str] = Counter()
        self._log = log_
        self._directory = directory
        self._clock = clock
        self._partitions = partitions
        self._queue: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self.is_held_up = False
        """Whether log or records do not take what was submitted."""
        self._noted: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._tally: Tally | None = None
        self._say_again = Every(SAY_AGAIN_S)
        self._allowance = Allowance(log_)

    def submit(self, submission: Submission) -> None:
        """Take a message over; the caller bounds how many are under way."""
        self._queue.put(submission)

    def close(self, timeout_s: float = 10.0) -> None:
        """Append what was submitted before, give up on what cannot be appended, and end."""
        self._queue.put(None)
        self._stopping.set()
        self.join(timeout_s)

    def run(self) -> None:
        """Append until closed."""
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            verdicts = self._landed(batch)
            for submission, verdict in zip(batch, verdicts, strict=False):
                self.counts[verdict.outcome.value] += 1
                if verdict.reason:
                    self.counts[verdict.reason] += 1
                submission.settle(verdict.outcome)

    def _next_batch(self) -> tuple[list[Submission], bool]:
        """Return what waits, at least one unless closed, and whether there may be more."""
        batch: list[Submission] = []
        room = BATCH_BYTES
        while len(batch) < BATCH and room > 0:
            try:
                one = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if one is None:
                return batch, False
            batch.append(one)
            room -= len(one.message.payload)
        return batch, True

    def _landed(self, batch: Sequence[Submission]) -> list[_Verdict]:
        """Return the verdicts once the log has what they say; none if it never got it."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                verdicts = self._append(batch)
            except (LogUnavailable, Unreachable) as error:
                self.is_held_up = True
                log.warning("nothing is acknowledged for now: %s", type(error).__name__)
            else:
                self.is_held_up = False
                return verdicts
            if self._stopping.wait(pause):
                return []
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _append(self, batch: Sequence[Submission]) -> list[_Verdict]:
        now = self._clock.now()
        self._allowance.begin()
        verdicts = [self._verdict(one, now) for one in batch]
        records = [one.record for one in verdicts if one.record is not None]
        self._keep(
            records,
            [
                (verdict.reason, one.delivery)
                for one, verdict in zip(batch, verdicts, strict=True)
                if verdict.is_counted
            ],
        )
        for one in verdicts:
            self._remember(one.note)
        return verdicts

    def _keep(
        self, records: Sequence[NewRecord], counted: Sequence[tuple[str, Delivery | None]]
    ) -> None:
        """Append the records, and with them the tally of what leaves none."""
        if self._tally is None:
            self._tally = tally_of(self._log.memo(MEMO))
        fresh = self._tally.plus(counted)
        if counted or self._say_again.is_due():
            self._log.append(records, fresh.memo())
        elif records:
            self._log.append(records)
        self._tally = fresh

    def _verdict(self, one: Submission, now: datetime) -> _Verdict:
        if one.username is None:
            sender = self._directory.owner(one.message.topic)
            if sender is None:
                return self._unknown(one, now)
        else:
            sender = self._directory.credential(one.username)
            if sender is None:
                return _Verdict(Outcome.REFUSED, reason="credential_disabled")
        return self._judged(one, sender, now)

    def _judged(self, one: Submission, sender: Credential, now: datetime) -> _Verdict:
        consents = self._directory.consents(sender.client)
        if one.digest is None:
            admitted = admit(one.message, sender, consents, now)
        else:
            admitted = note_oversize(one.message, one.digest, sender, consents, now)
        match admitted:
            case RawRecord():
                return _Verdict(Outcome.KEPT, self._record(EVENTS_RAW, sender.client, admitted))
            case Refusal():
                return _Verdict(Outcome.DROPPED, reason=admitted.reason, is_counted=True)
            case Quarantined():
                return self._refused(one, sender, admitted)

    def _refused(self, one: Submission, sender: Credential, noted: Quarantined) -> _Verdict:
        record = self._record(QUARANTINE, sender.client, noted)
        is_cut_off = noted.reason in NOT_ACKNOWLEDGED and one.username is not None
        if not is_cut_off:
            is_kept = self._allowance.grants(record, noted.raw)
            kept = record if is_kept else None
            return _Verdict(Outcome.NOTED, kept, reason=noted.reason, is_counted=not is_kept)
        note = (sender.username, one.message.topic, noted.sha256)
        is_kept = note not in self._noted and self._allowance.grants(record, noted.raw)
        return _Verdict(Outcome.REFUSED, record if is_kept else None, note, noted.reason)

    def _unknown(self, one: Submission, now: datetime) -> _Verdict:
        """Note that a topic belongs to nobody, once and without what was said on it; count all."""
        note = ("", one.message.topic, "")
        if note in self._noted:
            return _Verdict(Outcome.NOTED, None, note, "unknown_device", is_counted=True)
        digest = digest_of(one.message.payload)
        raw = RawRecord(
            client="",
            adapter="",
            device="",
            topic=one.message.topic,
            payload=b"",
            received_at=now,
            retain=one.message.retain,
        )
        noted = Quarantined(
            reason="unknown_device", raw=raw, size=digest.size, sha256=digest.sha256
        )
        record = self._record(QUARANTINE, "", noted)
        kept = record if self._allowance.grants(record, raw) else None
        return _Verdict(Outcome.NOTED, kept, note, "unknown_device", is_counted=True)

    def _record(self, topic: str, client: str, value: object) -> NewRecord:
        partition = partition_of(client, self._partitions)
        return NewRecord(topic, partition, client.encode(), encode(value))

    def _remember(self, note: tuple[str, str, str] | None) -> None:
        if note is None:
            return
        self._noted[note] = None
        self._noted.move_to_end(note)
        if len(self._noted) > REMEMBERED:
            self._noted.popitem(last=False)
