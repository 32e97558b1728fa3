import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.series import series_of
from daykeel.rhythm.travel import journeys, travelling, window

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, night, record


def lived(zones):
    days = [
        record(night(START + timedelta(days=n), -0.5, 7, zone=zone)) for n, zone in enumerate(zones)
    ]
    return series_of(days, context())


@pytest.mark.parametrize(("hours", "nights"), [(6, 8), (-6, 6), (3, 5), (-9, 8), (9, 11), (5.5, 8)])
def test_windows_are_those_of_the_specification(hours, nights):
    assert window(hours) == nights


def test_a_lasting_change_of_zone_is_a_journey_from_its_first_night():
    found = journeys(lived(["Europe/Istanbul"] * 5 + ["Asia/Tokyo"] * 10))

    assert [(one.hours, one.first - START, one.nights) for one in found] == [
        (6, timedelta(days=5), 8)
    ]
    assert travelling(lived(["Europe/Istanbul"] * 5 + ["Asia/Tokyo"] * 10), found).tolist() == (
        [False] * 5 + [True] * 8 + [False] * 2
    )


def test_one_night_away_is_no_journey():
    assert journeys(lived(["UTC"] * 5 + ["Asia/Tokyo"] + ["UTC"] * 5)) == []


def test_a_stop_on_the_way_counts_from_home():
    found = journeys(lived(["UTC"] * 5 + ["Asia/Dubai"] + ["Asia/Tokyo"] * 5))

    assert [(one.left, one.came, one.hours) for one in found] == [("UTC", "Asia/Tokyo", 9)]


def test_another_name_for_the_same_clock_is_no_journey():
    assert journeys(lived(["Europe/Berlin"] * 3 + ["Europe/Paris"] * 3)) == []


def test_a_night_that_is_not_final_does_not_count_yet():
    days = [record(night(START + timedelta(days=n), -0.5, 7)) for n in range(3)]
    later = record(night(START + timedelta(days=3), -0.5, 7, zone="Asia/Tokyo"))
    open_still = record(night(START + timedelta(days=4), -0.5, 7, zone="Asia/Tokyo", final=False))

    assert journeys(series_of([*days, later, open_still], context())) == []
