import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import told

from daykeel.events.local import located

BERLIN = ZoneInfo("Europe/Berlin")


def asleep(start, end):
    local_start, local_end = map(datetime.fromisoformat, (start, end))
    return told(
        "sleep.episode",
        start=None,
        local_start=local_start,
        local_end=local_end,
        time_basis="local",
        quality=("zone_assumed",),
    )


def test_a_local_time_gets_the_instants_of_the_zone():
    found = located(asleep("2026-03-01T23:00", "2026-03-02T07:00"), BERLIN)

    assert (found.start, found.end, found.utc_offset_min) == (
        datetime(2026, 3, 1, 22, tzinfo=UTC),
        datetime(2026, 3, 2, 6, tzinfo=UTC),
        60,
    )
    assert (found.time_basis, found.quality) == ("local", ("zone_assumed",))


def test_the_night_of_the_change_of_clocks_is_an_hour_shorter():
    found = located(asleep("2026-03-28T23:00", "2026-03-29T07:00"), BERLIN)

    assert (found.end - found.start).total_seconds() == 7 * 3600


def test_a_time_in_the_missing_or_repeated_hour_is_flagged():
    gap = located(asleep("2026-03-29T02:30", "2026-03-29T07:00"), BERLIN)
    fold = located(asleep("2026-10-24T23:00", "2026-10-25T02:30"), BERLIN)

    assert (gap.quality, fold.quality) == (
        ("zone_assumed", "dst_gap"),
        ("zone_assumed", "dst_fold"),
    )


def test_an_instant_is_left_alone():
    event = told()

    assert located(event, BERLIN) is event
