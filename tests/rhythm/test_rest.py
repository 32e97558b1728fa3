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


def quiet(value, unknown=()):
    """The stretch slept in, and the bins of which something is told."""
    known = np.ones(value.size, dtype=bool)
    for start, stop in unknown:
        known[start:stop] = False
    asleep, told = rest_by_steps(value, known)
    at = np.flatnonzero(asleep)
    return (int(at[0]), int(at[-1]) + 1) if at.size else None, told


def test_steps_alone_give_the_longest_quiet_stretch():
    found, told = quiet(evening((6, 14), (30, 78)))

    assert found == (30, 78)
    assert told.all()


def test_an_hour_of_steps_may_interrupt_it():
    assert quiet(evening((30, 50), (56, 78)))[0] == (30, 78)
    assert quiet(evening((30, 50), (57, 78)))[0] == (57, 78)


def test_it_has_at_least_three_hours():
    assert quiet(evening((30, 48)))[0] == (30, 48)
    assert quiet(evening((30, 47)))[0] is None


def test_ten_steps_in_ten_minutes_are_no_rest():
    value = evening((30, 78))
    value[30:78] = 9_999
    assert quiet(value)[0] == (30, 78)
    value[30:78] = 10_000
    assert quiet(value)[0] is None


def test_a_device_nobody_carried_is_no_sleeper():
    for value in (np.zeros(STEPS), evening((0, 60)), evening((60, STEPS))):
        found, told = quiet(value)
        assert found is None
        assert not told.any()


def test_a_device_nobody_carried_is_no_sleeper_though_its_ends_are_unknown():
    assert quiet(np.zeros(STEPS), [(0, 3), (100, STEPS)])[0] is None


def test_what_is_unknown_beside_a_sleep_leaves_its_end_open():
    found, told = quiet(evening((30, 78)), [(70, 90)])

    assert found == (30, 70)
    assert np.flatnonzero(~told).tolist() == list(range(70, 90))


def test_a_sleep_of_which_the_middle_is_unknown_is_not_half_a_sleep():
    assert quiet(evening((30, 78)), [(50, 58)])[0] is None


def test_where_a_longer_sleep_may_be_unknown_nothing_is_told():
    assert quiet(evening((10, 30), (60, 70)), [(70, 95)])[0] is None


def test_losing_bins_never_changes_what_is_told_of_others():
    random = np.random.Generator(np.random.PCG64(5))
    told_of = 0
    for _ in range(3000):
        value = evening()
        for start in random.integers(0, STEPS, size=4):
            value[start : start + random.integers(6, 50)] = 0
        known = np.ones(STEPS, dtype=bool)
        for start in random.integers(0, STEPS, size=2):
            known[start : start + random.integers(0, 12)] = False
        fewer = known.copy()
        for start in random.integers(0, STEPS, size=random.integers(1, 4)):
            fewer[start : start + random.integers(1, 20)] = False

        asleep, told = rest_by_steps(value, known)
        asleep_then, told_then = rest_by_steps(value, fewer)

        told_of += told_then.any()
        assert not (asleep_then & ~asleep).any()
        assert not (told_then & ~told).any()
        assert not (told_then & ~asleep_then & asleep).any()
    assert told_of > 300
