import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.clock import anchored, difference, has_direction, summarise
from daykeel.rhythm.errors import NotEnoughData

hours = st.floats(-48, 48, allow_nan=False)
LATE = [23.5, 23.75, 0.25, 5 / 60, 23 + 50 / 60, 20 / 60, 23 + 55 / 60]


def test_seven_times_around_midnight_have_the_circular_sd_of_the_specification():
    assert summarise(LATE).sd == pytest.approx(0.2704836033, abs=1e-9)
    assert np.std(anchored(LATE), ddof=1) == pytest.approx(0.2920915273, abs=1e-9)


@pytest.mark.parametrize("sd", [0.5, 1.0, 2.0, 3.0])
def test_the_circular_sd_of_normal_times_is_their_sd(sd):
    times = np.random.default_rng(7).normal(23, sd, 10**6)

    assert summarise(times).sd == pytest.approx(sd, abs=0.01)


def test_record_a_twice_in_a_row_has_the_circular_values_of_the_specification():
    onset = [-30, -15, 0, -45, 75, 60, -30, -20, -30, 10, -40, 105, 45, -25]
    offset = [390, 405, 400, 395, 555, 540, 390, 400, 405, 395, 400, 600, 525, 390]
    mid = (np.array(onset) + offset) / 2

    found = [summarise(np.tile(one, 2) / 60) for one in (onset, offset, mid)]

    assert [one.mean for one in found] == pytest.approx(
        [0.0666868462, 7.3460081344, 3.7083977651], abs=1e-9
    )
    assert [one.sd for one in found] == pytest.approx(
        [0.7682337798, 1.2209415549, 0.9830596252], abs=1e-9
    )


@given(hours)
def test_anchored_hours_lie_around_midnight_and_are_the_same_time(hour):
    found = float(anchored(hour))

    assert -12 <= found < 12
    assert (found - hour) / 24 == pytest.approx(round((found - hour) / 24), abs=1e-9)


@given(hours, hours, st.integers(-3, 3))
def test_a_difference_is_the_short_way_and_whole_days_do_not_matter(later, earlier, days):
    found = float(difference(later, earlier))

    assert abs(found) <= 12
    again = float(difference(later + 24 * days, earlier))
    assert min(abs(found - again), 24 - abs(found - again)) == pytest.approx(0, abs=1e-9)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=20), st.floats(0, 24))
def test_turning_the_clock_turns_the_mean_and_leaves_the_spread(times, by):
    before, after = summarise(times), summarise(np.array(times) + by)

    assert float(difference(after.mean, before.mean + by)) == pytest.approx(0, abs=1e-6)
    assert after.sd == pytest.approx(before.sd, abs=1e-5)


@pytest.mark.parametrize("times", [[], [0.0, 12.0], [0.0, 8.0, 16.0]])
def test_times_that_cancel_out_have_no_mean(times):
    with pytest.raises(NotEnoughData):
        summarise(times)


def test_two_times_or_times_all_around_the_clock_have_no_direction():
    assert not has_direction([23.0, 23.1])
    assert not has_direction([1.0, 9.0, 17.0, 2.0])
    assert has_direction(LATE)
