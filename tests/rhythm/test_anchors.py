import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from daykeel.rhythm.anchors import anchors_of, believed
from daykeel.rhythm.ledger import AnchorCandidate, Bounded
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, life, sleepless_night, record  # noqa: I001


def told(days):
    return anchors_of(series_of(days, context()))


def said(day, item, name, minutes, *, done=True):
    return replace(day, anchors=(*day.anchors, AnchorCandidate(item, name, minutes, done=done)))


def test_going_to_bed_stands_with_the_night_that_followed():
    found = told(life([3.0, 4.0, 5.0]))["bed"]["main_sleep"]

    assert found.times[:1].tolist() == [1440 + 60 * (4.0 - 3.75)]
    assert found.known.tolist() == [1, 1, -1]


def test_a_day_tells_nothing_before_the_next_night_is_final():
    days = life([3.0] * 3)
    days[2] = replace(days[2], night=replace(days[2].night, final=False))

    assert told(days)["out_of_bed"]["main_sleep"].known.tolist() == [1, -1, -1]


def test_a_sleepless_night_is_known_not_done():
    days = life([3.0] * 3)
    days[1] = record(sleepless_night(days[1].day))

    found = told(days)

    assert found["out_of_bed"]["main_sleep"].known.tolist() == [1, 0, -1]
    assert found["bed"]["main_sleep"].known.tolist() == [0, 1, -1]


def test_times_read_off_main_sleep_share_its_bounds():
    days = life([3.0] * 3)
    offset = days[0].night.offset.value
    wide = replace(days[0].night, offset=Bounded(offset, offset, offset + 2), certainty="bounded")
    days[0] = replace(days[0], night=wide)

    found = told(days)["out_of_bed"]["main_sleep"]

    assert found.known[0] == 1
    assert np.isnan(found.times[0])
    assert (found.lo[0], found.hi[0]) == (60 * offset, 60 * offset + 120)


def test_without_bounds_the_time_is_unknown():
    days = life([3.0] * 3)
    days[0] = replace(days[0], night=replace(days[0].night, offset=Bounded()))

    assert told(days)["out_of_bed"]["main_sleep"].known[0] == -1


def test_done_at_an_unknown_time_tells_nothing():
    days = [said(day, "dinner", "reported", None) for day in life([3.0] * 3)]

    assert told(days)["dinner"]["reported"].known.tolist() == [-1, -1, -1]


def test_the_first_of_several_of_a_class_counts():
    days = [
        said(said(day, "dinner", "meal", 1100.0), "dinner", "meal", 1200.0)
        for day in life([3.0] * 3)
    ]

    assert told(days)["dinner"]["meal"].times[0] == 1100


def test_reports_on_five_days_of_seven_are_believed_before_seven_of_a_sensor():
    days = life([3.0] * 8)
    days = [said(day, "dinner", "meal", 1100.0) for day in days]
    five = [said(day, "dinner", "reported", 1150.0) if n < 5 else day for n, day in enumerate(days)]
    four = [said(day, "dinner", "reported", 1150.0) if n < 4 else day for n, day in enumerate(days)]

    assert believed(told(five)["dinner"], slice(0, 7)) == "reported"
    assert believed(told(four)["dinner"], slice(0, 7)) == "meal"


def test_of_classes_that_cover_as_many_days_the_better_one_is_believed():
    days = [
        said(said(day, "start_activity", "walk", 520.0), "start_activity", "arrival", 500.0)
        for day in life([3.0] * 8)
    ]

    assert believed(told(days)["start_activity"], slice(0, 7)) == "arrival"


def test_nobody_is_believed_where_nothing_is_said():
    assert believed(told(life([3.0] * 8))["dinner"], slice(0, 7)) == ""
