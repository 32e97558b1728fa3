import sys
from pathlib import Path

import pytest

from daykeel.rhythm.devices import (
    absences,
    batteries,
    is_empty,
    refused,
    runs_out,
    sources_of,
    with_earlier,
)
from daykeel.rhythm.ledger import Source, Word
from daykeel.rhythm.reading import reading

sys.path.insert(0, str(Path(__file__).parent))
from told import NIGHT, at, context, deleted, pieces, said, scene, slept


def read(*events):
    return reading(NIGHT, pieces(*events), context())


def battery(hours, percent, **more):
    return said("device.battery", hours, percent=percent, **more)


def words(*events, before=(), **more):
    """What devices say of themselves at the end of the core: at noon."""
    found = sources_of(scene(*events, before=before, heard={}, **more))
    return {one.device: [(word.what, word.since) for word in one.words] for one in found}


def told(*said):
    return (Source("daykeel", "wrist", words=said),)


def test_reports_of_a_battery_stand_by_device_in_the_order_of_time():
    later, first, other = battery(2, 30), battery(1, 40), battery(1, 9, device="phone")

    assert batteries(read(later, first, other)) == {"wrist": [first, later], "phone": [other]}


def test_a_battery_is_empty_at_five_per_cent_unless_it_charges():
    assert is_empty(battery(1, 5))
    assert not is_empty(battery(1, 6))
    assert not is_empty(battery(1, 2, charging=True))


@pytest.mark.parametrize(
    ("percents", "empty"),
    [([40, 30, 20], at(4)), ([20, 30, 20], None), ([40, 30], None), ([90, 40, 30, 20], at(5))],
)
def test_a_battery_runs_out_as_it_fell_in_three_reports(percents, empty):
    assert runs_out([battery(n, percent) for n, percent in enumerate(percents)]) == empty


def test_an_app_is_refused_until_it_is_let_in_or_tells_something():
    taken_back = said("device.denied", -9), said("device.allowed", -5)
    told_again = said("device.denied", -3, device="phone"), said("phone.unlock", 2, device="phone")
    other_app = said("device.denied", 4, device="scale", adapter="withings")

    found = refused(read(*taken_back, *told_again, *other_app_told(), other_app))

    assert found == {
        "daykeel/wrist": [(at(-9), at(-5))],
        "daykeel/phone": [(at(-3), at(2))],
        "withings/scale": [(at(4), read().window[1])],
    }


def other_app_told():
    return (said("env.light", 5, lux=1, device="scale"),)


def test_a_deleted_refusal_makes_nothing_known():
    refusal = said("device.denied", -9)

    assert refused(read(refusal, deleted(refusal, span=False))) == refused(read(refusal))


def test_a_last_will_holds_until_the_device_is_heard_again():
    gone, back = said("device.offline", -9), said("device.online", -5)

    assert absences(read(gone, back)) == {"wrist": [((at(-9), at(-5)), gone)]}


def test_what_began_and_did_not_end_holds():
    events = [
        said("device.off_wrist", 2),
        said("device.offline", 3),
        said("device.on_wrist", -3),
        said("device.off_wrist", -4),
        said("device.off_wrist", 14),
    ]

    assert words(*events) == {"wrist": [("off_wrist", at(2)), ("offline", at(3))]}


@pytest.mark.parametrize(
    ("began", "end"),
    [
        ("off_wrist", said("device.on_wrist", 3)),
        ("offline", said("device.online", 3)),
        ("offline", said("cardio.hr", 3, bpm=60)),
        ("denied", said("device.allowed", 3)),
        ("denied", slept(3, 9)),
    ],
)
def test_what_held_the_night_before_holds_until_it_ends(began, end):
    before = told(Word(began, at(-200), "x"))

    assert words(before=before) == {"wrist": [(began, at(-200))]}
    assert words(end, before=before).get("wrist", []) == []


def test_of_a_battery_the_last_report_holds_and_since_when_it_must_be_empty():
    assert words(battery(1, 40), battery(2, 5)) == {"wrist": [("battery", at(2)), ("flat", at(2))]}
    assert words(*(battery(n, 40 - 10 * n) for n in range(3))) == {
        "wrist": [("battery", at(2)), ("flat", at(4))]
    }
    assert words(battery(1, 40)) == {"wrist": [("battery", at(1))]}


def test_a_report_of_the_night_before_holds_until_the_next_one():
    before = told(Word("battery", at(-200), "x", 4.0), Word("flat", at(-200), "x"))

    assert words(before=before) == {"wrist": [("battery", at(-200)), ("flat", at(-200))]}
    assert words(battery(1, 80), before=before) == {"wrist": [("battery", at(1))]}


def test_a_battery_that_ran_out_by_its_slope_does_so_when_only_its_last_report_is_read():
    last = battery(-58, 20)
    before = told(Word("battery", at(-58), last.id, 20.0), Word("flat", at(-50), last.id))

    assert words(last, before=before) == {"wrist": [("battery", at(-58)), ("flat", at(-50))]}


def test_what_was_deleted_is_not_said_any_more():
    report = battery(1, 40)

    assert words(report, deleted(report, span=False)) == {}


def test_each_app_has_synced_and_was_heard_up_to_the_end_of_the_core_at_most():
    heard, seen = {"wrist": at(9), "phone": at(30)}, {"wrist": at(11), "lamp": at(1)}

    found = sources_of(scene(heard=heard, seen=seen))

    assert [(one.device, one.synced, one.heard) for one in found] == [
        ("lamp", None, at(1)),
        ("phone", at(12), at(12)),
        ("wrist", at(9), at(11)),
    ]


def test_what_held_before_stands_among_what_is_read_once():
    off = said("device.off_wrist", -20)
    before = told(Word("off_wrist", at(-20), off.id), Word("denied", at(-90), "no"))

    found = with_earlier(read(off), before)

    assert [one.id for one in found.of("device.off_wrist", "device.denied")] == [off.id, "no"]
    assert with_earlier(found, ()) is found
