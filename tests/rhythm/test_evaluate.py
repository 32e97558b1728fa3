import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.codec import decode, encode
from daykeel.rhythm.context import Mark
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.inputs import (
    DEVIATION,
    DURATION,
    HITS,
    M10,
    MID,
    OFFSET,
    ONSET,
    PAIR,
    STEPS,
    TST,
)
from daykeel.rhythm.ledger import Evaluation

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, active, at, context, night, record, shifted, silenced, steady
from test_plan import less, wild

DAY = timedelta(days=1)


def evaluated(days, since=START, **more) -> Evaluation:
    return evaluate(days, context(**more), at(days[-1].day, 20), since)


def test_nothing_known_is_nothing_said_of_every_kind():
    found = evaluate((), context(), at(START, 0), START)

    assert (found.scores, found.baselines, found.charts) == ((), (), {})
    assert [len(one.episodes) for one in found.signals] == [0] * 10


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_days_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    shuffled = [days[n] for n in rng.permutation(len(days))]

    assert evaluate(shuffled, context(), at(days[-1].day, 20), START) == evaluated(days)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_since_limits_rows_and_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    since = days[int(rng.integers(len(days)))].day

    whole, part = evaluated(days), evaluated(days, since)

    assert part.scores == tuple(row for row in whole.scores if row.local_date >= since - DAY)
    assert replace(part, scores=()) == replace(whole, scores=())


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rows_before_the_day_that_changed_stay_as_they_were(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    at_day = int(rng.integers(len(days)))
    changed = [*days[:at_day], less(rng, days[at_day]), *days[at_day + 1 :]]

    before, after = evaluated(days), evaluated(changed)

    def earlier(found):
        return [row for row in found.scores if row.local_date < days[at_day].day - DAY]

    assert earlier(before) == earlier(after)


def test_a_missing_record_is_an_unknown_day():
    days = steady(60)
    gone = [day for n, day in enumerate(days) if n not in (30, 31)]

    found = evaluated(gone)

    assert len({row.local_date for row in found.scores}) == 60
    assert [one.why for one in found.charts[MID][1:5]] == ["", "missing", "missing", ""]


def test_baselines_and_charts_are_those_of_the_client():
    told, alone = evaluated(steady(50, anchors=True)), evaluated(steady(50))

    second = [ONSET, OFFSET, TST, PAIR]
    assert [one.chart for one in told.baselines] == [MID, DURATION, HITS, *second]
    assert [one.chart for one in alone.baselines] == [MID, DURATION, DEVIATION, *second]
    assert list(told.charts) == [MID, DURATION, HITS, *second]
    assert told.charts[MID][0].night == told.baselines[0].frozen + DAY


def test_there_is_one_baseline_of_a_chart_the_newest():
    found = evaluated(steady(70, anchors=True)).baselines

    assert [len(one.nights) for one in found] == [56] * 7


def test_before_a_baseline_it_counts_the_nights():
    found = evaluated(silenced(steady(20, anchors=True), [4, 5]))

    assert found.baselines == ()
    assert found.progress == {MID: 18, DURATION: 18, HITS: 17}


def test_the_chart_of_anchors_ends_the_day_before_sleeps():
    found = evaluated(steady(50, anchors=True)).charts

    assert found[HITS][-1].night == found[MID][-1].night - DAY


def test_a_baseline_night_that_arrives_late_moves_the_freeze_and_so_the_chart():
    days = steady(60)
    late = silenced(days, [10])

    first, again = evaluated(late), evaluated(days)

    assert first.baselines[0].frozen - again.baselines[0].frozen == DAY


def test_signals_come_as_soon_as_the_night_is_final_and_not_before():
    days = shifted(steady(60), 14, mid=2.2)
    onset = next(
        one.episodes[0].onset for one in evaluated(days).signals if one.kind == "phase_delay"
    )
    upto = [day for day in days if day.day <= onset]
    still_open = [*upto[:-1], replace(upto[-1], night=replace(upto[-1].night, final=False))]

    def delays(found):
        return next(one for one in found.signals if one.kind == "phase_delay").episodes

    assert [one.onset for one in delays(evaluated(upto))] == [onset]
    assert delays(evaluated(still_open)) == ()


def test_nights_at_noon_have_linear_hours_and_a_chart_of_their_own():
    days = [
        record(night(START + n * DAY, 7.5 + 0.1 * (n % 3), 15 + 0.1 * (n % 3))) for n in range(40)
    ]

    assert MID in {one.chart for one in evaluated(days).baselines}


@pytest.mark.parametrize("seed", range(4))
def test_everything_said_survives_the_wire(seed):
    found = evaluated(wild(np.random.default_rng(seed)))

    for one in (*found.scores, *found.baselines, *found.signals):
        assert decode(type(one), encode(one)) == one


def test_odd_clients_are_said_something_of():
    days = steady(30, anchors=True)
    strange = context(
        tracked=((date.min, ("nonsense",)),),
        therapy_week_starts=6,
        enrolled=START + 500 * DAY,
        marks=(Mark("illness", START - 40 * DAY, START - 30 * DAY),),
    )
    nobody = [replace(day, night=replace(day.night, source="", device="")) for day in days]
    still_open = [replace(day, night=replace(day.night, final=False)) for day in days]

    for told in (days, days[:1], nobody, still_open):
        found = evaluate(told, strange, at(START, 9000), START)
        assert len({row.local_date for row in found.scores}) == len(told)


def test_it_leaves_its_input_alone():
    days = steady(40)
    before = list(days)

    evaluated(days)

    assert days == before


def test_charts_of_steps_have_scores_with_bounds_and_end_the_day_before_sleeps():
    days = active(steady(50), worn=0.98)
    found = evaluated(days)
    told = {
        (one.measure, row.local_date): one
        for row in found.scores
        for one in row.scores
        if one.measure.startswith("drift.")
    }

    for chart in (M10, STEPS):
        assert found.charts[chart][-1].night == found.charts[MID][-1].night - DAY
        early, late = (told[f"drift.{chart}", days[at].day] for at in (20, 40))
        assert (early.status, early.reasons) == ("provisional", ("baseline_provisional",))
        assert late.status == "ok"
        assert late.lo < late.hi
        assert late.lo <= late.value <= late.hi


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_moves_a_score_only_with_its_coverage(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    since = days[-15].day

    before = evaluated(days, since)
    after = evaluated([*days[:-20], *(less(rng, day) for day in days[-20:])], since)

    for row, other in zip(before.scores, after.scores, strict=True):
        for one, left in zip(row.scores, other.scores, strict=True):
            # Those two read baselines, which deleting may move.
            if one.measure.startswith("drift.") or one.measure == "srm.hit_fraction":
                continue
            if (one.value, one.lo, one.hi) != (left.value, left.lo, left.hi):
                assert left.coverage < one.coverage, (row.local_date, one, left)
