"""What people say of what devices told, from MQTT to page and API: corrected, deleted, declared."""

import json
import sys
from datetime import timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]
from installation import installation  # noqa: E402
from lives import START, after, episode, life, midnight, raw, tombstone, wire  # noqa: E402
from people import Browser, commands, enrol, quarantined, raws, standing  # noqa: E402
from profiles import PROFILES  # noqa: E402

from daykeel.pipeline.batch import batch, state_digest  # noqa: E402
from daykeel.sources.registry import adapt  # noqa: E402
from daykeel.stream.state import state_at  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.long]

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NIGHTS = 50
DRIFT = np.concatenate([np.zeros(NIGHTS - 10), np.full(10, 3.0)])
"""Hours by which a tracker whose clock ran slow told the last nights too late."""
SLOW, ORDER = "c-slow000001", "c-order00001"
END = after(NIGHTS)
LATER = END + 6 * HOUR


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def sleep(day, first=0.0, last=8.0):
    return episode(at(day, first), at(day, last), f"night-{day}")


def group_of(client, event, device="tracker"):
    """What a newer observation of the event would replace, as words on it name it."""
    return the(client, event, device).group


def id_of(client, event, device="tracker"):
    return the(client, event, device).id


def the(client, event, device):
    return adapt(raw(client, [event], LATER, device=device)).events[0]


def correction(of, name, start=None, end=None, **value):
    times = {"start": start, "end": end}
    said = {"of": of, "by": "client"} | {key: wire(at) for key, at in times.items() if at}
    said |= {"value": value} if value else {}
    return {"kind": "meta.correction", "native_id": name, "value": said}


def stone(of, name):
    return tombstone(of, END, END) | {"native_id": name}


def say(person, device, *events):
    person.say(device, json.dumps(list(events)).encode())


@pytest.fixture(scope="module", params=PROFILES)
def told(tmp_path_factory, request):
    """Two people, one of whom has an alert that rests on nights a slow clock told."""
    begin = midnight(START) - 12 * HOUR
    with installation(tmp_path_factory.mktemp("told"), begin, request.param) as home:
        people = {one: enrol(home, one, ("tracker", "phone"), begin) for one in (SLOW, ORDER)}
        therapist = home.records.add_account("therapist", "t", now=begin)
        client = home.records.add_account("client", "c", client=SLOW, now=begin)
        for one in people:
            home.records.assign(therapist.id, one, now=begin)
        for record in life(SLOW, NIGHTS, seed=4, shift=DRIFT):
            home.clock.set(record.received_at)
            people[SLOW].say(record.device, record.payload)
        home.settle(END)
        yield home, people, Browser(home, therapist.id), Browser(home, client.id)
        for person in people.values():
            person.close()


def nights_of(browser, client, first, last):
    span = f"first={START + first * DAY}&last={START + last * DAY}"
    found = browser.json(f"/v1/clients/{client}/nights?{span}")["nights"]
    return {one["night"]: one for one in found}


def night_of(browser, client, day):
    return nights_of(browser, client, day, day)[str(START + day * DAY)]


def slept(browser, client, day):
    found = night_of(browser, client, day)
    return found["onset_at"], found["offset_at"]


def span(day, first, last):
    return wire(at(day, first)), wire(at(day, last))


def assert_is_that_of_a_direct_computation(home, now):
    direct = batch(raws(home), commands(home), now)
    tables, _ = state_at(home.open_log(), now)
    for client in (SLOW, ORDER):
        assert state_digest(tables, client) == state_digest(direct.tables, client)


def test_an_alert_that_rested_on_corrected_nights_is_withdrawn_and_says_so_everywhere(told):
    home, people, therapist, client = told
    (alert,) = [one for one in home.records.alerts(client=SLOW) if one.kind == "phase_delay"]
    state_before = alert.state
    told_nights = chain.from_iterable(adapt(one).events for one in raws(home) if one.client == SLOW)
    wrong = [
        event
        for event in told_nights
        if event.kind == "sleep.episode" and event.start >= at(NIGHTS - 10, -6)
    ]

    home.clock.set(LATER)
    for event in wrong:
        shift = 3 * HOUR
        word = correction(event.group, event.id, event.start - shift, event.end - shift)
        say(people[SLOW], "phone", word)
    home.settle(LATER)

    (gone,) = [one for one in home.records.alerts(client=SLOW) if one.id == alert.id]
    assert (state_before, gone.state, gone.reason) == ("open", "resolved", "withdrawn")
    assert "phase_delay" not in {kind for kind, _ in standing(home, SLOW)}
    page, overview = therapist.page(f"/alerts/{alert.id}"), therapist.page(f"/clients/{SLOW}")
    assert "Data that came later show that it did not happen." in page
    assert "withdrawn" in overview
    said = {one["id"]: one for one in therapist.json("/v1/alerts")["alerts"]}
    assert (said[alert.id]["state"], said[alert.id]["reason"]) == ("resolved", "withdrawn")
    assert "Taken back: data that came later show that it was not so." in client.page("/me")
    assert_is_that_of_a_direct_computation(home, LATER)


