import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.series import Interval, bounded, series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import DAY, START, context, life, night, record, silent_night, sleepless_night

NAN = float("nan")


def test_a_date_without_a_record_is_unknown():
    days = life([3.0, 3.5, 4.0])

    series = series_of([days[0], days[2]], context())

    assert len(series) == 3
    assert series.days[1] is None
    assert series.mid.value == pytest.approx([3.0, NAN, 4.0], nan_ok=True)
    assert series.final.tolist() == [True, False, True]
    assert series.coverage.tolist() == [1.0, 0.0, 1.0]
    assert not series.valid_bits[1].any()


def test_days_may_stand_in_any_order():
    days = life([3.0, 3.5, 4.0])

    series = series_of(days[::-1], context())

    assert series.days == tuple(days)
    assert series.at(START + DAY) == 1
    assert series.date(2) == START + 2 * DAY


def test_minutes_of_sleep_are_hours_here():
    series = series_of([record(night(START, -1, 6.5))], context())

    assert series.duration.value.tolist() == [7.5]
    assert series.tst.hi.tolist() == [7.5]
    assert (series.onset.value[0], series.offset.value[0]) == (-1, 6.5)


def test_a_day_is_complete_when_the_night_after_it_is_final():
    days = [*life([3.0, 3.0]), record(replace(night(START + 2 * DAY, -1, 6), final=False))]

    series = series_of(days, context())

    assert series.complete.tolist() == [True, False, False]


def test_of_a_night_that_is_not_final_no_minute_is_valid():
    series = series_of([record(replace(night(START, -1, 6), final=False))], context())

    assert series.sleep_bits.any()
    assert not series.valid_bits.any()


def test_a_night_without_sleep_is_not_an_unknown_one():
    days = [record(sleepless_night(START)), record(silent_night(START + DAY))]

    series = series_of(days, context())

    assert series.sleepless.tolist() == [True, False]


def test_devices_are_told_apart_and_silence_is_none():
    days = life([3.0, NAN, 3.0, 3.0])
    days[3] = replace(days[3], night=replace(days[3].night, device="ring"))

    numbers = series_of(days, context()).device

    assert numbers[1] == -1
    assert numbers[0] == numbers[2] != numbers[3]
    assert (numbers[[0, 2, 3]] >= 0).all()


def test_the_first_nights_after_a_change_of_clocks_are_marked_as_near_it_too():
    flags = (("dst_1",), ("dst_3",), ("dst",), ())
    days = [
        replace(day, night=replace(day.night, flags=own))
        for day, own in zip(life([3.0] * 4), flags, strict=True)
    ]

    series = series_of(days, context())

    assert series.dst.tolist() == [True, True, False, False]
    assert series.near_dst.tolist() == [True, True, True, False]


@pytest.mark.parametrize(("what", "field"), [("episode", "episode"), ("exclude", "excluded")])
def test_a_mark_holds_from_its_first_to_its_last_night(what, field):
    mark = Mark(what, START + DAY, START + 2 * DAY)

    series = series_of(life([3.0] * 4), context(marks=(mark,)))

    assert getattr(series, field).tolist() == [False, True, True, False]
    assert series.marked.tolist() == [False, True, True, False]


def test_a_mark_that_began_before_everything_known_still_holds():
    mark = Mark("illness", START - timedelta(days=30), START)

    series = series_of(life([3.0, 3.0]), context(marks=(mark,)))

    assert series.marked.tolist() == [True, False]


def test_a_night_of_an_interval_has_none_where_nothing_is_known():
    interval = Interval(np.array([NAN, 3.0]), np.array([2.0, 3.0]), np.array([4.0, 3.0]))

    assert bounded(interval, 0) == Bounded(None, 2.0, 4.0)
    assert bounded(interval, 1) == Bounded(3.0, 3.0, 3.0)
