import json
from datetime import UTC, datetime, timedelta

import pytest

from daykeel.events.event import RawRecord
from daykeel.events.pieces_fold import movable
from daykeel.files.messages import first_instant, messages
from daykeel.files.recordings import Recording
from daykeel.sources.registry import adapt

RECEIVED = datetime(2026, 12, 1, tzinfo=UTC)


def recording(start, minutes):
    begin = datetime.fromisoformat(start)
    return Recording("a", {begin + timedelta(minutes=at): at % 7 for at in range(minutes)})


def events(told):
    found = []
    for topic, payload in told:
        raw = RawRecord(
            client="c-1",
            adapter="daykeel",
            device="replay",
            topic=topic,
            payload=payload,
            received_at=RECEIVED,
            stream="event",
        )
        adapted = adapt(raw)
        assert adapted.rejects == ()
        found += adapted.events
    return found


def sent(start, minutes, zone="Europe/Berlin"):
    return messages(recording(start, minutes), client="c-1", device="replay", zone=zone)


def test_a_day_is_three_messages_of_at_most_500_events():
    told = sent("2016-04-13T00:00", 1440)

    assert [len(json.loads(payload)) for _, payload in told] == [500, 500, 440]
    assert {topic for topic, _ in told} == {"daykeel/v1/c-1/daykeel/replay/event"}
    assert all(len(payload) < 100_000 for _, payload in told)


def test_every_minute_becomes_an_epoch_at_its_instant():
    found = events(sent("2016-04-13T00:00", 1440))

    assert len({event.id for event in found}) == 1440
    assert found[0].start == datetime(2016, 4, 12, 22, tzinfo=UTC)
    assert found[0].value == {"unit": "steps", "value": 0.0, "epoch_s": 60}
    assert {(event.time_basis, event.tz) for event in found} == {("utc+tzid", "Europe/Berlin")}
    assert {event.utc_offset_min for event in found} == {120}


def test_the_same_recording_again_has_the_same_names():
    first, again = (events(sent("2016-04-13T00:00", 60)) for _ in range(2))

    assert [event.id for event in first] == [event.id for event in again]


@pytest.mark.parametrize(
    ("day", "flag", "minutes"), [("2016-03-27", "dst_gap", 60), ("2016-10-30", "dst_fold", 60)]
)
def test_the_hour_of_the_change_of_clocks_is_flagged_and_no_epoch(day, flag, minutes):
    found = events(sent(f"{day}T00:00", 1440))

    uncertain = [event for event in found if event.quality == (flag,)]
    assert len(uncertain) == minutes
    assert all(movable(event) for event in uncertain)
    certain = [event.start for event in found if not movable(event)]
    assert len(set(certain)) == len(certain) == 1380


def test_it_begins_with_its_first_minute():
    begin = first_instant(recording("2016-04-13T00:00", 5), "America/New_York")

    assert begin == datetime(2016, 4, 13, 4, tzinfo=UTC)
