import sys
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.anchors import anchors_of
from daykeel.rhythm.context import Mark
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.drawn import charts
from daykeel.rhythm.episodes import rhythm_episodes
from daykeel.rhythm.inputs import HITS, MID, PAIR
from daykeel.rhythm.ledger import AnchorCandidate
from daykeel.rhythm.plan import materials
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import LIVE
from daykeel.rhythm.series import series_of
from daykeel.rhythm.unfolding import Unfolding

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, record, shifted, steady
from test_plan import held, less, wild

DAY = timedelta(days=1)
LIFE = 90


def marked(what, first, last):
    return Mark(what, START + first * DAY, START + last * DAY)


def spell(first, stop, *, mid, nights=LIFE, seed=1, **more):
    """A steady life with midsleep elsewhere on the nights [first, stop)."""
    days = steady(nights, seed, **more)
    return [*days[:first], *shifted(days[first:stop], stop - first, mid=mid), *days[stop:]]


def found_in(days, **more):
    return rhythm_episodes(planned(days, context(**more)), context(**more))


def only(days, kind="phase_delay", **more):
    (found,) = found_in(days, **more)[kind]
    return found


def released(days, kind="phase_delay", **more):
    """The last night known when somebody is first told of a kind; None if nobody ever is."""
    unfolding = Unfolding(planned(days, context(**more)), context(**more))
    nights = (day.day for day in days)
    return next(
        (
            night
            for number, night in enumerate(nights)
            if any(not one.is_held for one in unfolding.until(number)[kind])
        ),
        None,
    )


def test_what_a_chart_remembers_of_an_illness_tells_nobody_when_it_is_over():
    days = spell(50, 55, mid=3.0)
    ill = marked("illness", 50, 54)

    told, untold = only(days), only(days, marks=(ill,))

    assert max(told.nights) > ill.last
    assert (told.suppressed, told.nights) == ((), untold.nights)
    assert untold.suppressed == ("illness",)
    assert released(days, marks=(ill,)) is None


def test_it_is_still_said_and_shown():
    days = spell(50, 55, mid=3.0)
    told, untold = only(days), only(days, marks=(marked("illness", 50, 54),))

    assert replace(untold, suppressed=()) == told


@pytest.mark.parametrize("mid", [1.0, 1.5, 2.5])
def test_what_outlasts_an_illness_is_told_of_as_soon_after_it_as_if_it_began_then(mid):
    days = spell(50, LIFE, mid=mid)
    ill = marked("illness", 50, 54)

    alone, after = released(days), released(days, marks=(ill,))

    needed = (alone - START).days - 49
    assert 0 < (after - ill.last).days <= needed + 2
    assert only(days, marks=(ill,)).suppressed == ()


def test_a_change_that_was_told_before_is_not_held_back_by_what_is_declared_later():
    days = spell(50, LIFE, mid=2.5)
    first = only(days).onset
    late = Mark("event", first + DAY, first + 30 * DAY)

    assert only(days, marks=(late,)).suppressed == ()
    assert released(days, marks=(late,)) == first


def test_what_is_declared_afterwards_holds_back_what_it_explains():
    days = spell(50, 55, mid=3.0)

    assert only(days, marks=(marked("event", 49, 60),)).suppressed == ("event",)


def test_the_reason_is_what_was_declared_last():
    days = spell(50, 58, mid=2.0)
    marks = (marked("illness", 50, 53), marked("event", 54, 57))

    assert only(days, marks=marks).suppressed == ("event",)


def test_what_is_to_be_acted_on_is_told_while_a_holiday_lasts():
    days = spell(50, 62, mid=5.0, spread=0.2)
    found = found_in(days, marks=(marked("event", 48, 64),))

    (slow,), (acute,) = found["phase_delay"], found["acute_change"]
    assert (slow.severity, slow.is_held) == ("act", False)
    assert (acute.severity, acute.suppressed) == ("act", ())


def test_marks_of_the_nights_themselves_count_as_those_of_therapists():
    days = spell(50, 55, mid=3.0)
    told = [
        replace(day, night=replace(day.night, flags=("illness",))) if 50 <= n < 55 else day
        for n, day in enumerate(days)
    ]

    assert only(told).suppressed == ("illness",)


def test_anchors_missed_on_declared_days_tell_nobody_afterwards():
    days = steady(80, anchors=True)
    late = [
        record(
            day.night,
            times={
                one.item: one.minutes + 200 for one in day.anchors if one.source_class == "reported"
            },
        )
        for day in days[50:58]
    ]
    days = [*days[:50], *late, *days[58:]]

    told = only(days, "irregularity")
    untold = only(days, "irregularity", marks=(marked("event", 50, 57),))

    assert told.findings[0].chart == HITS
    assert (told.suppressed, untold.suppressed) == ((), ("event",))


