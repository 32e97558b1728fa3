"""Going on from an evaluation before comes to what evaluating anew comes to."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.continuing import Continuing
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rulebook import planned_by
from daykeel.rhythm.rules import LIVE, PLAIN

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, active, context, record, silent_night, steady
from test_plan import less, some_tracked, wild

DAY = timedelta(days=1)
ARRAYS = (
    *("low", "high", "z", "up", "down", "ewma", "limit", "unused"),
    *("declared", "bare_up", "bare_down", "signal_up", "signal_down"),
)


def said(found):
    """All that charts and rules say, and what their baselines are."""
    charts = {
        chart: (
            [(one.start, one.stop, one.device, one.baseline, one.origin) for one in track.frozen],
            [np.nan_to_num(part, nan=99.0).tolist() for part in arrays(track)],
        )
        for chart, track in found.charts.tracks.items()
    }
    plan = {
        chart: [(one.baseline, one.start, one.stop, one.used.tolist()) for one, _ in pieces]
        for chart, pieces in found.plan.items()
    }
    rules = [(one.rule, one.side, one.met.tolist()) for one in found.charts.rules]
    return charts, plan, rules, found.travel.tolist(), [one.version for one in found.by]


def arrays(track):
    interval = track.interval
    own = (getattr(track, name) for name in ARRAYS)
    return (interval.value, interval.lo, interval.hi, *own)


def long(rng):
    """Three lives in a row, so that baselines are refined, expire and freeze again."""
    parts = [wild(rng) for _ in range(3)]
    days = [day for part in parts for day in part]
    return [dated(day, START + n * DAY) for n, day in enumerate(days)]


def dated(day, when):
    moved = timedelta(days=(when - day.day).days)
    night = replace(day.night, night=when, finalised_at=day.night.finalised_at + moved)
    return replace(day, day=when, night=night)


def changing(rng, days):
    """Yield records and context as they became known: later, otherwise, less, decided anew."""
    known, told = list(days), context()
    at = int(rng.integers(40, 70))
    while at < len(days):
        here = max(at - int(rng.integers(0, 12)), 0)
        if rng.random() < 0.6:
            known[here] = otherwise(rng, known[here], days[at].day)
        else:
            told = decided(rng, told, days[here].day)
        yield known[:at], told
        if rng.random() < 0.15:
            told = pinned(rng, told, planned(known[:at], told).plan)
        at += int(rng.integers(1, 15))


def otherwise(rng, day, now):
    """A date of which less is known, as it came about or, from a night on, by a deletion."""
    drawn, gone = rng.random(), record(silent_night(day.day))
    if drawn < 0.75:
        return less(rng, day)
    return gone if drawn < 0.9 else replace(gone, before=((now, day),))


def decided(rng, told, day):
    """The context after one more decision."""
    decisions = told.decisions
    return replace(
        told,
        **[
            {"marks": (*told.marks, Mark("exclude", day, day + 5 * DAY))},
            {"tracked": some_tracked(rng)},
            {"decisions": replace(decisions, renewed=(*decisions.renewed, day))},
            {"rules": ((day, replace(PLAIN, secondary=LIVE.secondary)),)},
        ][int(rng.integers(4))],
    )


def pinned(rng, told, plan):
    """The context after a therapist confirmed one of the baselines."""
    frozen = [one.baseline for pieces in plan.values() for one, _ in pieces]
    if not frozen:
        return told
    one = frozen[int(rng.integers(len(frozen)))]
    decisions = replace(told.decisions, confirmed=(*told.decisions.confirmed, one))
    return replace(told, decisions=decisions)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(one, marks=pytest.mark.long) for one in (1, 2, 3, 4))]
)
@pytest.mark.parametrize("rules", [LIVE, None])
def test_it_comes_to_what_evaluating_anew_comes_to(seed, rules):
    rng = np.random.default_rng(seed)
    continuing = Continuing(rules)

    for days, told in changing(rng, long(rng)):
        anew = planned_by(days, told) if rules is None else planned(days, told, rules)
        assert said(continuing.planned(days, told)) == said(anew)
        part = days[: len(days) - int(rng.integers(1, 20))]
        anew = planned_by(part, told) if rules is None else planned(part, told, rules)
        assert said(continuing.aside(part, told)) == said(anew)


def test_a_night_that_stays_open_after_all_that_was_known_is_on_the_charts_by_now():
    days = steady(70)
    still = [opened(day) if 56 <= n < 60 else day for n, day in enumerate(days)]

    assert_same([*still[:58], opened(days[58])], still[:62])


def opened(day):
    """The date before its night is final."""
    return replace(record(replace(day.night, final=False, finalised_at=None)), anchors=())


def test_a_journey_shows_in_its_second_night_whatever_lies_between():
    days = [
        replace(day, night=replace(day.night, zone="Asia/Tokyo" if n >= 40 else "UTC"))
        for n, day in enumerate(steady(60))
    ]
    days[41:50] = [record(silent_night(day.day, zone="")) for day in days[41:50]]

    assert_same(days[:50], days)


def test_a_gap_in_imported_history_that_is_too_long_after_all_was_never_bridged():
    days = [
        record(silent_night(day.day)) if 50 <= n < 95 else day for n, day in enumerate(steady(120))
    ]
    told = context(enrolled=START + 60 * DAY)

    assert_same(days[:80], days, told, told)


@pytest.mark.parametrize("what", ["exclude", "episode", "illness"])
def test_nights_that_are_marked_later_count_otherwise_by_now(what):
    days = steady(90)
    mark = Mark(what, days[40].day, days[45].day)
    before = Mark("illness", days[40].day, days[45].day)

    assert_same(days, days, context(marks=(mark,)))
    if what != "illness":
        assert_same(days, days, context(marks=(before, mark)), context(marks=(before,)))


def test_nights_of_which_a_mark_is_an_illness_after_all_are_declared_from_then_on():
    days = steady(90)
    other, mark = (Mark(what, days[60].day, days[65].day) for what in ("dispute", "illness"))

    assert_same(days, days, context(marks=(mark,)), context(marks=(other,)))
    assert_same(days, days, context(marks=(other,)), context(marks=(mark,)))


def assert_same(before, days, told=None, known=None):
    """That days come to the same after those before; `told` and `known` are their contexts."""
    told, continuing = told or context(), Continuing(LIVE)
    continuing.planned(before, known or context())
    assert said(continuing.planned(days, told)) == said(planned(days, told))


def test_only_what_a_late_night_can_change_is_worked_out_again():
    days = active(steady(120))
    continuing = Continuing(LIVE)
    before = continuing.planned(days, context())

    late = continuing.planned([*days[:100], record(silent_night(days[100].day))], context())

    kept = [one for one, _ in before.plan["sleep.mid"] if one.start < 99]
    assert len(kept) > 1
    assert [one.baseline for one, _ in late.plan["sleep.mid"]] == [one.baseline for one in kept]
    assert all(
        one.baseline is other.baseline
        for (one, _), other in zip(late.plan["sleep.mid"], kept, strict=True)
    )


def test_days_that_begin_elsewhere_are_another_life():
    days = active(steady(120))

    assert_same(days, days[10:])
