import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.regularity import (
    pairs,
    score_pair,
    score_window,
    sleep_regularity_by_day_pair,
    sleep_regularity_index,
    slept,
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


def found(asleep, known=None, fallback=None):
    valid = np.ones_like(asleep) if known is None else known
    other = np.zeros_like(asleep) if fallback is None else fallback
    packed = [np.packbits(one, axis=1) for one in (asleep, valid, other)]
    return pairs(*packed), slept(packed[0], packed[1], pairs(*packed).common)


def index(asleep, known=None):
    return score_window(*found(asleep, known)).value


EIGHT = [(-60, 420)]
LATER = [(0, 480)]
LATEST = [(60, 540)]


def test_identical_days_give_100():
    assert index(nights(*[EIGHT] * 7)) == 100


def test_sleep_an_hour_later_every_other_night():
    assert index(nights(*[EIGHT, LATER] * 4)) == pytest.approx(83.3333, abs=1e-4)
    assert index(nights(*[EIGHT, LATEST] * 4)) == pytest.approx(66.6667, abs=1e-4)


def test_weekends_two_hours_later_over_14_nights():
    week = [EIGHT] * 5 + [LATEST] * 2

    assert index(nights(*week, *week)) == pytest.approx(92.3077, abs=1e-4)


def test_one_sleepless_night_or_one_nap_in_14():
    assert index(nights(*[EIGHT] * 6, [], *[EIGHT] * 7)) == pytest.approx(89.7436, abs=1e-4)
    nap = [*EIGHT, (-600, -540)]
    assert index(nights(*[EIGHT] * 6, nap, *[EIGHT] * 7)) == pytest.approx(98.7179, abs=1e-4)


def test_record_a_has_the_values_of_the_specification():
    asleep = nights(*[[span] for span in zip(*RECORD_A, strict=True)])

    counts, _ = found(asleep)

    assert counts.differ[1:].tolist() == [30, 20, 50, 280, 30, 240, 20, 15, 50, 55, 345, 135, 205]
    assert index(asleep) == pytest.approx(84.2414529915, abs=1e-9)
    assert index(asleep[-7:]) == pytest.approx(81.3657407407, abs=1e-9)


def test_a_pair_needs_960_common_minutes():
    asleep = nights(EIGHT, EIGHT)
    known = np.ones_like(asleep)
    known[0, :480] = False
    enough = score_pair(found(asleep, known)[0], 1)
    known[0, :481] = False
    short = score_pair(found(asleep, known)[0], 1)

    assert (enough.value, enough.status) == (100, "ok")
    assert enough.coverage == pytest.approx(0.6667, abs=1e-4)
    assert (enough.lo, enough.hi) == (pytest.approx(100 - 200 * 480 / 1440), 100)
    assert (short.value, short.status, short.reasons) == (None, "insufficient", ("few_pairs",))


def test_minutes_of_a_fallback_source_count_half_in_the_coverage():
    asleep = nights(EIGHT, EIGHT)
    fallback = np.zeros_like(asleep)
    fallback[0, :720] = True

    assert score_pair(found(asleep, fallback=fallback)[0], 1).coverage == 0.75


def test_a_pair_or_window_without_sleep_has_no_value():
    awake = nights(*[[]] * 7)

    counts, is_slept = found(awake)

    assert score_pair(counts, 1).reasons == ("no_sleep_in_window",)
    assert score_window(counts, is_slept).reasons == ("no_sleep_in_window",)


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

    assert score_window(*found(asleep, known)).status == status


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_minutes_moves_a_score_only_with_its_coverage_and_within_its_bounds(seed):
    rng = np.random.default_rng(seed)
    asleep = np.repeat(rng.random((7, 24)) < 0.4, 60, axis=1)
    known = np.repeat(rng.random((7, 24)) < 0.95, 60, axis=1)
    less = known & np.repeat(rng.random((7, 24)) < 0.9, 60, axis=1)

    before = [score_pair(found(asleep, known)[0], 3), score_window(*found(asleep, known))]
    after = [score_pair(found(asleep, less)[0], 3), score_window(*found(asleep, less))]
    whole = [score_pair(found(asleep)[0], 3), score_window(*found(asleep))]

    for one, other, full in zip(before, after, whole, strict=True):
        assert other.coverage <= one.coverage
        if (one.value, one.lo, one.hi) != (other.value, other.lo, other.hi):
            assert other.coverage < one.coverage
        if one.value is not None:
            assert -100 <= one.lo <= one.value <= one.hi <= 100
            assert full.value is None or one.lo <= full.value <= one.hi


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
