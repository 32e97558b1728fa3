import numpy as np
import pytest

from daykeel.rhythm.pacemaker import PACEMAKERS
from daykeel.rhythm.phase import predict

BY_DAY = np.where(np.arange(240) >= 80, 250.0, 0.0)
"""Light from 8 to midnight."""


@pytest.mark.parametrize("model", PACEMAKERS)
def test_it_starts_as_somebody_is_who_is_used_to_light_from_8_to_midnight(model):
    found = predict(np.tile(BY_DAY, 40), step_hours=0.1, model=model).cbtmin % 24

    assert 3 < found[0] < 8
    assert np.ptp(found) < 1.0


@pytest.mark.parametrize("model", PACEMAKERS)
def test_many_clocks_are_driven_as_each_is_alone(model):
    pacemaker = PACEMAKERS[model]
    rng = np.random.default_rng(1)
    state = tuple(rng.uniform(0.2, 1, 5) for _ in pacemaker.start)
    light = rng.uniform(0, 0.02, 5)

    together = pacemaker.drive(state, light)

    for at in range(5):
        alone = pacemaker.drive(tuple(float(one[at]) for one in state), float(light[at]))
        assert [one[at] for one in together] == pytest.approx(list(alone), rel=1e-12)


@pytest.mark.parametrize("model", PACEMAKERS)
def test_brighter_light_uses_up_more_and_darkness_nothing(model):
    power = PACEMAKERS[model].power(np.array([0.0, 1.0, 100.0, 1000.0, 10_000.0]))

    assert power[0] == 0
    assert (np.diff(power) > 0).all()


@pytest.mark.parametrize(
    ("model", "variable"), [("forger99", 0), ("hannay19", 1), ("hannay19tp", 2)]
)
def test_the_variable_that_shows_the_minimum_is_the_wave_or_the_phase(model, variable):
    assert PACEMAKERS[model].watched == variable
