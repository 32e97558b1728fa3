import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.registry import MEASURES, NOT_COMPUTED, WINDOWS

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, night, record, silenced, steady

DAY = timedelta(days=1)


def rows(days, since=START, **more):
    found = evaluate(days, context(**more), at(days[-1].day, 20), since).scores
    return {(row.window, row.local_date): row for row in found}


def score(found, window, day, measure):
    return next(one for one in found[window, day].scores if one.measure == measure)


def test_every_date_has_a_row_of_every_window_and_every_row_every_measure():
    days = steady(30, anchors=True)
    found = rows(days)

    for window in ("1d", "7d", "14d", "28d"):
        assert [day for of, day in found if of == window] == [day.day for day in days]
    for (window, _), row in found.items():
        assert [one.measure for one in row.scores] == list(NOT_COMPUTED[window])


def test_weeks_end_the_day_before_the_therapy_week_starts():
    assert {day.weekday() for window, day in rows(steady(40)) if window == "week"} == {6}
    moved = rows(steady(40), therapy_week_starts=3)
    assert {day.weekday() for window, day in moved if window == "week"} == {2}


def test_what_is_not_computed_says_so():
    found = rows(steady(40, anchors=True))

    for row in found.values():
        for one in row.scores:
            if not MEASURES[one.measure].computed:
                assert (one.value, one.status, one.reasons) == (
                    None,
                    "insufficient",
                    ("not_computed",),
                )
            else:
                assert "not_computed" not in one.reasons


def test_a_row_that_is_not_ok_says_why():
    for row in rows(silenced(steady(50), [20, 21, 44])).values():
        assert all(one.reasons for one in row.scores if one.status != "ok")


def test_insufficient_is_null_and_the_others_are_not():
    for row in rows(silenced(steady(60, anchors=True), [20, 21, 44])).values():
        for one in row.scores:
            assert (one.value is None) == (one.status == "insufficient")
            assert 0 <= one.coverage <= 1
            if one.value is not None and one.lo is not None:
                assert one.lo <= one.value + 1e-9
            if one.value is not None and one.hi is not None:
                assert one.value <= one.hi + 1e-9


def test_hits_need_a_frozen_baseline_and_the_night_after():
    found = rows(steady(40, anchors=True))

    assert score(found, "1d", START + 20 * DAY, "srm.hit_fraction").reasons == ("baseline_missing",)
    assert score(found, "1d", START + 35 * DAY, "srm.hit_fraction").status == "ok"
    assert score(found, "1d", START + 39 * DAY, "srm.hit_fraction").reasons == (
        "night_provisional",
    )


def test_drift_is_provisional_from_14_nights_and_ok_from_28():
    found = rows(steady(40))
    statuses = [
        score(found, "1d", START + n * DAY, "drift.sleep.mid").status for n in (13, 14, 27, 28)
    ]

    assert statuses == ["insufficient", "provisional", "provisional", "ok"]


def test_a_provisional_distance_is_from_what_was_before():
    days = steady(20)
    last = days[-1].night
    days[-1] = record(night(last.night, last.onset.value + 3, last.offset.value + 3))

    found = score(rows(days), "1d", last.night, "drift.sleep.mid")

    assert found.value > 4
    assert found.reasons == ("baseline_provisional",)


def test_regularity_is_provisional_over_doubtful_nights_and_journeys():
    days = steady(20)
    days[10] = replace(days[10], night=replace(days[10].night, certainty="bounded"))
    days[15:] = [replace(one, night=replace(one.night, zone="Asia/Tokyo")) for one in days[15:]]

    found = rows(days)

    def sri(n):
        one = score(found, "7d", START + n * DAY, "sri.window")
        return one.status, one.reasons

    assert sri(9) == ("ok", ())
    assert sri(12) == ("provisional", ("edge_unknown",))
    assert sri(19) == ("provisional", ("travel",))


def test_an_open_night_is_not_read_by_regularity():
    days = steady(10)
    days[-1] = replace(days[-1], night=replace(days[-1].night, final=False))

    found = score(rows(days), "1d", days[-1].day, "sri.pair")

    assert (found.value, found.reasons) == (None, ("few_pairs", "night_provisional"))


def test_inputs_change_with_what_was_read_and_only_then():
    days = steady(20)
    again = [*days[:-1], replace(days[-1], inputs="other")]

    before, after = rows(days), rows(again)

    changed = {key for key in before if before[key].inputs != after[key].inputs}
    assert changed == {
        (window, days[-n].day) for window in ("1d", "7d", "14d", "28d") for n in (1, 2)
    } | {key for key in before if key[0] == "week" and key[1] >= days[-2].day}


@pytest.mark.parametrize("window", WINDOWS)
def test_rows_carry_the_zone_of_their_night(window):
    days = [replace(one, night=replace(one.night, zone="Asia/Tokyo")) for one in steady(10)]

    assert {row.zone for (of, _), row in rows(days).items() if of == window} == {"Asia/Tokyo"}
