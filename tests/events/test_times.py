from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.times import (
    BadTime,
    from_seconds,
    implausible,
    implausible_local,
    parse_instant,
    to_wire,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "told",
    [
        *("", "2026-03-01", "2026-03-01T12:00:00", "12:00", "2026-02-30T12:00:00Z", "NaN", "now"),
        *(None, 0, 1772366400, True, [], {}, "0001-01-01T00:00:00+14:00"),
    ],
)
def test_what_is_no_instant_is_refused(told):
    with pytest.raises(BadTime):
        parse_instant(told)


@pytest.mark.parametrize(
    "told",
    [
        *(None, True, "", "-1", "1e9", "1455138000.5", "٣", [], {}, 1e30, -1e30, "9" * 400),
        # milliseconds, microseconds and nanoseconds of 2026
        *(1_772_366_400_000, 1_772_366_400_000_000, 1_772_366_400_000_000_000, float("nan")),
    ],
)
def test_what_is_no_number_of_seconds_is_refused(told):
    with pytest.raises(BadTime):
        from_seconds(told)


def test_seconds_may_be_a_text():
    assert from_seconds("1772366400") == from_seconds(1_772_366_400) == NOW


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (NOW, None, None),
        (NOW + 5 * MINUTE, None, None),
        (NOW + 6 * MINUTE, None, "future_time"),
        (NOW, NOW + 6 * MINUTE, "future_time"),
        (NOW, NOW, None),
        (NOW, NOW - MINUTE, "end_before_start"),
        (datetime(1970, 1, 1, tzinfo=UTC), None, "zero_time"),
        (datetime(1, 1, 1, tzinfo=UTC), None, "zero_time"),
        (datetime(1999, 12, 31, tzinfo=UTC), None, "before_2000"),
        (datetime(9999, 12, 31, tzinfo=UTC), None, "future_time"),
    ],
)
def test_times_that_cannot_be_true_are_told_why(start, end, why):
    assert implausible(start, end, NOW) == why


def test_a_local_time_is_in_the_future_only_if_it_is_so_everywhere():
    wall = NOW.replace(tzinfo=None) + timedelta(hours=14)

    assert implausible_local(wall + 5 * MINUTE, None, NOW) is None
    assert implausible_local(wall + 6 * MINUTE, None, NOW) == "future_time"


@settings(derandomize=True, deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back(instant):
    assert parse_instant(to_wire(instant)) == instant
