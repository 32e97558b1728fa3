"""Whatever the payload holds there is an answer, and the same one each time."""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.codec import decode, encode
from daykeel.events.event import Adapted
from daykeel.events.kinds import KINDS
from daykeel.events.wire import from_json, to_json
from daykeel.sources.registry import ADAPTERS, adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import RECEIVED, raw

NAMES = sorted(ADAPTERS)
FEW = settings(max_examples=40, deadline=None, derandomize=True)
TIMES = ("2026-03-01T21:00:00Z", "2026-03-01 21:00:00 +0100", "2026-03-01", "1772398800")
FIELDS = (
    *("_type", "tst", "event", "desc", "lat", "lon", "batt", "created_at", "steps", "from", "to"),
    *(
        "inregions",
        "waypoints",
        "rad",
        "value1",
        "kind",
        "start",
        "end",
        "value",
        "unit",
        "epoch_s",
    ),
    *("data", "metrics", "workouts", "stateOfMind", "name", "units", "qty", "date", "sleepStart"),
    *("sleepEnd", "inBedStart", "startDate", "endDate", "source", "Avg", "Min", "Max", "stepCount"),
    *(
        "timestamp",
        "sleep",
        "session_end_time",
        "duration_seconds",
        "stages",
        "stage",
        "heart_rate",
    ),
    *("daily_totals", "screen_time", "bpm", "time", "count", "specversion", "type", "id", "tz"),
    *("local_start", "local_end", "observed_at", "quality", "day", "item", "done", "of", "reason"),
)
WORDS = (
    *("location", "transition", "steps", "waypoint", "waypoints", "lwt", "enter", "leave"),
    *("sleep_tracking_started", "awake", "alarm_alert_start", "step_count", "heart_rate", "Core"),
    *("sleep_analysis", "active_energy", "InBed", "deep", "STAGE_TYPE_REM", "org.daykeel.meal"),
    *("Europe/Berlin", "steps", "dinner", "out_of_bed", "local", "local+tzid", "\ud800", ""),
    *KINDS,
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(TIMES),
    st.sampled_from(WORDS),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)
shapes = st.dictionaries(st.sampled_from(FIELDS), values, max_size=12)


def sure(name, payload, **more):
    """Return what an adapter makes of a payload, having checked what must always be so."""
    record = raw(name, payload, **{"stream": "event" if name == "daykeel" else "raw"} | more)
    adapted = adapt(record)
    assert isinstance(adapted, Adapted)
    assert adapt(record) == adapted
    assert all(reject.reason for reject in adapted.rejects)
    for event in (*adapted.events, *adapted.internal):
        assert event.kind in KINDS
        assert event.client == record.client
        assert event.device == record.device
        assert decode(type(event), encode(event)) == event
        assert from_json(to_json(event)) == event
    return adapted


def reasons(name, payload, **more):
    return [reject.reason for reject in sure(name, payload, **more).rejects]


@pytest.mark.parametrize("name", NAMES)
@given(payload=st.binary(max_size=60))
@FEW
def test_any_bytes_have_an_answer(name, payload):
    sure(name, payload)


@pytest.mark.parametrize("name", NAMES)
@given(value=values | shapes | st.lists(shapes, max_size=3))
@FEW
def test_any_json_has_an_answer(name, value):
    sure(name, json.dumps(value).encode())


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@FEW
def test_a_good_payload_with_anything_in_place_of_a_part_has_an_answer(name, data):
    value = json.loads(json.dumps(data.draw(st.sampled_from(GOOD[name]))))
    holder, key = data.draw(st.sampled_from(list(places(value))))
    holder[key] = data.draw(values)

    sure(name, json.dumps(value).encode())


