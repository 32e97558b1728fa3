"""Whatever lies on the log or in a file, reading it ends with a value or with a refusal."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.codec import BadValue, decode, encode
from daykeel.events.event import Event, Quarantined, RawRecord
from daykeel.events.pieces import Pieces
from daykeel.events.wire import BadEvent, from_json
from daykeel.pipeline.state import ClientState, Command, GroupEntry
from daykeel.rhythm.ledger import DayRecord, SignalSet

KINDS = (
    RawRecord,
    Quarantined,
    Event,
    Pieces,
    Command,
    ClientState,
    GroupEntry,
    DayRecord,
    SignalSet,
)
SOME = settings(max_examples=60, deadline=None, derandomize=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RAW = encode(
    RawRecord(client="c", adapter="a", device="d", topic="t", payload=b"{}", received_at=NOON)
)

plain = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=9)
)
values = st.recursive(
    plain
    | st.binary(max_size=9)
    | st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), st.binary(max_size=13)),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5)
    ),
    max_leaves=20,
)


def is_read_or_refused(kind, data):
    try:
        found = decode(kind, data)
    except BadValue:
        return
    assert decode(kind, encode(found)) == found or found != found  # noqa: PLR0124  NaN


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.binary(max_size=80))
@SOME
def test_any_bytes_are_a_value_or_are_refused(kind, data):
    is_read_or_refused(kind, b"\x01" + data)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(value=values)
@SOME
def test_any_value_is_one_of_the_kind_or_is_refused(kind, value):
    is_read_or_refused(kind, b"\x01" + msgspec.msgpack.encode(value))


@given(at=st.integers(0, len(RAW) - 1), byte=st.integers(0, 255), cut=st.integers(0, len(RAW)))
@SOME
def test_a_record_with_a_wrong_byte_or_end_is_read_or_refused(at, byte, cut):
    is_read_or_refused(RawRecord, RAW[:at] + bytes([byte]) + RAW[at + 1 :])
    is_read_or_refused(RawRecord, RAW[:cut])


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1a"])
def test_what_is_nested_without_end_is_refused(opening):
    is_read_or_refused(RawRecord, b"\x01" + opening * 100_000)
    is_read_or_refused(Command, encode({"client": "c"})[:1] + b"\x81\xa5value" + opening * 100_000)


@given(text=st.binary(max_size=60) | values.map(lambda one: repr(one).encode()))
@SOME
def test_any_text_is_an_event_or_is_refused(text):
    with pytest.raises(BadEvent):
        from_json(text)
