import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.frame import (
    clock_columns,
    frame_of,
    lasting,
    local_instant,
    wall_hours,
    zone_at,
)

sys.path.insert(0, str(Path(__file__).parent))
from told import ALWAYS, LATER, NIGHT, at, context

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def framed(day, tz="Europe/Berlin", **more):
    return frame_of(day, context(tz, **more), datetime(2029, 1, 1, tzinfo=UTC))


def moved(*changes):
    return ClientContext(
        "c-1", (ZoneChange(ALWAYS, "UTC"), *(ZoneChange(at(hours), tz) for hours, tz in changes))
    )


def test_a_night_goes_from_noon_to_noon_with_six_hours_around_it():
    frame = framed(NIGHT, "UTC")

    assert (frame.core_start, frame.core_stop) == (at(-12), at(12))
    assert (frame.start, frame.stop) == (at(-18), at(18))
    assert (frame.core, frame.size) == ((360, 1800), 2160)


@pytest.mark.parametrize(("day", "minutes"), [(SPRING, 1380), (AUTUMN, 1500), (NIGHT, 1440)])
def test_the_core_is_as_long_as_clocks_make_it(day, minutes):
    frame = framed(day)

    assert frame.core[1] - frame.core[0] == minutes
    assert frame.size == minutes + 720


def test_minutes_after_now_do_not_exist():
    assert frame_of(NIGHT, context(), at(2)).exists == 20 * 60
    assert frame_of(NIGHT, context(), LATER).exists == 2160
    assert frame_of(NIGHT, context(), at(-30)).exists == 0


def test_the_boundary_can_be_moved_for_a_day_sleeper():
    frame = framed(NIGHT, "UTC", night_boundary_hour=0)

    assert (frame.core_start, frame.core_stop) == (at(-24), at(0))


def test_a_stretch_is_dated_by_its_middle():
    frame = framed(NIGHT, "UTC")

    assert frame.owns(at(8), at(15.9))
    assert not frame.owns(at(8), at(16))
    assert frame.owns(at(-16), at(-8))


def test_every_clock_minute_of_an_ordinary_day_is_there():
    assert clock_columns(at(-12), 1440, "UTC").tolist() == list(range(1440))


def test_the_missing_hour_has_no_minutes():
    columns = clock_columns(framed(SPRING).core_start, 1380, "Europe/Berlin")

    assert (columns[14 * 60 : 15 * 60] == -1).all()  # 02:00 to 03:00
    assert columns[14 * 60 - 1] == 839
    assert columns[15 * 60] == 840
    assert (columns >= 0).sum() == 1380


def test_the_repeated_hour_is_unknown():
    columns = clock_columns(framed(AUTUMN).core_start, 1500, "Europe/Berlin")

    assert (columns[14 * 60 : 15 * 60] == -1).all()
    assert columns[15 * 60] == 16 * 60
    assert (columns >= 0).sum() == 1380


def test_wall_times_count_from_the_midnight_of_the_night():
    assert wall_hours(at(-0.5), "UTC", NIGHT) == -0.5
    assert wall_hours(at(7), "Asia/Kolkata", NIGHT) == 12.5


def test_the_zone_changes_where_the_client_lands():
    here = moved((10, "Asia/Tokyo"))

    assert (zone_at(here, at(9)), zone_at(here, at(10))) == ("UTC", "Asia/Tokyo")
    assert frame_of(NIGHT, here, LATER).zone_changed


def test_a_trip_of_one_night_keeps_the_zone():
    assert zone_at(moved((10, "Asia/Tokyo"), (30, "UTC")), at(20)) == "UTC"


def test_a_trip_of_two_nights_counts():
    here = moved((10, "Asia/Tokyo"), (60, "UTC"))

    assert (zone_at(here, at(20)), zone_at(here, at(60))) == ("Asia/Tokyo", "UTC")


def test_a_stop_on_the_way_leaves_no_trace():
    here = moved((5, "Asia/Dubai"), (10, "Asia/Tokyo"))

    assert [change.tz for change in lasting(here.zones)] == ["UTC", "Asia/Tokyo"]


def test_a_wall_time_is_an_instant_in_the_zone_of_that_time():
    here = moved((10, "Asia/Tokyo"))

    assert local_instant(here, NIGHT, 4) == at(4)
    assert local_instant(here, NIGHT + timedelta(days=1), 4) == at(28 - 9)


@pytest.mark.parametrize(
    ("zones", "hours"),
    [
        (("Europe/Berlin", "Asia/Tokyo"), [24, 16, 24]),
        (("Asia/Tokyo", "Europe/Berlin"), [24, 32, 24]),
        (("Asia/Kolkata", "UTC"), [24, 29.5, 24]),
        (("UTC", "Australia/Lord_Howe"), [24, 13, 24]),
        (("Pacific/Kiritimati", "Pacific/Pago_Pago"), [24, 49, 24]),
    ],
)
def test_however_many_zones_are_crossed_every_instant_is_in_the_core_of_one_night(zones, hours):
    here = ClientContext("c-1", (ZoneChange(ALWAYS, zones[0]), ZoneChange(at(-3), zones[1])))

    frames = [frame_of(NIGHT + n * timedelta(days=1), here, LATER) for n in (-1, 0, 1)]

    assert [(one.core[1] - one.core[0]) / 60 for one in frames] == hours
    assert [one.core_stop for one in frames[:-1]] == [one.core_start for one in frames[1:]]


def test_who_crosses_the_date_line_has_a_night_of_an_hour_at_least():
    zones = ZoneChange(ALWAYS, "Pacific/Pago_Pago"), ZoneChange(at(-3), "Pacific/Kiritimati")

    left, came = (
        frame_of(NIGHT - n * timedelta(days=1), ClientContext("c-1", zones), LATER) for n in (1, 0)
    )

    assert left.core[1] - left.core[0] == 60
    assert left.core_stop == came.core_start


def test_clock_minutes_before_the_core_of_somebody_who_came_from_elsewhere_are_not_there():
    zones = ZoneChange(ALWAYS, "Europe/Berlin"), ZoneChange(at(-3), "Asia/Tokyo")
    frame = frame_of(NIGHT, ClientContext("c-1", zones), LATER)

    columns = clock_columns(frame.core_start, 960, frame.zone, frame.begins)

    assert (columns[:480] == -1).all()  # from noon to 20:00 in Tokyo they were in Berlin
    assert columns[480:].tolist() == list(range(960))


@pytest.mark.parametrize(("day", "minutes"), [(date(2028, 4, 2), 1470), (date(2028, 10, 1), 1410)])
def test_half_an_hour_is_repeated_or_missing_on_lord_howe_island(day, minutes):
    frame = framed(day, "Australia/Lord_Howe")

    columns = clock_columns(frame.core_start, minutes, frame.zone)

    assert frame.core[1] - frame.core[0] == minutes
    assert (columns >= 0).sum() == 1410
