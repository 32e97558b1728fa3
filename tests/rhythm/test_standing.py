import sys
from datetime import timedelta
from pathlib import Path

from daykeel.rhythm.decisions import Decisions
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.rules import PLAIN

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, shifted, silenced, steady
from test_pinning import moved_night

DAY = timedelta(days=1)


def standing(days, enrolled=None, rules=(), **decided):
    told = context(decisions=Decisions(**decided), enrolled=enrolled, rules=rules)
    found = evaluate(days, told, at(days[-1].day, 20), days[-1].day)
    return {one.chart: one for one in found.baselines}


def test_what_is_in_use_has_no_end_and_nothing_is_proposed():
    found = standing(steady(50))["sleep.mid"]

    assert (found.until, found.proposal, found.confirmed) == (None, None, False)


def test_what_is_over_says_from_which_night():
    days = silenced(steady(70), range(40, 70))

    silent = standing(days)["sleep.mid"]
    renewed = standing(steady(60), renewed=(START + 50 * DAY,))["sleep.mid"]

    assert (silent.until, silent.why) == (START + 61 * DAY, "")
    assert (renewed.until, renewed.why) == (START + 50 * DAY, "renewed")


def test_late_data_in_the_nights_of_a_pinned_baseline_are_proposed():
    days = steady(50)
    mid = standing(days)["sleep.mid"]
    late = moved_night(days, 10, 2.0)

    found = standing(late, confirmed=(mid,))["sleep.mid"]

    assert (found.id, found.confirmed, found.proposal.why) == (mid.id, True, "late_data")
    assert found.proposal.id == standing(late)["sleep.mid"].id
    taken = standing(late, confirmed=(found.proposal,))["sleep.mid"]
    assert (taken.id, taken.proposal) == (found.proposal.id, None)


def test_a_night_that_arrives_late_is_proposed_too():
    days = silenced(steady(50), [5])
    mid = standing(days)["sleep.mid"]

    found = standing(steady(50), confirmed=(mid,))["sleep.mid"].proposal

    assert START + 5 * DAY in found.nights
    assert found.frozen == mid.frozen


def test_what_was_deleted_is_not_proposed():
    days = steady(60)
    mid = standing(days[:50])["sleep.mid"]

    assert standing(silenced(days, [3]), confirmed=(mid,))["sleep.mid"].proposal is None


def test_a_pinned_refinement_is_compared_with_its_own_nights():
    days = steady(100)
    newest = standing(days)["sleep.mid"]

    same = standing(days, confirmed=(newest,))["sleep.mid"]
    late = standing(moved_night(days, 60, 2.0), confirmed=(newest,))["sleep.mid"]

    assert same.proposal is None
    assert (late.proposal.why, late.proposal.nights) == ("late_data", newest.nights)


def test_where_quiet_nights_would_move_the_centre_far_that_is_proposed():
    days = shifted(steady(80, spread=0.3), 52, mid=0.35)

    rules = ((START, PLAIN),)
    found = standing(days, rules=rules)["sleep.mid"]

    assert len(found.nights) == 28
    assert (found.proposal.why, len(found.proposal.nights)) == ("moved", 56)
    taken = standing(days, rules=rules, confirmed=(found.proposal,))["sleep.mid"]
    assert (taken.id, taken.refines, taken.proposal) == (found.proposal.id, found.id, None)


def test_imported_history_is_a_baseline_if_the_stream_begins_soon():
    days = silenced(steady(90), range(40, 81))
    late = silenced(steady(90), range(40, 83))

    soon = standing(days, enrolled=START + 81 * DAY)["sleep.mid"]
    apart = standing(late, enrolled=START + 83 * DAY)["sleep.mid"]
    streamed = standing(days, enrolled=START)["sleep.mid"]

    assert (soon.frozen, soon.until) == (START + 27 * DAY, None)
    assert [one.until for one in (apart, streamed)] == [START + 61 * DAY] * 2
