from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.events.zones import resolve, zone

NAMES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata"),
    *("Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Cairo"),
)
FEW = settings(max_examples=200, derandomize=True, deadline=None)
zones = st.sampled_from(NAMES).map(ZoneInfo)
instants = st.integers(0, 4_000_000_000 // 60).map(
    lambda minute: datetime(1995, 1, 1, tzinfo=UTC) + timedelta(minutes=minute % 30_000_000)
)


def local(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "text", "instant", "offset", "flag"),
    [
        ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59", 60, ""),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00", 120, "dst_gap"),
        ("Europe/Berlin", "2026-03-29T02:59", "2026-03-29T01:59", 120, "dst_gap"),
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00", 120, ""),
        ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59", 120, ""),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", 120, "dst_fold"),
        ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59", 120, "dst_fold"),
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00", 60, ""),
        # half an hour of summer time
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", 660, "dst_fold"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45", 660, "dst_gap"),
        # zones off the hour
        ("America/St_Johns", "2026-07-01T12:00", "2026-07-01T14:30", -150, ""),
        ("Asia/Kolkata", "2026-07-01T12:00", "2026-07-01T06:30", 330, ""),
        ("Asia/Kathmandu", "2026-07-01T12:00", "2026-07-01T06:15", 345, ""),
        # the day that was left out
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00", 840, "dst_gap"),
    ],
)
def test_a_local_time_has_this_instant(name, text, instant, offset, flag):
    found = resolve(local(text), ZoneInfo(name))

    assert (found.instant, found.offset_min, found.flag) == (
        local(instant).replace(tzinfo=UTC),
        offset,
        flag,
    )


@FEW
@given(zones, instants)
def test_what_a_clock_shows_leads_back_unless_it_is_flagged(where, instant):
    shown = instant.astimezone(where).replace(tzinfo=None, fold=0)

    found = resolve(shown, where)

    assert found.flag != "dst_gap"
    assert found.instant == instant or (found.flag == "dst_fold" and found.instant < instant)


@FEW
@given(zones, instants)
def test_the_offset_is_the_one_in_force(where, instant):
    found = resolve(instant.replace(tzinfo=None), where)

    assert found.instant.astimezone(where).utcoffset() == timedelta(minutes=found.offset_min)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "\0", "x" * 5000])
def test_what_is_no_zone_is_none(name):
    assert zone(name) is None