def places(value):
    """Yield every container with each of its keys, from the outside in."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


GOOD = {
    "daykeel": [
        {"kind": "activity.epoch", "start": "2026-03-01T21:00:00Z", "tz": "Europe/Berlin"}
        | {"value": {"unit": "steps", "value": 7, "epoch_s": 60}, "quality": ["tentative"]},
        {"kind": "self.srm_entry", "native_id": "a", "confidence": 0.5}
        | {"value": {"item": "dinner", "day": "2026-03-01", "done": True, "time": "01:00"}},
        {"kind": "sleep.episode", "local_start": "2026-03-01T23:00:00", "time_basis": "local"}
        | {"local_end": "2026-03-02T07:00:00", "observed_at": "2026-03-02T08:00:00Z"},
        {"specversion": "1.0", "type": "org.daykeel.meal", "id": "1", "source": "/x"}
        | {"time": "2026-03-01T21:00:00Z", "data": {"meal": "dinner"}},
    ],
    "sleep_as_android": [{"event": "alarm_alert_start", "value1": "1582719660934", "value2": "x"}],
    "owntracks": [
        {"_type": "location", "tst": 1772398800, "lat": 1.5, "lon": 2.5, "batt": 9, "bs": 1}
        | {"inregions": ["home"], "created_at": 1772398801, "acc": 5},
        {"_type": "transition", "tst": "1772398800", "event": "enter", "desc": "Home"},
        {"_type": "steps", "from": 1772398800, "to": 1772398900, "steps": 5, "tst": 1772398900},
        {"_type": "waypoints", "waypoints": [{"_type": "waypoint", "tst": 1772398800, "rad": 9}]},
        [{"_type": "lwt", "tst": 1772398800}],
    ],
    "health_auto_export": [
        {
            "data": {
                "metrics": [
                    {
                        "name": "sleep_analysis",
                        "data": [
                            {"sleepStart": "2026-03-01 23:00:00 +0100", "asleep": 7.5, "inBed": 8}
                            | {"sleepEnd": "2026-03-02 07:00:00 +0100", "source": "A|B"},
                            {"startDate": "2026-03-01 23:00:00 +0100", "value": "Core"}
                            | {"endDate": "2026-03-02 07:00:00 +0100"},
                        ],
                    },
                    {
                        "name": "heart_rate",
                        "data": [{"date": "2026-03-01 23:00:00 +0100", "Avg": 60, "Min": 50}],
                    },
                ],
                "workouts": [
                    {"start": "2026-03-01 09:00:00 +0100", "end": "2026-03-01 10:00:00 +0100"}
                    | {"name": "Run", "stepCount": [{"qty": 5}], "activeEnergy": {"qty": 1}}
                ],
                "stateOfMind": [{"start": "2026-03-01 09:00:00 +0100", "valence": 0.5}],
            }
        }
    ],
    "health_connect": [
        {
            "timestamp": "2026-03-02T08:00:00Z",
            "sleep": [
                {
                    "session_end_time": "2026-03-02T07:00:00Z",
                    "duration_seconds": 28_800,
                    "uuid": "u",
                    "stages": [
                        {"stage": "deep", "start_time": "2026-03-02T01:00:00Z"}
                        | {"end_time": "2026-03-02T02:00:00Z"}
                    ],
                }
            ],
            "steps": [
                {"count": 5, "start_time": "2026-03-01T10:00:00Z"}
                | {"end_time": "2026-03-01T11:00:00Z", "source": "com.a.b"}
            ],
            "daily_totals": [{"date": "2026-03-01", "steps": 100}],
            "heart_rate": [{"bpm": 60, "time": "2026-03-01T10:00:00Z"}],
            "screen_time": [{"date": "2026-03-01", "total_screen_time_minutes": 5}],
        }
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_the_payloads_that_are_bent_are_good_ones(name):
    for value in GOOD[name]:
        adapted = sure(name, json.dumps(value).encode())

        assert adapted.rejects == ()
        assert adapted.events or adapted.internal


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_json"),
        (b"oops", "not_json"),
        (b'{"a":', "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b'{"a": "\xff"}', "not_json"),
        (b'{"a": NaN}', "not_finite"),
        (b'{"a": -Infinity}', "not_finite"),
        (b'{"a": 1e400}', "not_finite"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "too_deep"),
        (b"[" * 1_000_000, "too_deep"),
        (b"42", "wrong_shape"),
        (b"null", "wrong_shape"),
        (b'"text"', "wrong_shape"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else value,
)
def test_what_cannot_be_read_is_refused_whole(name, payload, reason):
    assert reasons(name, payload) == [reason]


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_is_passed_over(name):
    payload = json.dumps(GOOD[name][0]).encode()

    assert sure(name, b"\xef\xbb\xbf" + payload) == sure(name, payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'"' + b"x" * 10_000_000 + b'"',
        b'{"a": "' + b"\\\\" * 5_000_000 + b'"}',
        b"[" + b"[]," * 3_300_000 + b"[]]",
        b'{"a": ' + b"9" * 10_000_000 + b"}",
    ],
    ids=["text", "backslashes", "arrays", "digits"],
)
def test_ten_megabytes_have_an_answer_in_seconds(payload):
    begin = time.process_time()

    adapted = adapt(raw("owntracks", payload))

    assert adapted.events == ()
    assert time.process_time() - begin < 20  # what grows with the square takes hours


def test_more_events_than_a_record_may_hold_are_refused_whole():
    rows = [{"count": 1, "start_time": "x"}] * 20_001

    assert reasons("health_connect", json.dumps({"steps": rows}).encode()) == ["too_many_events"]


def test_more_events_than_one_of_our_messages_may_hold_are_refused_whole():
    payload = json.dumps([GOOD["daykeel"][0]] * 501).encode()

    assert reasons("daykeel", payload) == ["too_many_events"]


def test_an_adapter_nobody_knows_is_refused():
    assert reasons("tea_leaves", b"{}") == ["unknown_adapter"]


FROM = {
    "daykeel": lambda at: {"kind": "phone.unlock", "start": at.isoformat()},
    "owntracks": lambda at: {"_type": "transition", "event": "enter", "tst": at.timestamp()},
    "health_auto_export": lambda at: {
        "data": {
            "metrics": [
                {
                    "name": "heart_rate",
                    "data": [{"date": at.strftime("%Y-%m-%d %H:%M:%S +0000"), "Avg": 60}],
                }
            ]
        }
    },
    "health_connect": lambda at: {"heart_rate": [{"bpm": 60, "time": at.isoformat()}]},
}


@pytest.mark.parametrize("name", sorted(FROM))
@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "zero_time"),
        (datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC), "before_2000"),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), "before_2000"),
        (RECEIVED + timedelta(minutes=5, seconds=1), "future_time"),
        (datetime(2033, 5, 18, tzinfo=UTC), "future_time"),
        (datetime(2105, 1, 1, tzinfo=UTC), "future_time"),
    ],
    ids=str,
)
def test_a_time_that_cannot_be_true_is_refused(name, at, reason):
    assert reasons(name, json.dumps(FROM[name](at)).encode()) == [reason]


@pytest.mark.parametrize("name", sorted(FROM))
@pytest.mark.parametrize(
    "at", [datetime(2000, 1, 1, tzinfo=UTC), RECEIVED + timedelta(minutes=5)], ids=str
)
def test_a_time_at_the_edge_is_taken(name, at):
    assert [event.start for event in sure(name, json.dumps(FROM[name](at)).encode()).events] == [at]
