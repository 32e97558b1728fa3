"""What lies on the log and in tables must be read by every later version."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from daykeel.events.codec import BadValue, decode, encode
from daykeel.events.event import Event, Quarantined, RawRecord
from daykeel.events.pieces import Epochs, Pieces

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import MIDNIGHT, told

RAW = RawRecord(
    client="c-1",
    adapter="owntracks",
    device="phone",
    topic="owntracks/u/phone",
    payload=b"{}",
    received_at=datetime(2026, 3, 2, 7, 5, tzinfo=UTC),
    retain=True,
)
EVENT = Event(
    client="c-1",
    kind="sleep.episode",
    group="g",
    id="i",
    adapter="daykeel",
    source="daykeel",
    device="phone",
    observed_at=MIDNIGHT,
    received_at=MIDNIGHT,
    local_start=datetime(2026, 3, 1, 23),  # noqa: DTZ001  a local time
    time_basis="local",
    confidence=0.5,
    value={"asleep_min": 448},
    quality=("zone_assumed",),
)
PIECES = Pieces(
    events=[EVENT],
    epochs=[Epochs("a", "s", "d", "activity.epoch", "steps", [1], [60], [5000], [2], [3], ["r"])],
)
GOLDEN = {
    "RawRecord": (
        "0187a6636c69656e74a3632d31a761646170746572a96f776e747261636b73a6646576696365a570"
        "686f6e65a5746f706963b16f776e747261636b732f752f70686f6e65a77061796c6f6164c4027b7d"
        "ab72656365697665645f6174d6ff69a5369ca672657461696ec3"
    ),
    "Event": (
        "01de000ea6636c69656e74a3632d31a46b696e64ad736c6565702e657069736f6465a567726f7570"
        "a167a26964a169a761646170746572a76461796b65656ca6736f75726365a76461796b65656ca664"
        "6576696365a570686f6e65ab6f627365727665645f6174d6ff69a4d300ab72656365697665645f61"
        "74d6ff69a4d300ab6c6f63616c5f7374617274b3323032362d30332d30315432333a30303a3030aa"
        "74696d655f6261736973a56c6f63616caa636f6e666964656e6365cb3fe0000000000000a576616c"
        "756581aa61736c6565705f6d696ecd01c0a77175616c69747991ac7a6f6e655f617373756d6564"
    ),
    "Pieces": (
        "0182a66576656e747391de000ea6636c69656e74a3632d31a46b696e64ad736c6565702e65706973"
        "6f6465a567726f7570a167a26964a169a761646170746572a76461796b65656ca6736f75726365a7"
        "6461796b65656ca6646576696365a570686f6e65ab6f627365727665645f6174d6ff69a4d300ab72"
        "656365697665645f6174d6ff69a4d300ab6c6f63616c5f7374617274b3323032362d30332d303154"
        "32333a30303a3030aa74696d655f6261736973a56c6f63616caa636f6e666964656e6365cb3fe000"
        "0000000000a576616c756581aa61736c6565705f6d696ecd01c0a77175616c69747991ac7a6f6e65"
        "5f617373756d6564a665706f636873918ba761646170746572a161a6736f75726365a173a6646576"
        "696365a164a46b696e64ae61637469766974792e65706f6368a4756e6974a57374657073a5737461"
        "72749101a77365636f6e6473913ca576616c756591cd1388a86f627365727665649102a872656365"
        "697665649103a87265766973696f6e91a172"
    ),
}


@pytest.mark.parametrize("value", [RAW, EVENT, PIECES], ids=lambda value: type(value).__name__)
def test_the_bytes_of_this_version_are_still_read(value):
    golden = bytes.fromhex(GOLDEN[type(value).__name__])

    assert decode(type(value), golden) == value
    assert encode(value) == golden


def test_a_field_added_later_is_passed_over():
    later = msgspec.msgpack.decode(encode(RAW)[1:]) | {"invented": 1}

    assert decode(RawRecord, b"\x01" + msgspec.msgpack.encode(later)) == RAW


@pytest.mark.parametrize("data", [b"", b"\x02\x80", b"\x01", b"\x01\x80", b"\x01\x01", b"\x01\xc1"])
def test_bytes_that_are_no_such_value_are_refused(data):
    with pytest.raises(BadValue):
        decode(RawRecord, data)


def test_equal_values_have_equal_bytes():
    dates = [date(2026, 3, day) for day in range(1, 29)]

    assert encode(set(dates)) == encode({*dates[14:], *dates[:14]})
    assert encode({"b": 1, "a": {"d": 1, "c": 2}}) == encode({"a": {"c": 2, "d": 1}, "b": 1})


def test_a_refused_record_keeps_its_payload_as_it_came():
    refused = Quarantined(reason="not_json", raw=RAW, stage="adapter")

    assert decode(Quarantined, encode(refused)).raw.payload == b"{}"


def test_an_event_lies_there_whole():
    assert decode(Event, encode(told(confidence=0.5))) == told(confidence=0.5)
