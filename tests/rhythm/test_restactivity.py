import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.restactivity import (
    binned,
    interdaily_stability,
    intradaily_variability,
    least_active,
    mean_interdaily_stability,
    mean_intradaily_variability,
    most_active,
    relative_amplitude,
)

SQUARE = np.repeat([0.0, 100.0, 0.0], [7, 16, 1])
weeks = st.lists(st.integers(0, 1000), min_size=72, max_size=72).map(
    lambda one: np.array(one, dtype=float)
)
gaps = st.sets(st.integers(24, 47), max_size=10)


def shifted_week():
    week = np.tile(SQUARE, (7, 1))
    week[3] = np.roll(week[3], 2)
    return week.ravel()


def with_gaps(values, missing):
    found = values.copy()
    found[list(missing)] = np.nan
    return found


def measured(measure, values, **options):
    try:
        return measure(values, **options)
    except NotEnoughData:
        return None


def test_a_wave_has_the_values_of_the_specification():
    hours = np.arange(168)
    wave = 10 + 5 * np.cos(2 * np.pi * (hours - 15) / 24)

    assert interdaily_stability(wave) == pytest.approx(1, abs=1e-9)
    assert intradaily_variability(wave) == pytest.approx(0.0680427301, abs=1e-9)


def test_a_week_with_one_shifted_day_has_the_values_of_the_specification():
    assert interdaily_stability(shifted_week()) == pytest.approx(0.9081632653, abs=1e-9)
    assert intradaily_variability(shifted_week()) == pytest.approx(0.4311377246, abs=1e-9)


def test_unknown_hours_are_left_out_as_the_specification_says():
    week = with_gaps(shifted_week(), range(30, 36))

    assert interdaily_stability(week) == pytest.approx(0.8968850242, abs=1e-9)
    assert intradaily_variability(week) == pytest.approx(0.4180756159, abs=1e-9)


def test_ten_minute_windows_have_the_values_of_the_specification():
    centres = (np.arange(144) + 0.5) / 6
    profile = 10 + 5 * np.cos(2 * np.pi * (centres - 15) / 24)

    least, most = (one(profile, epochs_per_day=144) for one in (least_active, most_active))

    assert least == pytest.approx((5.3490363113, 0.5), abs=1e-9)
    assert most == pytest.approx((13.6898575780, 10.0), abs=1e-9)
    assert relative_amplitude(profile, epochs_per_day=144) == pytest.approx(0.4380937945, abs=1e-9)


def test_of_windows_that_tie_the_first_counts():
    assert least_active(np.tile(SQUARE, 3), epochs_per_day=24) == (0.0, 0.0)
    assert most_active(np.full(48, 0.1), epochs_per_day=24).onset == 0


def test_a_window_runs_across_midnight():
    day = np.full(24, 9.0)
    day[[22, 23, 0, 1, 2]] = 1

    assert least_active(day, epochs_per_day=24) == (1.0, 22.0)


@pytest.mark.parametrize("measure", [interdaily_stability, intradaily_variability])
@pytest.mark.parametrize("values", [[], [np.nan] * 48, [5.0] * 48])
def test_without_change_nothing_can_be_said(measure, values):
    with pytest.raises(NotEnoughData):
        measure(values)


def test_a_time_of_day_that_is_never_known_has_no_profile():
    week = np.tile(SQUARE, 7)
    week[5::24] = np.nan

    for measure in (least_active, most_active, relative_amplitude):
        with pytest.raises(NotEnoughData):
            measure(week, epochs_per_day=24)
    with pytest.raises(NotEnoughData):
        interdaily_stability(week)


def test_no_two_neighbours_have_no_variability():
    with pytest.raises(NotEnoughData):
        intradaily_variability([1.0, np.nan, 2.0, np.nan])


def test_a_level_has_no_amplitude_and_silence_none_that_is_defined():
    assert relative_amplitude(np.full(24, 5.0), epochs_per_day=24) == 0
    with pytest.raises(NotEnoughData):
        relative_amplitude(np.zeros(24), epochs_per_day=24)


@pytest.mark.parametrize("hours", [0, 25])
def test_a_stretch_is_part_of_a_day(hours):
    with pytest.raises(ValueError, match="no stretch"):
        least_active(SQUARE, epochs_per_day=24, hours=hours)


def test_half_known_bins_count():
    assert binned([1, np.nan, np.nan, np.nan, 2, 4, 7], width=2).tolist()[::2] == [1.0, 3.0]


def test_a_recording_that_repeats_itself_is_stable_at_every_width():
    day = np.repeat(np.random.default_rng(1).random(4), 360)

    assert mean_interdaily_stability(np.tile(day, 5)) == pytest.approx(1, abs=0.01)
    assert mean_intradaily_variability(np.tile(day, 5)) < 1


@given(weeks, gaps)
@settings(max_examples=60)
def test_bounds_hold_with_and_without_gaps(week, missing):
    values = with_gaps(week, missing)

    stability = measured(interdaily_stability, values)
    variability = measured(intradaily_variability, values)
    amplitude = measured(relative_amplitude, values, epochs_per_day=24)

    assert stability is None or 0 <= stability <= 1
    assert variability is None or 0 <= variability < 72
    assert amplitude is None or 0 <= amplitude <= 1


@given(weeks, st.integers(1, 23))
@settings(max_examples=60)
def test_turning_the_clock_turns_the_onset_and_nothing_else(week, turn):
    week[0], week[1] = 2000, 3000
    turned = np.roll(week.reshape(3, 24), turn, axis=1).ravel()

    before, after = (least_active(one, epochs_per_day=24) for one in (week, turned))

    assert after.mean == pytest.approx(before.mean)
    assert interdaily_stability(turned) == pytest.approx(interdaily_stability(week))
    again = np.roll(week.reshape(3, 24).mean(axis=0), turn)
    window = np.take(again, range(int(after.onset), int(after.onset) + 5), mode="wrap")
    assert window.mean() == pytest.approx(before.mean)


@given(weeks, st.floats(0.1, 50))
@settings(max_examples=60)
def test_the_unit_of_activity_does_not_matter(week, factor):
    week[0], week[1] = 2000, 3000

    for measure in (interdaily_stability, intradaily_variability):
        assert measure(week * factor) == pytest.approx(measure(week))
    assert relative_amplitude(week * factor, epochs_per_day=24) == pytest.approx(
        relative_amplitude(week, epochs_per_day=24)
    )


@given(weeks)
@settings(max_examples=40)
def test_a_day_nobody_knows_changes_nothing(week):
    week[0], week[1] = 2000, 3000
    longer = np.append(week, np.full(24, np.nan))

    assert interdaily_stability(longer) == pytest.approx(interdaily_stability(week), abs=1e-12)
    assert intradaily_variability(longer) == pytest.approx(intradaily_variability(week), abs=1e-12)
    assert most_active(longer, epochs_per_day=24) == most_active(week, epochs_per_day=24)


@given(st.permutations(range(3)), weeks)
@settings(max_examples=40)
def test_the_order_of_days_does_not_matter_to_the_average_day(order, week):
    week[0], week[1] = 2000, 3000
    other = week.reshape(3, 24)[list(order)].ravel()

    assert interdaily_stability(other) == pytest.approx(interdaily_stability(week))
    assert least_active(other, epochs_per_day=24) == least_active(week, epochs_per_day=24)
