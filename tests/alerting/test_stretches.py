import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.alerting.knowledge import UNWALKED, Known
from daykeel.alerting.stretches import Instant, stretches
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parents[1] / "rhythm"))
from day_records import START, active, at, context, record, shifted, silent_night, steady

DAY = timedelta(days=1)


def arriving(days, **more):
    """Each day in its evening."""
    first = Known(at(days[0].day, -5), context=context(**more), first=days[0].day)
    return [first, *(Known(at(day.day, 20), (day,)) for day in days)]


def nights(history, rules=LIVE):
    """The last final night at each instant, by stretch, as the number of a date."""
    return [
        [(each.last - START).days for each in one.instants] for one in stretches(history, rules)
    ]


def test_nights_that_are_only_added_need_one_evaluation():
    assert nights(arriving(steady(4))) == [[0, 1, 2, 3]]


def test_a_revised_night_begins_another_stretch():
    days = steady(4)
    late = record(silent_night(days[1].day))

    (before, after) = stretches([*arriving(days), Known(at(days[3].day, 30), (late,))], LIVE)

    assert [before.days[1], after.days[1]] == [days[1], late]
    assert after.instants == [Instant(at(days[3].day, 30), days[3].day)]


def test_steps_of_a_day_are_read_once_it_is_complete_and_late_ones_revise_it():
    walked = active(steady(4), 3)
    (first, *rest), history = walked, arriving(walked)
    came = replace(history[1], days=(replace(first, **UNWALKED),))
    before = Known(at(START, 23), (replace(first, bin_sum=(0,) * 144),))
    late = Known(at(START, 100), (replace(first, bin_sum=(1000,) * 144),))
    with_next = replace(history[2], days=(first, rest[0]))

    as_it_came = [history[0], came, before, with_next, *history[3:]]

    assert nights(as_it_came) == [[0, 1, 2, 3]]
    assert nights([*as_it_came, late]) == [[0, 1, 2, 3], [3]]


def test_the_last_night_known_within_narrower_bounds_needs_no_other_evaluation():
    days = steady(4)
    blank = record(silent_night(days[2].day))
    history = arriving(days)

    (found,) = stretches([*history[:3], Known(at(days[2].day, 18), (blank,)), *history[3:]], LIVE)

    assert [one.was for one in found.instants] == [None, None, blank, None, None]
    assert found.at(found.instants[2]) == [*days[:2], blank]
    assert found.at(found.instants[3]) == days[:3]


def test_what_was_known_otherwise_or_of_several_silent_nights_is_evaluated_by_itself():
    days = steady(4)
    earlier = shifted(days, 2, mid=-1.0)[2]
    blank = [record(silent_night(day.day)) for day in days]
    otherwise = [*arriving(days)[:3], Known(at(days[2].day, 18), (earlier,)), *arriving(days)[3:]]
    silent = [*days[:1], blank[1], days[2]]
    second = [*arriving(silent)[:3], Known(at(days[2].day, 18), (blank[2],)), *arriving(silent)[3:]]

    assert nights(otherwise) == [[0, 1, 2], [2, 3]]
    assert nights(second) == [[0, 1, 2], [2]]


def test_what_charts_do_not_read_is_no_instant():
    days = steady(3)
    open_night = replace(days[2].night, final=False, finalised_at=None)
    provisional = Known(at(days[1].day, 22), (replace(days[2], night=open_night, anchors=()),))
    covered = replace(days[0], night=replace(days[0].night, coverage=0.5))
    history = arriving(days)

    found = [*history[:3], provisional, Known(at(days[1].day, 23), (covered,)), history[3]]

    assert nights(found) == [[0, 1, 2]]


def test_a_journey_shows_in_its_second_night_whatever_comes_between():
    days = steady(5)
    days[3:] = [replace(day, night=replace(day.night, zone="Asia/Tokyo")) for day in days[3:]]
    open_night = replace(days[4].night, final=False, finalised_at=None)
    between = Known(at(days[3].day, 22), (replace(days[4], night=open_night, anchors=()),))
    history = arriving(days)

    assert nights([*history[:5], between, history[5]]) == [[0, 1, 2, 3], [4]]


def test_the_first_date_of_other_rules_begins_another_stretch():
    quick = replace(LIVE, version="quick")
    told = {"rules": ((START + 2 * DAY, quick),)}

    assert nights(arriving(steady(4), **told), None) == [[0, 1], [2, 3]]
    assert nights(arriving(steady(4), **told), quick) == [[0, 1, 2, 3]]


def test_imported_history_is_another_life_after_too_many_nights_without_data():
    days = [*steady(2), *(record(silent_night(START + n * DAY)) for n in range(2, 50))]

    found = nights(arriving(days, enrolled=START + 2 * DAY))

    assert [len(one) for one in found] == [43, 7]


def test_days_before_the_first_one_do_not_count():
    days = steady(3)
    later = Known(at(days[2].day, 21), first=days[1].day)

    (before, after) = stretches([*arriving(days), later], LIVE)

    assert (before.days, after.days) == (days, days[1:])


def test_what_went_on_in_several_entries_became_known_at_once():
    days = steady(3)
    first, *rest = arriving(days)
    parts = [Known(rest[0].at, (day,), goes_on=day is not days[2]) for day in days]

    assert nights([first, *parts]) == [[2]]


@pytest.mark.parametrize("history", [[], [Known(at(START, 0))]])
def test_a_history_without_a_context_is_of_nobody(history):
    with pytest.raises(ValueError, match="without a context"):
        list(stretches(history, LIVE))
