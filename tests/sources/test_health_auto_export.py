import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.sources.health_auto_export_rows import moment, source_of
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import raw

BEGIN, END = "2026-03-01 23:00:00 +0100", "2026-03-02 07:00:00 +0100"


def said(**data):
    return adapt(raw("health_auto_export", json.dumps({"data": data}).encode()))


def metric(name, *rows, units=""):
    return said(metrics=[{"name": name, "units": units, "data": list(rows)}])


def night(**members):
    return metric("sleep_analysis", {"sleepStart": BEGIN, "sleepEnd": END, **members})


def sample(value, **members):
    return metric("sleep_analysis", {"startDate": BEGIN, "endDate": END, "value": value, **members})


def reasons(found):
    return [reject.reason for reject in found.rejects]


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026-03-01 23:00:00 +0100", 22, 0),
        ("2026-03-01 23:00:00 +01:00", 22, 0),
        ("2026-03-01 9:05:00 -0230", 11, 35),
        ("2026-03-01 10:30:00 PM +0000", 22, 30),
        ("2026-03-01 10:30:00\u202fpm +0000", 22, 30),
        ("2026-03-01 12:10:00 AM +0000", 0, 10),
        ("2026-03-01 12:10:00 p.m. +0000", 12, 10),
        ("2026-03-01 10:30:00\u00a0AM +0545", 4, 45),
    ],
)
def test_a_time_is_read_however_the_phone_is_set(text, hour, minute):
    assert moment(text).instant == datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-03-01", "2026-03-01 23:00:00", "2026-13-01 23:00:00 +0100"),
        *("2026-03-01 25:00:00 +0100", "01.03.2026 23:00:00 +0100", "٢٠٢٦-03-01 23:00:00 +0100"),
        *("2026-03-01 23:00:00 +9900", "0001-01-01 00:00:00 +1400", None, 1772398800, {}, []),
    ],
)
def test_what_is_no_time_is_refused(text):
    assert reasons(metric("heart_rate", {"date": text, "Avg": 60})) == ["no_time"]


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ("Ann's Apple\u00a0Watch", "apple-watch"),
        ("Ann\u2019s iPhone|Ann's Apple Watch|Ann\u2019s iPhone", "apple-watch+iphone"),
        ("Zepp", "app-0769d1ed"),
        ("", None),
        (5, None),
    ],
)
def test_a_source_is_told_without_its_owners_name(names, source):
    assert source_of({"source": names}) == source


def test_an_apostrophe_makes_no_other_source():
    assert source_of({"source": "Ann's band"}) == source_of({"source": "Ann\u2019s band"})


def test_the_hours_of_a_night_are_those_of_its_stages_where_asleep_is_nought():
    found = night(asleep=0, core=4.5, deep=1, rem=1.5, inBed=0)

    assert found.events[0].value == {"asleep_h": 7.0, "asleep_min": 420}


def test_nought_hours_are_not_told_at_all():
    assert night(asleep=0, inBed=0, totalSleep=0).events[0].value == {}


def test_a_night_longer_than_its_session_is_flagged():
    assert "stage_span_exceeds_duration" in night(totalSleep=8.5).events[0].quality
    assert night(totalSleep=8).events[0].quality == ()


def test_a_start_that_may_be_in_bed_is_flagged():
    assert night(inBed=8).events[0].quality == ("onset_may_be_in_bed",)


def test_the_bed_is_told_with_the_night():
    found = night(inBedStart="2026-03-01 22:45:00 +0100", inBedEnd="", inBed=8)

    assert [one.kind for one in found.events] == ["sleep.episode", "bed.in"]
    assert len({one.group for one in found.events}) == 1


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Core", "light"),
        ("REM", "rem"),
        ("Awake", "awake"),
        ("Asleep", "asleep"),
        ("asleepUnspecified", "asleep"),
    ],
)
def test_a_sample_is_a_stage(word, stage):
    assert [one.value for one in sample(word).events] == [{"stage": stage}]


@pytest.mark.parametrize("word", ["InBed", "In Bed"])
def test_a_sample_in_bed_is_coming_and_going(word):
    assert [one.kind for one in sample(word).events] == ["bed.in", "bed.out"]


def test_a_sample_that_tells_its_night_as_well_is_a_sample():
    found = sample("Core", sleepStart=BEGIN, sleepEnd=END, inBedStart=BEGIN, inBedEnd=END)

    assert [one.kind for one in found.events] == ["sleep.stage"]


@pytest.mark.parametrize("word", ["Schlafend", "", None, 5, {}])
def test_a_stage_in_other_words_is_refused(word):
    assert reasons(sample(word)) == ["bad_value"]


def test_a_night_sent_again_has_the_same_names():
    assert night(core=3).events[0].id == night(core=4, date="x").events[0].id


def test_the_offset_is_that_of_the_export():
    event = metric("step_count", {"date": BEGIN, "qty": "12"}).events[0]

    assert (event.utc_offset_min, event.time_basis, event.value) == (
        60,
        "utc+offset(export)",
        {"steps": 12},
    )


def test_kilocalories_become_kilojoules():
    found = metric("active_energy", {"date": BEGIN, "qty": 10}, units="kcal")

    assert found.events[0].value == {"energy_kj": 41.84}


def test_a_workout_tells_its_steps_at_once_or_by_the_minute():
    row = {"name": "Walk", "start": BEGIN, "end": END, "route": [{"latitude": 1}]}
    at_once = said(workouts=[row | {"stepCount": {"qty": 908, "units": "count"}}])
    by_minute = said(workouts=[row | {"stepCount": [{"qty": 900}, {"qty": 8}, {"qty": "x"}]}])

    assert [one.value["steps"] for one in (*at_once.events, *by_minute.events)] == [908, 908]
    assert set(at_once.events[0].value) == {"name", "steps"}


def test_a_mood_is_of_its_day_and_a_moment_is_none():
    state = {"start": BEGIN, "valence": -0.6, "labels": ["sad"], "kind": "Daily Mood"}

    assert said(stateOfMind=[state]).events[0].value == {"level": -3, "day": "2026-03-01"}
    assert said(stateOfMind=[state | {"kind": "Momentary Emotion"}]).events == ()


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_data_that_are_no_object_are_refused(data):
    found = adapt(raw("health_auto_export", json.dumps({"data": data}).encode()))

    assert reasons(found) == ["wrong_shape"]


@pytest.mark.parametrize("name", ["metrics", "workouts", "stateOfMind"])
def test_lists_may_be_null_or_one_object_but_nothing_else(name):
    assert said(**{name: None}).rejects == ()
    assert reasons(said(**{name: "x"})) == ["wrong_shape"]
    assert reasons(said(**{name: [5, None]})) == ["wrong_shape", "wrong_shape"]


def test_a_metric_of_one_row_may_be_no_array():
    row = {"date": BEGIN, "Avg": 60}

    assert len(said(metrics={"name": "heart_rate", "data": row}).events) == 1


@pytest.mark.parametrize("name", ["step_count", "active_energy", "heart_rate"])
@pytest.mark.parametrize("told", [None, -1, "x", True, {}, "nan"])
def test_a_row_without_its_number_is_refused(name, told):
    assert reasons(metric(name, {"date": BEGIN, "qty": told, "Avg": told})) == ["bad_value"]


def test_metrics_we_make_nothing_of_are_no_refusal():
    found = metric("basal_body_temperature", {"date": "x"}, 5)

    assert (found.events, found.rejects) == ((), ())
