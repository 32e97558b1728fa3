import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import RECEIVED, raw

END = "2026-03-02T07:00:00Z"
BUILT = "2026-03-02T08:00:00Z"


def said(**payload):
    body = json.dumps({"timestamp": BUILT, **payload}).encode()
    return adapt(raw("health_connect", body, transport="http"))


def night(**members):
    return said(sleep=[{"session_end_time": END, "duration_seconds": 28_800, **members}])


def stage(name, begin, end):
    return {
        "stage": name,
        "start_time": f"2026-03-02T{begin}:00Z",
        "end_time": f"2026-03-02T{end}:00Z",
    }


def reasons(found):
    return [reject.reason for reject in found.rejects]


def test_a_night_begins_its_length_before_its_end():
    event = night().events[0]

    assert event.start == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert (event.time_basis, event.utc_offset_min) == ("utc", None)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("deep", "deep"),
        ("STAGE_TYPE_DEEP", "deep"),
        (5, "deep"),
        ("5", "deep"),
        ("sleeping", "asleep"),
        ("out_of_bed", "awake"),
        ("AWAKE_IN_BED", "awake"),
        (0, "unknown"),
    ],
)
def test_a_stage_is_a_word_a_constant_or_a_number(word, name):
    event = night(stages=[stage(word, "01:00", "02:00")]).events[0]

    assert [one["stage"] for one in event.value["stages"]] == [name]
    assert event.quality == ()


@pytest.mark.parametrize("word", ["Tiefschlaf", 8, None, {}, True, -1])
def test_a_stage_nobody_knows_is_unknown_and_flagged(word):
    event = night(stages=[stage(word, "01:00", "02:00")]).events[0]

    assert event.value["stages"][0]["stage"] == "unknown"
    assert event.quality == ("bad_field:stage",)


def test_stages_are_told_in_the_order_of_time():
    told = [stage("rem", "03:00", "04:00"), stage("deep", "01:00", "02:00")]

    event = night(stages=told).events[0]

    assert [one["stage"] for one in event.value["stages"]] == ["deep", "rem"]


def test_a_stage_without_a_time_costs_no_night():
    told = [stage("deep", "01:00", "02:00"), {"stage": "rem"}, 5]

    event = night(stages=told).events[0]

    assert len(event.value["stages"]) == 1
    assert event.quality == ("bad_field:stages",)


def test_stages_outside_the_session_are_flagged():
    early = night(stages=[stage("deep", "01:00", "02:00")], duration_seconds=14_400)
    late = night(stages=[stage("deep", "06:00", "07:30")])

    assert early.events[0].quality == ("stage_before_session_start",)
    assert late.events[0].quality == ("stage_span_exceeds_duration",)


@pytest.mark.parametrize("seconds", [None, 0, -1, "x", 1e9, {}])
def test_a_night_without_a_length_is_refused(seconds):
    assert reasons(night(duration_seconds=seconds)) == ["bad_value"]


def test_the_key_is_the_uuid_or_end_and_length():
    named = night(uuid="u", duration_seconds=3600), night(uuid="u")
    plain = night(duration_seconds=3600), night(), night(stages=[])

    assert len({one.events[0].group for one in named}) == 1
    assert len({one.events[0].group for one in plain}) == 2


def test_observed_is_when_the_payload_was_built_or_the_record_changed():
    assert night().events[0].observed_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert night(sleep_updated_at=END).events[0].observed_at.hour == 7
    assert said(timestamp="x", heart_rate=[{"bpm": 60, "time": END}]).events[0].observed_at == (
        RECEIVED
    )


def test_a_total_that_grows_keeps_its_name():
    rows = [
        {"count": count, "start_time": "2026-03-01T00:00:00Z", "end_time": end}
        for count, end in ((5, "2026-03-01T10:00:00Z"), (9, "2026-03-01T11:00:00Z"))
    ]

    first, second = (said(steps=[row]).events[0] for row in rows)

    assert (first.id, second.value) == (second.id, {"steps": 9})


def test_steps_may_come_in_buckets():
    bucket = {"bucket_start": "2026-03-01T10:00:00Z", "bucket_end": END, "total": 7}

    assert said(steps=[bucket]).events[0].value == {"steps": 7}


@pytest.mark.parametrize(
    ("built", "is_over"), [("2026-03-01T20:00:00Z", False), ("2026-03-02T12:00:00Z", True)]
)
def test_the_total_of_a_day_is_partial_until_the_day_is_over_everywhere(built, is_over):
    event = said(timestamp=built, daily_totals=[{"date": "2026-03-01", "steps": 5}]).events[0]

    assert ("date_only_part_of_day" not in event.quality) is is_over
    assert event.value == {"steps": 5, "local_date": "2026-03-01", "merge": "max"}
    assert (event.start, event.time_basis) == (None, "local")


def test_which_apps_were_used_is_dropped():
    row = {"date": "2026-03-01", "total_screen_time_minutes": 5, "apps": [{"name": "Diary"}]}

    assert said(screen_time=[row]).events[0].value == {"minutes": 5, "local_date": "2026-03-01"}


def test_the_source_is_a_package_and_never_a_name():
    row = {"bpm": 60, "time": END}

    assert said(heart_rate=[row | {"source": "Com.Fitbit.App"}]).events[0].source == (
        "com.fitbit.app"
    )
    assert said(heart_rate=[row | {"source": "Ann's watch"}]).events[0].source == "health_connect"


@pytest.mark.parametrize("name", ["sleep", "steps", "heart_rate", "daily_totals", "screen_time"])
def test_what_is_no_row_is_refused_and_lists_may_be_missing(name):
    assert said(**{name: None}).rejects == ()
    assert reasons(said(**{name: "x"})) == ["wrong_shape"]
    assert reasons(said(**{name: [5, []]})) == ["wrong_shape", "wrong_shape"]
    assert len(reasons(said(**{name: [{"steps": "x"}]}))) == 1


def test_a_bad_row_takes_no_other_with_it():
    found = said(heart_rate=[{"bpm": 60, "time": "x"}, {"bpm": 60, "time": END}], steps="x")

    assert len(found.events) == 1
    assert sorted(reasons(found)) == ["no_time", "wrong_shape"]
