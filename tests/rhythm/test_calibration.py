from dataclasses import replace

import numpy as np
import pytest

from daykeel.rhythm.calibration import calibrate_limit
from daykeel.rhythm.panel import Setting, draw
from daykeel.rhythm.rules import PLAIN

SMALL = Setting(clients=700)


@pytest.mark.parametrize(
    ("baseline", "tails", "low", "high"),
    [
        (28, "t5", 4.6, 4.7),
        (56, "t5", 3.9, 4.0),
        (28, "normal", 4.3, 4.3),
        (56, "normal", 3.65, 3.65),
    ],
)
def test_two_false_alerts_a_year_need_the_limits_of_the_specification(baseline, tails, low, high):
    found = calibrate_limit(2.0, replace(SMALL, baseline=baseline, tails=tails), PLAIN)

    assert low - 0.1 <= found.limit <= high + 0.1
    assert abs(found.rate - 2.0) <= max(0.05, found.error)
    assert 0.2 < found.early < 0.4


@pytest.mark.parametrize(
    ("baseline", "budget", "limit", "shares"),
    [
        (
            28,
            1.5,
            4.6,
            {1.0: (0.06, 0.14), 1.5: (0.15, 0.33), 2.0: (0.30, 0.55), 3.0: (0.64, 0.87)},
        ),
        (
            56,
            1.1,
            4.0,
            {1.0: (0.07, 0.18), 1.5: (0.22, 0.45), 2.0: (0.41, 0.72), 3.0: (0.80, 0.96)},
        ),
    ],
)
def test_delays_are_those_of_the_specification(baseline, budget, limit, shares):
    found = calibrate_limit(budget, replace(SMALL, baseline=baseline), PLAIN)

    assert found.limit == pytest.approx(limit, abs=0.1)
    for delay in found.delays:
        assert (delay.within_7, delay.within_14) == pytest.approx(shares[delay.shift], abs=0.06)


def test_recordings_are_calibrated_as_a_panel_is():
    drawn = calibrate_limit(2.0, SMALL, PLAIN)
    recorded = calibrate_limit(2.0, draw(SMALL), PLAIN)

    assert (recorded.limit, recorded.rate) == (drawn.limit, drawn.rate)
    assert (drawn.setting, drawn.seeds, drawn.rules) == (SMALL, (1,), PLAIN.version)
    assert (recorded.setting, recorded.seeds) == (None, ())


def test_more_seeds_leave_less_to_chance():
    one = calibrate_limit(2.0, replace(SMALL, clients=200), PLAIN)
    four = calibrate_limit(2.0, replace(SMALL, clients=200), PLAIN, seeds=(1, 2, 3, 4))

    assert four.error < 0.7 * one.error
    assert np.isfinite(four.delays[-1].median)
