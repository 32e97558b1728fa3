"""What the store of scores will never take, as it lies in quarantine."""

from datetime import UTC, datetime

from daykeel.events.codec import encode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.admission import digest_of
from daykeel.log.protocol import NewRecord, Record
from daykeel.log.topics import QUARANTINE

KEPT = 4096
"""Bytes kept of a record: the whole of it can be computed again from what devices said."""


def letter(record: Record, reason: str) -> NewRecord:
    """Return what to write on `quarantine` of a record, or of one row of it, and why."""
    value = record.value or b""
    client = record.key.partition(b"|")[0]
    digest = digest_of(value)
    raw = RawRecord(
        client=client.decode(errors="replace"),
        adapter="",
        device="",
        topic=record.topic,
        payload=value[:KEPT],
        received_at=datetime.fromtimestamp(record.timestamp, UTC),
        transport="log",
    )
    noted = Quarantined(
        reason=reason, raw=raw, size=digest.size, sha256=digest.sha256, stage="sink"
    )
    return NewRecord(QUARANTINE, record.partition, client, encode(noted))
