import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.ingest.packets import Violation, publish_of, remaining_length

topics = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def published(topic, payload, mid):
    name = topic.encode()
    return len(name).to_bytes(2) + name + mid + payload


@given(topics, st.binary(max_size=200), st.integers(1, 65_535))
def test_a_publish_says_what_was_put_in(topic, payload, number):
    mid = number.to_bytes(2)

    assert publish_of(0b0010, published(topic, payload, mid)) == (topic, payload, mid, False)
    assert publish_of(0b1011, published(topic, payload, mid)) == (topic, payload, mid, True)
    assert publish_of(0b0001, published(topic, payload, b"")) == (topic, payload, b"", False)


@given(st.integers(0, 15), st.binary(max_size=100))
def test_any_bytes_are_a_publish_or_a_violation(flags, body):
    try:
        found = publish_of(flags, body)
    except Violation:
        return
    assert body.endswith(found.payload)


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        (0b0010, b""),
        (0b0010, b"\x00"),
        (0b0010, b"\x00\x05ab"),
        (0b0010, b"\x00\x01a\x00"),
        (0b0010, b"\x00\x01a\x00\x00"),
        (0b0000, b"\x00\x02\xff\xfe"),
    ],
)
def test_a_malformed_publish_is_a_violation(flags, body):
    with pytest.raises(Violation, match="malformed"):
        publish_of(flags, body)


@pytest.mark.parametrize("qos", [2, 3])
def test_quality_2_and_beyond_is_a_violation(qos):
    with pytest.raises(Violation, match="qos_2"):
        publish_of(qos << 1, b"\x00\x01a\x00\x01")


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (b"\x00", 0),
        (b"\x7f", 127),
        (b"\x80\x01", 128),
        (b"\xff\x7f", 16_383),
        (b"\xff\xff\xff\x7f", 268_435_455),
    ],
)
async def test_lengths_are_read_as_mqtt_writes_them(written, length):
    assert await remaining_length(bytewise(written)) == (length, written)


async def test_a_length_of_five_bytes_is_a_violation():
    with pytest.raises(Violation):
        await remaining_length(bytewise(b"\xff\xff\xff\xff\x01"))


def bytewise(data):
    left = iter(data)

    async def byte():
        return bytes([next(left)])

    return byte
