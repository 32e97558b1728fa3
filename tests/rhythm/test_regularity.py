import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.regularity import (
    pairs,
    score_pair,
    sleep_regularity_by_day_pair,
    sleep_regularity_index,
)

RECORD_A = (
    [-30, -15, 0, -45, 75, 60, -30, -20, -30, 10, -40, 105, 45, -25],
    [390, 405, 400, 395, 555, 540, 390, 400, 405, 395, 400, 600, 525, 390],
)


def nights(*spans):
    """Nights asleep over spans of minutes from midnight, noon to noon."""
    found = np.zeros((len(spans), 1440), dtype=bool)
    for row, ranges in zip(found, spans, strict=True):
        for start, stop in ranges:
            row[start + 720 : stop + 720] = True
    return found


def packed(asleep, known=None, fallback=None):
    valid = np.ones_like(asleep) if known is None else known
    other = np.zeros_like(asleep) if fallback is None else fallback
    return [np.packbits(one, axis=1) for one in (asleep, valid, other)]


def counts(*told, **more):
    return pairs(*packed(*told, **more))


EIGHT = [(-60, 420)]
LATER = [(0, 480)]
LATEST = [(60, 540)]


def test_a_pair_needs_960_common_minutes():
    asleep = nights(EIGHT, EIGHT)
    known = np.ones_like(asleep)
    known[0, :480] = False
    enough = score_pair(counts(asleep, known), 1)
    known[0, :481] = False
    short = score_pair(counts(asleep, known), 1)

    assert (enough.value, enough.status) == (100, "ok")
    assert enough.coverage == pytest.approx(0.6667, abs=1e-4)
    assert (enough.lo, enough.hi) == (pytest.approx(100 - 200 * 480 / 1440), 100)
    assert (short.value, short.status, short.reasons) == (None, "insufficient", ("few_pairs",))


def test_minutes_of_a_fallback_source_count_half_in_the_coverage():
    asleep = nights(EIGHT, EIGHT)
    fallback = np.zeros_like(asleep)
    fallback[0, :720] = True

    assert score_pair(counts(asleep, fallback=fallback), 1).coverage == 0.75


def test_a_pair_without_sleep_has_no_value():
    awake = nights(*[[]] * 7)

    assert score_pair(counts(awake), 1).reasons == ("no_sleep_in_window",)


def test_the_array_form_takes_any_epoch_and_leaves_out_what_is_unknown():
    day = np.array([True] * 8 + [False] * 16, dtype=float)
    two = np.concatenate([day, np.roll(day, 1)])
    two[3] = np.nan

    # 24 pairs, one unknown, of the others two differ.
    assert sleep_regularity_index(two, epochs_per_day=24) == pytest.approx(100 - 200 * 2 / 23)


def test_the_fractions_of_days_of_the_other_program():
    spans = [(0.4, 0.8), (0.5, 0.8), (0.5, 0.9), (0.4, 0.9), (0.4, 0.8), (0.5, 0.8)]
    days = np.array([[a <= e / 1440 < b for e in range(1440)] for a, b in spans], dtype=float)

    found = [sleep_regularity_index(days[n : n + 2].ravel(), epochs_per_day=1440) for n in range(5)]

    assert found == pytest.approx([80] * 5)


def test_days_of_the_closed_form():
    shift = np.zeros((7, 1440))
    for day in range(7):
        shift[day, 60 + 30 * day : 540 + 30 * day] = 1
    gap = shift.copy()
    gap[2, 100:400] = np.nan

    assert sleep_regularity_index(shift.ravel(), epochs_per_day=1440) == pytest.approx(
        91.66666666666667, abs=1e-9
    )
    assert sleep_regularity_index(gap.ravel(), epochs_per_day=1440) == pytest.approx(
        92.28855721393035, abs=1e-9
    )


def test_nothing_known_24_hours_apart_has_no_index():
    with pytest.raises(NotEnoughData):
        sleep_regularity_index([1, 0, np.nan, np.nan], epochs_per_day=2)


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=30, max_size=90))
@settings(max_examples=60)
def test_pairs_of_days_lie_between_their_bounds_and_swap_with_sleep_and_wake(states):
    asleep = np.array([0, *([np.nan] * 23), 0, *states])

    pairs_of_days = sleep_regularity_by_day_pair(asleep, epochs_per_day=24)
    index = sleep_regularity_index(asleep, epochs_per_day=24)

    known = pairs_of_days[~np.isnan(pairs_of_days)]
    assert ((known >= -100) & (known <= 100)).all()
    assert known.min() - 1e-9 <= index <= known.max() + 1e-9
    assert sleep_regularity_index(1 - asleep, epochs_per_day=24) == index


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=48, max_size=48), st.integers(0, 47))
@settings(max_examples=60)
def test_an_unknown_epoch_of_two_days_scores_between_what_it_could_be(states, at):
    versions = [np.array(states) for _ in range(3)]
    for version, value in zip(versions, (0.0, 1.0, np.nan), strict=True):
        version[at] = value

    asleep, awake, unknown = (sleep_regularity_index(v, epochs_per_day=24) for v in versions)

    assert min(asleep, awake) - 1e-9 <= unknown <= max(asleep, awake) + 1e-9


def test_without_a_common_epoch_there_is_no_pair_of_days():
    with pytest.raises(NotEnoughData):
        sleep_regularity_by_day_pair(np.zeros(24), epochs_per_day=24)
