import numpy as np
import pytest

from daykeel.rhythm.activity import Minutes
from daykeel.rhythm.rest import bins_of, rest_by_mean, rest_by_steps

BINS = 216
"""36 hours from 06:00."""


def day(*sleeps, active=100.0, rest=0.0):
    value = np.full(BINS, active)
    for start, stop in sleeps:
        value[start:stop] = rest
    return value


def asleep(value, known=None):
    known = np.ones(value.size, dtype=bool) if known is None else known
    found, told = rest_by_mean(value, known)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], found.astype(int), [0]))))
    return edges.reshape(-1, 2).tolist(), told


def test_bins_are_ten_minutes_of_which_all_are_known():
    minutes = Minutes(np.ones(35, dtype=np.int64), np.arange(35) != 12)

    value, known = bins_of(minutes)

    assert (value.tolist(), known.tolist()) == ([10, 10, 10], [True, False, True])


def test_masda_finds_a_night_of_rest():
    assert asleep(day((102, 150)))[0] == [[102, 150]]


def test_masda_rest_is_up_to_15_per_cent_of_the_mean_around_it():
    # 48 of 144 bins at r, 96 at 100: the mean is (48 r + 9600) / 144, and r = 0.15 of it
    # gives r = 1440 / 136.8 = 10.526
    assert asleep(day((84, 132), rest=10.5))[0] == [[84, 132]]
    assert asleep(day((84, 132), rest=10.6))[0] == []


@pytest.mark.parametrize(("bins", "found"), [(2, []), (3, [[100, 103]])])
def test_masda_starts_no_sleep_below_half_an_hour_of_rest(bins, found):
    assert asleep(day((100, 100 + bins)))[0] == found


def test_masda_sleeps_through_a_short_stir():
    assert asleep(day((102, 120), (121, 150)))[0] == [[102, 150]]


def test_masda_ends_a_sleep_after_12_hours():
    (found,) = asleep(np.concatenate([day()[:60], np.zeros(90), day()[:66]]))[0]

    assert found[0] == 60
    assert found[1] - found[0] >= 72


def test_masda_tells_nothing_without_half_a_day_of_data():
    known = np.zeros(BINS, dtype=bool)
    known[100:171] = True

    found, told = asleep(day((102, 150)), known)

    assert found == []
    assert not told.any()


def test_masda_never_takes_the_unknown_for_rest():
    known = np.ones(BINS, dtype=bool)
    known[102:150] = False

    found, told = asleep(day((102, 150)), known)

    assert found == []
    assert not told[102:150].any()


STEPS = 120
"""Bins from 18:00 to 14:00."""


def evening(*quiet):
    value = np.full(STEPS, 500_000.0)
    for start, stop in quiet:
        value[start:stop] = 0
    return value


def test_steps_alone_give_the_longest_quiet_stretch():
    assert rest_by_steps(evening((6, 14), (30, 78))) == (30, 78)


def test_an_hour_of_steps_may_interrupt_it():
    assert rest_by_steps(evening((30, 50), (56, 78))) == (30, 78)
    assert rest_by_steps(evening((30, 50), (57, 78))) == (57, 78)


def test_it_has_at_least_three_hours():
    assert rest_by_steps(evening((30, 48))) == (30, 48)
    assert rest_by_steps(evening((30, 47))) is None


def test_ten_steps_in_ten_minutes_are_no_rest():
    value = evening((30, 78))
    value[30:78] = 9_999
    assert rest_by_steps(value) == (30, 78)
    value[30:78] = 10_000
    assert rest_by_steps(value) is None


def test_a_phone_nobody_carried_is_no_sleeper():
    assert rest_by_steps(np.zeros(STEPS)) is None
    assert rest_by_steps(evening((0, 60))) is None
    assert rest_by_steps(evening((60, STEPS))) is None
