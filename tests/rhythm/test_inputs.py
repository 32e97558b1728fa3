import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.freeze import freezes
from daykeel.rhythm.inputs import DURATION, MID, DeviationMaterial, settled, sleep_material
from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import DAY, START, baseline, context, life, record, sleepless_night, steady


def quiet(days, **more):
    series = series_of(days, context(**more))
    return settled(series, np.zeros(len(series), dtype=bool)).tolist()


def distance(lo, hi, **more):
    """Bounds of the distance from usual midsleep of a night with these bounds of midsleep."""
    (day,) = life([lo])
    series = series_of([replace(day, night=replace(day.night, mid=Bounded(lo, lo, hi)))], context())
    mid = sleep_material(MID, series, settled(series, np.zeros(1, dtype=bool)))
    found = DeviationMaterial(series, mid, baseline(**more)).interval
    return float(found.value[0]), float(found.lo[0]), float(found.hi[0])


@pytest.mark.parametrize(
    "flags", [("dst", "dst_1"), ("dst", "dst_3"), ("exclude",), ("excluded",), ("episode",)]
)
def test_changes_of_clocks_and_marks_unsettle_a_night(flags):
    days = life([3.0] * 3)
    days[1] = replace(days[1], night=replace(days[1].night, flags=flags))

    assert quiet(days) == [True, False, True]


def test_a_later_night_after_a_change_of_clocks_and_an_illness_are_settled():
    days = life([3.0] * 3)
    days[0] = replace(days[0], night=replace(days[0].night, flags=("dst",)))
    days[1] = replace(days[1], night=replace(days[1].night, flags=("illness",)))

    assert quiet(days) == [True] * 3


def test_what_people_declare_counts_as_what_the_night_says():
    marks = (Mark("exclude", START, START), Mark("episode", START + 2 * DAY, START + 9 * DAY))

    assert quiet(life([3.0] * 3), marks=marks) == [False, True, False]


def test_the_distance_is_to_either_side_and_nothing_where_the_centre_is_possible():
    assert distance(4.0, 4.5) == (1.0, 1.0, 1.5)
    assert distance(1.5, 2.0) == (1.5, 1.0, 1.5)
    assert distance(2.5, 4.0) == (0.5, 0.0, 1.0)


def test_the_distance_is_from_the_usual_time_of_a_free_night_on_a_free_night():
    (day,) = life([4.0])
    series = series_of([replace(day, night=replace(day.night, day_type="free"))], context())
    mid = sleep_material(MID, series, settled(series, np.zeros(1, dtype=bool)))

    found = DeviationMaterial(series, mid, baseline(free_day_effect=1.0)).interval

    assert found.value.tolist() == [0.0]


def test_a_sleepless_night_is_a_length_of_0_that_enters_no_baseline():
    days = steady(40)
    days[3] = record(sleepless_night(days[3].day))
    series = series_of(days, context())

    made = sleep_material(DURATION, series, settled(series, np.zeros(40, dtype=bool)))

    assert made.interval.value[3] == 0
    assert not made.silent[3]
    assert freezes(made)[0].start == 29
