import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.rhythm.local_times import doubts, is_untimed, lies, resolved

sys.path.insert(0, str(Path(__file__).parent))
from told import at, context, said


def local(kind, start, stop=None, **more):
    walls = [one and datetime.fromisoformat(one) for one in (start, stop)]
    return said(
        kind,
        local_start=walls[0],
        local_end=walls[1],
        time_basis="local",
        received_at=at(20),
        **more,
    )


def stretch(event, zone="UTC"):
    return [one.astimezone(UTC).isoformat()[:16] for one in lies(event, context(zone))]


def test_a_time_in_the_repeated_hour_may_be_an_hour_later():
    event = local("sleep.episode", "2026-10-24T23:00", "2026-10-25T02:30")

    (doubt,) = doubts(event, context("Europe/Berlin"))

    assert [at.isoformat() for at in doubt] == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T01:30:00+00:00",
    ]
    assert list(doubts(event, context("UTC"))) == []


def test_its_own_zone_comes_before_the_clients():
    event = local("sleep.episode", "2026-03-03T23:00", "2026-03-04T07:00", tz="Asia/Tokyo")

    found = resolved(event, context("Europe/Berlin"))

    assert [found.start, found.end] == [at(-10), at(-2)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said("self.mood", 9, 8), ["2026-03-04T09:00"] * 2),  # an end before its start
        (said("sleep.episode", -1, 7), ["2026-03-03T23:00", "2026-03-04T07:00"]),
        (local("self.mood", "2026-03-04"), ["2026-03-04T12:00", "2026-03-05T12:00"]),
        (local("phone.usage_daily", "2026-03-04"), ["2026-03-04T08:00", "2026-03-05T08:00"]),
        (local("self.srm_entry", "2026-03-04T12:00"), ["2026-03-04T20:00"] * 2),
    ],
)
def test_where_an_event_lies(event, expected):
    assert stretch(event, "America/Los_Angeles") == expected


def test_the_day_of_a_change_of_clocks_is_as_long_as_it_is():
    assert stretch(local("phone.usage_daily", "2026-03-29"), "Europe/Berlin") == [
        "2026-03-28T23:00",
        "2026-03-29T22:00",
    ]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (local("self.srm_entry", "2026-03-04"), True),
        (local("self.srm_entry", "2026-03-04", value={"time": "00:00"}), False),
        (local("self.srm_entry", "2026-03-04T00:01"), False),
        (local("sleep.episode", "2026-03-04"), False),
        (said("self.mood", 0), False),
    ],
)
def test_only_what_is_said_of_a_day_may_have_no_time(event, expected):
    assert is_untimed(event) is expected
