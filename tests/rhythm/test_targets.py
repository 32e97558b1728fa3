from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.targets import TargetPlan, in_force, target_plan, targets_by_day, weekly

MONDAY = date(2026, 3, 2)
WEEK = timedelta(7)
minutes = st.integers(0, 1439)


@pytest.mark.parametrize(
    ("current", "goal", "step", "weeks"),
    [
        (90, 0, 30, [60, 30, 0]),
        (30, 1425, 30, [0, 1425]),
        (1425, 30, 30, [15, 30]),
        (420, 420, 30, [420]),
        (480, 450, 60, [450]),
        (1470, 1380, 45, [1425, 1380]),
    ],
)
def test_weekly_targets_take_the_shorter_way_in_small_steps(current, goal, step, weeks):
    assert target_plan(current, goal, step) == weeks


@pytest.mark.parametrize("step", [0, -30, 60.5])
def test_a_step_is_above_nothing_and_at_most_an_hour(step):
    with pytest.raises(ValueError, match="a step of"):
        target_plan(90, 0, step)


@given(minutes, minutes, st.integers(1, 60))
def test_every_step_is_small_and_the_last_one_is_there(current, goal, step):
    found = [current, *target_plan(current, goal, step)]

    apart = [abs((b - a + 720) % 1440 - 720) for a, b in pairwise(found)]
    assert found[-1] == goal
    assert max(apart) <= step
    assert all(0 <= one < 1440 for one in found)


def test_a_plan_moves_on_the_same_weekday():
    plan = TargetPlan("bed", MONDAY, 0.0, current=60.0)

    assert list(weekly(plan)) == [(MONDAY, 30.0), (MONDAY + WEEK, 0.0)]


def test_a_later_plan_leaves_the_past_as_it_was_and_ends_what_was_to_come():
    old = TargetPlan("bed", MONDAY, 0.0, current=120.0)
    new = TargetPlan("bed", MONDAY + WEEK, 60.0)

    found = targets_by_day([new, old])

    assert found == (("bed", MONDAY, 90.0), ("bed", MONDAY + WEEK, 60.0))
    assert in_force(found, MONDAY + timedelta(6)) == {"bed": 90.0}


def test_an_end_leaves_no_target():
    end = TargetPlan("bed", MONDAY + WEEK, None)
    found = targets_by_day([TargetPlan("bed", MONDAY, 0.0), TargetPlan("dinner", MONDAY, 9.0), end])

    assert in_force(found, MONDAY + WEEK) == {"dinner": 9.0}
    assert in_force(found, MONDAY - WEEK) == {}


@given(st.permutations([TargetPlan("bed", MONDAY, goal) for goal in (0.0, 30.0, None)]))
def test_of_plans_that_begin_together_one_holds_whatever_their_order(plans):
    assert targets_by_day(plans) == (("bed", MONDAY, 30.0),)
