"""Where the sample payloads lie, and how an expectation of their manifest is compared."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from daykeel.events.event import Adapted, Event, RawRecord
from daykeel.events.times import parse_instant
from daykeel.events.wire import to_dict

SHARED = Path(__file__).resolve().parents[3] / "shared"
SAMPLES = SHARED / "samples"
RECEIVED = datetime(2026, 12, 1, tzinfo=UTC)

LATER = frozenset(
    {
        "sleep_as_android/sleep-export.csv",
        "sleep_as_android/sleepcloud_fetchRecords.json",
        "owntracks/encrypted_key_123.json",
    }
)
"""Forms that no adapter reads yet."""

SAID_OTHERWISE = {"type": "kind", "time": "start"}


def shared(path: Path) -> Path:
    """Return the path, or skip the test where the shared folder is not at hand."""
    if not path.exists():
        pytest.skip("…/shared is not here")
    return path


def entries(*families: str) -> list[Mapping[str, Any]]:
    """Return what the manifest says of the samples of some families that say what to expect."""
    manifest = SAMPLES / "manifest.json"
    if not manifest.exists():
        return []
    return [
        entry
        for entry in json.loads(manifest.read_bytes())["entries"]
        if entry["file"].split("/")[0] in families
        and entry["file"] not in LATER
        and entry["expect"] is not None
    ]


def raws(entry: Mapping[str, Any]) -> Iterator[RawRecord]:
    """Yield the raw records of a sample: one, or those of a recording of several."""
    payload = (SAMPLES / entry["file"]).read_bytes()
    adapter = entry["file"].split("/")[0]
    read = json.loads(payload)
    if isinstance(read, list) and read and "received_at" in read[0]:
        for one in read:
            yield raw(
                adapter,
                json.dumps(one["payload"]).encode(),
                topic=one["topic"],
                received_at=parse_instant(one["received_at"]),
            )
        return
    transport = "http" if "http" in str(entry["transport"]) else "mqtt"
    yield raw(adapter, payload, topic=entry["topic"] or "", transport=transport)


def raw(adapter: str, payload: bytes, **more: Any) -> RawRecord:
    said = {"client": "c-1", "device": "phone", "topic": "t", "received_at": RECEIVED} | more
    return RawRecord(adapter=adapter, payload=payload, **said)


def all_events(adapted: Adapted) -> list[Event]:
    """Return internal events too, in the order of time."""
    return sorted((*adapted.events, *adapted.internal), key=lambda event: str(event.start))


def differences(expected: Mapping[str, Any], event: Event) -> dict[str, tuple[Any, Any]]:
    """Return the members of an expectation that the event does not have, with both values."""
    whole = to_dict(event)
    found = {}
    for name, wanted in expected.items():
        if name == "note":
            continue
        name = SAID_OTHERWISE.get(name, name)  # noqa: PLW2901  the manifest's name for it
        wanted = whole["received_at"] if wanted == "received_at" else wanted  # noqa: PLW2901
        got = whole[name] if name in whole else event.value.get(name)
        if not _equal(got, wanted):
            found[name] = (wanted, got)
    return found


def _equal(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return got == pytest.approx(wanted, rel=1e-9)
    return bool(got == wanted)
