"""The canonical event: the one form everything a wearable, phone or home sensor says takes."""

from datetime import datetime
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a device, phone or person said, after its adapter.

    Instants are aware and in UTC; a point event has no `end`. A `local` event (a clock time
    without a zone) has `local_start` and `local_end` as given and no `start` until the zone
    history is known.
    """

    client: str
    kind: str
    group: str
    """What a newer observation replaces as a whole (events.md 1.3)."""
    id: str
    adapter: str
    source: str
    device: str
    observed_at: datetime
    """When the source produced the record; `received_at` where the source does not say."""
    received_at: datetime
    start: datetime | None = None
    end: datetime | None = None
    local_start: datetime | None = None
    local_end: datetime | None = None
    utc_offset_min: int | None = None
    tz: str | None = None
    time_basis: str = "utc"
    native_id: str | None = None
    revision: str = ""
    """Hash of the content; the greater one wins where two observations are equally new."""
    modality: str = "sensed"
    confidence: float | None = None
    is_final: bool = True
    value: dict[str, Any] = {}
    quality: tuple[str, ...] = ()


class RawRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What arrived at the edge, unchanged, with the identity its credential had."""

    client: str
    adapter: str
    device: str
    topic: str
    payload: bytes
    received_at: datetime
    """Stamped once at the edge and kept on replay."""
    stream: str = "raw"
    """`event`, `raw`, `status` of the own tree; `raw` for native trees."""
    retain: bool = False
    transport: str = "mqtt"
    replay_of: str = ""
    """Where in quarantine it lay before, as `partition:offset`; empty if it came from outside."""


class Reject(msgspec.Struct, frozen=True):
    """Why an adapter refused a raw record, or a part of it."""

    reason: str
    detail: str = ""


class Fetch(msgspec.Struct, frozen=True):
    """A notification whose data must be fetched."""

    what: dict[str, Any]


class Adapted(msgspec.Struct, frozen=True):
    """All that an adapter made of one raw record."""

    events: tuple[Event, ...] = ()
    rejects: tuple[Reject, ...] = ()
    fetches: tuple[Fetch, ...] = ()
    internal: tuple[Event, ...] = ()
    """`place.fix` events, which never leave the adapter but for `normalise --internal`."""


class Settled(msgspec.Struct, frozen=True):
    """What became of a record in quarantine; it stands in the same partition, later."""

    offset: int
    """Of the record."""
    how: str
    """`replayed` or `dropped`."""
    stage: str
    reason: str
    """Of the record, so that what is open can be counted."""


class Quarantined(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refused raw record with the reason, as it lies on `quarantine`."""

    reason: str
    raw: RawRecord
    detail: str = ""
    size: int = 0
    """Bytes of the whole payload; `raw.payload` holds the first 4 kB of an oversize one."""
    sha256: str = ""
    stage: str = "ingest"
    """`ingest`, `adapter`, `stream` or `sink`; `operator` for what settles another record."""
    settles: Settled | None = None
    """Of stage `operator`: what became of which record; `detail` says why."""
