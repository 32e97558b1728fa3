import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import RECEIVED, raw


def said(event, **members):
    retain, at = members.pop("retain", False), members.pop("at", RECEIVED)
    payload = json.dumps({"event": event, **members}).encode()
    return adapt(raw("sleep_as_android", payload, retain=retain, received_at=at))


def kinds(found):
    return [event.kind for event in found.events]


def test_tracking_is_evidence_of_the_bed():
    found = said("sleep_tracking_stopped")

    assert [(one.kind, one.modality) for one in found.events] == [
        ("sleep.tracking_stop", "sensed"),
        ("bed.out", "inferred"),
    ]
    assert {one.time_basis for one in found.events} == {"arrival"}


@pytest.mark.parametrize(
    "name", ["before_smart_period", "smart_period", "lullaby_start", "a name of tomorrow", ""]
)
def test_a_name_we_make_nothing_of_is_no_refusal(name):
    found = said(name, value1="Ann's alarm")

    assert (found.events, found.rejects) == ((), ())


@pytest.mark.parametrize("members", [{}, {"event": None}, {"event": 5}, {"event": ["awake"]}])
def test_a_message_without_a_name_is_refused(members):
    found = adapt(raw("sleep_as_android", json.dumps(members).encode()))

    assert [one.reason for one in found.rejects] == ["no_event_name"]


def test_the_alarm_is_told_in_milliseconds_and_its_label_is_dropped():
    found = said("alarm_alert_start", value1="1582719660934", value2="call mum")

    assert found.events[0].value == {"alarm_at": "2020-02-26T12:21:00Z"}


@pytest.mark.parametrize("told", ["1582719660", "0", "-1", "Ann's alarm", 1e30, [], True])
def test_what_is_no_number_of_milliseconds_is_flagged(told):
    event = said("alarm_alert_start", value1=told).events[0]

    assert (event.value, event.quality) == ({}, ("bad_field:value1",))


def test_an_alarm_in_the_future_is_none():
    at = RECEIVED + timedelta(days=1)

    event = said("time_to_bed_alarm_alert", value1=str(int(at.timestamp() * 1000))).events[0]

    assert event.kind == "alarm.bedtime_reminder"


def test_a_retained_message_is_no_event():
    found = said("awake", retain=True)

    assert (kinds(found), [one.reason for one in found.rejects]) == ([], ["retained_replay"])


def test_the_same_word_in_the_same_minute_has_the_same_name():
    at = datetime(2026, 3, 1, 23, 5, 10, tzinfo=UTC)
    first, again, later = (
        said("awake", at=at + timedelta(seconds=wait)).events[0].id for wait in (0, 49, 50)
    )

    assert first == again != later
