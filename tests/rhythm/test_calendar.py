import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.calendar import day_type, nights_since_change
from daykeel.rhythm.context import Mark
from daykeel.rhythm.working_week import WorkingWeek

sys.path.insert(0, str(Path(__file__).parent))
from told import LATER, NIGHT, context, deleted, night, said

SATURDAY, DAY = date(2026, 3, 7), timedelta(days=1)


def test_weekends_are_free():
    assert day_type(NIGHT, context()) == ("work", "weekday")
    assert day_type(SATURDAY, context()) == ("free", "weekend")
    assert day_type(SATURDAY, context(weeks=(WorkingWeek(free_weekdays=(4,)),))) == (
        "work",
        "weekday",
    )


def test_the_calendar_comes_first():
    shifts = ((NIGHT, "free", "leave"), (SATURDAY, "work", ""))

    assert day_type(NIGHT, context(calendar=shifts)) == ("free", "leave")
    assert day_type(SATURDAY, context(calendar=shifts)) == ("work", "calendar")


def test_a_working_week_holds_from_its_first_day_on():
    weeks = WorkingWeek(SATURDAY, (4, 5), "EG"), WorkingWeek(SATURDAY + 7 * DAY, ())
    told = context(weeks=weeks)

    found = [day_type(SATURDAY + n * DAY, told)[0] for n in (-1, 0, 1, 6, 7, 13)]
    assert found == ["work", "free", "work", "free", "work", "work"]


def test_a_holiday_comes_before_the_week_and_after_the_calendar():
    epiphany = date(2026, 1, 6)
    bavaria = (WorkingWeek(region="DE-BY"),)

    assert day_type(epiphany, context(weeks=bavaria)) == ("free", "holiday")
    shift = ((epiphany, "work", "shift"),)
    assert day_type(epiphany, context(weeks=bavaria, calendar=shift)) == ("work", "shift")
    assert day_type(epiphany + DAY, context(weeks=bavaria)) == ("work", "weekday")


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_seven_nights_are_near_a_change_of_clocks(change):
    found = [nights_since_change(change + n * DAY, "Europe/Berlin") for n in range(-2, 9)]

    assert found == [None, None, 0, 1, 2, 3, 4, 5, 6, None, None]


def test_a_zone_that_never_changes_has_no_such_nights():
    assert nights_since_change(date(2026, 3, 29), "Africa/Lagos") is None


def test_the_first_three_of_them_are_numbered():
    found = [
        night(day=date(2026, 3, 29) + n * DAY, zone="Europe/Berlin", as_of=LATER + 60 * DAY).flags
        for n in (0, 2, 3, 6, 7)
    ]

    assert found == [("dst", "dst_1"), ("dst", "dst_3"), ("dst",), ("dst",), ()]


def test_marks_of_therapist_and_client_are_flags():
    told = said("night.mark", 9, what="illness", first="2026-03-03", last="2026-03-04")
    mark = Mark("exclude", NIGHT, NIGHT)

    assert night(told, marks=(mark,)).flags == ("excluded", "illness")
    assert night(told, marks=(mark,), day=NIGHT + DAY).flags == ()


def test_a_deleted_mark_is_none():
    told = said("night.mark", 9, what="illness", first="2026-03-03", last="2026-03-04")

    assert night(told, deleted(told, span=False)).flags == ()
