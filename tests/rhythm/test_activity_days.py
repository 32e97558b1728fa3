import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from daykeel.rhythm.activity_days import activity_days

sys.path.insert(0, str(Path(__file__).parent))
from day_records import counted, life

SETTLED = np.ones(3, dtype=bool)


def test_sums_minutes_and_units_of_each_day():
    days = life([3.0] * 3)
    days[1] = counted(days[1], np.arange(144), np.full(144, 10), "counts")

    found = activity_days(days, SETTLED)

    assert found.unit.tolist() == [-1, 1, -1]
    assert found.minutes.tolist() == [0, 1440, 0]
    assert found.is_complete.tolist() == [False, True, False]
    assert found.hourly[1].tolist() == [sum(range(6 * h, 6 * h + 6)) / 60 for h in range(24)]
    assert np.isnan(found.hourly[[0, 2]]).all()


def test_an_hour_needs_30_minutes_and_a_day_20_hours():
    minutes = np.full(144, 10)
    minutes[:3], minutes[6:10], minutes[12:24] = 0, 0, 0
    day = counted(life([3.0])[0], np.ones(144), minutes)

    found = activity_days([day], SETTLED[:1])

    assert np.isnan(found.hourly[0]).nonzero()[0].tolist() == [1, 2, 3]
    assert found.is_complete.tolist() == [True]


def test_days_that_may_still_change_and_days_without_a_record_tell_nothing():
    day = counted(life([3.0])[0], np.ones(144), np.full(144, 10))

    found = activity_days([day, None, replace(day, act_unit=None)], np.array([False, True, True]))

    assert found.is_empty
    assert found.minutes.tolist() == [0, 0, 0]
