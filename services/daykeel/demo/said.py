"""What a device of a synthetic client publishes, and when."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Device:
    """One app on one device, with a credential of its own."""

    adapter: str
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    """One message, published at `at`."""

    at: datetime
    device: Device
    topic: str
    """With `{client}`, `{username}` and `{device}` where those stand."""
    payload: bytes
    is_live: bool = False
    """Its arrival is the only time it has, so it must arrive at this very instant."""


def full_hour(instant: datetime) -> datetime:
    """Return the next full hour, or the instant itself if it is one."""
    whole = instant.replace(minute=0, second=0, microsecond=0)
    return whole if whole == instant else whole + HOUR


def json_bytes(value: Any) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
