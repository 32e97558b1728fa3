import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.acute import changed, rules, short, two_of_three
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.rules import LIVE
from daykeel.rhythm.series import series_of
from daykeel.rhythm.track import Read, track

sys.path.insert(0, str(Path(__file__).parent))
from day_records import baseline, context, frozen, life, record, silenced, sleepless_night

NAN = float("nan")


def fired(days, *, centre=7.5, travel=()):
    """(rule, chart, side) and the nights on which each acute rule fires."""
    series = series_of(days, context())
    away = np.zeros(len(series), dtype=bool)
    away[list(travel)] = True
    tracks = [
        track(chart, series, [Read(frozen(base, 0, len(series)), interval, series.device)], away)
        for chart, base, interval in (
            (MID, baseline(scale=0.5), series.mid),
            (DURATION, baseline(chart=DURATION, centre=centre, scale=0.5), series.duration),
        )
    ]
    return {
        (one.rule, one.chart, one.side): one.signal.nonzero()[0].tolist()
        for one in rules(series, *tracks, away)
        if one.signal.any()
    }


def with_tst(days, numbers, hi):
    return [
        replace(day, night=replace(day.night, tst=Bounded(day.night.tst.value, 0, hi * 60)))
        if n in numbers
        else day
        for n, day in enumerate(days)
    ]


def test_two_short_nights_around_a_missing_one_are_a_change_but_not_two_running():
    found = fired(silenced(life([3.0] * 3, [4.0, 7.5, 4.2]), [1]))

    assert found[("acute_change", DURATION, "early_high")] == [2]
    assert not [rule for rule, *_ in found if rule == "acute_short"]


def test_two_nights_below_four_hours_fire_on_the_second():
    found = fired(life([3.0] * 2, [3.5, 3.9]))

    assert found[("acute_short", "sleep.tst", "early_high")] == [1]


def test_sleep_that_may_have_been_longer_does_not():
    days = with_tst(life([3.0] * 2, [3.5, 3.9]), [1], 5.0)

    assert ("acute_short", "sleep.tst", "early_high") not in fired(days)


def test_three_hours_exactly_are_no_change():
    allowed = np.ones(2, dtype=bool)

    longer, shorter = changed(np.array([3.0, 3.0]), np.array([3.0, 3.0]), np.ones(2), allowed)

    assert not longer.signal.any()
    assert not shorter.signal.any()


@pytest.mark.parametrize(
    ("scale", "own", "fires"), [(1.0, 2.5, True), (1.5, 2.5, False), (1.5, 0, True)]
)
def test_of_somebody_whose_nights_differ_by_hours_three_hours_are_no_change(scale, own, fires):
    hours, allowed = np.full(2, 3.5), np.ones(2, dtype=bool)
    by = replace(LIVE, acute_own=own)

    for side, sign in enumerate((1, -1)):
        found = changed(sign * hours, sign * hours, np.full(2, scale), allowed, by)
        assert found[side].signal.tolist() == [False, fires]
        assert not found[1 - side].signal.any()


def test_without_a_scale_nothing_is_a_change():
    hours = np.full(2, 9.0)

    found = changed(hours, hours, np.full(2, np.nan), np.ones(2, dtype=bool))

    assert not any(one.met.any() for one in found)


def test_two_of_three_needs_the_night_itself():
    assert two_of_three(np.array([True, True, False])).tolist() == [False, True, False]


def test_far_nights_fire_to_their_side():
    found = fired(life([3.0, 5.5, 3.0, 5.2]))

    assert found == {("acute_z", MID, "late_low"): [3]}


def test_a_far_night_that_may_have_been_near_does_not():
    days = life([5.5, 5.5])
    days[1] = replace(days[1], night=replace(days[1].night, mid=Bounded(5.5, 4.0, 5.5)))

    assert fired(days) == {}


def test_nights_without_any_sleep_count_as_short():
    days = life([3.0] * 4)
    days[1:3] = [record(sleepless_night(day.day)) for day in days[1:3]]

    found = fired(days)

    assert found[("acute_short", "sleep.tst", "early_high")] == [2]
    assert found[("acute_change", DURATION, "early_high")] == [2]


def test_a_journey_silences_only_what_depends_on_the_clock():
    found = fired(life([8.0] * 3, 3.5), travel=range(3))

    assert {rule for rule, *_ in found} == {"acute_change", "acute_short"}


@pytest.mark.parametrize("change", [{"flags": ("exclude",)}, {"final": False}, {"device": "x"}])
def test_nights_excluded_open_or_of_another_device_fire_nothing(change):
    first, *rest = life([3.0, 8.0, 8.0], [7.5, 3.5, 3.5])
    changed_nights = [replace(day, night=replace(day.night, **change)) for day in rest]

    assert fired([first, *rest])
    assert fired([first, *changed_nights]) == {}


def test_changes_of_clocks_silence_nothing():
    days = [
        replace(day, night=replace(day.night, flags=("dst", "dst_1")))
        for day in life([3.0] * 2, 3.5)
    ]

    assert ("acute_short", "sleep.tst", "early_high") in fired(days)


def test_unknown_length_is_never_short():
    assert not short(np.array([NAN, NAN, 3.0]), np.ones(3, dtype=bool)).signal.any()
