import sys
from dataclasses import replace
from pathlib import Path

import pytest

from daykeel.alerting.narrowing import is_blank, only_narrows
from daykeel.rhythm.ledger import AnchorCandidate, Bounded

sys.path.insert(0, str(Path(__file__).parents[1] / "rhythm"))
from day_records import START, night, record, silent_night, sleepless_night

NIGHT = night(START, -1.0, 7.0)
DAY = record(NIGHT)
SENSED = AnchorCandidate("bed", "bed_sensor", 1370.0, done=True)


def wider(**more):
    """The same night before its end was known."""
    bounds = {
        "mid": Bounded(None, 3.0, 4.0),
        "duration": Bounded(None, 480.0, 600.0),
        "onset": Bounded(None, -1.0, -1.0),
        "tst": Bounded(None, 480.0, 600.0),
    }
    return replace(NIGHT, certainty="bounded", **{**bounds, **more})


@pytest.mark.parametrize("before", [NIGHT, wider(), silent_night(START, day_type="work")])
def test_what_lies_within_what_it_could_have_been_only_narrows(before):
    assert only_narrows(record(before), DAY)


def test_that_there_was_no_sleep_at_all_narrows_what_nothing_was_known_of():
    before = silent_night(START, day_type="work")

    assert only_narrows(record(before), record(sleepless_night(START, day_type="work")))


@pytest.mark.parametrize(
    "before",
    [
        wider(mid=Bounded(None, 3.5, 4.0)),
        wider(duration=Bounded(None, 300.0, 470.0)),
        wider(onset=Bounded(None, -0.5, 0.0)),
        wider(offset=Bounded(None, 7.5, 8.0)),
        wider(tst=Bounded(None, 100.0, 200.0)),
        wider(final=False),
        wider(flags=("illness",)),
        wider(zone="Asia/Tokyo"),
        wider(day_type="free"),
        wider(device="another"),
        wider(no_main_sleep=True),
    ],
)
def test_what_was_otherwise_does_not(before):
    assert not only_narrows(record(before), DAY)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ((0b0110, 0b0111), (0b0110, 0b1111), True),
        ((0b0110, 0b0111), (0b1110, 0b1111), True),
        ((0b0110, 0b0111), (0b0110, 0b0110), False),
        ((0b0110, 0b0111), (0b0100, 0b0111), False),
        ((0b0110, 0b0111), (0b0111, 0b0111), False),
    ],
)
def test_minutes_that_were_known_must_stay_as_they_were(was, now, expected):
    before, after = (
        replace(DAY, sleep_bits=bytes([asleep]), valid_bits=bytes([known]))
        for asleep, known in (was, now)
    )

    assert only_narrows(before, after) is expected


def test_what_is_known_no_longer_does_not():
    assert not only_narrows(DAY, record(silent_night(START, day_type="work")))


def test_what_was_deleted_does_not():
    deleted = replace(DAY, before=((START, DAY),))

    assert not only_narrows(DAY, deleted)
    assert not only_narrows(deleted, DAY)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((), (SENSED,), True),
        ((SENSED,), (SENSED, *DAY.bed_before), True),
        ((SENSED,), (), False),
        ((SENSED,), (replace(SENSED, minutes=1380.0), SENSED), False),
        (DAY.bed_before, (replace(DAY.bed_before[0], minutes=1.0),), True),
        (DAY.bed_before, (replace(DAY.bed_before[0], done=False),), False),
    ],
)
def test_what_told_of_going_to_bed_must_go_on_to_tell_it(before, after, expected):
    was, now = (replace(DAY, bed_before=told) for told in (before, after))

    assert only_narrows(was, now) is expected


def test_a_night_is_blank_if_nothing_bounds_its_sleep():
    assert [is_blank(one) for one in (NIGHT, wider(), silent_night(START))] == [False, False, True]
    assert not is_blank(sleepless_night(START))
