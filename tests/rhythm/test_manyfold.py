import numpy as np
import pytest

from daykeel.rhythm.cosinor import fit, waves
from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.manyfold import (
    centred,
    contrasts,
    extremes,
    profiles,
    stabilities,
    variabilities,
)
from daykeel.rhythm.restactivity import (
    interdaily_stability,
    intradaily_variability,
    least_active,
    most_active,
    relative_amplitude,
)

HOURS = np.arange(0.5, 24)


def alone(measure, *told, **more):
    """What a measure says of one recording; NaN where it says nothing."""
    try:
        return measure(*told, **more)
    except NotEnoughData:
        return np.nan


@pytest.fixture
def days():
    """Five recordings of eight days: whole, with gaps, without an hour, still, empty."""
    rng = np.random.default_rng(3)
    found = rng.exponential(50, (5, 8, 24)) + 60 * np.sin(HOURS / 4) ** 2
    found[1][rng.random((8, 24)) < 0.3] = np.nan
    found[2, :, 4] = np.nan
    found[3], found[4] = 7.0, np.nan
    return found


def test_each_row_is_what_the_recording_alone_comes_to(days):
    flat = days.reshape(5, -1)
    around = centred(flat)

    assert stabilities(around, days) == pytest.approx(
        [alone(interdaily_stability, one) for one in flat], nan_ok=True
    )
    assert variabilities(around, flat) == pytest.approx(
        [alone(intradaily_variability, one) for one in flat], nan_ok=True
    )


def test_each_row_has_its_own_quietest_and_most_active_hours(days):
    profile = profiles(days)
    least = extremes(np.hstack((profile, profile[:, :4])), 5, sign=1)
    most = extremes(np.hstack((profile, profile[:, :9])), 10, sign=-1)

    for row, one in enumerate(days[:2]):
        quiet = least_active(one.ravel(), epochs_per_day=24)
        busy = most_active(one.ravel(), epochs_per_day=24)
        assert (least[0][row], least[1][row]) == (pytest.approx(quiet.mean), quiet.onset)
        assert (most[0][row], most[1][row]) == (pytest.approx(busy.mean), busy.onset)
        assert contrasts(least[0], most[0])[row] == pytest.approx(
            relative_amplitude(one.ravel(), epochs_per_day=24)
        )
    assert np.isnan(least[0][[2, 4]]).all()


def test_each_row_has_its_own_wave(days):
    found = waves(HOURS, days, centred(days.reshape(5, -1)), period=24.0)

    for row, one in enumerate(days[:3]):
        alone = fit(np.tile(HOURS, 8), one.ravel())
        assert [part[row] for part in found] == pytest.approx(list(alone), abs=1e-9)


def test_nothing_that_ever_moved_has_no_contrast():
    assert np.isnan(contrasts(np.zeros(1), np.zeros(1))).all()
