from datetime import date

import pytest

from daykeel.rhythm.working_week import (
    CUSTOMARY,
    WorkingWeek,
    is_public_holiday,
    regions,
    week_on,
)


def test_the_last_week_that_has_begun_holds():
    first, second = WorkingWeek(date(2026, 3, 1)), WorkingWeek(date(2026, 3, 9), (4,))

    found = [week_on((first, second), date(2026, month, 5)) for month in (2, 3, 4)]
    assert found == [CUSTOMARY, first, second]


@pytest.mark.parametrize(
    ("day", "region", "expected"),
    [
        (date(2026, 12, 25), "DE", True),
        (date(2026, 12, 25), "", False),
        (date(2026, 1, 6), "DE-BY", True),
        (date(2026, 1, 6), "DE", False),
        (date(2026, 7, 3), "US", True),  # the 4th is a Saturday: observed the day before
        (date(2026, 11, 26), "US-NY", True),
        (date(2027, 3, 29), "GB-ENG", True),  # Easter Monday
        (date(2026, 12, 25), "QQ", False),
    ],
)
def test_public_holidays_of_the_region_are_free(day, region, expected):
    assert is_public_holiday(day, region) is expected


def test_regions_are_countries_and_their_parts():
    assert {"DE", "DE-BY", "US", "US-NY", "JP"} <= regions()
    assert not {"", "de", "QQ", "DE-QQ"} & regions()
