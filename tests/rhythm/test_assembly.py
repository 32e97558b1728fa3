import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.assembly import ASLEEP, AWAKE, UNKNOWN, main_sleep, runs, windows

CORE = (360, 1800)
SIZE = 2160


def painted(asleep=(), unknown=()):
    """Minutes of a span; hours from the midnight of the night."""
    states = np.full(SIZE, AWAKE, dtype=np.int8)
    for stretches, state in ((asleep, ASLEEP), (unknown, UNKNOWN)):
        for start, stop in stretches:
            states[minute(start) : minute(stop)] = state
    return states


def minute(hours):
    return round(60 * hours) + 1080


def hours(minutes):
    return (minutes - 1080) / 60


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("", []),
        ("...", []),
        ("##.#", [(0, 2), (3, 4)]),
        ("####", [(0, 4)]),
    ],
)
def test_runs_are_half_open(flags, found):
    assert runs(np.array([one == "#" for one in flags], dtype=bool)) == found


def test_a_run_below_ten_minutes_is_no_window():
    asleep = np.zeros(100, dtype=bool)
    asleep[10:19] = True
    asleep[80:90] = True

    assert windows(asleep) == [(80, 90)]


@pytest.mark.parametrize(("awake", "found"), [(59, [(0, 79)]), (60, [(0, 10), (70, 80)])])
def test_windows_less_than_an_hour_apart_are_one(awake, found):
    asleep = np.array([True] * 10 + [False] * awake + [True] * 10)

    assert windows(asleep) == found


def test_the_longest_window_is_the_main_one_and_the_others_are_naps():
    found = main_sleep(painted([(-3, -1), (2, 4.05)]), CORE)

    assert (hours(found.onset[0]), hours(found.offset[0])) == (2, 4.05)
    assert [tuple(map(hours, nap)) for nap in found.naps] == [(-3, -1)]


def test_of_two_windows_as_long_neither_is_certainly_the_main_one():
    found = main_sleep(painted([(-3, -1), (2, 4)]), CORE)

    assert (found.main, found.none_certain) == (None, False)


def test_a_window_below_an_hour_is_no_main_sleep():
    found = main_sleep(painted([(2, 2.95)]), CORE)

    assert (found.main, found.none_certain) == (None, True)
    assert [tuple(map(hours, nap)) for nap in found.naps] == [(2, 2.95)]


def test_a_window_whose_middle_is_the_noon_of_the_date_belongs_to_the_next_night():
    assert main_sleep(painted([(8, 16)]), CORE).main is None
    assert main_sleep(painted([(8, 15.95)]), CORE).main is not None


def test_a_window_whose_middle_is_the_noon_before_belongs_to_the_night():
    assert main_sleep(painted([(-16, -8)]), CORE).main is not None


def test_a_bound_wider_than_half_an_hour_is_not_certain():
    assert main_sleep(painted([(-1, 7)], [(7, 7.5)]), CORE).is_certain
    assert not main_sleep(painted([(-1, 7)], [(7, 7.55)]), CORE).is_certain


def test_what_touches_an_unknown_edge_of_the_span_is_not_bounded():
    states = painted([(-1, 7)], [(7, 18)])

    assert main_sleep(states, CORE).main is None
    assert main_sleep(states[: minute(7)], CORE).main is not None


stretch = st.tuples(st.integers(0, SIZE - 1), st.integers(5, 600))
stretches = st.lists(stretch, max_size=6)


@settings(max_examples=300, deadline=None)
@given(stretches, stretches, st.lists(stretch, min_size=1, max_size=3))
def test_deleting_minutes_only_widens_bounds_or_takes_the_night_away(asleep, unknown, deleted):
    states = np.full(SIZE, AWAKE, dtype=np.int8)
    for found, state in ((asleep, ASLEEP), (unknown, UNKNOWN)):
        for start, length in found:
            states[start : start + length] = state
    before = main_sleep(states, CORE)
    for start, length in deleted:
        states[start : start + length] = UNKNOWN

    after = main_sleep(states, CORE)

    if after.none_certain:
        assert before.none_certain
    if after.main is not None:
        assert before.main is not None
        for wide, narrow in ((after.onset, before.onset), (after.offset, before.offset)):
            assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]
