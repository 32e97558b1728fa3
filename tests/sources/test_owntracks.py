import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import RECEIVED, raw

TST = 1_772_398_800
AT = datetime(2026, 3, 1, 21, tzinfo=UTC)


def said(message, **more):
    return adapt(raw("owntracks", json.dumps(message).encode(), **more))


def location(**members):
    return {"_type": "location", "tst": TST, "lat": 1.5, "lon": 2.5, **members}


def transition(**members):
    return {"_type": "transition", "tst": TST, "event": "enter", "desc": "Home", **members}


def reasons(message, **more):
    return [reject.reason for reject in said(message, **more).rejects]


def test_a_position_never_leaves_the_adapter():
    found = said(location())

    assert (found.events, [one.kind for one in found.internal]) == ((), ["place.fix"])


def test_no_event_that_leaves_holds_coordinates():
    whole = [location(batt=5), transition(lat=1.5, lon=2.5, acc=3)]

    assert {name for one in said(whole).events for name in one.value} == {
        "percent",
        "place",
        "place_label",
    }


@pytest.mark.parametrize(
    ("battery", "state", "told"),
    [
        (20, 1, {"percent": 20.0, "charging": False}),
        (5, 2, {"percent": 5.0, "charging": True}),
        (5, 0, {"percent": 5.0}),
        (5, "x", {"percent": 5.0}),
        (21, 1, None),
        (-1, 1, None),
        (101, 1, None),
        (None, 1, None),
    ],
)
def test_the_battery_is_told_when_it_is_low(battery, state, told):
    found = said(location(batt=battery, bs=state))

    assert [one.value for one in found.events] == ([told] if told else [])
    assert len(found.internal) == 1


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Home", "home"),
        ("+home", "home"),
        (" OFFICE ", "work"),
        ("university", "school"),
        ("Pub", "other"),
        (None, "other"),
        (["home"], "other"),
    ],
)
def test_a_region_is_the_place_its_name_says(name, place):
    event = said(transition(desc=name)).events[0]

    assert (event.kind, event.value["place"]) == ("place.enter", place)


def test_a_time_may_be_a_text():
    assert said(transition(tst=str(TST))).events[0].start == AT


@pytest.mark.parametrize("tst", [None, "", "now", TST * 1000, TST * 1_000_000, True, [], -1e30])
def test_a_message_whose_time_cannot_be_read_is_refused(tst):
    assert reasons(transition(tst=tst)) == ["no_time"]


def test_when_it_was_built_is_when_it_was_observed():
    assert said(transition(created_at=TST + 49)).events[0].observed_at.timestamp() == TST + 49
    assert said(transition()).events[0].observed_at == RECEIVED
    assert said(transition(created_at="x")).events[0].quality == ("bad_field:created_at",)


def test_the_same_transition_twice_has_the_same_name():
    assert said(transition()).events[0].id == said(transition(tst=str(TST))).events[0].id
    assert said(transition()).events[0].id != said(transition(event="leave")).events[0].id


def test_an_array_is_many_messages():
    whole = [location(), transition(), transition(tst=TST + 1, event="leave")]

    assert [one.kind for one in said(whole).events] == ["place.enter", "place.leave"]


def test_a_bad_message_takes_no_other_with_it():
    found = said([transition(), transition(event="stay"), {"_type": "encrypted", "data": "x"}])

    assert len(found.events) == 1
    assert [one.reason for one in found.rejects] == ["wrong_shape", "encrypted"]


@pytest.mark.parametrize("name", ["card", "cmd", "configuration", "dump", "status", "beacon"])
def test_what_says_nothing_about_the_client_is_no_refusal(name):
    found = said({"_type": name})

    assert (found.events, found.rejects) == ((), ())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({}, "no_type"),
        ({"_type": None}, "no_type"),
        ({"_type": "telepathy"}, "unknown_type"),
        ({"_type": "location"}, "no_time"),
        (location(lat=None), "bad_value"),
        (location(lat=91), "bad_value"),
        (transition(tst=0), "zero_time"),
        (transition(tst=2), "before_2000"),
        (transition(tst=4_000_000_000), "future_time"),
        ({"_type": "steps", "steps": "many", "from": TST, "to": TST}, "wrong_shape"),
        ({"_type": "steps", "steps": 5, "from": TST, "to": TST - 1}, "end_before_start"),
        ({"_type": "waypoint", "desc": "Home"}, "no_time"),
        ({"_type": "waypoints", "waypoints": {}}, "wrong_shape"),
        ({"_type": "waypoints", "waypoints": [5]}, "wrong_shape"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(message, why):
    assert reasons(message) == [why]


def test_steps_of_minus_one_are_not_known():
    found = said({"_type": "steps", "steps": -1, "from": TST, "to": TST + 60})

    assert (found.events, found.rejects) == ((), ())


def test_a_last_will_is_the_time_it_came():
    found = said({"_type": "lwt", "tst": "1440395714"})

    assert [(one.kind, one.start) for one in found.events] == [("device.offline", RECEIVED)]
    assert reasons({"_type": "lwt"}, retain=True) == ["retained_replay"]
