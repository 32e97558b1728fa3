import sys
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.charts import SIDES
from daykeel.rhythm.hits import score_hits
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.series import Interval, series_of
from daykeel.rhythm.track import Read, track

sys.path.insert(0, str(Path(__file__).parent))
from day_records import baseline, context, frozen, life

NAN = float("nan")


def charted(value, lo, hi):
    """A chart of anchors of one day on which so much was near the usual times."""
    series = series_of(life([3.0]), context())
    interval = Interval(*(np.array([one], dtype=float) for one in (value, lo, hi)))
    base = frozen(baseline(chart=HITS, centre=0.8, scale=0.2), 0, 1)
    return track(HITS, series, [Read(base, interval, np.ones(1, int))], np.zeros(1, dtype=bool))


def scored(of, at=0, *, complete=True, travelling=False, items=5):
    return score_hits(of, at, complete=complete, travelling=travelling, items=items)


def test_three_hits_a_miss_and_an_unknown_one_are_three_quarters():
    # science 8.2: hits / known = 3/4, lo = hits / items = 3/5, hi = (hits + unknown) / items = 4/5
    score = scored(charted(0.75, 0.6, 0.8))

    assert (score.value, score.lo, score.hi) == (0.75, 0.6, 0.8)
    assert score.coverage == pytest.approx(0.8)
    assert (score.n, score.n_expected) == (4, 5)
    assert (score.status, score.reasons) == ("ok", ())


def test_two_known_anchors_are_too_few():
    score = scored(charted(1.0, 0.4, 1.0))

    assert score.value is score.lo is score.hi is None
    assert (score.status, score.reasons) == ("insufficient", ("few_items",))
    assert score.coverage == pytest.approx(0.4)


def test_a_day_of_which_nothing_is_known_has_no_coverage():
    score = scored(charted(NAN, NAN, NAN))

    assert (score.value, score.coverage, score.n) == (None, 0.0, 0)


def test_a_day_whose_night_is_not_over_waits():
    score = scored(charted(1.0, 1.0, 1.0), complete=False)

    assert (score.value, score.reasons) == (None, ("night_provisional",))


def test_without_a_baseline_nothing_is_usual():
    score = scored(charted(1.0, 1.0, 1.0), at=1)

    assert (score.value, score.reasons) == (None, ("baseline_missing",))


def test_on_a_journey_it_is_provisional():
    score = scored(charted(1.0, 1.0, 1.0), travelling=True)

    assert (score.value, score.status, score.reasons) == (1.0, "provisional", ("travel",))


def test_somebody_without_tracked_anchors_has_no_score():
    score = scored(charted(NAN, NAN, NAN), items=0)

    assert (score.value, score.coverage, score.n_expected) == (None, 0.0, 0)


def test_only_fewer_hits_signal():
    assert SIDES[HITS] == ("", "irregular")
