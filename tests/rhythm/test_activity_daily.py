import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.activity_daily import daily_columns
from daykeel.rhythm.activity_days import activity_days
from daykeel.rhythm.series import series_of
from daykeel.rhythm.windows import scores_of, windows_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, counted, life

BUSY = np.repeat([0, 50, 200, 0], [42, 30, 60, 12])
"""From 07:00 some steps, from 12:00 to 22:00 many."""


def daily(days, at):
    """The levels of date number `at`."""
    series = series_of(days, context())
    travel = np.zeros(len(series), dtype=bool)
    windows = windows_of(series, travel, range(at, at + 1), (1,))
    read = slice(max(at - 27, 0), at + 1)
    found = activity_days(series.days[read], series.complete[read])
    scores = (scores_of(windows, column) for column in daily_columns(windows, found))
    return {one.measure: one for column in scores for _, one in column}


def days_of(*profiles, minutes=10):
    told = life([3.0] * (len(profiles) + 1))
    each = np.broadcast_to(minutes, (len(profiles), 144))
    return [counted(*one) for one in zip(told, profiles, each, strict=False)] + told[-1:]


def test_the_most_active_hours_are_of_the_day_and_the_least_active_of_the_night_before():
    late = np.roll(BUSY, 12)

    found = daily(days_of(BUSY, late), 1)

    # Still from 22:00 on the date before to 09:00 on this one.
    assert (found["act.l5"].value, found["act.l5_onset"].value) == (0, 22)
    assert (found["act.m10"].value, found["act.m10_onset"].value) == (20, 14)
    assert found["act.ra"].value == 1
    assert {one.status for one in found.values()} == {"ok"}
    assert found["act.m10"].lo == found["act.m10"].hi == 20


def test_the_first_day_has_no_night_before():
    found = daily(days_of(BUSY, BUSY), 0)

    assert found["act.m10"].status == "ok"
    assert (found["act.l5"].value, found["act.l5"].reasons) == (None, ("few_days",))
    assert found["act.ra"].reasons == ("few_days",)
    assert found["act.ra"].coverage == 0.75


@pytest.mark.parametrize(
    ("gone", "why"), [(slice(0, 30), "few_days"), (slice(0, 3), "low_coverage")]
)
def test_a_day_needs_20_hours_and_every_ten_minutes(gone, why):
    minutes = np.full((2, 144), 10)
    minutes[1, gone] = 0

    found = daily(days_of(BUSY, BUSY, minutes=minutes), 1)

    assert (found["act.m10"].value, found["act.m10"].reasons) == (None, (why,))


def test_an_unknown_minute_opens_the_bounds():
    minutes = np.full((2, 144), 10)
    minutes[1, 100] = 9

    found = daily(days_of(BUSY, BUSY, minutes=minutes), 1)

    assert (found["act.m10"].lo, found["act.m10"].hi) == (0, None)
    assert found["act.m10"].coverage == 1439 / 1440
    assert found["act.l5"].lo == found["act.l5"].hi == 0


def test_an_evening_counted_in_another_unit_is_not_compared():
    days = days_of(BUSY, BUSY)
    days[0] = replace(days[0], act_unit="counts")

    found = daily(days, 1)

    assert (found["act.l5"].value, found["act.l5"].coverage) == (None, 1)
    assert found["act.m10"].status == "ok"
