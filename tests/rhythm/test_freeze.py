import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.freeze import freezes, steps, valid_nights
from daykeel.rhythm.inputs import MID, settled, sleep_material
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, night, record, silenced, steady


def material(days, travel=None):
    series = series_of(days, context())
    away = np.zeros(len(series), dtype=bool) if travel is None else travel
    return sleep_material(MID, series, settled(series, away))


def test_it_freezes_at_the_28th_valid_night_of_42():
    days = silenced(steady(60), range(0, 12))

    found = freezes(material(days))

    assert [one.start for one in found] == [40]
    assert len(found[0].baseline.nights) == 28
    assert found[0].baseline.frozen == START + timedelta(days=39)


def test_with_fewer_valid_nights_it_never_freezes():
    days = silenced(steady(70), range(0, 70, 2))

    assert freezes(material(days)) == []
    assert valid_nights(material(days)) == 21


@pytest.mark.parametrize(
    "change",
    [{"certainty": "bounded"}, {"flags": ("dst", "dst_2")}, {"flags": ("exclude",)}],
)
def test_doubtful_nights_do_not_enter(change):
    days = steady(40)
    days[3] = replace(days[3], night=replace(days[3].night, **change))

    assert freezes(material(days))[0].start == 29


def test_an_episode_declared_over_nights_keeps_them_out():
    days = steady(40)
    away = np.zeros(40, dtype=bool)
    away[2:5] = True

    assert freezes(material(days, away))[0].start == 31


def test_another_device_needs_its_own_baseline():
    days = steady(80)
    days[40:] = [replace(day, night=replace(day.night, device="ring")) for day in days[40:]]

    found = freezes(material(days))

    assert [(one.start, one.stop, one.device) for one in found] == [(28, 68, 1), (68, 80, 2)]
    assert found[1].is_anew


def test_one_night_of_another_device_changes_nothing_but_itself():
    days = steady(60)
    days[10] = replace(days[10], night=replace(days[10].night, device="phone"))

    assert [one.start for one in freezes(material(days))] == [29]


def test_22_silent_nights_end_a_baseline_and_28_valid_ones_renew_it():
    days = silenced(steady(110), range(40, 62))

    found = freezes(material(days))

    assert [(one.start, one.stop) for one in found] == [(28, 61), (90, 110)]


def test_21_silent_nights_do_not():
    days = silenced(steady(80), range(40, 61))

    assert [one.stop for one in freezes(material(days))] == [80]


def test_28_quiet_nights_refine_it_and_disturbed_ones_start_the_count_again():
    days = steady(90)
    made = material(days)
    quiet = np.zeros(90, dtype=bool)
    disturbed = quiet.copy()
    disturbed[50] = True

    first = freezes(made)[0]

    assert steps(made, first, quiet).start == 56
    assert len(steps(made, first, quiet).baseline.nights) == 56
    assert steps(made, first, disturbed).start == 79


def test_a_centre_that_would_move_by_half_a_scale_stays():
    days = steady(60)
    days[28:] = [
        record(night(day.day, day.night.onset.value + 2, day.night.offset.value + 2))
        for day in days[28:]
    ]
    made = material(days)

    assert steps(made, freezes(made)[0], np.zeros(60, dtype=bool)) is None


def test_it_is_never_made_of_more_than_84_nights():
    made = material(steady(150))
    found, quiet = freezes(made)[0], np.zeros(150, dtype=bool)
    for _ in range(2):
        found = steps(made, found, quiet)

    assert len(found.baseline.nights) == 84
    assert steps(made, found, quiet) is None


def test_its_id_is_its_content():
    first, again = (freezes(material(steady(40)))[0].baseline for _ in range(2))
    other = freezes(material(steady(40, seed=2)))[0].baseline

    assert first == again
    assert first.id != other.id


def test_sleep_around_the_clock_has_no_usual_midpoint():
    days = [
        record(night(START + timedelta(days=n), at, at + 7))
        for n, at in enumerate(np.tile([-11.0, -3.0, 5.0], 20))
    ]

    assert freezes(material(days)) == []
