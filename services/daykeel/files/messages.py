"""From a recording to the messages a device of ours would have sent."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from daykeel.events.times import to_wire
from daykeel.events.zones import resolve
from daykeel.files.recordings import Recording
from daykeel.sources.daykeel import MAX_EVENTS

EPOCH_S = 60

Message = tuple[str, bytes]
"""Topic and payload."""


def topic_of(client: str, device: str) -> str:
    """Return the topic on which a device of ours tells events.

    >>> topic_of("c-1", "replay")
    'daykeel/v1/c-1/daykeel/replay/event'
    """
    return f"daykeel/v1/{client}/daykeel/{device}/event"


def messages(recording: Recording, *, client: str, device: str, zone: str) -> list[Message]:
    """Return the messages that tell a recording, oldest epoch first.

    A local time in a repeated hour is taken the first time and one in a missing hour moved
    forward; both are flagged, so that nothing is built on them.

    Parameters
    ----------
    recording
        Steps by local time.
    client, device
        As the credential has them that will publish.
    zone
        IANA name of the zone the recording's clock showed.
    """
    topic, told = topic_of(client, device), _epochs(recording, zone)
    batches = iter(lambda: list(islice(told, MAX_EVENTS)), [])
    return [(topic, msgspec.json.encode(batch)) for batch in batches]


def first_instant(recording: Recording, zone: str) -> datetime:
    """Return the instant at which a recording begins."""
    return resolve(next(iter(recording.steps)), ZoneInfo(zone)).instant


def _epochs(recording: Recording, zone: str) -> Iterator[dict[str, Any]]:
    where = ZoneInfo(zone)
    for local, steps in recording.steps.items():
        start = resolve(local, where)
        event = {
            "kind": "activity.epoch",
            "start": to_wire(start.instant),
            "utc_offset_min": start.offset_min,
            "tz": zone,
            "value": {"unit": "steps", "value": steps, "epoch_s": EPOCH_S},
        }
        yield event | ({"quality": [start.flag]} if start.flag else {})
