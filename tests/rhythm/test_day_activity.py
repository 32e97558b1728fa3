import sys
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from told import LATER, at, deleted, record, said, slept, steps


def hours(found):
    return {hour: n for hour, n in enumerate(found.act_n) if n}


def test_sums_are_those_of_local_hours_of_the_calendar_day():
    found = record(*steps(-1, 2, 10))

    assert hours(found) == {0: 60, 1: 60}
    assert found.act_sum[:3] == (600_000, 600_000, 0)
    assert found.act_unit == "steps"


def test_ten_minute_bins_hold_the_same():
    found = record(*steps(1, 1.5, 10))

    assert [bin_ for bin_, n in enumerate(found.bin_n) if n] == [6, 7, 8]
    assert found.bin_sum[6:9] == (100_000,) * 3


def test_hours_are_local():
    assert list(hours(record(*steps(1, 2, 10), zone="Africa/Nairobi"))) == [4]


def test_a_day_without_activity_has_no_unit():
    found = record(slept(-1, 7))

    assert (found.act_unit, hours(found)) == (None, {})


def test_one_device_is_counted_the_one_that_counted_most():
    phone = steps(10, 11, 50, device="phone")

    found = record(*steps(9, 12, 10), *phone)

    assert hours(found) == {9: 60, 10: 60, 11: 60}


def test_steps_come_before_other_units():
    assert record(*steps(9, 12, 10, unit="counts"), *steps(9, 10, 10)).act_unit == "steps"


def test_a_ranked_source_comes_before_one_that_counted_more():
    ring = steps(10, 11, 50, source="ring", device="finger")

    assert hours(record(*steps(9, 12, 10), *ring, sources=("ring",))) == {10: 60}


def test_deleted_minutes_do_not_count_and_let_no_other_device_stand_in():
    phone = steps(9, 11.9, 50, device="phone")
    stone = said("meta.tombstone", 9, 10, of="x", reason="deleted")

    found = record(*steps(9, 12, 10), *phone, stone)

    assert hours(found) == {10: 60, 11: 60}
    assert found.act_sum[10] == 600_000


def test_a_source_of_steps_that_says_its_wearer_slept_saw_none():
    walked = said("activity.steps", 8, 9, steps=600)
    night = slept(1, 7)

    found = record(walked, night)

    assert list(hours(found)) == [1, 2, 3, 4, 5, 6, 8]
    assert sum(found.act_sum) == 600_000
    assert list(hours(record(walked, night, deleted(night)))) == [8]


def test_the_missing_and_the_repeated_hour_have_no_minutes():
    for text, missing in (("2026-03-29", 2), ("2026-10-25", 2)):
        midnight = datetime.fromisoformat(text).replace(tzinfo=UTC)
        start = (midnight - at(0)).total_seconds() / 3600 - 3
        found = record(
            *steps(start, start + 30, 1, epoch_s=300),
            day=date.fromisoformat(text),
            zone="Europe/Berlin",
            as_of=LATER.replace(year=2027),
        )

        assert [hour for hour, n in enumerate(found.act_n) if n == 0] == [missing]
