import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.inputs import M10, STEPS, settled
from daykeel.rhythm.series import series_of
from daykeel.rhythm.step_material import ceilings, clipped, onsets, step_materials, totals

sys.path.insert(0, str(Path(__file__).parent))
from day_records import active, context, counted, silenced, steady

WHOLE = np.ones(144, dtype=bool)


def materials(days):
    series = series_of(days, context())
    quiet = settled(series, np.zeros(len(series), dtype=bool))
    return step_materials(series, quiet, (M10, STEPS))


def of_day(steps, whole=WHOLE, most=(10_000,) * 144):
    thousandths = np.array([steps], dtype=np.int64) * 1000
    return clipped(thousandths, np.array([whole]), most)


def test_the_sum_is_that_of_the_specification():
    # science 12.2: 100, 100 and an unknown bin, M = 80, 200, 50 -> S in [180, 230]
    found = totals(*of_day([100, 100, 0], [True, True, False], (80, 200, 50)))

    assert np.expm1(found.lo).tolist() == pytest.approx([180])
    assert np.expm1(found.hi).tolist() == pytest.approx([230])
    assert found.lo.tolist() == pytest.approx([5.1984970], abs=1e-7)
    assert found.hi.tolist() == pytest.approx([5.4424177], abs=1e-7)


def test_what_is_recorded_of_an_unknown_bin_counts():
    found = totals(*of_day([100, 100, 30], [True, True, False], (80, 200, 50)))

    assert np.expm1(found.lo).tolist() == pytest.approx([210])
    assert np.expm1(found.hi).tolist() == pytest.approx([230])


def test_ceilings_are_a_percentile_of_whole_bins_and_at_least_20_steps():
    days = np.arange(11)[:, None] * np.array([[100_000, 1_000, 50_000]])
    whole = np.ones((11, 3), dtype=bool)
    whole[6:, 2] = False

    # 90th of 0, 100 .. 1000 is 900; 9 of the second is below 20; of the third 0, 50 .. 250
    assert ceilings(days, whole) == (900, 20, 225)
    assert ceilings(days, np.zeros((11, 3), dtype=bool)) == (20, 20, 20)


def test_the_most_active_hours_begin_where_there_are_most_steps():
    steps = np.zeros(144, dtype=int)
    steps[48:108] = 100

    found = onsets(*of_day(steps))

    assert (found.value.tolist(), found.lo.tolist(), found.hi.tolist()) == ([8.0], [8.0], [8.0])


def test_they_may_begin_wherever_an_unknown_stretch_could_make_most_of_them():
    steps, whole = np.zeros(144, dtype=int), WHOLE.copy()
    steps[48:108] = 100
    whole[108:120] = False

    found = onsets(*of_day(steps, whole, (100,) * 144))

    assert (found.lo.tolist(), found.value.tolist(), found.hi.tolist()) == ([8.0], [8.0], [10.0])


def test_a_day_that_is_not_complete_or_counted_otherwise_or_still_open_has_no_value():
    days = active(steady(4))
    days[1] = counted(days[1], np.array(days[1].bin_sum) / 1000, days[1].bin_n, unit="counts")
    days[2] = silenced(days, [2])[2]
    made = materials(days)[STEPS]

    found = made.read(made.baseline(np.array([0]), 0))

    assert np.isfinite(found.value).tolist() == [True, False, False, False]
    assert made.silent.tolist() == [False, True, True, True]
    assert made.stop == 3


def test_a_day_with_a_gap_of_five_hours_is_read_and_is_not_usual():
    days = active(steady(3))
    known = np.where((np.arange(144) >= 60) & (np.arange(144) < 90), 0, 10)
    days[0] = counted(days[0], np.array(days[0].bin_sum) / 1000, known)
    made = materials(days)[STEPS]

    found = made.read(made.baseline(np.array([1]), 1))

    assert made.valid.tolist() == [False, True, False]
    assert found.lo[0] < found.hi[0]


def test_another_device_that_counts_is_told_apart():
    days = active(steady(5))
    phone = counted(days[2], np.array(days[2].bin_sum) / 1000, days[2].bin_n, device="phone")

    assert materials([*days[:2], phone, *days[3:]])[M10].device.tolist() == [0, 0, 1, 0, -1]


def test_its_baseline_keeps_the_ceilings_and_has_a_scale_of_at_least_300_steps():
    days = [counted(day, np.full(144, 50), np.full(144, 10)) for day in steady(40)]
    made = materials(days)[STEPS]

    found = made.baseline(np.arange(28), 28)

    assert found.ceilings == (50,) * 144
    assert found.centre == pytest.approx(np.log1p(7200))
    assert found.scale == pytest.approx(300 / 7201)
    assert replace(found, ceilings=()) != found


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_unknown_bins_were_both_values_lie_within_their_bounds(seed):
    rng = np.random.default_rng(seed)
    most = tuple(rng.integers(20, 200, 144).tolist())
    steps = rng.poisson(rng.uniform(0, 120, 144))
    whole = rng.random(144) < rng.uniform(0.6, 1)
    part = np.where(whole, steps, rng.integers(0, steps + 1))

    for of in (totals, onsets):
        full, found = of(*of_day(steps, WHOLE, most)), of(*of_day(part, whole, most))
        assert found.lo[0] <= full.value[0] <= found.hi[0]
        assert found.lo[0] <= found.value[0] <= found.hi[0]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_minutes_only_widens_the_bounds(seed):
    rng = np.random.default_rng(seed)
    most = tuple(rng.integers(20, 200, 144).tolist())
    steps, whole = rng.poisson(60, 144), rng.random(144) < 0.9
    gone = rng.random(144) < 0.2
    fewer = np.where(gone, rng.integers(0, steps + 1), steps)

    for of in (totals, onsets):
        before, after = of(*of_day(steps, whole, most)), of(*of_day(fewer, whole & ~gone, most))
        assert after.lo[0] <= before.lo[0] <= before.hi[0] <= after.hi[0]
