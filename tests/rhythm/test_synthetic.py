from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from daykeel.rhythm.synthetic.client import generate_client
from daykeel.rhythm.synthetic.life import Change, Flight, Habit, Script
from daykeel.rhythm.synthetic.scripts import EXPECTED, SCRIPTS

FIRST = date(2026, 1, 21)
CALM = Habit(onset_sd=0.0, duration_sd=0.0, free_day=0.0, missing=0.0, sleepless=0.0, naps=0.0)


def lived(*, nights=70, seed=1, habit=CALM, first=FIRST, tz="UTC", **script):
    return generate_client(Script("someone", tz, habit, **script), first, nights, seed)


def hours(night, tz="UTC"):
    """Onset and offset on the wall, from midnight of the night."""
    midnight = datetime.combine(night.night, datetime.min.time())
    walls = (
        at.astimezone(ZoneInfo(tz)).replace(tzinfo=None)
        for at in (night.sleep.start, night.sleep.stop)
    )
    return tuple((wall - midnight) / timedelta(hours=1) for wall in walls)


def mids(life, tz="UTC"):
    return np.array([sum(hours(night, tz)) / 2 for night in life.nights])


def test_the_same_seed_gives_the_same_life_and_another_one_another():
    lives = [lived(seed=seed, habit=Habit()) for seed in ((4, 2), (4, 2), (4, 3))]

    assert lives[0].nights == lives[1].nights
    assert lives[0].days == lives[1].days
    assert lives[0].steps.tobytes() == lives[1].steps.tobytes()
    assert lives[0].nights != lives[2].nights


def test_there_is_a_day_for_each_night():
    life = lived(nights=5)

    assert [night.night for night in life.nights] == [day.day for day in life.days]
    assert life.nights[0].night == FIRST


@pytest.mark.parametrize("tails", ["normal", "t5"])
def test_onsets_and_durations_vary_as_the_habit_says(tails):
    habit = Habit(free_day=0.0, sleepless=0.0, naps=0.0, tails=tails)
    life = lived(nights=3000, habit=habit)
    times = np.array([hours(night) for night in life.nights])

    assert times[:, 0].mean() == pytest.approx(-0.5, abs=0.06)
    assert times[:, 0].std() == pytest.approx(0.75, abs=0.05)
    assert np.diff(times, axis=1).mean() == pytest.approx(7.5, abs=0.08)
    assert np.diff(times, axis=1).std() == pytest.approx(70 / 60, abs=0.08)


def test_part_of_an_onset_carries_over_to_the_next_night():
    habit = Habit(free_day=0.0, sleepless=0.0, duration_sd=0.0, carry=0.3)
    onsets = np.array([hours(night)[0] for night in lived(nights=3000, habit=habit).nights])

    assert np.corrcoef(onsets[1:], onsets[:-1])[0, 1] == pytest.approx(0.3, abs=0.05)


def test_a_night_before_a_day_off_starts_later():
    life = lived(habit=Habit(onset_sd=0.0, duration_sd=0.0, sleepless=0.0))

    late = {night.night.weekday(): hours(night)[0] for night in life.nights}

    assert late == {0: -0.5, 1: -0.5, 2: -0.5, 3: -0.5, 4: -0.5, 5: 0.5, 6: 0.5}


def test_nights_are_missing_in_runs():
    worn = [night.worn for night in lived(nights=5000, habit=Habit(missing=0.12)).nights]
    runs = "".join("x" if one else "." for one in worn).split("x")
    missing = [len(run) for run in runs if run]

    assert 1 - np.mean(worn) == pytest.approx(0.12, abs=0.02)
    assert np.mean(missing) == pytest.approx(2.5, abs=0.3)


def test_an_advance_grows_over_its_ramp_and_stays():
    life = lived(changes=(Change(nights=10, ramp=5, mid=-2.5, duration=-3.5),))

    shift = mids(life) - 3.25

    assert shift[:-10] == pytest.approx(0, abs=0.02)
    assert shift[-10:] == pytest.approx([-0.5, -1, -1.5, -2, *[-2.5] * 6], abs=0.02)
    assert np.diff(hours(life.nights[-1])) == pytest.approx(4.0)


def test_a_swing_leaves_the_mean_where_it_was():
    life = lived(changes=(Change(nights=24, swing=2.0),))

    swings = mids(life)[-24:] - 3.25

    assert swings.mean() == pytest.approx(0, abs=0.3)
    assert all(before * after < 0 for before, after in pairwise(swings))
    assert np.abs(swings).mean() == pytest.approx(2.0, abs=0.3)


def test_a_tracker_in_a_drawer_sees_nothing_for_as_long():
    worn = [night.worn for night in lived(off=(20, 8)).nights]

    assert [at - 70 for at, one in enumerate(worn) if not one] == list(range(-20, -12))


def test_after_a_flight_east_the_body_comes_an_hour_closer_each_night():
    life = lived(tz="Europe/Istanbul", flight=Flight(nights=10, tz="Asia/Tokyo"))

    late = mids(life, "Asia/Tokyo")[-10:] - 3.25

    assert late == pytest.approx([6, 5, 4, 3, 2, 1, 0, 0, 0, 0])
    assert life.zones[1].start == datetime(2026, 3, 21, 4, tzinfo=UTC)
    assert life.days[-11].anchors == ()


def test_a_sleep_on_board_ends_before_the_landing():
    life = lived(tz="Europe/Istanbul", flight=Flight(nights=10, tz="Asia/Tokyo"))

    assert life.nights[-11].sleep.stop == life.zones[1].start - timedelta(hours=1)


def test_the_night_of_the_change_of_clocks_is_as_long_as_any_other():
    life = lived(tz="Europe/Berlin", first=date(2026, 3, 27), nights=5)

    assert {night.sleep.stop - night.sleep.start for night in life.nights} == {timedelta(hours=7.5)}
    assert hours(life.nights[2], "Europe/Berlin") == (-0.5, 8.0)
    assert hours(life.nights[4], "Europe/Berlin") == (-0.5, 7.0)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_nobody_sleeps_twice_at_once_or_gets_up_before_waking(script):
    life = generate_client(script, FIRST, 70, 5)
    spans = [span for night in life.nights for span in (night.nap, night.sleep) if span]

    assert all(before.stop < after.start for before, after in pairwise(spans))
    assert all(
        night.sleep.start < awake.start < awake.stop < night.sleep.stop
        for night in life.nights
        for awake in night.awake
    )
    assert all(
        anchor.at > night.sleep.stop
        for night, day in zip(life.nights, life.days, strict=True)
        for anchor in day.anchors
        if night.sleep
    )


def test_nobody_walks_asleep_and_the_day_has_the_steps_of_the_habit():
    life = lived(nights=200, habit=Habit(naps=0.3))

    assert all(
        life.steps_between(span.start, span.stop) == 0
        for night in life.nights
        for span in (night.sleep, night.nap)
        if span
    )
    assert life.steps.sum() / 200 == pytest.approx(10_000, rel=0.15)


def test_steps_between_counts_whole_minutes_from_the_start():
    life = lived(nights=2)
    start = life.start + timedelta(minutes=100)

    assert life.steps_between(start, start + timedelta(minutes=3)) == life.steps[100:103].sum()
    assert life.steps_between(life.start - timedelta(days=1), life.start) == 0


def test_nine_scripts_say_what_to_expect():
    assert [script.name for script in SCRIPTS] == list(EXPECTED)
    assert len(SCRIPTS) == 9
    assert all(one.kinds <= one.also for one in EXPECTED.values())
