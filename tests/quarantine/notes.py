"""Refused records for tests, as ingest and stream note them."""

from datetime import UTC, datetime

from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.codec import encode
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import QUARANTINE, partition_of, partitions_at
from daykeel.records.people import Consent, Credential

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOPIC = "daykeel/v1/c-1/daykeel/phone/event"
ALWAYS = (Consent("*", datetime(2026, 1, 1, tzinfo=UTC)),)
PHONE = Credential("d-1", "c-1", "phone", "daykeel", "hash", (TOPIC,))


def raw(**changes):
    known = {
        "client": "c-1",
        "adapter": "daykeel",
        "device": "phone",
        "topic": TOPIC,
        "stream": "event",
        "payload": b"[]",
        "received_at": NOON,
    }
    return RawRecord(**known | changes)


def noted(reason="wrong_shape", stage="adapter", *, size=0, sha256="", detail="", **changes):
    return Quarantined(
        reason=reason, raw=raw(**changes), stage=stage, size=size, sha256=sha256, detail=detail
    )


def lie(log, url, *notes):
    """Append notes to quarantine and return where each of them lies, as text."""
    found = []
    for one in notes:
        partition = partition_of(one.raw.client, partitions_at(url))
        record = NewRecord(QUARANTINE, partition, one.raw.client.encode(), encode(one))
        (offset,) = log.append([record])
        found.append(f"{partition}:{offset}")
    return found
