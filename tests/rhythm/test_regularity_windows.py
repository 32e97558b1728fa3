import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.regularity import pairs, score_pair, sleep_regularity_index
from daykeel.rhythm.regularity_windows import regularity_column
from daykeel.rhythm.windows import Windows, scores_of

sys.path.insert(0, str(Path(__file__).parent))
from test_regularity import EIGHT, LATER, LATEST, RECORD_A, counts, nights, packed


def window(*told):
    """The score of all the nights."""
    bits = packed(*told)
    n = len(bits[0])
    whole = Windows(
        keys=[(n - 1, "7d")],
        lengths=np.array([n]),
        index=np.arange(n)[None],
        holds=np.ones((1, n), dtype=bool),
        doubts=[()],
        notes=[()],
        late=[()],
    )
    column = regularity_column(whole, *bits[:2], pairs(*bits), np.zeros(n, dtype=bool))
    [(_, score)] = scores_of(whole, column)
    return score


def index(*told):
    return window(*told).value


def test_identical_days_give_100():
    assert index(nights(*[EIGHT] * 7)) == 100


def test_sleep_an_hour_later_every_other_night():
    assert index(nights(*([EIGHT, LATER] * 4)[:7])) == pytest.approx(83.3333, abs=1e-4)
    assert index(nights(*([EIGHT, LATEST] * 4)[:7])) == pytest.approx(66.6667, abs=1e-4)


def test_weekends_two_hours_later_over_14_nights():
    week = [EIGHT] * 5 + [LATEST] * 2

    assert index(nights(*week, *week)) == pytest.approx(92.3077, abs=1e-4)


def test_one_sleepless_night_or_one_nap_in_14():
    assert index(nights(*[EIGHT] * 6, [], *[EIGHT] * 7)) == pytest.approx(89.7436, abs=1e-4)
    nap = [*EIGHT, (-600, -540)]
    assert index(nights(*[EIGHT] * 6, nap, *[EIGHT] * 7)) == pytest.approx(98.7179, abs=1e-4)


def test_record_a_has_the_values_of_the_specification():
    asleep = nights(*[[span] for span in zip(*RECORD_A, strict=True)])
    differ = counts(asleep).differ[1:].tolist()

    assert differ == [30, 20, 50, 280, 30, 240, 20, 15, 50, 55, 345, 135, 205]
    assert index(asleep) == pytest.approx(84.2414529915, abs=1e-9)
    assert index(asleep[-7:]) == pytest.approx(81.3657407407, abs=1e-9)


def test_mostly_sleepless_nights_have_no_index_though_they_are_alike():
    assert index(nights(EIGHT, [], [], [], EIGHT, [], [])) is None
    assert index(nights(EIGHT, [], EIGHT, [], EIGHT, [], EIGHT)) is not None


@pytest.mark.parametrize(
    ("missing", "status"), [(0, "ok"), (1, "provisional"), (2, "insufficient")]
)
def test_a_week_needs_five_pairs_and_is_shown_from_three(missing, status):
    asleep = nights(*[EIGHT] * 7)
    known = np.ones_like(asleep)
    known[[2, 5][:missing]] = False

    assert window(asleep, known).status == status


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_minutes_moves_a_score_only_with_its_coverage_and_within_its_bounds(seed):
    rng = np.random.default_rng(seed)
    asleep = np.repeat(rng.random((7, 24)) < 0.4, 60, axis=1)
    known = np.repeat(rng.random((7, 24)) < 0.95, 60, axis=1)
    less = known & np.repeat(rng.random((7, 24)) < 0.9, 60, axis=1)

    before = [score_pair(counts(asleep, known), 3), window(asleep, known)]
    after = [score_pair(counts(asleep, less), 3), window(asleep, less)]
    whole = [score_pair(counts(asleep), 3), window(asleep)]

    for one, other, full in zip(before, after, whole, strict=True):
        assert other.coverage <= one.coverage
        if (one.value, one.lo, one.hi) != (other.value, other.lo, other.hi):
            assert other.coverage < one.coverage
        if one.value is not None:
            assert -100 <= one.lo <= one.value <= one.hi <= 100
            assert full.value is None or one.lo <= full.value <= one.hi


def test_a_window_without_sleep_has_no_value():
    assert window(nights(*[[]] * 7)).reasons == ("no_sleep_in_window",)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_four_weeks_of_whole_nights_have_the_index_of_the_recording(seed):
    rng = np.random.default_rng(seed)
    asleep = np.repeat(rng.random((28, 48)) < 0.4, 30, axis=1)

    assert index(asleep) == pytest.approx(
        sleep_regularity_index(asleep.ravel().astype(float), epochs_per_day=1440), abs=1e-9
    )
