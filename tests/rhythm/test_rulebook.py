import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.rulebook import book_of, planned_by, reigns
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, shifted, steady
from test_plan import signals, wild

DAY = timedelta(days=1)
EAGER = replace(LIVE, version="eager", limits=((0, 2.0),))
DEAF = replace(
    LIVE, version="deaf", limits=((0, 90.0),), acute_far=90, acute_much=23, acute_short=0
)


def told(days, *rules):
    return kinds(evaluate(days, context(rules=rules), at(days[-1].day, 20), days[-1].day))


def test_the_client_s_own_rules_come_before_the_clinic_s_and_those_before_the_live_ones():
    book = book_of(
        [(START, EAGER), (START + 9 * DAY, None)],
        [(START + 3 * DAY, DEAF), (START + 6 * DAY, None)],
    )

    assert book == (
        (START, EAGER),
        (START + 3 * DAY, DEAF),
        (START + 6 * DAY, EAGER),
        (START + 9 * DAY, LIVE),
    )


def test_of_rules_that_begin_together_one_holds_whatever_their_order():
    told = [(START, EAGER), (START, DEAF)]

    assert book_of(told, ()) == book_of(told[::-1], ())


def test_rules_hold_from_their_first_night_to_the_next_ones():
    dates = [START + n * DAY for n in range(10)]

    found = reigns(((START - DAY, EAGER), (START + 4 * DAY, DEAF), (START + 40 * DAY, LIVE)), dates)

    assert [(one.by.version, one.start, one.stop) for one in found] == [
        ("eager", 0, 4),
        ("deaf", 4, 10),
    ]
    assert [(one.by, one.start, one.stop) for one in reigns((), dates)] == [(LIVE, 0, 10)]


def test_the_same_rules_again_change_nothing():
    days = shifted(steady(70), 20, mid=2.0)

    assert told(days, (START + 40 * DAY, LIVE)) == told(days)


def test_each_night_goes_by_the_rules_in_force():
    days = shifted(steady(70), 20, mid=2.0)
    onset = told(days)["phase_delay"][0]

    assert told(days, (START, DEAF)) == {}
    assert told(days, (START, DEAF), (onset + 3 * DAY, LIVE))["phase_delay"] == [onset + 3 * DAY]
    assert told(days, (onset + DAY, DEAF))["phase_delay"] == [onset]
    assert told(days, (START, EAGER))["phase_delay"][0] < onset


def test_a_chart_shows_the_limit_of_each_night():
    days = steady(60)
    found = planned_by(days, context(rules=((START + 50 * DAY, DEAF),)))

    track = found.charts.tracks["sleep.mid"]
    ratio = DEAF.bound("sleep.mid", 28) / LIVE.bound("sleep.mid", 28)
    assert track.limit[50] == pytest.approx(ratio * track.limit[49], rel=1e-9)
    assert [track.baseline(night).start for night in (49, 50)] == [28, 50]
    assert (found.by[49], found.by[50]) == (LIVE, DEAF)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_signals_of_rules_by_night_are_those_of_each_on_its_nights(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    change = int(rng.integers(30, len(days)))
    early, late = (
        signals(planned_by(days, context(rules=((START, by),))).charts) for by in (EAGER, LIVE)
    )

    both = planned_by(days, context(rules=((START, EAGER), (START + change * DAY, LIVE)))).charts

    assert signals(both) == {one for one in early if one[-1] < change} | {
        one for one in late if one[-1] >= change
    }
