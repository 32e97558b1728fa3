import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.evaluate import episodes_of
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import LIVE, SECONDARY
from daykeel.rhythm.unfolding import Unfolding

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, shifted, silenced, steady
from test_plan import wild


def unfolded(days, by=LIVE):
    return Unfolding(planned(days, context(), by), context())


def whole(days, by=LIVE):
    return episodes_of(planned(days, context(), by), context())


def plain(sets):
    return {
        kind: [
            (one.onset, one.nights, one.recovered, one.escalated, one.pending, seen(one))
            for one in own
        ]
        for kind, own in sets.items()
    }


def seen(one):
    return {(finding.chart, finding.rule, finding.nights) for finding in one.findings}


LOW = replace(LIVE, version="low", widened=tuple((chart, 0.3) for chart in SECONDARY))
"""Rules by which secondary charts signal often."""


@pytest.mark.parametrize("seed", range(8))
def test_by_low_limits_too_it_tells_what_an_evaluation_up_to_then_tells(seed):
    days = [
        replace(day, night=replace(day.night, zone="UTC"))
        for day in wild(np.random.default_rng(seed))
    ]
    found = unfolded(days, LOW)

    for last in range(30, len(days), 3):
        assert plain(found.until(last)) == plain(whole(days[: last + 1], LOW))


def test_such_lives_have_alerts_that_two_secondary_charts_opened():
    first = [
        one.findings[0].chart
        for seed in range(8)
        for own in whole(wild(np.random.default_rng(seed)), LOW).values()
        for one in own
        if one.findings[0].rule == "slow"
    ]

    assert {*first} & {*SECONDARY}


@pytest.mark.parametrize("seed", range(8))
def test_after_each_night_it_tells_what_an_evaluation_up_to_then_tells(seed):
    days = [
        replace(day, night=replace(day.night, zone="UTC"))
        for day in wild(np.random.default_rng(seed))
    ]
    found = unfolded(days)

    for last in range(30, len(days), 3):
        assert plain(found.until(last)) == plain(whole(days[: last + 1]))


def test_a_journey_shows_in_its_second_night():
    days = [
        replace(day, night=replace(day.night, zone="Asia/Tokyo")) if n >= 50 else day
        for n, day in enumerate(steady(70))
    ]
    found = unfolded(days)

    assert found.until(50)["travel"] == []
    (told,) = found.until(52)["travel"]
    assert (told.onset, len(told.nights)) == (days[50].day, 3)
    assert told.recovered is None
    assert found.until(69)["travel"][0].recovered is not None


def test_a_silence_is_counted_before_it_is_told():
    days = silenced(shifted(steady(60), 1), range(50, 60))
    found = unfolded(days)

    pending = [[one.pending for one in found.until(last)["data_loss"]] for last in (50, 53, 57)]

    assert pending == [[], [True], [False]]
    assert found.until(59)["data_loss"][0].onset == days[50].day


def test_the_anchors_of_a_day_count_once_the_next_night_is_known():
    days = steady(60, anchors=True)
    late = [
        replace(
            day,
            anchors=tuple(
                replace(one, minutes=one.minutes + 240) if one.minutes else one
                for one in day.anchors
            ),
        )
        if n >= 45
        else day
        for n, day in enumerate(days)
    ]
    onset = whole(late)["irregularity"][0].onset
    found, at = unfolded(late), (onset - START).days

    assert found.until(at)["irregularity"] == []
    assert [one.onset for one in found.until(at + 1)["irregularity"]] == [onset]