NOW = LATER + HOUR
FIRST, SECOND, THIRD, FOURTH = 40, 41, 42, 43
LEVEL = {"kind": "device.battery", "native_id": "b", "start": wire(at(45, 20)),
         "value": {"percent": 60}}  # fmt: skip


def test_words_count_whether_they_come_before_twice_or_in_any_order(told):
    home, people, therapist, _ = told
    person, nights = people[ORDER], {day: sleep(day) for day in range(38, 48)}
    groups = {day: group_of(ORDER, night) for day, night in nights.items()}
    short = correction(groups[FIRST], "short", end=at(FIRST, 5))
    on_short = correction(id_of(ORDER, short, "phone"), "on short", end=at(FIRST, 6))
    late = correction(groups[SECOND], "late", at(SECOND, 2), at(SECOND, 9))
    far = correction(groups[THIRD], "far", at(46, -1), at(46, 7))
    home.clock.set(NOW)

    say(person, "phone", on_short)
    say(person, "phone", short)
    say(person, "phone", stone(group_of(ORDER, late, "phone"), "no late"))
    say(person, "phone", far)
    for day in (FIRST, SECOND, THIRD, FOURTH, 44):
        say(person, "tracker", nights[day])
    say(person, "phone", late)
    say(person, "phone", stone(groups[FOURTH], "no fourth"))
    for word in (short, far, on_short):
        say(person, "phone", word)
    say(person, "tracker")
    home.settle(NOW)

    assert slept(therapist, ORDER, FIRST) == span(FIRST, 0, 6)
    assert slept(therapist, ORDER, SECOND) == (None, None)
    assert slept(therapist, ORDER, THIRD) == (None, None)
    assert slept(therapist, ORDER, 46) == span(46, -1, 7)
    assert slept(therapist, ORDER, FOURTH) == (None, None)
    assert slept(therapist, ORDER, 44) == span(44, 0, 8)
    assert_is_that_of_a_direct_computation(home, NOW)


def test_a_declaration_is_on_its_nights_and_follows_its_correction(told):
    home, people, therapist, _ = told
    first, last, new = (str(START + day * DAY) for day in (44, 46, 45))
    mark = {"what": "illness", "first": first, "last": last}
    declared = {"kind": "night.mark", "native_id": "ill", "value": mark}
    say(people[ORDER], "phone", declared)
    home.settle(NOW + MINUTE)
    before = nights_of(therapist, ORDER, 43, 47)

    say(
        people[ORDER], "phone", correction(group_of(ORDER, declared, "phone"), "not yet", first=new)
    )
    home.settle(NOW + 2 * MINUTE)

    after_ = nights_of(therapist, ORDER, 43, 47)
    assert [one["flags"] for one in before.values()] == [[], *[["illness"]] * 3, []]
    assert [one["flags"] for one in after_.values()] == [[], [], *[["illness"]] * 2, []]
    assert_is_that_of_a_direct_computation(home, NOW + 2 * MINUTE)


def test_a_correction_to_what_cannot_be_stops_nobody(told):
    home, people, therapist, _ = told
    word = correction(group_of(ORDER, LEVEL), "bad", percent="much")
    say(people[ORDER], "tracker", LEVEL)
    say(people[ORDER], "phone", word)
    say(people[ORDER], "phone", correction("x", "old", start=at(-20_000, 0)))
    say(people[ORDER], "tracker", sleep(47))

    home.settle(NOW + 3 * MINUTE)

    assert slept(therapist, ORDER, 47) == span(47, 0, 8)
    assert [(one.reason, one.detail) for one in quarantined(home)] == [
        ("before_2000", "meta.correction")
    ]


def test_our_outage_and_what_each_source_said_last_are_on_page_and_api(told):
    home, people, therapist, _ = told
    hour = at(44, 20)
    for minutes in (0, 5, 5 + 24 * 60):
        home.records.canary_heard(now=hour + minutes * MINUTE, longest=15 * MINUTE)
    (outage,) = home.records.outages(hour)

    say(people[ORDER], "tracker", LEVEL)
    home.settle(NOW + 5 * MINUTE)

    gaps = night_of(therapist, ORDER, 45)["gaps"]
    assert ("our_outage", [outage.id]) in [(one["reason"], one["evidence"]) for one in gaps]
    told_of = therapist.json(f"/v1/clients/{ORDER}/sources")
    tracker = next(one for one in told_of["sources"] if one["device"] == "tracker")
    assert [one["percent"] for one in tracker["words"] if one["what"] == "battery"] == [60.0]
    assert tracker["consent"]["state"] == "given"
    assert "outage on our side" in therapist.page(f"/clients/{ORDER}")
    assert_is_that_of_a_direct_computation(home, NOW + 5 * MINUTE)
