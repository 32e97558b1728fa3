import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.anchors import Told, anchors_of
from daykeel.rhythm.freeze import freezes
from daykeel.rhythm.hit_material import fraction, hit_material, near
from daykeel.rhythm.inputs import settled
from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.series import series_of
from daykeel.rhythm.tracked_days import tracked_days

sys.path.insert(0, str(Path(__file__).parent))
from day_records import DAY, START, context, steady


def told(lo, hi=None, known=1):
    low = np.atleast_1d(np.array(lo, dtype=float))
    high = low if hi is None else np.atleast_1d(np.array(hi, dtype=float))
    return Told(np.full(low.size, known), low, low, high, np.ones(low.size))


def hit(lo, hi, usual):
    is_hit, is_miss = near(told(lo, hi), usual)
    return "hit" if is_hit[0] else "miss" if is_miss[0] else "unknown"


def hits(days, tracked=()):
    series = series_of(days, context())
    quiet = settled(series, np.zeros(len(series), dtype=bool))
    return hit_material(series, anchors_of(series), tracked_days(tracked, series.dates), quiet)


def test_three_hits_one_miss_and_one_unknown_are_those_of_the_specification():
    found = fraction(np.array([3.0]), np.array([1.0]), np.array([5]))

    assert (found.value[0], found.lo[0], found.hi[0]) == (0.75, 0.6, 0.8)


def test_a_day_nobody_told_of_has_no_interval():
    assert not fraction(np.array([0.0]), np.array([0.0]), np.array([5])).is_bounded.any()


@pytest.mark.parametrize(
    ("lo", "hi", "usual", "expected"),
    [
        (465, 465, 420, "hit"),
        (466, 466, 420, "miss"),
        (1425, 1425, 15, "hit"),
        (400, 460, 420, "hit"),
        (400, 500, 420, "unknown"),
        (500, 700, 420, "miss"),
        (200, 374, 420, "miss"),
        (500, 500 + 1320, 420, "unknown"),
    ],
)
def test_near_is_45_minutes_round_the_clock_and_certain(lo, hi, usual, expected):
    assert hit(lo, hi, usual) == expected


@given(
    st.floats(0, 1440), st.floats(0, 600), st.floats(0, 300), st.floats(0, 300), st.floats(0, 1440)
)
def test_wider_bounds_only_make_an_anchor_unknown(lo, width, earlier, later, usual):
    before = hit(lo, lo + width, usual)
    after = hit(lo - earlier, lo + width + later, usual)

    assert after in (before, "unknown")


def test_known_not_done_is_a_miss_and_unknown_is_neither():
    assert [one.tolist() for one in near(told(np.nan, known=0), 420)] == [[False], [True]]
    assert [one.tolist() for one in near(told(np.nan, known=-1), 420)] == [[False], [False]]


def test_usual_times_and_their_class_are_frozen_with_the_baseline():
    found = freezes(hits(steady(40, anchors=True)))[0].baseline

    assert dict(found.classes) == {
        "out_of_bed": "main_sleep",
        "first_contact": "reported",
        "start_activity": "reported",
        "dinner": "reported",
        "bed": "main_sleep",
    }
    assert dict(found.habitual)["dinner"] == pytest.approx(1110, abs=10)
    assert found.scale == 0.2
    assert found.centre > 0.7


def test_a_tracker_alone_tells_of_too_few_anchors():
    assert freezes(hits(steady(60))) == []


def test_an_anchor_counts_only_on_days_on_which_it_is_tracked():
    fewer = tuple(item for item in ANCHORS if item != "dinner")
    days = steady(60, anchors=True)
    late = [
        replace(
            day,
            anchors=tuple(
                replace(one, minutes=1400.0) if one.item == "dinner" else one for one in day.anchors
            ),
        )
        for day in days[50:]
    ]
    changed = hits([*days[:50], *late], ((START + 55 * DAY, fewer),))
    known = hits([*days[:50], *late])

    (frozen,) = freezes(changed)
    found, whole = changed.read(frozen.baseline), known.read(frozen.baseline)
    apart = found.value - whole.value
    assert not apart[:55].any()
    assert (apart[55:59] > 0).all()


def test_with_fewer_than_three_tracked_anchors_there_is_no_chart_of_them():
    assert hits(steady(40, anchors=True), ((date.min, ("bed", "out_of_bed")),)) is None
