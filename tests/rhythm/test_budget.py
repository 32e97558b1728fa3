from math import isnan

import pytest

from daykeel.rhythm.budget import Rate, poisson_interval, predictive_value


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0, 3.688879),
        (1, 0.025318, 5.571643),
        (3, 0.618672, 8.767273),
        (5, 1.623486, 11.668332),
        (10, 4.795389, 18.390356),
    ],
)
def test_intervals_are_exact(count, low, high):
    assert poisson_interval(count) == pytest.approx((low, high), abs=1e-6)
    assert Rate(count, 2.0).interval == pytest.approx((low / 2, high / 2), abs=1e-6)


@pytest.mark.parametrize(("false", "share"), [(1, 0.343), (2, 0.207), (4, 0.115)])
def test_the_worth_of_an_alert_falls_with_false_ones(false, share):
    assert predictive_value(0.6, false) == pytest.approx(share, abs=5e-4)


def test_over_no_time_there_is_no_rate():
    assert isnan(Rate(0, 0.0).value)
    assert all(map(isnan, Rate(0, 0.0).interval))
