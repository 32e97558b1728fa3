import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.alerting.alert import PENDING
from daykeel.alerting.backtest import Change, backtest, side_by_side
from daykeel.alerting.knowledge import UNWALKED, Known
from daykeel.alerting.lifecycle import observe
from daykeel.rhythm.context import Mark
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.ledger import Bounded
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parent.parent / "rhythm"))
from day_records import (
    START,
    at,
    context,
    record,
    reported,
    shifted,
    silenced,
    silent_night,
    steady,
)
from test_plan import wild

DAY = timedelta(days=1)


def in_order(days, **more):
    """Each day comes at its evening, provisional in the morning."""
    found = [Known(at(days[0].day, -5), context=context(**more))]
    for day in days:
        early = replace(day, night=replace(day.night, final=False, finalised_at=None), anchors=())
        found += [Known(at(day.day, 1), (early,)), Known(at(day.day, 20), (day,))]
    return found


def told(alerts):
    return sorted(
        (one.raised_at, one.kind, one.id, one.onset, one.severity, one.state, one.reason)
        for one in alerts
        if one.state not in (PENDING, "cancelled")
    )


def one_by_one(history, rules=LIVE):
    """What evaluating everything anew at every instant comes to."""
    days, alerts, known = {}, {}, None
    for entry in history:
        known = entry.context or known
        days |= {day.day: day for day in entry.days}
        if not days:
            continue
        found = evaluate(list(days.values()), known, entry.at, max(days), rules)
        for signals in found.signals:
            own = [one for one in alerts.values() if one.kind == signals.kind]
            for change in observe(own, signals, entry.at):
                alerts[change.alert.id] = change.alert
    return told(alerts.values())


def delayed(nights=70, last=20, **more):
    return shifted(steady(nights, **more), last, mid=2.0)


def test_an_alert_is_raised_when_its_night_is_known():
    days = delayed()

    found = backtest(in_order(days), LIVE)

    assert told(found.alerts) == one_by_one(in_order(days)) != []
    assert found.alerts[0].raised_at == at(found.alerts[0].onset, 20)
    assert found.alerts[0].episode.findings[0].points[-1].limit > 0


def test_nothing_is_known_before_it_came():
    days = delayed()
    cut = len(days) - 8
    whole = backtest(in_order(days), LIVE)
    part = backtest(in_order(days[:cut]), LIVE)

    early = [one for one in told(whole.alerts) if one[0] < at(days[cut].day, 0)]
    assert [one[:4] for one in told(part.alerts)] == [one[:4] for one in early]


def test_a_night_that_comes_late_withdraws_what_it_explains():
    days = delayed(last=20)
    calm = steady(70)
    history = in_order(days)
    history += [Known(at(days[-1].day, 30), tuple(calm[-20:]))]

    found = backtest(history, LIVE)

    assert {(one.state, one.reason) for one in found.alerts} == {("resolved", "withdrawn")}
    assert backtest(history, LIVE, "as_final").alerts == ()


def test_a_mark_that_comes_later_counts_from_then():
    days = delayed()
    mark = Mark("exclude", days[-20].day, days[-1].day)
    history = [*in_order(days), Known(at(days[-1].day, 30), context=context(marks=(mark,)))]

    assert told(backtest(history, LIVE).alerts) == one_by_one(history)
    assert {one.state for one in backtest(history, LIVE).alerts} == {"resolved"}


def lives(seed):
    """A wild life with late, revised and lost nights, journeys and marks, as it became known.

    The steps of a day come with the night after it, and late ones after that.
    """
    rng = np.random.default_rng(seed)
    days = wild(rng)
    if rng.random() < 0.5:
        away = int(rng.integers(20, len(days) - 3))
        back = away + int(rng.integers(1, 12))
        days = [
            replace(day, night=replace(day.night, zone="Asia/Tokyo")) if away <= n < back else day
            for n, day in enumerate(days)
        ]
    history = [with_steps_of_before(entry, days) for entry in in_order(days, enrolled=START)]
    narrowed = rng.random() < 0.7
    for day in days:
        if narrowed and rng.random() < 0.5:
            history.append(Known(at(day.day, 18), (less_certain(rng, day),)))
        if rng.random() < 0.15:
            history.append(Known(at(day.day, 20 + rng.uniform(1, 300)), (revised(rng, day),)))
    if rng.random() < 0.3:
        first = START + int(rng.integers(20, len(days))) * DAY
        mark = Mark(str(rng.choice(["exclude", "illness", "episode"])), first, first + 4 * DAY)
        history.append(Known(at(first, 90), context=context(enrolled=START, marks=(mark,))))
    return sorted(history, key=lambda entry: entry.at)


