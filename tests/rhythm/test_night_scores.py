import sys
from dataclasses import replace
from pathlib import Path

import pytest

from daykeel.rhythm.ledger import Bounded, Gap
from daykeel.rhythm.night_scores import MEASURES, score_night

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, night, silent_night, sleepless_night

NIGHT = night(START, -0.8333, 7.0833)


def scores(of, **more):
    return dict(zip(MEASURES, score_night(of, **more), strict=True))


def test_a_certain_final_night_is_ok():
    found = scores(NIGHT)

    assert {one.status for one in found.values()} == {"ok"}
    assert found["sleep.mid"].value == pytest.approx(3.125)
    assert found["sleep.duration"].value == pytest.approx(475, abs=0.01)
    assert found["sleep.onset"].reasons == ()


def test_a_bounded_night_is_provisional_and_says_why():
    gap = Gap(at(START, -1.7), at(START, -0.8), "battery_flat")
    wide = replace(
        NIGHT,
        onset=Bounded(-0.8333, -1.6667, -0.8333),
        certainty="bounded",
        coverage=0.96875,
        gaps=(gap,),
    )

    onset = scores(wide)["sleep.onset"]

    assert (onset.status, onset.lo, onset.coverage) == ("provisional", -1.6667, 0.96875)
    assert onset.reasons == ("edge_unknown", "gap:battery_flat")


def test_a_night_that_may_still_change_is_provisional():
    found = scores(replace(NIGHT, final=False))["sleep.onset"]

    assert (found.status, found.reasons, found.value) == (
        "provisional",
        ("night_provisional",),
        NIGHT.onset.value,
    )


def test_an_unknown_night_has_no_value_but_the_bounds_of_total_sleep():
    unknown = replace(silent_night(START), tst=Bounded(None, 240, 720))

    found = scores(unknown)

    assert {one.status for one in found.values()} == {"insufficient"}
    assert {one.value for one in found.values()} == {None}
    assert (found["sleep.tst"].lo, found["sleep.tst"].hi) == (240, 720)
    assert found["sleep.onset"].reasons == ("gap:not_worn",)


def test_certainly_no_main_sleep_is_a_length_of_0_and_no_time():
    found = scores(sleepless_night(START))

    assert (found["sleep.duration"].value, found["sleep.duration"].status) == (0, "ok")
    assert found["sleep.onset"].status == "insufficient"
    assert found["sleep.onset"].reasons == ("no_main_sleep",)


def test_scores_of_a_journey_are_provisional():
    found = scores(NIGHT, travelling=True)["sleep.mid"]

    assert (found.status, found.reasons) == ("provisional", ("travel",))


def test_a_date_without_a_record_is_insufficient():
    found = score_night(None)

    assert {one.status for one in found} == {"insufficient"}
    assert all(one.reasons for one in found)
