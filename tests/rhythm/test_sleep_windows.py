import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.series import series_of
from daykeel.rhythm.sleep_windows import sleep_columns
from daykeel.rhythm.timing import composite_phase_deviation, social_jetlag
from daykeel.rhythm.windows import scores_of, windows_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, life, night, record, silenced, sleepless_night

ONSET = np.array([-30, -15, 0, -45, 75, 60, -30, -20, -30, 10, -40, 105, 45, -25]) / 60
OFFSET = np.array([390, 405, 400, 395, 555, 540, 390, 400, 405, 395, 400, 600, 525, 390]) / 60
FIRST = date(2026, 1, 6)
DAY = timedelta(days=1)
TIMES = ("onset", "offset", "mid", "duration", "tst")


def record_a(repeat=1):
    ends = list(zip(ONSET.tolist(), OFFSET.tolist(), strict=True)) * repeat
    return [record(night(FIRST + n * DAY, *times)) for n, times in enumerate(ends)]


def last(days, travelling=()):
    """The scores of the windows that end on the last day, by measure and window."""
    series = series_of(days, context())
    travel = np.zeros(len(series), dtype=bool)
    travel[list(travelling)] = True
    windows = windows_of(series, travel, range(len(series) - 1, len(series)))
    found = (scores_of(windows, column) for column in sleep_columns(windows, series, travel))
    return {(one.measure, one.window): one for column in found for _, one in column}


def test_28_nights_have_the_circular_spread_and_the_changes_of_the_specification():
    found = last(record_a(2))

    def values(kind):
        return [found[f"sleep.{name}.{kind}", "28d"].value for name in TIMES[:4]]

    assert values("sd") == pytest.approx(
        [0.7682337798, 1.2209415549, 0.9830596252, 0.5487680607], abs=1e-9
    )
    assert values("rmssd") == pytest.approx(
        [1.1021630435, 1.5228033495, 1.2890754574, 0.6484787517], abs=1e-9
    )


def test_seven_nights_have_a_linear_spread():
    found = last(record_a())

    assert found["sleep.mid.sd", "7d"].value == pytest.approx(
        np.std((ONSET + OFFSET)[-7:] / 2, ddof=1), abs=1e-12
    )


def test_14_nights_have_the_social_jetlag_of_the_specification():
    found = last(record_a())

    assert found["sjl", "14d"].value == pytest.approx(2.0979166667, abs=1e-9)
    assert found["sjl.sc", "14d"].value == pytest.approx(1.5625, abs=1e-9)
    assert found["sjl", "14d"].reasons == ("alarm_unknown",)
    assert (found["sjl", "14d"].n, found["sjl", "14d"].n_expected) == (14, 14)


@pytest.mark.parametrize("seed", range(5))
def test_windows_have_the_values_of_the_functions_for_recordings(seed):
    rng = np.random.default_rng(seed)
    onset, hours = rng.normal(0, 1.2, 28), rng.normal(7.5, 1, 28)
    days = [
        record(night(FIRST + n * DAY, a, a + b))
        for n, (a, b) in enumerate(zip(onset.tolist(), hours.tolist(), strict=True))
    ]
    gone = rng.choice(28, 4, replace=False).tolist()
    onset[gone] = np.nan
    free = np.array([(FIRST + n * DAY).weekday() >= 5 for n in range(28)], dtype=float)

    found = last(silenced(days, gone))

    shift = social_jetlag(onset, onset + hours, free)
    apart = composite_phase_deviation(onset, onset + hours, free)
    assert found["sjl", "28d"].value == pytest.approx(shift.absolute, abs=1e-9)
    assert found["sjl.sc", "28d"].value == pytest.approx(shift.corrected, abs=1e-9)
    assert (found["cpd", "28d"].value, found["cpd", "28d"].n) == (
        pytest.approx(apart.mean, abs=1e-9),
        apart.n,
    )


def test_what_is_missing_lowers_the_coverage_and_opens_the_bounds():
    whole, less = last(record_a(2)), last(silenced(record_a(2), [3, 9]))

    one, other = whole["sleep.mid.sd", "28d"], less["sleep.mid.sd", "28d"]
    assert (one.lo, one.hi, one.coverage, one.n) == (one.value, one.value, 1, 28)
    assert (other.lo, other.hi, other.n, other.n_expected) == (0, None, 26, 28)
    assert other.coverage == pytest.approx(26 / 28)
    assert less["sleep.mid.rmssd", "28d"].n == 27 - 4


