import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.inputs import settled
from daykeel.rhythm.pair_material import pair_material
from daykeel.rhythm.regularity import pairs, score_pair
from daykeel.rhythm.series import series_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, context, life, night, record, silenced, sleepless_night

DAY_MIN = 1440


def material(days, travel=()):
    series = series_of(days, context())
    away = np.zeros(len(series), dtype=bool)
    away[list(travel)] = True
    return pair_material(series, settled(series, away), away)


def known_only(day, minutes):
    """The day with only so many first minutes of its night known."""
    left = np.packbits(np.arange(DAY_MIN) < minutes)
    valid = np.frombuffer(day.valid_bits, dtype=np.uint8) & left
    asleep = np.frombuffer(day.sleep_bits, dtype=np.uint8) & valid
    return replace(day, valid_bits=valid.tobytes(), sleep_bits=asleep.tobytes())


def test_an_hour_later_to_bed_and_up_again_costs_a_sixth():
    # science 9.1: onsets 23:00 and 00:00 alternating, eight hours each -> 100 - 200 * 120 / 1440
    found = material(life([3.0, 4.0, 3.0], 8.0)).interval

    assert found.value.tolist() == pytest.approx([np.nan, 83.3333333, 83.3333333], nan_ok=True)
    assert found.lo[1:].tolist() == found.hi[1:].tolist() == found.value[1:].tolist()


def test_unknown_minutes_may_all_agree_or_all_differ():
    days = life([3.0, 4.0], 8.0)
    found = material([days[0], known_only(days[1], 1200)]).interval

    assert found.value[1] == pytest.approx(100 - 200 * 120 / 1200)
    assert found.lo[1] == pytest.approx(100 - 200 * (120 + 240) / 1440)
    assert found.hi[1] == pytest.approx(100 - 200 * 120 / 1440)


def test_a_pair_with_too_little_in_common_says_nothing():
    days = life([3.0, 3.0], 8.0)

    assert material([days[0], known_only(days[1], 960)]).interval.hi[1] == 100
    assert np.isnan(material([days[0], known_only(days[1], 959)]).interval.hi[1])


def test_its_bounds_are_those_of_the_score():
    days = [known_only(day, 1000 + 40 * n) for n, day in enumerate(life([3.0, 4.1, 2.2, 3.7], 7.0))]
    found = material(days)
    counts = pairs(found.series.sleep_bits, found.series.valid_bits, found.series.fallback_bits)

    for at in range(1, 4):
        score = score_pair(counts, at)
        told = [float(part[at]) for part in (found.interval.value, found.interval.lo)]
        assert (score.value, score.lo, score.hi) == (*told, float(found.interval.hi[at]))


def test_two_devices_make_no_pair():
    days = life([3.0] * 4, 8.0)
    ring = [replace(day, night=replace(day.night, device="ring")) for day in days[2:]]

    found = material([*days[:2], *ring])

    assert np.isfinite(found.interval.value).tolist() == [False, True, False, True]
    assert found.device.tolist() == [-1, 1, -1, 2]


def test_a_pair_after_a_night_without_evidence_has_none():
    days = life([3.0] * 5, 8.0)
    marked = [replace(days[1], night=replace(days[1].night, flags=("exclude",))), *days[2:]]
    dst = replace(days[0], night=replace(days[0].night, flags=("dst_3",)))

    assert np.isnan(material([dst, *days[1:]]).interval.value[1])
    assert np.isnan(material([days[0], *marked]).interval.value[2])
    assert np.isnan(material(days, travel=[2]).interval.value[3])


def test_nights_without_a_pair_are_silent_and_a_night_after_one_without_sleep_is_not_usual():
    days = silenced(life([3.0] * 6, 8.0), [2])
    days[4] = record(sleepless_night(days[4].day))

    found = material(days)

    assert found.silent.tolist() == [True, False, True, True, False, False]
    assert found.valid.tolist() == [False, True, False, False, False, False]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_the_unknown_minutes_were_the_index_lies_within_its_bounds(seed):
    rng = np.random.default_rng(seed)
    nights = [night(START, -1, 7), night(START + (life([3, 3])[1].day - START), 0, 8)]
    whole = [record(one) for one in nights]
    part = [hidden(rng, day) for day in whole]

    found, full = material(part).interval, material(whole).interval

    if np.isfinite(found.lo[1]):
        assert found.lo[1] <= full.value[1] <= found.hi[1]
        assert found.lo[1] <= found.value[1] <= found.hi[1]


def hidden(rng, day):
    left = np.packbits(rng.random(DAY_MIN) < rng.uniform(0.7, 1))
    valid = np.frombuffer(day.valid_bits, dtype=np.uint8) & left
    asleep = np.frombuffer(day.sleep_bits, dtype=np.uint8) & valid
    return replace(day, valid_bits=valid.tobytes(), sleep_bits=asleep.tobytes())
