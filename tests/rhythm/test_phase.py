import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.phase import predict

HOURS = np.arange(240) / 10 + 1e-9
AWAKE = np.where((HOURS >= 7) & (HOURS < 23), 250.0, 0.0)
LATE = np.where((HOURS >= 10) | (HOURS < 2), 250.0, 0.0)


@pytest.mark.parametrize(
    ("model", "minimum", "first"),
    [
        ("forger99", 4.4118, [22.85, 22.43, 22.13, 21.93, 21.78]),
        ("hannay19", 4.3300, [22.51, 22.11, 21.85, 21.68, 21.57]),
    ],
)
def test_forty_regular_days_have_the_phase_of_the_specification(model, minimum, first):
    found = predict(np.tile(AWAKE, 40), step_hours=0.1, model=model)

    assert found.cbtmin[-1] % 24 == pytest.approx(minimum, abs=0.02)
    assert found.dlmo[-1] % 24 == pytest.approx(minimum + 17, abs=0.02)
    assert (found.dlmo[:5] % 24).tolist() == pytest.approx(first, abs=0.02)


@pytest.mark.parametrize(
    ("model", "delays"),
    [
        ("forger99", [0.48, 1.54, 2.19, 2.56, 2.88, 2.95]),
        ("hannay19", [0.50, 1.69, 2.34, 2.68, 2.93, 2.98]),
    ],
)
def test_three_hours_later_the_phase_follows_as_specified(model, delays):
    change = np.concatenate((np.tile(AWAKE, 40), AWAKE[:120], LATE[120:], np.tile(LATE, 16)))

    found = predict(change, step_hours=0.1, model=model).cbtmin

    after = found[found > 40 * 24 + 12]
    shift = after % 24 - found[38] % 24
    assert [shift[at - 1] for at in (1, 3, 5, 7, 11, 14)] == pytest.approx(delays, abs=0.02)


@pytest.mark.parametrize("model", ["forger99", "jewett99", "hannay19", "hannay19tp"])
def test_many_recordings_at_once_are_what_each_is_alone(model):
    light = np.array([np.tile(AWAKE, 5), np.tile(LATE, 5), np.zeros(1200)])

    together = predict(light, step_hours=0.1, model=model)

    for row, one in enumerate(light):
        alone = predict(one, step_hours=0.1, model=model)
        known = ~np.isnan(together.dlmo[row])
        assert together.dlmo[row][known] == pytest.approx(alone.dlmo, abs=1e-9)
        assert together.cbtmin[row][known] == pytest.approx(alone.cbtmin, abs=1e-9)


def test_of_many_recordings_those_that_end_before_a_night_have_no_time_of_it():
    light = np.array([np.tile(AWAKE, 4), np.tile(LATE, 4)])[:, : 10 * (3 * 24 + 6)]

    found = predict(light, step_hours=0.1)

    assert np.isnan(found.dlmo).sum(axis=1).tolist() == [0, 1]
    assert np.isnan(found.cbtmin).sum(axis=1).tolist() == [0, 1]


def test_unknown_light_is_not_taken_for_darkness():
    with pytest.raises(NotEnoughData):
        predict(np.where(AWAKE > 0, AWAKE, np.nan), step_hours=0.1)


def test_the_first_minimum_must_lie_in_the_recording():
    with pytest.raises(NotEnoughData):
        predict(np.zeros(20), step_hours=0.1)
    with pytest.raises(NotEnoughData):
        predict(np.zeros((3, 20)), step_hours=0.1)


@pytest.mark.parametrize(("lux", "step"), [(np.full(240, -1.0), 0.1), (AWAKE, 0.5), (AWAKE, 0)])
def test_light_and_step_are_possible(lux, step):
    with pytest.raises(ValueError, match="not negative"):
        predict(lux, step_hours=step)


@given(st.lists(st.floats(0, 1e5), min_size=72, max_size=72))
@settings(max_examples=10, deadline=None)
def test_whatever_the_light_nights_follow_each_other(lux):
    found = predict(np.repeat(lux, 10), step_hours=0.1)

    assert (np.diff(found.cbtmin) >= 12.9).all()
    assert found.cbtmin - found.dlmo == pytest.approx(7)
