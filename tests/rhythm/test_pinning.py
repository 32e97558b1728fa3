"""Confirmed and renewed baselines on day records; commands are in tests/pipeline/test_decisions."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.baseline import named
from daykeel.rhythm.decisions import Decisions
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.pinning import stretches
from daykeel.rhythm.planned import planned
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, baseline, context, night, record, shifted, silenced, steady
from test_plan import signals, wild

DAY = timedelta(days=1)


def plan_of(days, **decided):
    return planned(days, context(decisions=Decisions(**decided)))


def in_use(found, chart=MID):
    """(first night, night after the last, whether confirmed) of each baseline of a chart."""
    return [(one.start, one.stop, one.baseline.confirmed) for one, _ in found.plan[chart]]


def frozen_of(found):
    return tuple(piece[0].baseline for pieces in found.plan.values() for piece in pieces)


def moved_night(days, at, hours):
    day = days[at]
    other = night(day.day, day.night.onset.value + hours, day.night.offset.value + hours)
    return [*days[:at], record(other), *days[at + 1 :]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_confirming_what_is_in_use_changes_no_number_and_no_signal(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    before = plan_of(days)
    all_of_them = frozen_of(before)
    some = tuple(one for one in all_of_them if rng.random() < 0.6)

    after = plan_of(days, confirmed=some)

    assert signals(after.charts) == signals(before.charts)
    for chart, pieces in before.plan.items():
        again = after.plan[chart]
        assert [(one.start, one.stop, one.is_anew) for one, _ in again] == [
            (one.start, one.stop, one.is_anew) for one, _ in pieces
        ]
        assert [one.baseline.id for one, _ in again] == [one.baseline.id for one, _ in pieces]
        assert before.charts.tracks[chart].up.tolist() == after.charts.tracks[chart].up.tolist()


def test_a_pinned_baseline_stays_whatever_arrives_late_of_its_nights():
    days = steady(50)
    mid = plan_of(days).plan[MID][0][0].baseline
    late = moved_night(days, 10, 2.0)

    free, pinned = plan_of(late), plan_of(late, confirmed=(mid,))

    assert free.plan[MID][0][0].baseline.id != mid.id
    assert pinned.plan[MID][0][0].baseline.id == mid.id
    assert in_use(pinned) == [(28, 50, True)]
    assert [one for _, _, one in in_use(pinned, DURATION)] == [False]


def test_a_night_that_arrives_late_and_would_freeze_it_earlier_does_not_move_it():
    days = silenced(steady(50), [5])
    mid = plan_of(days).plan[MID][0][0].baseline

    found = plan_of(steady(50), confirmed=(mid,))

    assert mid.frozen == days[28].day
    assert in_use(found) == [(29, 50, True)]


def test_a_pinned_refinement_leaves_what_was_before_it_as_it_was():
    days = steady(100)
    before = plan_of(days)
    newest = before.plan[MID][-1][0].baseline

    after = plan_of(moved_night(days, 60, 2.0), confirmed=(newest,))

    assert [(first, stop) for first, stop, _ in in_use(before)] == [(28, 56), (56, 84), (84, 100)]
    assert in_use(after) == [(28, 56, False), (56, 84, False), (84, 100, True)]
    assert after.plan[MID][-1][0].baseline.id == newest.id
    assert not after.plan[MID][-1][0].is_anew


def test_a_pinned_refinement_of_nothing_stands_by_itself():
    days = steady(100)
    newest = plan_of(days).plan[MID][-1][0].baseline

    found = plan_of(
        silenced(days, range(14, 20)), confirmed=(replace(newest, frozen=days[30].day),)
    )

    assert in_use(found)[0][0] == 31


def test_from_a_confirmed_one_the_centre_may_move_by_half_a_scale_again():
    days = shifted(steady(90, spread=0.6), 62, mid=0.27)
    before = plan_of(days)
    refined = before.plan[MID][1][0].baseline

    after = plan_of(days, confirmed=(refined,)).plan[MID][1][0]

    assert (after.pinned.centre, after.origin.centre) == (
        refined.centre,
        before.plan[MID][0][0].baseline.centre,
    )


def test_a_pinned_baseline_expires_as_any_does():
    days = silenced(steady(110), range(40, 62))
    mid = plan_of(days).plan[MID][0][0].baseline

    assert in_use(plan_of(days, confirmed=(mid,))) == [(28, 61, True), (90, 110, False)]


def test_another_device_ends_a_pinned_baseline():
    days = steady(110)
    ring = [replace(day, night=replace(day.night, device="ring")) for day in days[60:]]
    mid = plan_of(days[:50]).plan[MID][0][0].baseline

    found = plan_of([*days[:60], *ring], confirmed=(mid,))

    assert in_use(found)[0] == (28, 56, True)
    assert in_use(found)[-1] == (88, 110, False)


def test_deleted_nights_of_a_pinned_baseline_are_counted_and_changed_ones_are_not():
    days = steady(60)
    mid = plan_of(days[:50]).plan[MID][0][0].baseline
    unsure = [*days[:9], replace(days[9], night=replace(days[9].night, certainty="bounded"))]

    gone = plan_of(silenced(days, [3]), confirmed=(mid,)).plan[MID][0][0].baseline
    changed = plan_of([*unsure, *days[10:]], confirmed=(mid,)).plan[MID][0][0].baseline

    assert (gone.deleted, gone.provisional) == (1, True)
    assert (changed.deleted, changed.provisional) == (0, False)


def test_a_renewal_ends_what_stands_and_begins_with_its_own_nights():
    found = plan_of(steady(100), renewed=(START + 50 * DAY,))

    assert in_use(found) == [(28, 50, False), (78, 100, False)]
    assert found.plan[MID][-1][0].baseline.first == START + 50 * DAY
    assert found.plan[MID][-1][0].is_anew


def test_a_renewal_over_too_few_nights_leaves_no_baseline_in_use():
    found = plan_of(steady(60), renewed=(START + 50 * DAY,))

    assert in_use(found) == [(28, 50, False)]
    assert not found.charts.tracks[MID].limit[50:].any()


@pytest.mark.parametrize("renewed", [START - DAY, START, START + 400 * DAY])
def test_a_renewal_outside_what_is_known_changes_nothing(renewed):
    assert in_use(plan_of(steady(60), renewed=(renewed,))) == in_use(plan_of(steady(60)))


def test_other_nights_can_be_chosen_in_the_past():
    days = shifted(steady(70), 50, mid=2.0)

    found = plan_of(days, renewed=(START + 20 * DAY,))

    assert in_use(found)[0] == (48, 70, False)
    assert 4.5 < found.plan[MID][0][0].baseline.centre < 5.5


def test_within_a_renewed_stretch_a_baseline_can_be_pinned():
    days = steady(100)
    renewed = (START + 50 * DAY,)
    mid = plan_of(days, renewed=renewed).plan[MID][-1][0].baseline

    found = plan_of(moved_night(days, 60, 2.0), renewed=renewed, confirmed=(mid,))

    assert in_use(found)[-1] == (78, 100, True)
    assert found.plan[MID][-1][0].baseline.id == mid.id


def test_stretches_are_those_of_the_nights_there_are():
    series = series_of(steady(10), context())
    told = Decisions(renewed=(START + 4 * DAY, START + 40 * DAY))

    assert [(one.start, one.stop) for one in stretches(told, series)] == [(0, 4), (4, 10)]


def test_of_a_pin_of_which_nothing_is_left_another_one_takes_the_place():
    gone = tuple(START - n * DAY for n in range(1, 29))
    lost = named(replace(baseline(), frozen=START + 30 * DAY, nights=gone))

    found = plan_of(steady(60), confirmed=(lost,))

    assert in_use(found) == [(28, 31, False), (31, 32, True), (32, 60, False)]
    assert found.plan[MID][1][0].baseline.provisional
