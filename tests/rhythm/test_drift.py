import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.drift import score_drift
from daykeel.rhythm.inputs import MID, sleep_material
from daykeel.rhythm.series import series_of
from daykeel.rhythm.track import Read, track

sys.path.insert(0, str(Path(__file__).parent))
from day_records import baseline, context, frozen, life

NAN = float("nan")


def charted(days, start=0, travel=(), **more):
    """A chart of midsleep from `start` on, around 03:00 with a scale of an hour."""
    series = series_of(days, context())
    away = np.zeros(len(series), dtype=bool)
    away[list(travel)] = True
    base = frozen(baseline(**more), start, len(series))
    piece = Read(base, series.mid, series.device)
    return track(MID, series, [piece], away), series


def scored(days, at, start=0, travel=(), **more):
    return score_drift(*_at(charted(days, start, travel, **more), at), None)


def _at(charts, at):
    of, series = charts
    return of, at, series


def test_an_hour_and_a_half_later_at_a_scale_of_one_is_one_and_a_half():
    score = scored(life([3.0, 4.5]), 1)

    assert (score.measure, score.window) == ("drift.sleep.mid", "1d")
    assert (score.value, score.lo, score.hi) == (1.5, 1.5, 1.5)
    assert (score.status, score.reasons) == ("ok", ())
    assert (score.n, score.n_expected, score.coverage) == (2, 2, 1.0)


def test_the_scale_is_the_clients_own():
    assert scored(life([4.5]), 0, scale=0.5).value == 3.0


def test_a_night_nobody_knows_has_no_place():
    score = scored(life([3.0, NAN]), 1)

    assert score.value is score.lo is score.hi is None
    assert (score.status, score.reasons) == ("insufficient", ("few_nights",))
    assert (score.n, score.n_expected, score.coverage) == (1, 2, 0.5)


def test_a_night_that_is_not_final_waits():
    days = life([3.0, 4.5])
    days[1] = replace(days[1], night=replace(days[1].night, final=False))

    score = scored(days, 1)

    assert (score.value, score.reasons) == (None, ("night_provisional",))


def test_on_a_journey_it_is_provisional():
    score = scored(life([3.0, 9.0]), 1, travel=[1])

    assert (score.value, score.status, score.reasons) == (6.0, "provisional", ("travel",))


def test_before_the_baseline_is_frozen_there_is_none_without_material():
    score = scored(life([3.0] * 4), 1, start=3)

    assert (score.value, score.reasons) == (None, ("baseline_missing",))


@pytest.mark.parametrize(("before", "is_known"), [(13, False), (14, True), (27, True)])
def test_fourteen_nights_give_a_provisional_place(before, is_known):
    days = life([3.0 + 0.5 * (n % 2) for n in range(before)] + [6.0])
    series = series_of(days, context())
    material = sleep_material(MID, series, np.ones(len(series), dtype=bool))
    nothing = track(MID, series, [], np.zeros(len(series), dtype=bool))

    score = score_drift(nothing, before, series, material)

    assert (score.value is not None) == is_known
    assert score.n == before
    assert score.status == ("provisional" if is_known else "insufficient")
    assert score.reasons == (("baseline_provisional",) if is_known else ("baseline_missing",))
