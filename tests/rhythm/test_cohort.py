from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from daykeel.rhythm.assembly import main_sleep
from daykeel.rhythm.cohort.lives import Shift, dates_from, moved, ordinary, other, stated
from daykeel.rhythm.cohort.recorded import Recorded, drawn
from daykeel.rhythm.cohort.records import context_for, records
from daykeel.rhythm.cohort.study import (
    HOLIDAY,
    SHIFTS,
    Condition,
    Tally,
    changes,
    conditions,
    run,
    trade,
)
from daykeel.rhythm.cohort.trial import outcome
from daykeel.rhythm.context import Mark
from daykeel.rhythm.rules import LIVE, PLAIN
from daykeel.rhythm.synthetic.life import Habit

START = date(2026, 1, 5)
DATES = dates_from(START, 200)
GENERATORS = [stated, other]
ILL = Mark("illness", DATES[150], DATES[154])


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("generator", GENERATORS)
def test_nights_are_of_people(generator):
    lives = [generator(rng(seed), Habit(), DATES) for seed in range(30)]
    onset = np.array([np.median(one.onset) for one in lives])
    late = np.array(
        [np.median(one.onset[one.free]) - np.median(one.onset[~one.free]) for one in lives]
    )

    assert -3.5 < onset.min() < onset.max() < 3.5
    assert 6.5 < np.mean([one.duration.mean() for one in lives]) < 8.5
    assert 0.4 < late.mean() < 1.6
    assert np.mean([one.worn.mean() for one in lives]) == pytest.approx(0.88, abs=0.02)


def test_the_other_generator_has_people_who_differ_in_steadiness():
    spread = [
        [generator(rng(seed), Habit(), DATES).onset.std() for seed in range(30)]
        for generator in GENERATORS
    ]

    assert np.std(spread[1]) > 2 * np.std(spread[0])


def test_records_say_what_the_assembly_says_of_the_minutes():
    nights = stated(rng(), Habit(), DATES[:40])
    days = records(rng(), nights, reports=True)

    for at, day in enumerate(days):
        if not nights.worn[at] or nights.sleepless[at]:
            assert day.night.mid.value is None
            continue
        minutes = np.zeros(2160, dtype=np.int8)
        first = round(60 * nights.onset[at]) + 1080
        minutes[first : first + round(60 * nights.duration[at])] = 1
        onset, offset = main_sleep(minutes, (360, 1800)).main
        assert day.night.onset.value == pytest.approx(onset / 60 - 18)
        assert day.night.offset.value == pytest.approx(offset / 60 - 18)
        assert day.night.duration.value == offset - onset


def test_only_clients_who_report_have_the_other_anchors():
    nights = stated(rng(), Habit(), DATES)

    told, untold = (records(rng(), nights, reports=one) for one in (True, False))

    assert {one.source_class for day in untold for one in day.anchors} == {"main_sleep"}
    share = np.mean([any(one.item == "dinner" for one in day.anchors) for day in told])
    assert share == pytest.approx(0.88, abs=0.05)


def test_a_change_lasts_from_its_night_on():
    nights = stated(rng(), Habit(), DATES)
    after = moved(nights, 100, Shift("", mid=1.5, longer=-2.0, ramp=4))
    mid = (after.onset + after.duration / 2) - (nights.onset + nights.duration / 2)

    assert mid[:100].tolist() == [0] * 100
    assert mid[100:103] == pytest.approx([0.375, 0.75, 1.125])
    assert mid[103:] == pytest.approx(np.full(97, 1.5))
    usual = (nights.duration > 5) & (nights.duration < 12)
    assert (after.duration - nights.duration)[103:][usual[103:]] == pytest.approx(-2.0)


def test_a_holiday_ends_and_is_more_scattered():
    nights = stated(rng(), Habit(sleepless=0.0), DATES)
    after = moved(nights, 100, HOLIDAY)
    mid = (after.onset + after.duration / 2) - (nights.onset + nights.duration / 2)
    usual = np.median(nights.onset)

    assert [*mid[:100], *mid[110:]] == pytest.approx([0] * 190)
    assert mid[100:110] == pytest.approx(1 + 0.5 * (nights.onset[100:110] - usual))


def test_a_change_may_show_in_minutes_and_steps_alone():
    nights = stated(rng(), Habit(sleepless=0.0, missing=0.0, naps=0.0), DATES)
    shift = Shift("", awake=90.0, fewer=0.5, later=2.0)

    was, now = (records(rng(), one, reports=False) for one in (nights, moved(nights, 100, shift)))

    assert [day.night.mid for day in now] == [day.night.mid for day in was]
    assert [day.night.duration for day in now] == [day.night.duration for day in was]
    assert now[:100] == was[:100]
    asleep, steps, height = (
        np.array([[of(day) for day in days[100:]] for days in (was, now)])
        for of in (
            lambda day: day.night.tst.value,
            lambda day: sum(day.bin_sum),
            lambda day: np.average(np.arange(144), weights=day.bin_sum),
        )
    )
    assert 60 < (asleep[0] - asleep[1]).mean() <= 90
    assert steps[1].mean() / steps[0].mean() == pytest.approx(0.5, abs=0.02)
    assert (height[1] - height[0]).mean() > 2


