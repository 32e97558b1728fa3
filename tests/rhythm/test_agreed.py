import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.acute import running
from daykeel.rhythm.agreed import agreed, thresholds_of
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, shifted, silenced, steady
from test_plan import held, less, read, wild
from test_plan import planned as planned_of

from daykeel.rhythm.drawn import charts

DAY = timedelta(days=1)


def told(days, **more):
    found = planned(days, context())
    return agreed((Threshold(**more),), found.series, found.charts.tracks, found.travel)


def fired(days, **more):
    """By side, the numbers of the nights on which it fires."""
    return {one.side: one.signal.nonzero()[0].tolist() for one in told(days, **more)}


def test_it_fires_once_so_many_nights_running_are_beyond_it():
    days = shifted(steady(60, spread=0.3), 4, longer=1.8)

    assert fired(days) == {"late_low": [58, 59], "early_high": []}


def test_a_night_without_data_closes_no_gap():
    days = silenced(shifted(steady(60, spread=0.3), 4, longer=1.8), [57])

    assert fired(days) == {"late_low": [], "early_high": []}


def test_only_the_sides_agreed_on_count():
    days = shifted(steady(60, spread=0.3), 4, longer=1.8)

    assert fired(days, sides=("early_high",)) == {"early_high": []}


def test_it_holds_on_its_nights_only():
    days = shifted(steady(60, spread=0.3), 6, longer=1.8)

    late = fired(days, first=days[56].day)["late_low"]
    early = fired(days, last=days[56].day)["late_low"]

    assert (late, early) == ([58, 59], [56])


def test_later_sleep_can_be_agreed_on_too():
    days = shifted(steady(60, spread=0.2), 3, mid=1.8)

    assert fired(days, chart="sleep.mid") == {"late_low": [59], "early_high": []}


def test_without_a_baseline_it_says_nothing():
    assert fired(shifted(steady(20), 5, longer=4)) == {"late_low": [], "early_high": []}


def test_a_night_of_another_device_says_nothing():
    days = shifted(steady(60, spread=0.3), 4, longer=1.8)
    days[-3:] = [replace(day, night=replace(day.night, device="ring")) for day in days[-3:]]

    assert fired(days)["late_low"] == []


def test_it_counts_from_the_second_night():
    days = shifted(steady(60, spread=0.3), 2, longer=1.8)

    longer, _ = told(days)

    assert longer.counting.nonzero()[0].tolist() == [59]


def test_rules_may_have_one_on_the_nights_they_hold():
    dates = [START + n * DAY for n in range(4)]
    told = replace(LIVE, version="a", agreed_hours=1.5, agreed_nights=2)

    found = thresholds_of(context(), [LIVE, told, told, LIVE], dates)

    assert found == (Threshold(hours=1.5, nights=2, first=dates[1], last=dates[2]),)


@pytest.mark.parametrize("nights", [1, 2, 5])
def test_running_is_what_a_loop_says(nights):
    met = np.random.default_rng(3).random(200) < 0.7
    expected = [
        at + 1 >= nights and bool(met[at + 1 - nights : at + 1].all()) for at in range(met.size)
    ]

    assert running(met, nights).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_never_makes_it_fire_with_baselines_held(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    thresholds = (Threshold(hours=0.6, nights=2), Threshold("sleep.mid", 0.6, 2))
    series, travel, _ = read(days)
    plan, before = planned_of(days)
    first = agreed(thresholds, series, before.tracks, travel)

    series, travel, made = read([less(rng, day) for day in days])
    after = charts(series, held(plan, made), travel)
    second = agreed(thresholds, series, after.tracks, travel)

    assert nights(second) <= nights(first)


def nights(found):
    return {
        (one.threshold.chart, one.side, int(at)) for one in found for at in one.signal.nonzero()[0]
    }


def test_wild_lives_have_firings_to_lose():
    found = [
        nights(agreed((Threshold(),), *lives(np.random.default_rng(seed)))) for seed in range(20)
    ]

    assert sum(map(bool, found)) >= 5


def lives(rng):
    days = wild(rng)
    series, travel, _ = read(days)
    return series, planned_of(days)[1].tracks, travel
