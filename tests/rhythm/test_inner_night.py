from array import array

import numpy as np
import pytest

from daykeel.rhythm.inner_night import after, settled, walked
from daykeel.rhythm.phase import predict

STEPS = 240


def stretches(onset, offset):
    """A night from noon to noon; hours from its midnight."""
    lengths = (10 * (onset + 12), 10 * (offset - onset), 10 * (12 - offset), 0)
    return array("H", [round(one) for one in lengths]).tobytes()


def lux(nights):
    """The same for `predict`, which begins at midnight: its light of a step is that of its end."""
    light = [250.0] * (STEPS // 2 + 1)
    for night in nights:
        for at, steps in enumerate(array("H", night)):
            light += [0.0 if at % 2 else 250.0] * steps
    return np.array(light)


def weeks_of(nights):
    whole = len(nights) // 7 * 7
    weeks = [b"".join(nights[at : at + 7]) for at in range(0, whole, 7)]
    return tuple(weeks), tuple(nights[whole:])


def random_nights(rng, count, spread):
    onsets = np.clip(-1 + rng.normal(0, spread, count), -6, 3).round(1)
    return [stretches(onset, onset + 7.5) for onset in onsets]


@pytest.fixture(autouse=True)
def forgotten():
    after.cache_clear()


def test_regular_nights_have_the_phase_of_the_specification():
    found = after(*weeks_of([stretches(-1.1, 6.9)] * 28))  # the light of a step is that of its end

    assert (found.minimum - 12) % 24 == pytest.approx(4.4118, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.3, 1.5])
def test_the_minimum_is_that_of_the_model_in_steps_of_a_tenth_of_an_hour(seed, spread):
    nights = random_nights(np.random.default_rng(seed), 31, spread)
    rounds = 6

    found = after(*weeks_of(nights))

    whole = predict(lux(nights[:7] * rounds + nights), step_hours=0.1)
    minimum = whole.cbtmin[-1] - 12 - rounds * 7 * 24
    assert found.minimum == pytest.approx(minimum, abs=0.02)


def test_three_hours_later_the_phase_follows_as_specified():
    before = [stretches(-1, 7)] * 28
    usual = after(*weeks_of(before)).minimum % 24

    shifts = {
        days: after(*weeks_of([*before, *[stretches(2, 10)] * days])).minimum % 24 - usual
        for days in (1, 3, 5, 7, 11, 14)
    }

    expected = [0.48, 1.54, 2.19, 2.56, 2.88, 2.95]
    assert list(shifts.values()) == pytest.approx(expected, abs=0.02)


def test_a_night_more_is_what_all_nights_at_once_are():
    weeks, rest = weeks_of(random_nights(np.random.default_rng(1), 33, 1.0))
    begun = [after(weeks, rest[:count]) for count in range(len(rest) + 1)]
    after.cache_clear()

    at_once = walked(walked(settled(weeks[0]), weeks[0]), b"".join((*weeks[1:], *rest)))

    assert after(weeks, rest) == begun[-1]
    assert begun[-1].state == at_once.state
    assert begun[-1].minimum == at_once.minimum


def test_a_clock_in_the_dark_never_settles():
    dark = array("H", [0, STEPS]).tobytes()

    assert settled(dark * 7) is None
    assert after((dark * 7,), (dark,)) is None