def test_recorded_steps_come_later_and_are_fewer_with_the_change():
    steps = np.full((35, 144), 100)
    steps[:, 60:66], steps[:, 0] = 700, -1
    hours = np.zeros(35)
    nights = drawn(rng(), Recorded(START, hours, hours + 7, steps), DATES)

    days = records(rng(), moved(nights, 100, Shift("", mid=1.0, fewer=0.5)), reports=False)

    before, after = days[99], days[100]
    assert (before.bin_n[0], before.bin_sum[0], before.bin_sum[60]) == (0, 0, 700_000)
    assert (after.bin_n[6], after.bin_sum[6], after.bin_sum[66]) == (0, 0, 350_000)
    assert after.night.tst.value == 420


def test_ordinary_life_has_holidays_and_illnesses_that_could_be_declared():
    nights = ordinary(rng(), stated(rng(), Habit(), dates_from(START, 365)))

    assert sorted(mark.what for mark in nights.marks) == ["event", "event", "illness", "illness"]
    assert context_for(nights).marks == ()
    assert context_for(nights, declared=True).marks == nights.marks


def test_recorded_years_are_whole_weeks_of_the_person():
    hours = np.arange(35) / 10
    hours[15] = np.nan
    steps = np.arange(35)[:, None] * np.ones(144, dtype=int)
    recording = Recorded(START + timedelta(days=2), hours, hours + 7, steps)

    nights = drawn(rng(), recording, DATES)

    weeks = nights.onset[:196].reshape(-1, 7)
    assert set(weeks[:, 0].round(6)) == {0.5, 1.2, 1.9, 2.6}
    known = nights.worn
    assert (nights.steps[known, 0] == np.rint(10 * nights.onset[known])).all()
    assert np.diff(weeks, axis=1)[~np.isclose(weeks[:, 0], 1.2)] == pytest.approx(0.1)
    assert nights.worn[:196].reshape(-1, 7)[np.isclose(weeks[:, 0], 0.5)].all()
    assert (~nights.worn[:196].reshape(-1, 7)).sum() == np.isclose(weeks[:, 0], 1.2).sum()
    assert recording.is_enough
    assert not Recorded(START, hours[:13], hours[:13], steps[:13]).is_enough


def test_a_big_change_is_told_of_and_a_calm_life_is_not():
    calm = stated(rng(), Habit(sleepless=0.0, missing=0.0), DATES)
    change = moved(calm, 150, Shift("", mid=4.0))

    still = outcome(records(rng(), calm, reports=False), context_for(calm), LIVE)
    told = outcome(records(rng(), change, reports=False), context_for(change), LIVE, DATES[150])

    assert still.delay is None
    assert 1 <= told.delay <= 4
    assert len(told.alerts) > len(still.alerts)
    assert told.monitored > 150


def test_of_what_was_declared_nobody_is_told_unless_it_is_to_be_acted_on():
    calm = stated(rng(), Habit(sleepless=0.0, missing=0.0), DATES)
    ill, far = (
        replace(calm, onset=calm.onset + hours * ((at >= 150) & (at < 155)), marks=(ILL,))
        for hours, at in ((2.2, np.arange(200)), (8.0, np.arange(200)))
    )

    held, told, acute = (
        outcome(records(rng(), life, reports=False), context_for(life, declared=one), LIVE)
        for life, one in ((ill, True), (ill, False), (far, True))
    )

    assert held.alerts == told.alerts
    assert (held.held - told.held, held.urgent) == (1, told.urgent)
    assert acute.urgent == told.urgent + 1


def test_a_life_is_the_same_alone_and_among_others():
    condition = Condition("other", "other", 6, shift=SHIFTS[0])

    together = run(condition, (LIVE, PLAIN), (3,), range(6))
    apart = [run(condition, (LIVE, PLAIN), (3,), [number]) for number in range(6)]

    assert [sum((one[at] for one in apart), Tally()) for at in (0, 1)] == together
    assert together[0].lives == len(together[0].delays) == 6


def test_recordings_are_conditions_only_where_there_are_any():
    for make in (conditions, changes, trade):
        names = {one.generator for one in make(2, has_recordings=False)}
        assert names == {"stated", "other"}
        assert {one.generator for one in make(2, has_recordings=True)} == {*names, "recorded"}
