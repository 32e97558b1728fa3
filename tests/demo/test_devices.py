from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.demo.apple import apple
from daykeel.demo.bridge import band, bridge
from daykeel.demo.cast import CAST, life_of, messages, on_time
from daykeel.demo.phone import phone
from daykeel.demo.plan import play_of, raw_records
from daykeel.demo.said import full_hour
from daykeel.demo.sleep_app import sleep_app
from daykeel.events.event import RawRecord
from daykeel.rhythm.sessions import sessions_of
from daykeel.sources.registry import adapt

START = date(2026, 1, 20)
NIGHTS = 40
FIRST = START + timedelta(days=1)
BY_NAME = {member.script.name: member for member in CAST}


class Usernames(dict):
    def __missing__(self, device):
        return "-".join(device)


def life(name, seed=1):
    return life_of(BY_NAME[name], FIRST, NIGHTS, seed)


def events_of(told):
    """What the adapters make of messages that arrive when they are published; nothing refused."""
    found = []
    for said in told:
        adapted = adapt(
            RawRecord(
                client="c-1",
                adapter=said.device.adapter,
                device=said.device.name,
                topic=said.topic,
                payload=said.payload,
                received_at=said.at,
                stream="event" if said.device.adapter == "daykeel" else "raw",
            )
        )
        assert adapted.rejects == ()
        found += adapted.events
    return found


def truly_slept(lived):
    """Start, stop and awakenings of what the tracker saw, naps included."""
    spans = []
    for night in lived.nights:
        if night.worn and night.nap:
            spans.append((night.nap.start, night.nap.stop, ()))
        if night.worn and night.sleep:
            awake = tuple((one.start, one.stop) for one in night.awake)
            spans.append((night.sleep.start, night.sleep.stop, awake))
    return sorted(spans)


def test_what_sleep_as_android_publishes_is_the_sleep_there_was():
    lived = life("steady")

    sessions = sessions_of(events_of(sleep_app(lived)))

    assert [(one.start, one.stop, one.awake) for one in sessions] == truly_slept(lived)


def test_what_a_bridge_publishes_is_the_sleep_there_was():
    lived = life("delay")

    sessions = sessions_of(events_of(bridge(lived)))

    assert [(one.start, one.stop, one.awake) for one in sessions] == truly_slept(lived)


def test_a_cheap_tracker_knows_no_stages():
    lived = life("cheap tracker")

    sessions = sessions_of(events_of(band(lived)))

    assert [(one.start, one.stop) for one in sessions] == [one[:2] for one in truly_slept(lived)]
    assert {one.awake for one in sessions} == {()}


def test_a_bridge_syncs_also_when_there_is_nothing_to_tell():
    lived = life("tracker off")
    unworn = [night.night for night in lived.nights if not night.worn]

    silent = [said for said in bridge(lived) if not events_of([said])]

    assert len(unworn) >= 8
    assert len(silent) >= 2 * len(unworn)


def test_health_auto_export_tells_the_same_nights_again_and_again():
    lived = life("irregular")

    told = events_of(apple(lived))
    episodes = [event for event in told if event.kind == "sleep.episode"]
    times = {event.group: (event.start, event.end) for event in episodes}

    assert sorted(times.values()) == [one[:2] for one in truly_slept(lived) if one[1] < end(lived)]
    assert len(episodes) > 3 * len(times)


def end(lived):
    return max(said.at for said in apple(lived))


def test_the_phone_of_a_traveller_writes_the_zone_it_is_in():
    lived = life("flight")

    offsets = {
        event.utc_offset_min for event in events_of(apple(lived)) if event.kind == "sleep.episode"
    }

    assert offsets == {180, 540}


def test_owntracks_tells_when_work_began_and_how_many_steps_were_taken():
    lived = life("steady")
    told = events_of(phone(lived))

    arrivals = [
        event.start
        for event in told
        if event.kind == "place.enter" and event.value["place"] == "work"
    ]
    walked = [
        (event.start, event.end, event.value["steps"])
        for event in told
        if event.kind == "activity.steps"
    ]

    assert arrivals == [day.work.start for day in lived.days if day.work]
    assert all(lived.steps_between(start, stop) == steps for start, stop, steps in walked)
    assert len(walked) == 3 * NIGHTS


def test_the_diary_tells_the_anchors_as_they_were():
    lived = life("delay")
    said = [one for one in messages(BY_NAME["delay"], lived, 1) if one.device.adapter == "daykeel"]

    told = {
        (event.value["item"], event.value["day"]): event.start
        for event in events_of(said)
        if event.kind == "self.srm_entry" and event.value["done"]
    }
    truth = {
        (anchor.item, day.day.isoformat()): anchor.at
        for day in lived.days
        for anchor in day.anchors
    }

    assert told.items() <= truth.items()
    assert len(told) > 0.85 * len(truth)


def test_a_late_phone_says_the_same_in_another_order_and_never_early():
    member, lived = BY_NAME["late phone"], life("late phone")

    late, ordered = messages(member, lived, 1), on_time(member, lived, 1)
    made = {said.payload: said.at for said in ordered}

    assert Counter(said.payload for said in late) == Counter(said.payload for said in ordered)
    assert [said.payload for said in late] != [said.payload for said in ordered]
    assert all(said.at >= made[said.payload] for said in late)
    assert max(said.at - made[said.payload] for said in late) > timedelta(days=20)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_that_is_published_is_refused(seed):
    raws = raw_records(play_of(START, NIGHTS, seed), Usernames())

    refused = Counter(reject for raw in raws for reject in adapt(raw).rejects)

    assert refused == {}
    assert {raw.client for raw in raws} == {member.client for member in CAST}


def test_live_messages_arrive_at_their_instant_and_all_others_at_the_full_hour():
    steps = play_of(START, 10, 1).steps

    for step in steps:
        for one in step.deliveries:
            assert step.at == (one.said.at if one.said.is_live else full_hour(one.said.at))


def test_a_play_goes_forward_in_time_and_waits_at_most_once_an_hour():
    play = play_of(START, 10, 1)
    instants = [step.at for step in play.steps]
    waits = [full_hour(step.at) for step in play.steps if step.settles]

    assert instants == sorted(set(instants))
    assert len(waits) == len(set(waits))
    assert play.begins < instants[0]
    assert play.ends == datetime(2026, 1, 30, 22, tzinfo=UTC)


def test_the_same_seed_gives_the_same_messages():
    plays = [raw_records(play_of(START, 5, seed), Usernames()) for seed in (3, 3, 4)]

    assert plays[0] == plays[1]
    assert plays[0] != plays[2]
