import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.adherence import score_adherence, targets_of
from daykeel.rhythm.anchors import anchors_of
from daykeel.rhythm.ledger import AnchorCandidate
from daykeel.rhythm.series import series_of
from daykeel.rhythm.tracked_days import tracked_days

sys.path.insert(0, str(Path(__file__).parent))

from day_records import START, context, life

DAY = timedelta(days=1)


def told(*minutes):
    """Days with a reported dinner; None not told, -1 told that there was none."""
    days = life([3.0] * (len(minutes) + 1))
    dinners = [
        () if one is None else (AnchorCandidate("dinner", "reported", None if one < 0 else one,
                                                done=one >= 0),)
        for one in minutes
    ]  # fmt: skip
    return [replace(day, anchors=one) for day, one in zip(days, [*dinners, ()], strict=True)]


def adherence(minutes, *targets, window="7d", travelling=False):
    series = series_of(told(*minutes), context())
    agreed = targets_of(targets, tracked_days((), series.dates), series.dates)
    days = slice(len(minutes) - int(window[:-1]), len(minutes))
    return score_adherence(window, days, anchors_of(series), agreed, travelling=travelling)


SEVEN = ("dinner", START - 9 * DAY, 420.0)


def test_the_values_of_the_specification():
    found = adherence([375, 465, 466, 540, None, 420, 420], SEVEN)

    assert found.value == 4 / 6
    assert (found.lo, found.hi) == (4 / 7, 5 / 7)
    assert (found.coverage, found.n, found.n_expected) == (6 / 7, 6, 7)
    assert found.status == "ok"


def test_not_done_is_a_miss_and_midnight_is_no_edge():
    found = adherence([1425, 15, -1, 1440, 45, 0, 5], ("dinner", START, 15.0))

    assert found.value == 6 / 7


def test_the_target_in_force_on_the_day_counts():
    later = ("dinner", START + 3 * DAY, 600.0)

    assert adherence([420] * 3 + [600] * 4, SEVEN, later).value == 1
    assert adherence([420] * 7, SEVEN, later).value == 3 / 7


def test_days_before_the_first_target_do_not_count():
    found = adherence([420] * 7, ("dinner", START + 2 * DAY, 420.0))

    assert (found.n, found.n_expected, found.value) == (5, 5, 1)


@pytest.mark.parametrize(
    ("known", "status"), [(5, "ok"), (4, "provisional"), (3, "provisional"), (2, "insufficient")]
)
def test_it_needs_recorded_days(known, status):
    found = adherence([420] * known + [None] * (7 - known), SEVEN)

    assert found.status == status
    assert found.reasons == (() if status == "ok" else ("few_days",))


def test_without_a_target_there_is_none():
    assert adherence([420] * 7).reasons == ("no_target",)


def test_28_days_may_begin_before_the_record():
    found = adherence([420] * 10, SEVEN, window="28d")

    assert (found.value, found.n) == (1, 10)


def test_a_journey_makes_it_provisional():
    found = adherence([420] * 7, SEVEN, travelling=True)

    assert (found.status, found.reasons) == ("provisional", ("travel",))


def test_before_its_first_day_a_target_is_not_in_force():
    dates = START, START + DAY
    found = targets_of((("bed", START + DAY, 1.0),), tracked_days((), dates), dates)

    assert np.isnan(found["bed"]).tolist() == [True, False]


def test_targets_of_anchors_that_are_not_tracked_are_not_read():
    dates = START, START + DAY
    never, later = ((date.min, ("bed",)),), ((START + DAY, ("bed",)),)

    assert not targets_of((SEVEN,), tracked_days(never, dates), dates)
    assert np.isnan(targets_of((SEVEN,), tracked_days(later, dates), dates)["dinner"]).tolist() == [
        False,
        True,
    ]
