"""What an operator decides of refused records, written beside them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from daykeel.events.event import Quarantined, RawRecord, Settled
from daykeel.log.codec import encode
from daykeel.log.protocol import Log, NewRecord
from daykeel.log.sqlite import SqliteLog
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, partition_of
from daykeel.quarantine.entries import OPERATOR, Place

BATCH = 200
BATCH_BYTES = 8_000_000


def settling(at: Place, noted: Quarantined, how: str, why: str, now: datetime) -> NewRecord:
    """Return the record that says what became of another one.

    Parameters
    ----------
    at
        Where the other one lies.
    noted
        The other one.
    how
        `replayed` or `dropped`.
    why
        In the operator's words, or what came of it.
    now
        The instant of the clock.
    """
    client = noted.raw.client
    said = Quarantined(
        reason=how,
        stage=OPERATOR,
        detail=why,
        settles=Settled(at.offset, how, noted.stage, noted.reason),
        raw=RawRecord(
            client=client,
            adapter="",
            device="",
            topic="",
            payload=b"",
            received_at=now,
            transport="log",
        ),
    )
    return NewRecord(QUARANTINE, at.partition, client.encode(), encode(said))


def taken_in(found: list[RawRecord] | Quarantined, partitions: int) -> list[NewRecord]:
    """Return what to write of a record that is replayed."""
    if isinstance(found, Quarantined):
        return [_record(QUARANTINE, found.raw.client, found, partitions)]
    return [_record(EVENTS_RAW, one.client, one, partitions) for one in found]


def _record(topic: str, client: str, value: object, partitions: int) -> NewRecord:
    return NewRecord(topic, partition_of(client, partitions), client.encode(), encode(value))


def write(log: Log, what: Sequence[NewRecord], then: Sequence[NewRecord]) -> None:
    """Append `what`, and then that it was done: at once where the log can, else in this order.

    Where the second append fails, `what` may be written twice: the same record again changes
    nothing, and says where it comes from.
    """
    if isinstance(log, SqliteLog):
        log.append([*what, *then])
        return
    if what:
        log.append(what)
    log.append(then)


def batches(
    work: Iterable[tuple[list[NewRecord], NewRecord]],
) -> Iterator[tuple[list[NewRecord], list[NewRecord]]]:
    """Yield the work in parts of a size that any log takes."""
    what: list[NewRecord] = []
    then: list[NewRecord] = []
    room = BATCH_BYTES
    for records, done in work:
        what += records
        then.append(done)
        room -= sum(len(one.value or b"") for one in records)
        if len(then) >= BATCH or room <= 0:
            yield what, then
            what, then, room = [], [], BATCH_BYTES
    if then:
        yield what, then
