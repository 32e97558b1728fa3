import numpy as np
import pytest

from daykeel.rhythm.baseline import carry_over, estimate, free_day_effect

NONE = np.zeros(7, dtype=bool)


def test_centre_and_scale_are_those_of_the_specification():
    values = np.array([3.0, 3.2, 2.9, 3.5, 3.1, 3.0, 4.6])

    found = estimate(values, NONE, np.arange(7), 0.25)
    without_floor = estimate(values, NONE, np.arange(7), 0.0)

    assert found.centre == pytest.approx(3.1)
    assert found.scale == 0.25
    assert without_floor.scale == pytest.approx(0.14826)


def test_the_free_day_effect_is_shrunk_and_needs_eight_free_nights():
    free = np.array([True] * 8 + [False] * 20)
    values = np.where(free, 4.0, 3.0)

    assert free_day_effect(values, free) == 0.5
    assert free_day_effect(values[1:], free[1:]) == 0
    assert estimate(values, free, np.arange(28), 0.25).effect == 0.5


def test_carry_over_is_corrected_for_few_nights_and_clipped():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=20000)
    carried = np.empty_like(noise)
    last = 0.0
    for n, one in enumerate(noise):
        last = carried[n] = 0.3 * last + one

    assert carry_over(carried, np.arange(20000)) == pytest.approx(0.3, abs=0.02)
    assert carry_over(-carried * (-1) ** np.arange(20000), np.arange(20000)) == 0
    assert carry_over(np.sort(noise), np.arange(20000)) == 0.6


def test_nights_that_do_not_follow_each_other_tell_of_no_carry_over():
    assert carry_over(np.array([1.0, 1.1, -1.0, -1.1]), np.array([0, 2, 4, 6])) == 0
