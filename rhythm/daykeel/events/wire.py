"""The canonical event as JSON: the form of `normalise`, of exports and of what devices may send."""

from typing import Any

import msgspec

from daykeel.events.event import Event
from daykeel.events.times import to_wire

_decoder = msgspec.json.Decoder(Event)


class BadEvent(ValueError):  # noqa: N818  a fact about the text, not a fault of ours
    """The text is no canonical event."""


def to_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON values, with the same names for every kind.

    What is not known is null; `local_start` and `local_end` are there for local times only.
    """
    fields = {
        "id": event.id,
        "group": event.group,
        "client": event.client,
        "kind": event.kind,
        "start": event.start and to_wire(event.start),
        "end": event.end and to_wire(event.end),
        "utc_offset_min": event.utc_offset_min,
        "tz": event.tz,
        "time_basis": event.time_basis,
        "observed_at": to_wire(event.observed_at),
        "received_at": to_wire(event.received_at),
        "adapter": event.adapter,
        "source": event.source,
        "device": event.device,
        "native_id": event.native_id,
        "revision": event.revision,
        "modality": event.modality,
        "confidence": event.confidence,
        "is_final": event.is_final,
        "value": event.value,
        "quality": list(event.quality),
    }
    if event.local_start is not None:
        fields["local_start"] = to_wire(event.local_start)
        fields["local_end"] = event.local_end and to_wire(event.local_end)
    return fields


def to_json(event: Event) -> bytes:
    """Return an event as one line of JSON, without the line's end."""
    return msgspec.json.encode(to_dict(event))


def from_json(text: bytes) -> Event:
    """Return the event that `to_json` wrote.

    Raises
    ------
    BadEvent
        The text is no such event.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadEvent(str(error)) from error
