from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daykeel.alerting.hours import (
    BadHours,
    Hours,
    clock_time,
    days_later,
    hours,
    instant,
    is_open,
    next_open,
)

BERLIN = "Europe/Berlin"
FRIDAY = datetime(2026, 3, 27, 9, tzinfo=UTC)
"""The last one before summer time begins."""


def utc(text):
    return datetime.fromisoformat(f"{text}+00:00")


def test_people_work_from_the_first_minute_up_to_the_last():
    assert is_open(Hours(), BERLIN, utc("2026-03-27T07:00"))
    assert not is_open(Hours(), BERLIN, utc("2026-03-27T06:59"))
    assert not is_open(Hours(), BERLIN, utc("2026-03-27T17:00"))


def test_after_a_weekend_with_a_change_to_summer_time_work_begins_by_the_wall_clock():
    assert next_open(Hours(), BERLIN, utc("2026-03-27T18:00")) == utc("2026-03-30T06:00")


def test_a_closed_date_is_no_working_day():
    easter = Hours(closed=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))

    assert next_open(easter, BERLIN, utc("2026-04-02T17:00")) == utc("2026-04-07T06:00")
    assert days_later(easter, BERLIN, utc("2026-04-02T09:00"), 2) == utc("2026-04-08T09:00")


def test_two_working_days_later_it_is_as_late_by_the_wall_clock():
    assert days_later(Hours(), BERLIN, FRIDAY, 2) == utc("2026-03-31T08:00")


def test_two_working_days_after_a_night_it_is_morning():
    assert days_later(Hours(), "UTC", utc("2026-03-27T23:00"), 2) == utc("2026-04-01T08:00")


@pytest.mark.parametrize(
    "text", ["", "Mon-Fri", "Fri-Mon 08:00-18:00", "Mon 18:00-08:00", "Mo 08:00-18:00", "Mon 8-18"]
)
def test_what_names_no_hours_is_refused(text):
    with pytest.raises(BadHours):
        hours(text)


@pytest.mark.parametrize("text", ["8", "25:00", "noon"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(BadHours):
        clock_time(text)


def test_a_clinic_that_never_opens_again_is_said_to_be_so():
    closed = frozenset(date(2026, 1, 1) + timedelta(n) for n in range(900))

    with pytest.raises(BadHours, match="never open"):
        next_open(Hours(closed=closed), "UTC", FRIDAY)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  made aware below
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_work_begins_in_working_hours_and_never_before_now(naive, zone, days):
    now, worked = naive.replace(tzinfo=UTC), Hours(days)

    begins = next_open(worked, zone, now)

    assert begins >= now
    assert is_open(worked, zone, begins)
    assert hours(worked.told) == worked


def test_the_first_of_two_equal_times_counts_where_clocks_go_back():
    assert instant(date(2026, 10, 25), time(2, 30), BERLIN) == utc("2026-10-25T00:30")
