import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.srm import habitual_time, item_week, social_rhythm_metric, unwrap, wrapped

ORACLES = Path(__file__).parents[3] / "shared" / "oracles" / "open-srm.json"
NAN = float("nan")
EARLY = [360, 350, 481, 475, 345, 350, 350]
LATE = [1410, 1425, 15, 5, 1430, 20, 1435]
minutes = st.integers(0, 1439)


def week(times, known=None):
    done = [-1 if np.isnan(one) else 1 for one in np.array(times, dtype=float)]
    return np.array(times, dtype=float), np.array(done if known is None else known)


def test_the_paper_example_leaves_out_one_late_morning_and_keeps_the_other():
    found = item_week(*week(EARLY))

    assert found.mean == pytest.approx(387 + 17.14 / 60, abs=1e-3)
    assert found.sd == pytest.approx(62.1549525, abs=1e-6)
    assert found.kept == (True, True, False, True, True, True, True)
    assert found.habitual == pytest.approx(371 + 40 / 60)
    assert found.hits == 5


def test_bedtimes_around_midnight_are_unwrapped():
    found = item_week(*week(LATE))

    assert found.mean % 1440 == pytest.approx(1437 + 8.57 / 60, abs=1e-3)
    assert found.sd == pytest.approx(17.5254917, abs=1e-6)
    assert found.kept == (False, True, True, True, True, True, True)
    assert found.habitual % 1440 == pytest.approx(1 + 40 / 60)
    assert found.hits == 7
    assert item_week(*week(LATE), hits_from="kept").hits == 6


def test_45_minutes_are_a_hit_and_missing_days_are_prorated():
    found = item_week(*week([420, 420, 420, 480, NAN, NAN, NAN]))

    assert (found.sd, found.habitual, found.hits, found.k) == (30, 435, 4, 4)
    assert found.score == 7


def test_a_day_known_not_done_is_a_miss():
    found = item_week(*week([420] * 5 + [NAN, NAN], [1] * 5 + [0, 0]))

    assert (found.hits, found.k, found.score) == (5, 7, 5)


def test_done_at_an_unknown_time_is_an_unknown_day():
    found = item_week(*week([420] * 5 + [NAN, NAN], [1] * 7))

    assert found.k == 5


def test_two_times_are_not_scored():
    assert item_week(*week([420, 540, NAN, NAN, NAN, NAN, NAN])) is None


def test_item_hits_4_1_2_and_7_make_three_and_a_half():
    found = social_rhythm_metric(
        {
            "out_of_bed": [420, 420, 420, 480, None, None, None],
            "first_contact": [600, 700, 800, None, None, None, None],
            "dinner": [600, 690, 710, 800, None, None, None],
            "bed": [1400] * 7,
        }
    )

    assert [one.hits for one in found.anchors.values()] == [4, 1, 2, 7]
    assert (found.score, found.eligible) == (3.5, 4)
    assert found.prorated == pytest.approx((7 + 7 / 3 + 3.5 + 7) / 4)


def test_without_three_times_of_anything_there_is_no_score():
    with pytest.raises(NotEnoughData):
        social_rhythm_metric({"bed": [1400, None, None, 1410, None, None, None]})


@pytest.mark.parametrize(
    ("jitter", "mean"), [(15, 6.96), (30, 6.21), (45, 5.17), (60, 4.27), (90, 3.06), (180, 1.61)]
)
def test_jitter_gives_the_mean_of_the_specification(jitter, mean):
    rng = np.random.default_rng(11)
    scores = [item_week(*week(720 + rng.normal(0, jitter, 7))).score for _ in range(6000)]

    assert np.mean(scores) == pytest.approx(mean, abs=0.05)


@given(st.lists(minutes, min_size=3, max_size=7))
def test_a_score_lies_between_0_and_7_and_order_does_not_matter(times):
    days = np.array([*times, *[NAN] * (7 - len(times))])

    found = item_week(*week(days))
    turned = item_week(*week(days[::-1]))

    assert 0 <= found.score <= 7
    assert wrapped(found.habitual - turned.habitual) == pytest.approx(0, abs=1e-6)
    assert found.hits == turned.hits


@given(st.lists(st.integers(-200, 200), min_size=3, max_size=7), st.integers(0, 1439))
def test_turning_the_clock_turns_the_habitual_time(offsets, by):
    here = habitual_time(np.array(offsets, dtype=float) % 1440)
    there = habitual_time((np.array(offsets, dtype=float) + by) % 1440)

    assert wrapped(there - here - by) == pytest.approx(0, abs=1e-6)


def test_of_several_medians_the_earliest_around_midnight_counts():
    found = {
        tuple(sorted(wrapped(one) for one in unwrap(list(times))))
        for times in permutations([1430.0, 1390.0, 10.0, 50.0])
    }

    assert len(found) == 1


def oracle_entries():
    if not ORACLES.exists():
        return []
    return [
        one
        for one in json.loads(ORACLES.read_text())["entries"]
        if one["params"]["variant"] == "default"
    ]


def as_minutes(text):
    return None if text is None else int(text[:2]) * 60 + int(text[3:])


def test_every_target_of_the_oracles_is_met():
    entries = oracle_entries()
    if not entries:
        pytest.skip("shared/oracles is not here")
    for entry in entries:
        weeks = {k: [as_minutes(one) for one in v] for k, v in entry["input"]["week"].items()}
        expected = entry["expected"]
        if expected["srm"] is None:
            with pytest.raises(NotEnoughData):
                social_rhythm_metric(weeks)
            continue
        found = social_rhythm_metric(weeks)
        assert found.score == pytest.approx(expected["srm"], abs=1e-9)
        assert (found.hits, found.eligible) == (expected["hits"], expected["eligible"])
        for name, item in found.anchors.items():
            habitual = expected["items"][name]["habitual_min"]
            assert wrapped(item.habitual - habitual) == pytest.approx(0, abs=1e-6)
