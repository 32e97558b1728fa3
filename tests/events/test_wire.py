import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.events.wire import BadEvent, from_json, to_json

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import told

LINE = {
    "id": "uuid5",
    "group": "g",
    "client": "c-7f3k",
    "kind": "sleep.episode",
    "start": "2021-04-16T20:45:55Z",
    "end": "2021-04-17T05:15:55Z",
    "utc_offset_min": 120,
    "tz": "Europe/Paris",
    "time_basis": "utc+tzid",
    "observed_at": "2021-05-05T17:58:00Z",
    "received_at": "2021-05-05T17:58:03Z",
    "adapter": "withings",
    "source": "withings",
    "device": "mat-1",
    "native_id": "2081804265",
    "revision": "sha256:0",
    "modality": "sensed",
    "confidence": 0.9,
    "is_final": True,
    "value": {"asleep_min": 448, "is_main_sleep": True},
    "quality": [],
}


def test_a_line_is_read_and_written_as_it_stands():
    assert json.loads(to_json(from_json(json.dumps(LINE).encode()))) == LINE


def test_what_is_not_known_is_null():
    line = json.loads(to_json(told()))

    assert (line["end"], line["tz"], line["confidence"]) == (None, None, None)
    assert set(line) == set(LINE)


def test_a_local_time_is_there_as_it_was_given():
    local = datetime(2026, 3, 1, 23)  # noqa: DTZ001  a local time

    line = json.loads(to_json(told(start=None, local_start=local, time_basis="local")))

    assert (line["start"], line["local_start"], line["local_end"]) == (
        None,
        "2026-03-01T23:00:00",
        None,
    )


def test_seconds_keep_their_fractions():
    at = datetime(2026, 3, 1, 23, 0, 0, 250_000, tzinfo=UTC)

    assert json.loads(to_json(told(start=at)))["start"] == "2026-03-01T23:00:00.250000Z"


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"oops", b'{"client": 1}'])
def test_what_is_no_event_is_refused(text):
    with pytest.raises(BadEvent):
        from_json(text)
