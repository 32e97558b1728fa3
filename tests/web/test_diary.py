import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.ledger import ANCHORS
from daykeel.sources.registry import adapt
from daykeel.web.diary import (
    AnchorEntry,
    LevelEntry,
    diary_record,
    minutes_of,
    social_day,
    wall_time,
)

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_people import NOW, ZONE

MONDAY = date(2026, 3, 30)


def adapted(*entries):
    return adapt(diary_record("c-1", entries, now=NOW, zone=ZONE))


def test_a_tap_now_becomes_an_event_at_this_instant():
    found = adapted(AnchorEntry("dinner", MONDAY, True, at=NOW, people=2))

    (event,) = found.events
    assert found.rejects == ()
    assert (event.kind, event.start, event.tz) == ("self.srm_entry", NOW, ZONE)
    assert event.value == {"item": "dinner", "day": "2026-03-30", "done": True, "people": 2}
    assert (event.client, event.device, event.modality) == ("c-1", "diary", "self-reported")


def test_a_time_of_day_is_left_to_the_zone_history():
    (event,) = adapted(AnchorEntry("dinner", MONDAY, True, time="18:45")).events

    assert event.start is None
    assert str(event.local_start) == "2026-03-30 18:45:00"
    assert event.time_basis == "local"


def test_a_bedtime_after_midnight_belongs_to_the_evening_before():
    (event,) = adapted(AnchorEntry("bed", MONDAY, True, time="00:40")).events

    assert str(event.local_start) == "2026-03-31 00:40:00"


def test_not_done_has_no_time():
    (event,) = adapted(AnchorEntry("dinner", MONDAY, False, at=NOW)).events

    assert event.value == {"item": "dinner", "day": "2026-03-30", "done": False}


def test_a_second_answer_replaces_the_first():
    first = adapted(AnchorEntry("dinner", MONDAY, False)).events[0]
    second = adapted(AnchorEntry("dinner", MONDAY, True, time="18:45", people=1)).events[0]

    assert first.group == second.group


@pytest.mark.parametrize("what", ["mood", "energy"])
@pytest.mark.parametrize("level", [-5, 0, 5])
def test_mood_and_energy_are_events_of_their_day(what, level):
    (event,) = adapted(LevelEntry(what, MONDAY, level)).events

    assert event.kind == f"self.{what}"
    assert event.value == {"level": level, "day": "2026-03-30"}


def test_the_raw_record_carries_the_edge_identity():
    raw = diary_record("c-1", [LevelEntry("mood", MONDAY, 1)], now=NOW, zone=ZONE)

    assert (raw.client, raw.adapter, raw.stream, raw.received_at) == (
        "c-1",
        "daykeel",
        "event",
        NOW,
    )
    assert raw.topic == "daykeel/v1/c-1/daykeel/diary/event"
    assert isinstance(json.loads(raw.payload), list)


@given(
    st.sampled_from(ANCHORS),
    st.dates(date(2020, 1, 1), MONDAY),
    st.booleans(),
    st.none() | st.times().map(lambda time: f"{time:%H:%M}"),
    st.none() | st.integers(0, 3),
)
def test_every_entry_is_understood_by_the_adapter(item, day, done, time, people):
    found = adapted(AnchorEntry(item, day, done, time if done else None, NOW, people))

    assert found.rejects == ()
    assert len(found.events) == 1


def test_the_social_day_begins_at_four():
    before = datetime(2026, 3, 2, 2, 59, tzinfo=UTC)
    after = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)

    assert social_day(before, "Europe/Berlin") == date(2026, 3, 1)
    assert social_day(after, "Europe/Berlin") == date(2026, 3, 2)


@given(st.integers(240, 1679))
def test_wall_times_of_a_social_day_come_back_as_the_same_minutes(minutes):
    assert minutes_of(wall_time(minutes)) == minutes
