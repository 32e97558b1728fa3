"""What a device of a synthetic client publishes, and when."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any


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


def json_bytes(value: Any) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
