import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.series import series_of
from daykeel.rhythm.silence import is_silent, main_reason, silent_nights

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, record, shifted, silenced, silent_night, steady

DAY = timedelta(days=1)


def losses(days, **more):
    evaluation = evaluate(days, context(**more), at(days[-1].day, 20), days[-1].day)
    return next(one for one in evaluation.signals if one.kind == "data_loss").episodes


@pytest.mark.parametrize(
    ("silent", "expected"),
    [(1, []), (2, [True]), (7, [True]), (8, [False]), (12, [False])],
)
def test_two_silent_nights_are_counted_and_eight_are_told(silent, expected):
    found = losses(silenced(steady(60), range(60 - silent, 60)))

    assert [one.pending for one in found] == expected


def test_a_silence_that_ended_untold_is_forgotten():
    assert losses(silenced(steady(60), range(50, 57))) == ()


def test_a_silence_that_was_told_has_an_end_and_its_reason():
    days = silenced(steady(60), range(45, 53))

    (found,) = losses(days)

    assert (found.onset, found.recovered) == (START + 45 * DAY, START + 53 * DAY)
    assert len(found.nights) == 8
    assert (found.severity, found.confidence) == ("info", 1.0)
    assert dict(found.note)["reason"] == "not_worn"
    assert found.evidence_at == at(START + 52 * DAY, 18)


def test_a_silence_is_known_once_the_night_before_it_has_been_told():
    days = silenced(steady(60), range(45, 53))
    late = at(START + 55 * DAY, 9)
    days[44] = replace(days[44], night=replace(days[44].night, evidence_at=late))

    assert losses(days)[0].evidence_at == late


def test_the_reason_is_the_one_that_covers_most():
    days = steady(60)
    reasons = ["battery_flat"] * 2 + ["source_silent"] * 5
    days[-7:] = [
        record(silent_night(day.day, why)) for day, why in zip(days[-7:], reasons, strict=True)
    ]

    assert dict(losses(days)[0].note)["reason"] == "source_silent"


def test_five_nights_are_told_while_something_is_going_on():
    days = silenced(shifted(steady(60), 17, mid=2.0), range(55, 60))

    (found,) = losses(days)

    assert losses(days[:-1])[0].pending
    assert not found.pending
    assert "later than usual" in dict(found.note)["midpoint of sleep"]


def test_silence_counts_only_from_enrolment():
    days = silenced(steady(60), range(10))

    assert losses(days, enrolled=START + 5 * DAY) == ()
    assert [one.onset for one in losses(days, enrolled=START)] == [START]


def test_silence_raises_nothing_else():
    days = silenced(steady(60), range(45, 60))
    evaluation = evaluate(days, context(), at(days[-1].day, 20), days[-1].day)

    assert set(kinds(evaluation)) == {"data_loss"}


def test_a_single_night_is_silent_as_nights_in_a_row_are():
    days = silenced(steady(60), range(45, 53))
    days[-1] = replace(days[-1], night=replace(days[-1].night, final=False))

    expected = silent_nights(series_of(days, context()), context()).tolist()

    assert [is_silent(day.night) for day in days] == expected
    assert sum(expected) == 8


def test_of_nights_without_gaps_the_reason_is_unknown():
    assert main_reason(day.night for day in steady(3)) == "unknown"
