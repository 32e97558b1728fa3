"""Whatever a device sends, others are answered, and what is acknowledged is there."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from shore import Shore, Wire, connect, packet, phone, publish, topic

ANN, BEN = topic("c-ann"), topic("c-ben")
SOME = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

topics = st.sampled_from(
    [ANN, BEN, "", "#", "a/+/b", topic("c-ann", "cmd"), "owntracks/x/y"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
good = st.builds(
    publish,
    topics,
    st.binary(max_size=60),
    st.integers(0, 65_535),
    st.integers(0, 1),
    again=st.booleans(),
)
shaped = st.builds(packet, st.integers(0, 255), st.binary(max_size=40))
bent = st.builds(
    lambda one, at, byte: one[:at] + bytes([byte]) + one[at + 1 :],
    good | st.just(connect()),
    st.integers(0, 30),
    st.integers(0, 255),
)
said = st.lists(good | shaped | bent | st.binary(max_size=30), max_size=8)


@pytest.fixture(scope="module")
def shore():
    with Shore() as running:
        yield running


@given(signs_in=st.booleans(), packets=said)
@SOME
def test_any_packets_leave_the_broker_as_it_was(shore, signs_in, packets):
    with Wire(shore.port) as stranger:
        stranger.say(connect() if signs_in else b"")
        stranger.say(b"".join(packets))

    with phone(shore.port, "ben", client_id="probe") as probe:
        probe.say(BEN, b'"alive"')
    assert shore.appender.is_alive()


@given(payloads=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6, unique=True))
@SOME
def test_what_is_acknowledged_is_there_whatever_it_holds(shore, payloads):
    with Wire(shore.port) as ann:
        ann.sign_in()
        ann.say(b"".join(publish(ANN, one, mid) for mid, one in enumerate(payloads, 1)))
        acks = ann.hear(4 * len(payloads))

    assert acks == b"".join(b"\x40\x02" + mid.to_bytes(2) for mid in range(1, len(payloads) + 1))
    kept = {*shore.log.payloads(), *(note.raw.payload for note in shore.log.notes())}
    assert kept >= set(payloads)
