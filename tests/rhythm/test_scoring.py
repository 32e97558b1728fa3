import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.scoring import cole_kripke, munich, sadeh

counts = st.lists(st.sampled_from([0.0, 3, 40, 70, 300, 900]), min_size=30, max_size=60).map(
    np.array
)


def test_sadeh_worked_by_hand():
    # Still: 7.601 >= 0. Ten minutes at 60 around a still one: 7.601 - 0.065*600/11 - 1.08*10 < 0.
    still, moving = np.zeros(11), np.full(11, 60.0)
    moving[5] = 0

    assert sadeh(still)[5] == 1
    assert sadeh(moving)[5] == 0


def test_cole_and_kripke_worked_by_hand():
    # 0.001 * 230 * 4 = 0.92 < 1; 0.001 * 230 * 5 = 1.15.
    below, above = np.zeros(9), np.zeros(9)
    below[5], above[5] = 4, 5

    assert cole_kripke(below)[5] == 1
    assert cole_kripke(above)[5] == 0
    assert cole_kripke(above, scale=0.0001)[5] == 1


def test_recordings_shorter_than_a_rule_are_awake():
    assert sadeh(np.zeros(10)).tolist() == [0] * 10
    assert cole_kripke(np.zeros(6)).tolist() == [0] * 6


def test_munich_needs_epochs_that_fill_ten_minutes():
    with pytest.raises(ValueError, match="fill"):
        munich(np.zeros(300), epochs_per_day=100)


def test_munich_finds_the_nights_and_leaves_gaps_unknown():
    day = np.repeat([50.0, 0.0, 50.0], [120, 480, 840])
    recording = np.tile(day, 3)
    recording[1440 + 300 : 1440 + 305] = np.nan

    found = munich(recording, epochs_per_day=1440)

    assert found[2 * 1440 + 120 : 2 * 1440 + 600].all()
    assert not found[2 * 1440 + 600 :].any()
    assert np.isnan(found[1740:1750]).all()


@given(counts, st.integers(0, 29))
@settings(max_examples=60)
def test_an_unknown_minute_blurs_its_neighbours_and_changes_no_other(values, at):
    gappy = values.astype(float)
    gappy[at] = np.nan

    for rule, reach in ((sadeh, 5), (cole_kripke, 4)):
        whole, found = rule(values), rule(gappy)
        known = ~np.isnan(found)
        assert set(np.unique(whole)) <= {0.0, 1.0}
        assert (found[known] == whole[known]).all()
        assert (np.abs(np.flatnonzero(~known) - at) <= reach).all()


@given(counts)
@settings(max_examples=60)
def test_more_activity_is_never_more_sleep_for_cole_and_kripke(values):
    assert (cole_kripke(values * 2) <= cole_kripke(values)).all()


@given(counts, st.sampled_from([0.5, 2.0, 1024.0]))
@settings(max_examples=40)
def test_the_unit_does_not_matter_to_the_munich_rule(values, factor):
    recording = np.tile(values, 40)

    plain, scaled = (munich(one, epochs_per_day=288) for one in (recording, recording * factor))

    assert np.array_equal(plain, scaled, equal_nan=True)
