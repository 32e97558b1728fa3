import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.charts import ewma_limit, guarded, limit
from daykeel.rhythm.inputs import DEVIATION
from daykeel.rhythm.rules import LIVE, PLAIN

sys.path.insert(0, str(Path(__file__).parent))
from day_records import baseline


def test_limits_are_those_of_the_specification():
    assert ewma_limit(3.3, 0) == pytest.approx(1.1)
    assert ewma_limit(4.6, 0) == pytest.approx(1.5333333, abs=1e-7)
    assert ewma_limit(4.0, 0) == pytest.approx(1.3333333, abs=1e-7)
    assert ewma_limit(1, 0.3) / ewma_limit(1, 0) == pytest.approx(1.2773327, abs=1e-7)


def test_a_young_baseline_has_the_wider_limit():
    assert limit(baseline(55), PLAIN) == pytest.approx(5 / 3)
    assert limit(baseline(56), PLAIN) == pytest.approx(4.6 / 3)


def test_the_distance_from_usual_midsleep_has_a_limit_of_its_own():
    assert limit(baseline(chart=DEVIATION), PLAIN) == pytest.approx(5.5 / 3)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(0, 5)), max_size=40))
def test_less_evidence_never_raises_a_statistic(nights):
    before = guarded([one for one, _ in nights])
    after = guarded([one - less for one, less in nights])

    assert all(late <= early for late, early in zip(after, before, strict=True))


@pytest.mark.parametrize(("rules", "nights"), [(PLAIN, 8), (LIVE, 10)])
def test_after_enough_missing_nights_nothing_is_left(rules, nights):
    told = guarded([9.0] * 90 + [rules.least] * nights, by=rules)

    assert told[-2] > told[-1] == 0


def test_the_live_rules_count_what_lies_beyond_half_a_scale():
    assert guarded([0.5] * 30, by=LIVE)[-1] == 0
    assert guarded([1.5, 9.0, -1.0], by=LIVE) == pytest.approx([0.1, 0.34, 0.156])
