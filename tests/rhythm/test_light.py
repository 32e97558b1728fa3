import sys
from array import array
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.light import STEPS, bridged, light_of
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, life, silenced

NIGHTS = 12
SPRING, AUTUMN = START.replace(month=3, day=29), START.replace(month=10, day=25)
"""Dates on which clocks are changed in Berlin."""


def told(days, nights=None):
    """The stretches of each night in tenths of hours, as lists, and the line itself."""
    series = series_of(days, context())
    light = light_of(series, nights or range(len(days)), 12)
    return light, [array("H", night).tolist() for night in light.nights]


def living_in(days, zones):
    return [
        replace(day, night=replace(day.night, zone=zone))
        for day, zone in zip(days, zones, strict=True)
    ]


def test_a_night_is_bright_awake_and_dark_asleep_each_step_as_it_ends():
    light, nights = told(life([3.0] * 3, 8.0))

    assert nights == [[109, 80, 51, 0]] * 3
    assert light.start == at(START, -12)


def test_of_a_night_nothing_is_known_of_it_is_as_the_week_before_mostly_was():
    days = life([3.0] * 4 + [5.0] * 4 + [8.0], 8.0)

    _, nights = told(silenced(days, [8]))

    assert nights[8] == [129, 80, 31, 0]


def test_in_the_first_week_what_is_unknown_is_as_that_week_mostly_was():
    days = life([8.0] + [5.0] * 7, 8.0)

    _, nights = told(silenced(days, [0]))

    assert nights[0] == nights[1]


def test_what_is_even_or_never_known_is_bright():
    asleep = np.repeat([[True], [False], [False]], STEPS, axis=1)
    known = np.repeat([[True], [True], [False]], STEPS, axis=1)

    assert not bridged(asleep.ravel(), known.ravel())[STEPS:].any()
    assert not bridged(np.ones(STEPS, dtype=bool), np.zeros(STEPS, dtype=bool)).any()


@pytest.mark.parametrize("seed", range(3))
def test_no_later_night_changes_what_is_said_of_an_earlier_one(seed):
    rng = np.random.default_rng(seed)
    zones = rng.choice(["UTC", "Asia/Tokyo", "America/New_York"], NIGHTS, p=[0.8, 0.1, 0.1])
    days = living_in(life(3 + rng.normal(0, 2, NIGHTS)), zones)
    days = silenced(days, rng.choice(NIGHTS, 4, replace=False).tolist())

    _, whole = told(days)

    for size in range(8, NIGHTS):
        assert told(days, range(size))[1] == whole[:size]


@pytest.mark.parametrize(("change", "steps"), [(SPRING, 230), (AUTUMN, 250)])
def test_a_night_in_which_clocks_are_changed_is_an_hour_shorter_or_longer(change, steps):
    days = life([3.0] * 9, 8.0, start=change - timedelta(days=4))

    light, nights = told(living_in(days, ["Europe/Berlin"] * 9))

    assert [sum(night) for night in nights] == [STEPS] * 4 + [steps] + [STEPS] * 4
    assert nights[5] == nights[0]
    # The hour that is not on the clock, or twice, is bridged: it lies within sleep.
    assert nights[4][1] == 80 + steps - STEPS
    assert light.start == at(days[0].day, -13 if steps < STEPS else -14)


@pytest.mark.parametrize(("zone", "hours"), [("Asia/Tokyo", -9), ("America/New_York", 5)])
def test_the_line_goes_on_evenly_wherever_the_client_flies(zone, hours):
    days = living_in(life([3.0] * NIGHTS, 8.0), ["UTC"] * 8 + [zone] * 4)

    _, nights = told(days)

    sums = [sum(night) for night in nights]
    assert sums == [STEPS] * 8 + [STEPS + 10 * hours] + [STEPS] * 3
    assert nights[-1] == [109, 80, 51, 0]
