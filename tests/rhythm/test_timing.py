import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.timing import (
    composite_phase_deviation,
    social_jetlag,
    standard_deviation,
    successive_difference,
)

RECORD_A = [
    np.array([-30, -15, 0, -45, 75, 60, -30, -20, -30, 10, -40, 105, 45, -25]) / 60,
    np.array([390, 405, 400, 395, 555, 540, 390, 400, 405, 395, 400, 600, 525, 390]) / 60,
]
FREE = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0]
MEASURED = (social_jetlag, composite_phase_deviation)


def test_record_a_has_the_social_jetlag_of_the_specification():
    found = social_jetlag(*RECORD_A, FREE)

    assert found.msw == pytest.approx(3.1208333333, abs=1e-9)
    assert found.msf == pytest.approx(5.21875, abs=1e-9)
    assert found.duration_work == pytest.approx(6.9916666667, abs=1e-9)
    assert found.duration_free == pytest.approx(8.0625, abs=1e-9)
    assert found.msfsc == pytest.approx(4.8363095238, abs=1e-9)
    assert found.relative == found.absolute == pytest.approx(2.0979166667, abs=1e-9)
    assert found.corrected == pytest.approx(1.5625, abs=1e-9)


def test_social_jetlag_goes_the_short_way_round():
    found = social_jetlag([19.5, 21.0], [3.5, 5.0], [0, 1])

    assert found.relative == 1.5
    assert social_jetlag([21.0, 19.5], [5.0, 3.5], [0, 1]).relative == -1.5


def test_free_nights_with_an_alarm_and_unknown_nights_are_left_out():
    onset, offset = [23, 23, 2, 6, np.nan], [7, 7, 10, 9, 7]

    found = social_jetlag(onset, offset, [0, 0, 1, 1, 1], alarm=[1, 1, 0, 1, 0])

    assert found.relative == 3


@pytest.mark.parametrize("free", [[0, 0], [1, 1], [np.nan, 1]])
def test_without_work_or_free_nights_there_is_no_social_jetlag(free):
    with pytest.raises(NotEnoughData):
        social_jetlag([23, 0], [7, 8], free)


def test_record_a_has_the_phase_deviation_of_the_specification():
    found = composite_phase_deviation(*RECORD_A, FREE)

    assert found.mean == pytest.approx(1.8360483400, abs=1e-9)
    assert found.n == 13
    assert np.isnan(found.terms[0])
    assert found.terms[1:4] == pytest.approx([1.6058885, 1.5052847, 1.9643421], abs=1e-7)


def test_a_missing_night_takes_its_own_term_and_the_next():
    onset, offset = (one.copy() for one in RECORD_A)
    onset[6] = offset[6] = np.nan

    found = composite_phase_deviation(onset, offset, FREE)

    assert (found.mean, found.n) == (pytest.approx(1.7703331886, abs=1e-9), 11)
    assert found.reference == pytest.approx(4.8359788360, abs=1e-9)


def test_without_two_nights_in_a_row_there_is_no_phase_deviation():
    with pytest.raises(NotEnoughData):
        composite_phase_deviation([23, np.nan, 23], [7, np.nan, 7])
    with pytest.raises(NotEnoughData):
        successive_difference([23, np.nan, 23])
    with pytest.raises(NotEnoughData):
        standard_deviation([23, np.nan])


def test_record_a_has_the_spreads_of_the_specification():
    onset, offset = RECORD_A
    mid = (onset + offset) / 2

    assert [standard_deviation(one) for one in (onset, offset, mid)] == pytest.approx(
        [0.7965317065, 1.2641144521, 1.0188433733], abs=1e-9
    )
    assert [successive_difference(one) for one in (onset, offset, mid)] == pytest.approx(
        [1.1230396025, 1.5518117341, 1.3136060663], abs=1e-9
    )
    lasted = successive_difference(offset - onset, is_clock=False)
    assert lasted == pytest.approx(0.6606297177, abs=1e-9)


nights = st.lists(
    st.tuples(st.floats(21, 27), st.floats(3, 11), st.sampled_from([0, 1, np.nan])),
    min_size=4,
    max_size=20,
).map(lambda rows: np.array([*rows, (23, 8, 0), (24, 8, 1)]).T)


@given(nights, st.integers(-3, 3), st.floats(-24, 24))
@settings(max_examples=60)
def test_timing_measures_keep_bounds_and_turn_with_the_clock(rows, days, turn):
    onset, duration, free = rows
    offset = onset + duration

    jetlag, deviation = (one(onset, offset, free) for one in MEASURED)
    later = social_jetlag(onset + 24 * days, offset - 24 * days, free)

    assert jetlag == pytest.approx(later, abs=1e-6)
    assert 0 <= jetlag.absolute <= 12
    assert -12 <= jetlag.msfsc < 12
    assert 0 <= deviation.mean <= 17
    spread = successive_difference((onset + turn) % 24)
    assert spread == pytest.approx(successive_difference(onset), abs=1e-6)


@given(nights)
@settings(max_examples=60)
def test_nights_nobody_knows_change_no_timing_measure(rows):
    onset, duration, free = rows
    unknown = np.full(3, np.nan)
    more = [np.append(one, unknown) for one in (onset, onset + duration, free)]

    jetlag, deviation = (one(onset, onset + duration, free) for one in MEASURED)

    assert social_jetlag(*more) == pytest.approx(jetlag)
    assert composite_phase_deviation(*more).mean == pytest.approx(deviation.mean)