def test_anchors_lost_on_declared_days_tell_nobody():
    days = steady(70, anchors=True)
    lost = [
        replace(
            day,
            anchors=tuple(
                AnchorCandidate("dinner", "reported", None, done=False)
                if one.item == "dinner"
                else one
                for one in day.anchors
            ),
        )
        for day in days[50:57]
    ]
    days = [*days[:50], *lost, *days[57:]]

    assert only(days, "lost_anchors").suppressed == ()
    assert only(days, "lost_anchors", marks=(marked("event", 52, 57),)).suppressed == ("event",)


def test_a_threshold_takes_nights_of_which_nothing_was_declared():
    days = shifted(steady(60, spread=0.3), 5, longer=1.8)

    def suppressed(last):
        marks = (marked("illness", 50, last),)
        return only(days, "agreed_threshold", thresholds=(Threshold(),), marks=marks).suppressed

    assert [suppressed(last) for last in (54, 56, 57)] == [(), (), ("illness",)]


def test_a_pair_of_nights_is_declared_if_either_is():
    days = steady(60)
    found = planned(days, context(marks=(marked("event", 40, 42),))).charts.tracks

    assert found[MID].declared.nonzero()[0].tolist() == [40, 41, 42]
    assert found[PAIR].declared.nonzero()[0].tolist() == [40, 41, 42, 43]


def marks_of(rng, days):
    """A few illnesses and events over the later nights."""
    firsts = rng.integers(25, len(days), int(rng.integers(1, 5)))
    return tuple(
        marked(rng.choice(["illness", "event"]), int(first), int(first + rng.integers(0, 12)))
        for first in firsts
    )


def over(before, days, marks):
    """The client's charts over other days and marks, on the baselines that were decided before."""
    series = series_of(days, context(marks=marks))
    anchors = anchors_of(series)
    made = materials(series, anchors, (), before.travel)
    drawn = charts(series, held(before.plan, made), before.travel)
    return replace(before, series=series, anchors=anchors, made=made, charts=drawn)


def kept(rng, day):
    """Less of the day; what was declared of it stays."""
    left = less(rng, day)
    return replace(left, night=replace(left.night, flags=day.night.flags))


def standing(found):
    return {
        (track.chart, side, int(night))
        for track in found.charts.tracks.values()
        for side, nights in (("up", track.stands_up), ("down", track.stands_down))
        for night in nights.nonzero()[0]
    }


def told_nights(found, marks):
    """Charts that open alone, and the nights on which they signalled of what is told."""
    return {
        (finding.chart, finding.side, night)
        for one in chain.from_iterable(rhythm_episodes(found, context(marks=marks)).values())
        if not one.suppressed
        for finding in one.findings
        for night in finding.nights
    }


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_never_lets_go_of_a_notice_with_baselines_held(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    marks = marks_of(rng, days)
    before = over(planned(days, context()), days, marks)

    after = over(before, [kept(rng, day) for day in days], marks)

    assert standing(after) <= standing(before)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_that_is_declared_only_holds_back_more(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    marks = marks_of(rng, days)
    some = over(planned(days, context()), days, marks[:-1])

    more = over(some, days, marks)

    assert standing(more) <= standing(some)
    assert told_nights(more, marks) <= told_nights(some, marks[:-1])


def test_lives_have_notices_to_hold_back_and_to_let_go_of():
    counts = np.zeros(3, dtype=int)
    for seed in range(25):
        rng = np.random.default_rng(seed)
        days = wild(rng)
        marks = marks_of(rng, days)
        found = over(planned(days, context()), days, marks)
        signals = sum(int(one.signal.sum()) for one in found.charts.tracks.values())
        held_back = [
            bool(one.suppressed)
            for one in chain.from_iterable(rhythm_episodes(found, context(marks=marks)).values())
        ]
        stand = len(standing(found))
        counts += (signals > stand, stand > 0, any(held_back))

    assert counts.min() >= 5


def test_without_marks_nothing_is_computed_twice():
    track = planned(steady(60), context()).charts.tracks[MID]

    assert track.bare_up is track.up
    assert track.by == LIVE


@pytest.mark.parametrize("seed", range(6))
def test_night_by_night_the_same_is_held_back_as_in_an_evaluation_up_to_then(seed):
    rng = np.random.default_rng(seed)
    days = [replace(day, night=replace(day.night, zone="UTC")) for day in wild(rng)]
    told = context(marks=marks_of(rng, days))
    unfolding = Unfolding(planned(days, told), told)

    for last in range(30, len(days), 3):
        now = rhythm_episodes(planned(days[: last + 1], told), told)
        for kind, own in unfolding.until(last).items():
            if now[kind]:
                assert [(one.onset, one.suppressed) for one in own] == [
                    (one.onset, one.suppressed) for one in now[kind]
                ]
