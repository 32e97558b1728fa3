import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from told import NIGHT, correction, deleted, record, said, slept, steps

DAY = NIGHT.isoformat()
SLEPT = slept(-1, 7)
PHONE = {"source": "phone", "device": "phone"}


def entry(item, hours=None, **more):
    more = {"day": DAY, "done": True, "people": 1} | more
    return said("self.srm_entry", hours, name=f"{item} {hours}", item=item,
                modality="self-reported", **{"device": "phone", **more})  # fmt: skip


def anchors(*events, item=None, **more):
    found = record(SLEPT, *events, **more).anchors
    return [
        (one.source_class, one.minutes if one.done else "not done")
        for one in found
        if item is None or one.item == item
    ]


def bed_before(*events):
    return [(one.source_class, one.minutes) for one in record(SLEPT, *events).bed_before]


def test_main_sleep_tells_of_bed_and_out_of_bed():
    assert anchors() == [("main_sleep", 420)]
    assert bed_before() == [("main_sleep", 1380)]


def test_what_the_client_tells_comes_with_the_company():
    (found,) = record(entry("dinner", 18.5, people=2)).anchors

    assert (found.item, found.source_class, found.minutes, found.done, found.people) == (
        "dinner", "reported", 1110, True, 2,
    )  # fmt: skip


@pytest.mark.parametrize(("clock", "minutes"), [("18:40", 1120), ("00:15", 1455), ("03:59", 1679)])
def test_a_time_told_before_four_lies_after_midnight(clock, minutes):
    assert anchors(entry("bed", 30, time=clock), item="bed") == [("reported", minutes)]


def test_an_instant_told_with_a_zone_counts_on_its_clock():
    assert anchors(entry("dinner", 18.5, tz="Europe/Berlin"), item="dinner") == [("reported", 1170)]


def test_what_was_not_done_has_no_time():
    told = entry("dinner", None, done=False, local_start=datetime.fromisoformat(DAY))

    assert anchors(told, item="dinner") == [("reported", "not done")]


def test_an_entry_of_another_day_is_not_of_this_one():
    assert anchors(entry("dinner", 18.5, day="2026-03-05"), item="dinner") == []


def test_the_newest_word_on_an_anchor_counts_and_deleting_it_brings_back_no_older_one():
    old, new = entry("dinner", 18.5, received_at=20), entry("dinner", 19, received_at=21)

    assert anchors(old, new, item="dinner") == [("reported", 1140)]
    assert anchors(old, new, deleted(new, span=False), item="dinner") == []


def test_a_corrected_entry_says_what_the_correction_says():
    told = entry("dinner", 18.5)

    found = anchors(told, correction(told.group, time="19:15"), item="dinner")

    assert found == [("reported", 1155)]


def test_a_bed_sensor_sees_somebody_lie_down_and_rise():
    bed = [said("bed.in", -1.25), said("bed.out", 7.25), said("bed.out", 12), said("bed.in", -9)]

    assert anchors(*bed, item="out_of_bed") == [("bed_sensor", 435), ("main_sleep", 420)]
    assert bed_before(*bed) == [("bed_sensor", 1365), ("main_sleep", 1380)]


def test_a_night_without_sleep_is_not_done():
    awake = [
        said("activity.session", hours, hours + 3, name=str(hours)) for hours in range(-18, 18, 3)
    ]

    found = record(*awake)

    assert [(one.item, one.done) for one in (*found.anchors, *found.bed_before)] == [
        ("out_of_bed", False),
        ("bed", False),
    ]


def test_a_night_of_which_nothing_is_known_tells_nothing():
    assert record().anchors == record().bed_before == ()


def call(hours, **more):
    more = {"channel": "call", "direction": "in", "answered": True} | more
    return said("social.contact", hours, name=f"call {hours}", **more)


def test_the_first_contact_is_the_first_after_waking_that_reached_somebody():
    calls = call(5), call(7.2, answered=False), call(7.5, direction="out", answered=False), call(8)

    assert anchors(*calls, item="first_contact") == [("contact", 450)]


def test_deleting_the_first_contact_makes_no_other_the_first():
    first = call(8)

    assert anchors(first, call(9), deleted(first, span=False), item="first_contact") == []


def test_without_a_time_of_waking_there_is_no_first_contact():
    assert record(call(8)).anchors == ()


@pytest.mark.parametrize(("what", "counts"), [("work", True), ("care", True), ("exercise", False)])
def test_a_routine_starts_the_day_if_it_is_one_of_five(what, counts):
    found = anchors(said("routine.start", 9, what=what), item="start_activity")

    assert found == ([("routine", 540)] if counts else [])


def test_arriving_at_work_starts_the_day():
    home, work = said("place.enter", 8, place="home"), said("place.enter", 9, place="work")

    assert anchors(home, work, item="start_activity") == [("arrival", 540)]


def test_a_walk_after_leaving_home_starts_the_day():
    left = said("place.leave", 8, place="home")
    walk = [*steps(7, 7.5, 80), *steps(8, 8.2, 0), *steps(8.2, 8.5, 80)]

    assert ("walk", 492.0 - 2) in anchors(left, *walk, item="start_activity")
    assert anchors(*walk, item="start_activity") == []


def test_a_walk_of_which_a_part_was_deleted_tells_nothing():
    left = said("place.leave", 8, place="home")
    stone = said("meta.tombstone", 8.2, 8.3, of="x", reason="deleted")

    assert anchors(left, *steps(8, 8.5, 80), stone, item="start_activity") == []


def test_dinner_is_the_first_meal_called_so():
    meals = [
        said("meal", 13, meal="lunch"),
        said("meal", 19, meal="dinner"),
        said("meal", 21, meal="dinner", name="b"),
    ]

    assert anchors(*meals, item="dinner") == [("meal", 1140)]


def test_the_social_day_goes_from_four_to_four():
    late = said("meal", 27.5, meal="dinner")
    too_late = said("meal", 28, meal="dinner")

    assert anchors(late, item="dinner") == [("meal", 1650)]
    assert anchors(too_late, item="dinner") == []


def test_mood_and_energy_are_the_last_told_for_the_day():
    told = [
        said("self.mood", None, name="old", level=1, day=DAY, received_at=18),
        said("self.mood", None, name="new", level=-2, day=DAY, received_at=20),
        said("self.energy", None, name="other", level=3, day="2026-03-05", received_at=20),
    ]

    found = record(*told)

    assert (found.mood, found.energy) == (-2, None)


def test_times_are_those_of_the_clock_on_the_wall():
    found = record(SLEPT, said("meal", 13, meal="dinner"), zone="Asia/Kolkata").anchors

    assert [(one.item, one.minutes) for one in found] == [("out_of_bed", 750), ("dinner", 1110)]
    assert timedelta(minutes=750) == timedelta(hours=7 + 5.5)
