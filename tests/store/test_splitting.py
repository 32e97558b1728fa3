import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.events.event import RawRecord
from daykeel.log.splitting import split
from daykeel.sources.registry import adapt

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = 600


def raw(adapter, said):
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return RawRecord(
        client="c-1",
        adapter=adapter,
        device="phone",
        topic="t",
        payload=payload,
        received_at=NOW,
        transport="http",
    )


def said_by(records):
    """Every event of some records, by id, with what is refused of them."""
    found = [adapt(one) for one in records]
    events = [event for one in found for event in (*one.events, *one.internal)]
    refused = {reject for one in found for reject in one.rejects}
    return sorted(events, key=lambda one: one.id), refused


def at(minute, form="%Y-%m-%dT%H:%M:%SZ"):
    return (START + timedelta(minutes=minute)).strftime(form)


def export(minutes, values, workouts=()):
    form = "%Y-%m-%d %H:%M:%S +0000"
    steps = [
        {"date": at(minute, form), "qty": value}
        for minute, value in zip(minutes, values, strict=True)
    ]
    beats = [{"date": at(minute, form), "Avg": 60, "Min": 50, "Max": 70} for minute in minutes]
    sport = [{"name": "Run", "start": at(one, form), "end": at(one + 30, form)} for one in workouts]
    metrics = [
        {"name": "step_count", "units": "count", "data": steps},
        {"name": "heart_rate", "units": "count/min", "data": beats},
    ]
    return {"data": {"metrics": metrics, "workouts": sport}}


def connected(minutes, values):
    steps = [
        {"start_time": at(minute), "end_time": at(minute + 1), "count": value}
        for minute, value in zip(minutes, values, strict=True)
    ]
    beats = [{"time": at(minute), "bpm": 60} for minute in minutes]
    return {"timestamp": at(2_000), "steps": steps, "heart_rate": beats, "app_version": "1.2"}


def own(minutes, values):
    return [
        {
            "kind": "activity.epoch",
            "start": at(minute),
            "value": {"unit": "steps", "value": value, "epoch_s": 60},
        }
        for minute, value in zip(minutes, values, strict=True)
    ]


FORMS = {"health_auto_export": export, "health_connect": connected, "daykeel": own}

minutes = st.lists(st.integers(0, 1_800), max_size=40)
"""Also twice and in any order: then rows may have to be read together."""
counts = st.one_of(st.integers(0, 200), st.just("many"), st.none(), st.just(-1.5))


@given(st.sampled_from(sorted(FORMS)), minutes, st.data())
def test_the_parts_say_exactly_what_the_whole_does(adapter, some, data):
    values = data.draw(st.lists(counts, min_size=len(some), max_size=len(some)))
    whole = raw(adapter, FORMS[adapter](some, values))

    parts = split(whole, largest=SMALL)

    assert said_by(parts) == said_by([whole])
    assert len(parts) == 1 or max(len(one.payload) for one in parts) <= SMALL
    assert {msgspec.structs.replace(one, payload=b"") for one in parts} == {
        msgspec.structs.replace(whole, payload=b"")
    }


@pytest.mark.parametrize("adapter", sorted(FORMS))
def test_rows_of_their_own_are_split(adapter):
    whole = raw(adapter, FORMS[adapter](range(40), range(40)))

    assert len(split(whole, largest=2_000)) > 1


def test_workouts_are_split_as_metrics_are():
    whole = raw("health_auto_export", export([], [], workouts=range(0, 1_500, 50)))

    parts = split(whole, largest=SMALL)

    assert len(parts) > 1
    assert said_by(parts) == said_by([whole])


def test_two_rows_of_one_moment_are_never_told_apart():
    whole = raw("health_auto_export", export([5] * 30, range(30)))

    assert split(whole, largest=SMALL) == [whole]


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("owntracks", {"_type": "location", "note": "x" * 2_000}),
        ("health_auto_export", {"data": [{"x": "y" * 2_000}]}),
        ("health_connect", {"note": "x" * 2_000, "steps": [{}] * 50}),
        ("daykeel", {"kind": "self.note", "value": {"text": "x" * 2_000}}),
        ("daykeel", b"[" + b" " * 2_000 + b"]"),
        ("daykeel", b"[" * 40 + b"]" * 40 + b" " * 2_000),
        ("daykeel", b"x" * 2_000),
    ],
)
def test_what_has_no_rows_of_its_own_stays_whole(adapter, said):
    whole = raw(adapter, said)

    assert split(whole, largest=SMALL) == [whole]


def test_any_number_of_lists_is_gone_through_once():
    metrics = [{"data": []}] * 50_000
    whole = raw("health_auto_export", {"data": {"metrics": metrics}})

    assert split(whole, largest=SMALL) == [whole]


def test_what_is_small_is_kept_as_it_came():
    whole = raw("health_connect", b' {"steps" : [ ]}')

    assert split(whole) == [whole]


def test_more_than_a_message_may_hold_is_refused_as_before():
    whole = raw("daykeel", own(range(501), range(501)))

    assert split(whole, largest=2_000) == [whole]
