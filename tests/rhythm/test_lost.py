import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.drawn import charts
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate
from daykeel.rhythm.lost import lost_anchors
from daykeel.rhythm.planned import planned
from daykeel.rhythm.tracked_days import tracked_days

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, steady
from test_plan import held, less, read
from test_plan import planned as planned_of

DAY = timedelta(days=1)


def missing(days, numbers, item="dinner"):
    """The same life in which an anchor is known not to have happened on some days."""
    gone = AnchorCandidate(item, "reported", None, done=False)
    return [
        replace(day, anchors=(*(one for one in day.anchors if one.item != item), gone))
        if n in set(numbers)
        else day
        for n, day in enumerate(days)
    ]


def signals(days, items=ANCHORS):
    tracked = ((date.min, tuple(items)),)
    told = lost(planned(days, context(tracked=tracked)), tracked)
    return {one.item: one.signal.nonzero()[0].tolist() for one in told if one.signal.any()}


def lost(found, tracked=()):
    days = tracked_days(tracked, found.series.dates)
    return lost_anchors(found.charts.tracks[HITS], found.anchors, days)


def test_five_missed_days_of_seven_are_a_lost_anchor():
    days = missing(steady(60, anchors=True), [50, 51, 53, 54, 55])

    assert signals(days) == {"dinner": [55]}
    assert signals(missing(steady(60, anchors=True), [50, 51, 53, 54])) == {}


def test_days_nobody_knows_are_not_missed():
    days = steady(60, anchors=True)
    days[50:] = [
        replace(day, anchors=tuple(one for one in day.anchors if one.item != "dinner"))
        for day in days[50:]
    ]

    assert signals(days) == {}


def test_what_was_not_done_on_most_days_before_cannot_be_lost():
    days = missing(steady(60, anchors=True), [*range(0, 28, 2), *range(50, 59)])

    assert signals(days) == {}


def test_an_anchor_that_is_not_tracked_is_not_lost():
    days = missing(steady(60, anchors=True), range(50, 58))

    assert signals(days, ("out_of_bed", "bed", "first_contact")) == {}


def test_days_on_which_an_anchor_was_not_tracked_are_not_missed():
    days = missing(steady(60, anchors=True), range(50, 58))
    without = tuple(item for item in ANCHORS if item != "dinner")

    found = lost(planned(days, context()), ((START + timedelta(days=53), without),))

    (dinner,) = (one for one in found if one.item == "dinner")
    assert dinner.missed.max() == 3
    assert not dinner.signal.any()


def test_what_was_told_of_an_anchor_passes_when_it_is_tracked_no_more():
    days = missing(steady(140, anchors=True), range(50, 80))
    days = missing(days, range(110, 120), "first_contact")
    without = tuple(item for item in ANCHORS if item != "dinner")
    tracked = ((START + timedelta(days=58), without),)

    found = evaluate(days, context(tracked=tracked), at(START, 9000), START)

    (told,) = (one.episodes for one in found.signals if one.kind == "lost_anchors")
    assert [one.onset for one in told] == [START + timedelta(days=one) for one in (54, 114)]
    assert all(one.recovered for one in told)


def test_it_is_an_alert_to_watch_and_over_after_a_week_in_which_it_is_done():
    days = missing(steady(80, anchors=True), range(50, 57))
    told = evaluate(days, context(), at(days[-1].day, 20), days[-1].day)

    (episode,) = next(one for one in told.signals if one.kind == "lost_anchors").episodes
    assert (episode.onset, episode.severity) == (START + 54 * DAY, "watch")
    assert [one.rule for one in episode.findings] == ["lost.dinner"]
    assert episode.findings[0].baseline.chart == HITS
    assert episode.recovered is not None


def test_on_nights_of_the_formulation_it_opens_nothing():
    days = missing(steady(80, anchors=True), range(50, 57))
    told = context(phases=((START, "formulation"),))

    found = evaluate(days, told, at(days[-1].day, 20), days[-1].day)

    assert "lost_anchors" not in kinds(found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_never_loses_an_anchor_with_baselines_held(seed):
    rng = np.random.default_rng(seed)
    days = steady(70, int(rng.integers(99)), anchors=True)
    for item in ("dinner", "first_contact"):
        days = missing(days, np.flatnonzero(rng.random(70) < rng.choice([0.1, 0.7])), item)
    plan, before = planned_of(days)
    series, travel, _ = read(days)
    first = told(before, days)

    left = [less(rng, day) for day in days]
    series, travel, made = read(left)
    second = told(charts(series, held(plan, made), travel), left)

    assert second <= first


def told(drawn, days):
    found = replace(planned(days, context()), charts=drawn)
    return {(one.item, int(at)) for one in lost(found) for at in one.signal.nonzero()[0]}


def test_such_lives_have_anchors_to_lose():
    days = missing(steady(70, anchors=True), range(45, 60))

    assert told(planned(days, context()).charts, days)


@pytest.mark.parametrize("window", [7])
def test_missed_days_are_those_of_a_week(window):
    days = missing(steady(60, anchors=True), [40, 42, 44, 50])
    found = planned(days, context())

    (dinner,) = (one for one in lost(found) if one.item == "dinner")

    expected = [sum(at - window < missed <= at for missed in (40, 42, 44, 50)) for at in range(60)]
    assert dinner.missed.tolist() == expected
