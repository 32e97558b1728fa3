import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.cosinor import fit
from daykeel.rhythm.errors import NotEnoughData

HOURS = np.arange(168) + 0.5
WAVE = 10 + 5 * np.cos(2 * np.pi * (HOURS - 15) / 24)
NOISY = WAVE + np.arange(168) % 5


def test_a_wave_is_found_as_it_was_made():
    found = fit(HOURS, WAVE)

    assert found[:4] == pytest.approx((10, 5, 15, 1), abs=1e-9)
    assert found.condition == pytest.approx(np.sqrt(2))


def test_gaps_are_left_out_as_the_specification_says():
    values = NOISY.copy()
    values[40:50] = np.nan

    found = fit(HOURS, values)

    assert found.n == 158
    assert found[:3] == pytest.approx((11.9795406270, 5.0763881627, 14.9763512978), abs=1e-9)
    assert found.r2 == pytest.approx(0.8676261399, abs=1e-9)
    assert np.log10(found.p) == pytest.approx(-68.0603, abs=1e-4)
    assert found.condition == pytest.approx(1.4322394, abs=1e-7)


@pytest.mark.parametrize(
    ("hours", "values"),
    [
        ([], []),
        ([1, 2, 3], [1.0, 5, 2]),
        (HOURS, np.full(168, 3.0)),
        (HOURS, np.full(168, np.nan)),
        ([6, 30, 54, 78, 102], [1.0, 2, 3, 4, 5]),
    ],
)
def test_a_flat_short_or_once_a_day_recording_has_no_wave(hours, values):
    with pytest.raises(NotEnoughData):
        fit(hours, values)


@given(st.integers(0, 2**32 - 1), st.floats(-48, 48))
@settings(max_examples=60)
def test_turning_the_clock_turns_the_peak_only(seed, turn):
    values = NOISY + np.random.default_rng(seed).normal(0, 1, 168)

    before, after = fit(HOURS, values), fit(HOURS + turn, values)

    assert after[:2] == pytest.approx(before[:2])
    assert (after.acrophase - before.acrophase - turn + 12) % 24 == pytest.approx(12, abs=1e-6)
    assert 0 <= after.acrophase < 24


@given(st.integers(0, 2**32 - 1), st.sets(st.integers(0, 167), max_size=60))
@settings(max_examples=60)
def test_bounds_hold_and_unknown_values_are_as_good_as_absent(seed, missing):
    values = np.random.default_rng(seed).exponential(9, 168)
    kept = np.setdiff1d(np.arange(168), list(missing))
    gappy = np.full(168, np.nan)
    gappy[kept] = values[kept]

    found = fit(HOURS, gappy)

    assert found == pytest.approx(fit(HOURS[kept], values[kept]))
    assert 0 <= found.r2 <= 1
    assert 0 <= found.p <= 1
    assert found.amplitude >= 0


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.floats(-50, 50))
@settings(max_examples=60)
def test_another_unit_or_zero_moves_level_and_height_only(seed, factor, zero):
    values = NOISY + np.random.default_rng(seed).normal(0, 1, 168)

    before, after = fit(HOURS, values), fit(HOURS, values * factor + zero)

    assert after.mesor == pytest.approx(before.mesor * factor + zero, abs=1e-6)
    assert after.amplitude == pytest.approx(before.amplitude * factor)
    assert after[2:4] == pytest.approx(before[2:4], abs=1e-6)