def with_steps_of_before(entry, days):
    if not any(day.night.final for day in entry.days):
        return entry
    (day,) = entry.days
    number = (day.day - START).days
    return replace(entry, days=(*days[max(number - 1, 0) : number], replace(day, **UNWALKED)))


def less_certain(rng, day):
    """A date as it may have been known before: not at all, within wider bounds, or otherwise."""
    kind, night = rng.random(), day.night
    if kind < 0.4:
        return record(silent_night(day.day, zone=night.zone, day_type=night.day_type))
    if kind < 0.5:
        return revised(rng, day)
    wider = {
        name: Bounded(
            None,
            None if (told := getattr(night, name)).lo is None else told.lo - by * rng.random(),
            None if told.hi is None else told.hi + by * rng.random(),
        )
        for name, by in (("mid", 2), ("onset", 2), ("offset", 2), ("duration", 90), ("tst", 90))
    }
    known = rng.choice([0, 255], 180, p=[0.2, 0.8]).astype(np.uint8)
    minutes = {
        name: (np.frombuffer(getattr(day, name), dtype=np.uint8) & known).tobytes()
        for name in ("sleep_bits", "valid_bits")
    }
    return replace(day, **minutes, night=replace(night, **wider, certainty="bounded"))


def revised(rng, day):
    if rng.random() < 0.3:
        return record(silent_night(day.day, zone=day.night.zone))
    if rng.random() < 0.3:
        return replace(day, night=replace(day.night, coverage=0.9))
    if rng.random() < 0.3 and day.act_unit:
        return replace(day, bin_sum=tuple(many // 3 for many in day.bin_sum))
    hi = (day.night.tst.hi or 0) + 30
    wider = replace(day.night, tst=Bounded(day.night.tst.value, day.night.tst.lo, hi))
    return record(wider, times={**reported(day), "dinner": 1000.0})


@pytest.mark.long
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_stretches_tell_what_evaluating_everything_anew_tells(seed):
    history = lives(seed)

    assert told(backtest(history, LIVE).alerts) == one_by_one(history)


def test_two_sets_of_rules_stand_side_by_side():
    days = delayed()
    strict = replace(LIVE, version="strict", limits=((0, 30.0),), acute_far=99.0)

    live, other = side_by_side(in_order(days), (LIVE, strict))

    assert (live.rules, other.rules) == (LIVE.version, "strict")
    assert live.rate.count > other.rate.count == 0
    assert live.rate.years == other.rate.years == live.nights["evidence"] / 365.25


def test_with_the_truth_delays_and_false_alerts_are_told():
    days = delayed()
    start = days[-20].day

    found = backtest(in_order(days), LIVE, truth=[Change(start)])
    wrong = backtest(in_order(days), LIVE, truth=[Change(START, START + 5 * DAY)])

    assert found.delays == ((min(one.onset for one in found.alerts) - start).days + 1,)
    assert found.median_delay == found.delays[0]
    assert (found.within(1), found.within(20), found.false.count) == (0.0, 1.0, 0)
    assert wrong.false.count == wrong.rate.count


def test_a_change_nobody_told_of_has_no_delay():
    found = backtest(in_order(steady(70)), LIVE, truth=[Change(START + 60 * DAY)])

    assert (found.delays, found.median_delay, found.within(14)) == ((None,), float("inf"), 0.0)


def test_what_a_journey_held_back_is_shown_with_its_reason():
    days = delayed()
    days = [
        replace(day, night=replace(day.night, zone="Asia/Tokyo")) if n >= 50 else day
        for n, day in enumerate(days)
    ]

    found = backtest(in_order(days), LIVE)

    assert {one.why for one in found.suppressed} == {"travel"}
    assert found.nights["travel"] > 0


def test_a_report_from_a_night_on_leaves_out_what_was_before():
    days = [*silenced(delayed(), range(30, 40))]
    since = days[-1].day - 5 * DAY

    found = backtest(in_order(days), LIVE, since=since)

    assert sum(found.nights.values()) == 6
    assert all(one.onset >= since for one in found.alerts)
    assert all(night >= since for night, _, _ in found.signals)


def test_an_empty_past_cannot_be_tested():
    with pytest.raises(ValueError, match="no night that is final"):
        backtest([Known(at(START, 0), context=context())], LIVE)
    with pytest.raises(ValueError, match="without a context"):
        backtest([], LIVE)