@pytest.mark.parametrize(
    ("gone", "sd", "rmssd"),
    [([], "ok", "ok"), ([0, 6], "ok", "ok"), ([2, 3], "ok", "insufficient"),
     ([0, 1, 2], "provisional", "insufficient"), ([0, 1, 2, 3], "insufficient", "insufficient")],
)  # fmt: skip
def test_a_week_needs_five_nights_and_four_pairs(gone, sd, rmssd):
    found = last(silenced(life([3.0, 3.5, 2.8, 3.1, 3.3, 3.0, 2.9]), gone))

    assert found["sleep.onset.sd", "7d"].status == sd
    assert found["sleep.onset.rmssd", "7d"].status == rmssd


def test_a_bounded_night_makes_its_windows_provisional():
    days = record_a()
    wide = Bounded(days[-2].night.onset.value, -3.0, days[-2].night.onset.value)
    days[-2] = replace(
        days[-2], night=replace(days[-2].night, onset=wide, certainty="bounded", coverage=0.9)
    )

    found = last(days)

    for key in (("sleep.mid.sd", "7d"), ("sjl", "14d"), ("cpd", "7d")):
        assert (found[key].status, found[key].reasons[0]) == ("provisional", "edge_unknown")


def test_sleep_all_around_the_clock_has_no_spread_of_times_but_one_of_lengths():
    days = life(np.arange(28) * 24 / 7 % 24 - 12)

    found = last(days)

    assert found["sleep.mid.sd", "28d"].reasons == ("no_dominant_phase",)
    assert found["sleep.mid.rmssd", "28d"].reasons == ("no_dominant_phase",)
    assert found["sleep.duration.sd", "28d"].value == pytest.approx(0, abs=1e-9)


def test_sleep_around_noon_varies_no_more_than_around_midnight():
    mids = np.array([3.0, 3.5, 2.8, 3.1, 3.3, 3.0, 2.9])
    turned, usual = last(life(mids + 9.2)), last(life(mids))

    assert turned["sleep.mid.sd", "7d"].value == pytest.approx(
        usual["sleep.mid.sd", "7d"].value, abs=0.01
    )


def test_a_sleepless_night_is_a_length_of_0_and_breaks_the_chain_of_times():
    days = life([3.0] * 7)
    days[3] = record(sleepless_night(days[3].day))

    found = last(days)

    assert (found["sleep.onset.sd", "7d"].n, found["sleep.onset.rmssd", "7d"].n) == (6, 4)
    assert (found["sleep.duration.sd", "7d"].n, found["sleep.duration.sd", "7d"].lo) == (
        7,
        pytest.approx(np.std([7.5] * 6 + [0], ddof=1)),
    )
    assert found["sleep.onset.sd", "7d"].coverage == 1


def test_nights_of_a_journey_leave_social_jetlag_and_make_spread_provisional():
    found = last(record_a(2), travelling=[20, 21])

    assert (found["sjl", "28d"].n, found["sjl", "28d"].status) == (26, "ok")
    assert "travel" in found["sjl", "28d"].reasons
    assert (found["sleep.mid.sd", "28d"].n, found["sleep.mid.sd", "28d"].status) == (
        28,
        "provisional",
    )


@pytest.mark.parametrize(("kind", "why"), [("work", "no_free_days"), ("free", "no_work_days")])
def test_without_days_of_both_kinds_there_is_no_social_jetlag(kind, why):
    days = [replace(day, night=replace(day.night, day_type=kind)) for day in record_a(2)]

    found = last(days)

    assert found["sjl", "28d"].reasons == (why,)
    assert ("no_free_days" in found["cpd", "28d"].reasons) == (kind == "work")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-6, 2))
def test_turning_the_clock_changes_nothing_of_how_sleep_varies(seed, hours):
    rng = np.random.default_rng(seed)
    mids = rng.normal(3, 0.5, 28)

    one, other = last(life(mids)), last(life(mids + hours))

    for key in one:
        assert other[key].value == pytest.approx(one[key].value, abs=1e-9), key
