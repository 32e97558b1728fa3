import sys
from pathlib import Path

import numpy as np

from daykeel.rhythm.series import series_of
from daykeel.rhythm.windows import Column, scores_of, windows_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, life

SERIES = series_of(life([3.0] * 30), context())
NOWHERE = np.zeros(30, dtype=bool)


def windows(*ends, travel=NOWHERE):
    return windows_of(SERIES, travel, range(ends[0], ends[-1] + 1))


def column(found, **more):
    rows = len(found.keys)
    told = {
        "measure": "act.is",
        "values": np.full(rows, 0.5),
        "n": np.full(rows, 7),
        "expected": found.lengths,
        "coverage": np.ones(rows),
        "is_whole": np.ones(rows, dtype=bool),
        "why": [],
    }
    return Column(**(told | more))


def test_windows_hold_the_days_up_to_their_last_one():
    found = windows(28, 29)

    held = dict(zip(found.keys, found.of(np.arange(30.0)), strict=True))
    assert [int(np.nanmin(held[29, f"{length}d"])) for length in (7, 14, 28)] == [23, 16, 2]
    assert {int(np.nanmax(days)) for (at, _), days in held.items() if at == 28} == {28}
    assert found.days == slice(1, 30)


def test_windows_may_begin_before_the_record():
    found = windows(3)

    assert found.count(np.ones(30, dtype=bool)).tolist() == [4, 4, 4]
    assert found.share(np.ones(30)).tolist() == [4 / 7, 4 / 14, 4 / 28]


def test_a_journey_makes_windows_provisional_that_hold_it():
    travel = NOWHERE.copy()
    travel[20] = True

    found = windows(28, travel=travel)

    reasons = {key[1]: one.reasons for key, one in scores_of(found, column(found))}
    assert reasons == {"7d": (), "14d": ("travel",), "28d": ("travel",)}
    left = column(found, reads_journeys=False)
    assert {one.status for _, one in scores_of(found, left)} == {"ok"}


def test_the_first_reason_that_holds_leaves_a_window_without_a_value():
    found = windows(28)
    short = found.lengths < 28
    why = [("few_days", found.lengths < 10), ("low_coverage", short)]

    scores = {key[1]: one for key, one in scores_of(found, column(found, why=why))}

    assert [scores[name].reasons for name in scores] == [("few_days",), ("low_coverage",), ()]
    assert [scores[name].value for name in scores] == [None, None, 0.5]


def test_with_data_unknown_a_measure_may_be_anything_it_can_be():
    found = windows(28)
    told = column(found, is_whole=found.lengths < 28)

    bounds = {key[1]: (one.lo, one.hi) for key, one in scores_of(found, told)}

    assert bounds == {"7d": (0.5, 0.5), "14d": (0.5, 0.5), "28d": (0, 1)}


def test_a_measure_is_told_for_its_windows_alone():
    found = windows(28)
    sjl = column(found, measure="sjl")

    assert [key for key, _ in scores_of(found, sjl)] == [(28, "14d"), (28, "28d")]
