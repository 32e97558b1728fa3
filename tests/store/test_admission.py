from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.admission import (
    Digest,
    Incoming,
    Refusal,
    admit,
    matches,
    note_oversize,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOPIC = "daykeel/v1/c-1/daykeel/phone/event"


@dataclass(frozen=True)
class Credential:
    client: str = "c-1"
    adapter: str = "daykeel"
    device: str = "phone"
    topics: tuple[str, ...] = ("daykeel/v1/c-1/daykeel/phone/#",)


@dataclass(frozen=True)
class Consent:
    source: str = "*"
    start: datetime | None = None
    stop: datetime | None = None


def admitted(payload=b"{}", *, topic=TOPIC, consents=(Consent(),), credential=None, **more):
    return admit(Incoming(topic, payload, **more), credential or Credential(), consents, NOW)


def test_a_message_is_kept_unchanged_with_the_identity_of_its_credential():
    payload = b'{"client": "c-2", "device": "other"}'

    assert admitted(payload) == RawRecord(
        client="c-1",
        adapter="daykeel",
        device="phone",
        topic=TOPIC,
        payload=payload,
        received_at=NOW,
        stream="event",
    )


@pytest.mark.parametrize(
    ("topic", "stream"),
    [
        ("daykeel/v1/c-1/daykeel/phone/status", "status"),
        ("daykeel/v1/c-1/daykeel/phone/raw", "raw"),
        ("daykeel/v1/c-1/daykeel/phone/a/b", "a/b"),
        ("daykeel/v1/c-1/daykeel/phone", "raw"),
    ],
)
def test_the_stream_is_what_follows_the_device(topic, stream):
    assert admitted(topic=topic).stream == stream


def test_a_native_topic_is_raw_and_its_replays_are_marked():
    tracker = Credential(
        adapter="owntracks", topics=("owntracks/ann/phone", "owntracks/ann/phone/#")
    )

    record = admitted(topic="owntracks/ann/phone/event", credential=tracker, retain=True)

    assert (record.stream, record.retain, record.adapter) == ("raw", True, "owntracks")


@pytest.mark.parametrize(
    "topic",
    [
        "daykeel/v1/c-2/daykeel/phone/event",
        "daykeel/v1/c-1/owntracks/phone/event",
        "daykeel/v1/c-1/daykeel/tablet/event",
        "daykeel/v1/c-1/daykeel/phone/cmd",
        "daykeel/v1/c-1/daykeel/phone/#",
        "daykeel/v1/c-1/daykeel/phone/+",
        "daykeel/v1/c-1/daykeel/phone/event\0",
        "/daykeel/v1/c-1/daykeel/phone/event",
        "$SYS/broker",
        "",
    ],
)
def test_a_topic_that_is_not_the_devices_is_noted_and_not_kept(topic):
    refused = admitted(topic=topic)

    assert isinstance(refused, Quarantined)
    assert (refused.reason, refused.raw.client, refused.stage) == (
        "topic_not_allowed",
        "c-1",
        "ingest",
    )


def test_over_http_the_topic_is_ours():
    record = admitted(topic="daykeel/v1/c-1/owntracks/phone/raw", transport="http")

    assert isinstance(record, RawRecord)


@pytest.mark.parametrize(
    "consents",
    [
        [],
        [Consent("owntracks")],
        [Consent("*", start=NOW + HOUR)],
        [Consent("daykeel", stop=NOW)],
        [Consent("daykeel", NOW - 2 * HOUR, NOW - HOUR), Consent("owntracks")],
    ],
)
@pytest.mark.parametrize("payload", [b"{}", b"", b"[" * 40, b" " * 2_000_001])
def test_without_consent_nothing_is_kept_whatever_it_is(consents, payload):
    assert admitted(payload, consents=consents) == Refusal("no_consent")


@pytest.mark.parametrize(
    "consent",
    [
        Consent("*"),
        Consent("daykeel"),
        Consent("daykeel", start=NOW),
        Consent("daykeel", NOW - HOUR, NOW + HOUR),
    ],
)
def test_any_consent_that_covers_now_is_enough(consent):
    assert isinstance(admitted(consents=[Consent("owntracks"), consent]), RawRecord)


@pytest.mark.parametrize(("transport", "limit"), [("mqtt", 2_000_000), ("http", 16 * 1024**2)])
def test_a_payload_above_the_limit_is_noted_by_size_hash_and_head(transport, limit):
    payload = b"x" * limit

    kept = admitted(payload, transport=transport)
    refused = admitted(payload + b"y", transport=transport)

    assert kept.payload == payload
    assert (refused.reason, refused.size) == ("too_large", limit + 1)
    assert refused.sha256 == sha256(payload + b"y").hexdigest()
    assert refused.raw.payload == b"x" * 4096


def test_an_empty_payload_says_nothing():
    assert admitted(b"").reason == "empty"


def test_an_empty_status_only_clears_its_topic_and_passes():
    assert isinstance(admitted(b"", topic="daykeel/v1/c-1/daykeel/phone/status"), RawRecord)


@pytest.mark.parametrize(("depth", "kept"), [(32, True), (33, False)])
def test_depth_is_limited_before_anything_parses(depth, kept):
    found = admitted(b"[" * depth + b"]" * depth)

    assert isinstance(found, RawRecord) is kept
    assert kept or found.reason == "too_deep"


def test_brackets_in_a_text_are_no_depth():
    assert isinstance(admitted(b'{"note": "' + b"[" * 99 + b'"}'), RawRecord)


def test_what_was_too_large_to_hold_is_noted_from_its_head():
    head, digest = Incoming(TOPIC, b"x" * 5000), Digest(3_000_000, "abc")

    noted = note_oversize(head, digest, Credential(), [Consent()], NOW)

    assert (noted.reason, noted.size, noted.sha256) == ("too_large", 3_000_000, "abc")
    assert noted.raw.payload == b"x" * 4096


def test_what_was_too_large_on_anothers_topic_is_noted_as_that():
    head = Incoming("daykeel/v1/c-2/daykeel/phone/event", b"")

    noted = note_oversize(head, Digest(3_000_000, "abc"), Credential(), [Consent()], NOW)

    assert noted.reason == "topic_not_allowed"


def test_what_was_too_large_without_consent_leaves_nothing():
    head = Incoming(TOPIC, b"x")

    assert note_oversize(head, Digest(3_000_000, "abc"), Credential(), [], NOW) == Refusal(
        "no_consent"
    )


@given(st.binary(max_size=300), st.text(max_size=80))
def test_there_is_an_answer_to_whatever_comes(payload, topic):
    found = admitted(payload, topic=topic, credential=Credential(topics=("#",)))

    assert isinstance(found, RawRecord | Quarantined)


@pytest.mark.parametrize(
    ("pattern", "topic", "does"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/b", "a", False),
        ("a/+", "a/b", True),
        ("a/+", "a/", True),
        ("a/+", "a", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/d", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "ab", False),
        ("#", "a/b", True),
        ("+/+", "/a", True),
        ("+", "/a", False),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a", "A", False),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_filters_match_as_mqtt_has_it(pattern, topic, does):
    assert matches(pattern, topic) is does
