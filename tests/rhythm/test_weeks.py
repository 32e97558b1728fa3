import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.anchors import anchors_of
from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate
from daykeel.rhythm.series import series_of
from daykeel.rhythm.weeks import SLEEP, SLEEP_ANCHORS, WEEKLY, Days, score_ali, score_week

sys.path.insert(0, str(Path(__file__).parent))
from day_records import USUAL, context, life, record, reported, silenced, steady


def scored(days, rule=WEEKLY, items=ANCHORS, *, usual=None, travelling=False):
    series = series_of(days, context())
    week = Days(slice(0, 7), series.complete, travelling)
    return score_week(rule, week, anchors_of(series), items, usual or {})


def counted(days, *, travelling=False):
    series = series_of(days, context())
    return score_ali(Days(slice(0, 7), series.complete, travelling), anchors_of(series), ANCHORS)


def regular(nights=8):
    return [record(day.night, times=USUAL) for day in life([3.0] * nights)]


def without(days, numbers, items=tuple(USUAL)):
    return [
        record(day.night, times={k: v for k, v in reported(day).items() if k not in items})
        if n in numbers
        else day
        for n, day in enumerate(days)
    ]


def test_a_week_at_the_same_times_is_7():
    found = scored(regular())

    assert (found.value, found.lo, found.hi) == (7, 7, 7)
    assert (found.status, found.coverage, found.n, found.n_expected) == ("ok", 1, 35, 35)


def test_missing_days_are_prorated_and_said():
    found = scored(without(regular(), [1, 3], ("dinner",)))

    assert (found.value, found.status, found.reasons) == (7, "ok", ("prorated",))
    assert found.coverage == pytest.approx(33 / 35)
    assert found.lo < found.value <= found.hi


def test_five_recorded_days_are_needed():
    enough = scored(without(regular(), [1, 3]))
    few = scored(without(regular(), [1, 3, 5]))

    assert enough.status == "ok"
    assert (few.value, few.status) == (None, "insufficient")
    assert "few_days" in few.reasons


def test_three_scored_anchors_are_needed():
    found = scored(life([3.0] * 8))

    assert (found.value, found.status) == (None, "insufficient")
    assert "few_items" in found.reasons


def test_a_tracker_alone_gives_the_sleep_anchors():
    found = scored(life([3.0] * 8), SLEEP, SLEEP_ANCHORS)

    assert (found.measure, found.value, found.status) == ("srm.sleep_anchors", 7, "ok")


def test_a_week_whose_last_bedtime_may_still_come_is_not_scored():
    found = scored(regular(7))

    assert (found.status, found.reasons[0]) == ("insufficient", "night_provisional")


def test_another_source_than_in_the_baseline_is_noted():
    found = scored(regular(), usual={"dinner": "meal"})

    assert (found.status, found.reasons) == ("ok", ("mixed_sources",))


def test_a_week_in_a_journey_is_provisional():
    found = scored(regular(), travelling=True)

    assert (found.status, found.reasons) == ("provisional", ("travel",))


def test_a_time_read_off_a_night_without_sharp_ends_does_not_count():
    days = regular()
    days[2] = replace(days[2], night=replace(days[2].night, certainty="bounded"))

    found = scored(days)

    assert found.n == 33
    assert "prorated" in found.reasons


def test_known_not_done_is_a_miss():
    days = regular()
    for n in (0, 1):
        others = tuple(one for one in days[n].anchors if one.item != "dinner")
        missed = AnchorCandidate("dinner", "reported", None, done=False)
        days[n] = replace(days[n], anchors=(*others, missed))

    assert scored(days).value == pytest.approx((4 * 7 + 5) / 5)


def test_everything_done_every_day_is_an_activity_level_of_35():
    found = counted(regular())

    assert (found.value, found.lo, found.hi, found.n) == (35, 35, 35, 35)
    assert (found.status, found.coverage) == ("ok", 1)


def test_what_was_not_done_is_not_counted_and_what_nobody_told_is_open():
    days = without(regular(), [1, 2], ("dinner",))
    others = tuple(one for one in days[0].anchors if one.item != "dinner")
    missed = AnchorCandidate("dinner", "reported", None, done=False)
    days[0] = replace(days[0], anchors=(*others, missed))

    found = counted(days)

    assert (found.value, found.lo, found.hi, found.n) == (32, 32, 34, 33)
    assert found.coverage == pytest.approx(33 / 35)


def test_an_activity_level_needs_five_recorded_days_and_the_last_night():
    assert counted(without(regular(), [1, 3])).status == "ok"
    assert counted(without(regular(), [1, 3, 5])).reasons == ("few_days",)
    assert counted(regular(7)).reasons == ("night_provisional",)
    assert counted(regular(), travelling=True).status == "provisional"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_days_or_anchors_moves_the_score_only_with_its_coverage(seed):
    rng = np.random.default_rng(seed)
    days = steady(8, seed, spread=0.8, anchors=True)
    days = silenced(days, np.flatnonzero(rng.random(8) < 0.1).tolist())
    less = without(days, np.flatnonzero(rng.random(8) < 0.2).tolist(), ("dinner",))
    less = silenced(less, np.flatnonzero(rng.random(8) < 0.1).tolist())

    for before, after in ((scored(days), scored(less)), (counted(days), counted(less))):
        check(before, after)


def check(before, after):
    if (before.value, before.lo, before.hi) != (after.value, after.lo, after.hi):
        assert after.coverage < before.coverage
    for one in (before, after):
        if one.value is not None:
            assert 0 <= one.lo <= one.value <= one.hi <= 35
