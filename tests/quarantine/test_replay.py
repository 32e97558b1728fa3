import sys
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from notes import ALWAYS, NOON, PHONE, noted, raw

from daykeel.events.event import Quarantined
from daykeel.quarantine.replay import NotReplayed, replayed
from daykeel.records.people import Consent

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATER = NOON + 30 * HOUR
DEEP = b"[" * 40 + b"]" * 40


def again(note, credentials=(PHONE,), consents=ALWAYS, now=LATER):
    return replayed(note, "3:17", credentials, consents, now)


def test_it_is_the_record_as_it_came_with_where_it_lay():
    assert again(noted(payload=b"[1]")) == [raw(payload=b"[1]", replay_of="3:17")]


def test_what_was_refused_again_says_where_it_lay_last():
    assert again(noted(replay_of="3:2"))[0].replay_of == "3:17"


@pytest.mark.parametrize("stage", ["adapter", "stream"])
def test_what_was_let_in_needs_no_credential_any_more(stage):
    assert again(noted(stage=stage), credentials=())


@pytest.mark.parametrize(
    ("consents", "why"),
    [
        ((), "when it was received"),
        ((Consent("owntracks", NOON - HOUR),), "when it was received"),
        ((Consent("daykeel", NOON + HOUR),), "when it was received"),
        ((Consent("daykeel", NOON - HOUR, NOON + HOUR),), "consent to this source now"),
    ],
)
@pytest.mark.parametrize("stage", ["ingest", "adapter", "stream"])
def test_without_consent_then_and_now_it_stays_where_it_is(stage, consents, why):
    with pytest.raises(NotReplayed, match=why):
        again(noted(stage=stage, size=2), consents=consents)


def test_what_was_refused_at_the_edge_is_judged_by_the_rules_of_its_arrival():
    found = again(noted("too_deep", "ingest", payload=DEEP, size=len(DEEP)))

    assert isinstance(found, Quarantined)
    assert (found.stage, found.reason) == ("ingest", "too_deep")
    assert (found.raw.payload, found.raw.received_at) == (DEEP, NOON)
    assert found.raw.replay_of == "3:17"


def test_a_topic_that_the_device_may_use_by_now_lets_it_in():
    refused = noted("topic_not_allowed", "ingest", size=2)
    elsewhere = replace(PHONE, topics=("daykeel/v1/c-1/daykeel/tablet/event",))

    still = again(refused, credentials=[elsewhere])
    by_now = again(refused, credentials=[elsewhere, replace(PHONE, username="d-2")])

    assert isinstance(still, Quarantined)
    assert by_now == [raw(replay_of="3:17")]


@pytest.mark.parametrize(
    "credential",
    [
        replace(PHONE, enabled=False),
        replace(PHONE, client="c-2"),
        replace(PHONE, device="tablet"),
        replace(PHONE, adapter="owntracks"),
    ],
)
def test_what_was_refused_at_the_edge_needs_a_credential_in_use_of_its_own_device(credential):
    with pytest.raises(NotReplayed, match="no credential in use"):
        again(noted("topic_not_allowed", "ingest", size=2), credentials=[credential])


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (noted("beyond_retention", "sink", transport="log", adapter=""), "daykeel rescore"),
        (noted("undecodable", "stream", transport="log", adapter=""), "no message of a known"),
        (noted("unknown_device", "ingest", adapter="", client=""), "no message of a known"),
        (noted("too_large", "ingest", size=3_000_000), "of 3000000 bytes the first 2 bytes"),
        (noted(payload=b"", size=70), "of 70 bytes no payload"),
    ],
)
def test_what_is_not_whole_or_no_message_is_not_replayed(note, why):
    with pytest.raises(NotReplayed, match=why):
        again(note)


def test_a_large_upload_that_is_let_in_now_comes_in_parts_as_on_arrival():
    walks = [
        {
            "kind": "activity.epoch",
            "start": (NOON - (n + 2) * MINUTE).isoformat(),
            "value": {"unit": "steps", "value": 7, "epoch_s": 60},
            "note": "x" * 2_500,
        }
        for n in range(480)
    ]
    payload = msgspec.json.encode(walks)
    digest = sha256(payload).hexdigest()
    refused = noted(
        "too_deep", "ingest", payload=payload, size=len(payload), sha256=digest, transport="http"
    )

    parts = again(refused)

    assert len(parts) == 2
    assert {one.replay_of for one in parts} == {"3:17"}
