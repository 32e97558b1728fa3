"""Lives through one stream on the stepped clock: what clocks, calendars and journeys do to nights.

Each expectation is stated by hand, and the whole State is compared with a direct computation.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from lives import profile, raw, wire
from running import command_record, raw_record, running

from daykeel.clock.clock import SteppedClock
from daykeel.events.codec import decode
from daykeel.log.open import open_sqlite_log
from daykeel.log.topics import SIGNALS
from daykeel.pipeline.batch import batch, state_digest
from daykeel.rhythm.ledger import SignalSet
from daykeel.stream.state import state_at

pytestmark = pytest.mark.long

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BEGIN, END = date(2027, 12, 12), date(2028, 4, 10)
SPRING = date(2028, 2, 20)
"""Where shorter lives begin."""
BERLIN, TOKYO, KOLKATA, LAGOS = "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Africa/Lagos"
AUCKLAND, HOWE = "Pacific/Auckland", "Australia/Lord_Howe"
LANDED = datetime(2028, 3, 11, tzinfo=UTC)
"""Over Siberia, asleep: the phone shows the time of Tokyo from here on."""
MOVED_AT = datetime(2028, 3, 20, 12, tzinfo=UTC)
BACK = datetime(2028, 3, 18, 12, tzinfo=UTC), datetime(2028, 3, 17, tzinfo=UTC)
"""The clock is set from the first to the second."""


@dataclass
class Life:
    """Somebody who sleeps by the clock on the wall, and what becomes of it."""

    client: str
    tz: str
    first: date = SPRING
    bed: float = -1.0
    """Hours from the midnight of the day of waking."""
    up: float = 7.0
    exact: tuple[date, ...] = ()
    """Nights that begin and end to the minute; others vary by some minutes."""
    silent: tuple[date, date] | None = None
    is_local: bool = False
    """The tracker tells wall times without a zone."""
    told: dict[str, object] = field(default_factory=dict)
    """More of the profile."""
    zones: tuple[tuple[datetime, str], ...] = ()
    """What the phone says of the zone, from when on."""
    kinds: frozenset[str] = frozenset()
    """Of alerts that are right."""

    def zone_on(self, day):
        return next((tz for start, tz in self.zones[::-1] if start.date() <= day), self.tz)


def instant(day, hours, tz):
    """The instant at which a clock on a wall shows it."""
    wall = datetime.combine(day, time()) + hours * HOUR
    return wall.replace(tzinfo=ZoneInfo(tz)).astimezone(UTC)


def dates(first, last):
    return [first + n * DAY for n in range((last - first).days + 1)]


LEAP = (date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1))
NEW_YEAR = (date(2027, 12, 31), date(2028, 1, 1))
FORWARD, BACKWARD = date(2028, 3, 26), date(2028, 4, 2)
"""When clocks are changed in Berlin, and in Auckland and on Lord Howe Island."""
PLAIN = date(2028, 3, 8)

LIVES = [
    Life("c-berlin", BERLIN, BEGIN, exact=(*NEW_YEAR, *LEAP, FORWARD)),
    Life("c-auckland", AUCKLAND, exact=(PLAIN, BACKWARD)),
    Life("c-howe", HOWE, exact=(PLAIN, BACKWARD)),
    Life("c-kolkata", KOLKATA, exact=(*LEAP, PLAIN), is_local=True),
    Life(
        "c-flight", BERLIN, exact=(date(2028, 3, 20),), zones=((LANDED, TOKYO),),
        kinds=frozenset({"travel"}),
    ),
    Life(
        "c-hop", BERLIN, exact=(date(2028, 3, 15), date(2028, 3, 16)),
        zones=(
            (datetime(2028, 3, 14, 10, tzinfo=UTC), KOLKATA),
            (datetime(2028, 3, 15, 12, tzinfo=UTC), BERLIN),
        ),
    ),
    Life("c-daysleeper", LAGOS, bed=7, up=15, exact=(PLAIN,)),
    Life(
        "c-enrolled", BERLIN, silent=(date(2028, 3, 1), date(2028, 3, 10)), exact=(PLAIN,),
        told={"enrolled": "2028-03-15"},
    ),
]  # fmt: skip
IN_FLIGHT = (datetime(2028, 3, 10, 22, tzinfo=UTC), datetime(2028, 3, 11, 4, tzinfo=UTC))


def lived(life, rng):
    """What the tracker of a life tells, and the phone."""
    for day in dates(life.first, END):
        if life.silent and life.silent[0] <= day <= life.silent[1]:
            continue
        tz = life.zone_on(day - DAY) if life.client == "c-hop" else life.zone_on(day)
        vary = (0, 0) if day in life.exact else rng.integers(-25, 26, 2).tolist()
        bed, up = (
            hours + minutes / 60 for hours, minutes in zip((life.bed, life.up), vary, strict=True)
        )
        start, end = instant(day, bed, tz), instant(day, up, tz)
        if life.client == "c-flight" and day == LANDED.date():
            start, end = IN_FLIGHT
        yield tracked(life.client, [episode(life, day, tz, start, end)], end + 10 * MINUTE)
        yield tracked(life.client, [], end + 170 * MINUTE)
        yield tracked(life.client, [], end + 13 * HOUR)
    for start, tz in life.zones:
        said = {"kind": "device.timezone", "start": wire(start), "value": {"tz": tz}}
        yield raw(life.client, [said], start, device="phone")


def tracked(client, events, received_at):
    return raw(client, events, received_at, device="tracker")


def episode(life, day, tz, start, end):
    told = {"kind": "sleep.episode", "native_id": f"night {day}", "value": {"is_main_sleep": True}}
    if life.is_local:
        walls = [
            at.astimezone(ZoneInfo(tz)).replace(tzinfo=None).isoformat() for at in (start, end)
        ]
        return told | {"local_start": walls[0], "local_end": walls[1], "time_basis": "local"}
    return told | {"start": wire(start), "end": wire(end)}


@dataclass
class Travelled:
    """What was seen on the way, and what is left."""

    nights: dict = field(default_factory=dict)
    """By label, the nights stored then."""
    left: dict = field(default_factory=dict)
    """The nights stored in the end."""
    equal: list = field(default_factory=list)
    signals: list = field(default_factory=list)
    """Every one that was said."""


FINAL = {
    "before": datetime(2028, 3, 26, 7, 59, tzinfo=UTC),
    "after": datetime(2028, 3, 26, 8, tzinfo=UTC),
}
"""In Berlin somebody woke at 05:00 UTC, which clocks call 07:00 since that night."""


@pytest.fixture(scope="module")
def travelled(tmp_path_factory):
    return asyncio.run(travel(tmp_path_factory.mktemp("travel")))


async def travel(folder):
    rng = np.random.default_rng(7)
    records = [one for life in LIVES for one in lived(life, rng)]
    records.sort(key=lambda one: (one.received_at, one.client))
    commands = [profile(one.client, **{"tz": one.tz, **one.told}) for one in LIVES]
    moved = profile("c-daysleeper", tz=LAGOS, night_boundary_hour=0)
    moved = type(moved)(
        **{name: getattr(moved, name) for name in moved.__struct_fields__} | {"version": 2}
    )
    url, clock = f"sqlite:///{folder}/log.db", SteppedClock(folder / "clock.json")
    begins, ends = (datetime.combine(day, time(12), UTC) for day in (BEGIN - DAY, END))
    clock.set(begins)
    log, found = open_sqlite_log(url), Travelled()
    log.append([command_record(one) for one in commands])
    stops = {begins + n * 7 * DAY: "" for n in range(1, 99) if begins + n * 7 * DAY < ends}
    stops |= {at: label for label, at in FINAL.items()}
    stops |= {BACK[0]: "back", MOVED_AT - MINUTE: "unmoved", MOVED_AT: "moved", ends: "end"}
    async with running(log, url, clock) as stream:
        sent = 0
        for stop in sorted(stops):
            due = [one for one in records[sent:] if one.received_at <= stop]
            sent += len(due)
            log.append([raw_record(one) for one in due])
            if stops[stop] == "moved":
                commands.append(moved)
                log.append([command_record(moved)])
            await stream.settle(stop)
            if stops[stop]:
                found.nights[stops[stop]] = dict(stream.store.nights)
            if stops[stop] == "back":
                used = {"kind": "phone.unlock", "start": wire(BACK[1])}
                late = [raw(one.client, [used], BACK[1]) for one in LIVES]
                clock.set(BACK[1])
                log.append([raw_record(one) for one in late])
                await stream.settle(BACK[1])
                records[sent:sent] = late
                sent += len(late)
                found.nights["went back"] = dict(stream.store.nights)
            if stops[stop] in ("after", "end"):
                found.equal.append(equal(log, records[:sent], commands, stop))
        found.left = dict(stream.store.nights)
    said = log.read("onlooker", (SIGNALS,), 100_000)
    found.signals = [decode(SignalSet, one.value) for one in said]
    log.close()
    return found


def equal(log, records, commands, now):
    """Whether the stream's State of each client is that of batch."""
    tables, _ = state_at(log, now)
    whole = batch(records, commands, now).tables
    return {
        one.client: state_digest(tables, one.client) == state_digest(whole, one.client)
        for one in LIVES
    }


def night(travelled, client, day, label=None):
    nights = travelled.nights[label] if label else travelled.left
    return nights[client, day].night


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.client)
def test_the_state_is_that_of_a_direct_computation(travelled, life):
    assert [one[life.client] for one in travelled.equal] == [True, True]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.client)
def test_no_alert_arises_at_any_time(travelled, life):
    said = [one for one in travelled.signals if one.client == life.client and one.episodes]

    assert {one.kind for one in said} == life.kinds


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.client)
def test_every_date_has_its_night_and_every_sleep_is_in_the_one_it_belongs_to(travelled, life):
    nights = {
        day: one.night for (whose, day), one in travelled.left.items() if whose == life.client
    }
    is_moved = life.client == "c-daysleeper"
    lived_on = dates(life.first + is_moved * DAY, END)

    unknown = [day for day in lived_on if nights[day].certainty != "certain"]

    assert sorted(nights) == dates(min(nights), max(nights))
    assert unknown == (dates(*life.silent) if life.silent else [])
    assert all(nights[day].final and not nights[day].naps for day in lived_on)


@pytest.mark.parametrize(
    ("client", "day", "times", "minutes"),
    [
        *(("c-berlin", day, (-1, 7), 480) for day in (*NEW_YEAR, *LEAP)),
        ("c-berlin", FORWARD, (-1, 7), 420),
        ("c-auckland", PLAIN, (-1, 7), 480),
        ("c-auckland", BACKWARD, (-1, 7), 540),
        ("c-howe", PLAIN, (-1, 7), 480),
        ("c-howe", BACKWARD, (-1, 7), 510),
        *(("c-kolkata", day, (-1, 7), 480) for day in (*LEAP, PLAIN)),
        ("c-flight", date(2028, 3, 11), (7, 13), 360),
        ("c-flight", date(2028, 3, 20), (-1, 7), 480),
        ("c-hop", date(2028, 3, 15), (-5.5, 2.5), 480),
        ("c-hop", date(2028, 3, 16), (-1, 7), 480),
    ],
)
def test_times_are_those_of_the_clock_on_the_wall_and_lengths_elapse(
    travelled, client, day, times, minutes
):
    found = night(travelled, client, day)

    assert (found.onset.value, found.offset.value) == times
    assert found.duration.value == minutes


@pytest.mark.parametrize(
    ("client", "day", "final"),
    [
        ("c-berlin", date(2028, 2, 29), datetime(2028, 2, 29, 9, tzinfo=UTC)),
        ("c-berlin", FORWARD, datetime(2028, 3, 26, 8, tzinfo=UTC)),
        ("c-auckland", BACKWARD, datetime(2028, 4, 1, 22, tzinfo=UTC)),
        ("c-howe", PLAIN, datetime(2028, 3, 7, 23, tzinfo=UTC)),
        ("c-howe", BACKWARD, datetime(2028, 4, 1, 23, 30, tzinfo=UTC)),
        ("c-kolkata", PLAIN, datetime(2028, 3, 8, 4, 30, tzinfo=UTC)),
    ],
)
def test_a_night_is_final_three_hours_after_waking_whatever_clocks_do(
    travelled, client, day, final
):
    assert night(travelled, client, day).finalised_at == final


def test_it_is_final_at_that_minute_and_not_before(travelled):
    before, after = (night(travelled, "c-berlin", FORWARD, label) for label in FINAL)

    assert (before.final, after.final) == (False, True)


@pytest.mark.parametrize(
    ("client", "changed"),
    [("c-berlin", FORWARD), ("c-auckland", BACKWARD), ("c-howe", BACKWARD), ("c-kolkata", None)],
)
def test_the_week_after_a_change_of_clocks_is_marked_and_no_other(travelled, client, changed):
    marked = [day for whose, day in travelled.left if whose == client
              and "dst" in night(travelled, client, day).flags]  # fmt: skip

    assert sorted(marked) == (
        dates(changed, min(changed + 6 * DAY, max(marked))) if changed else []
    )


def test_half_an_hour_of_offset_is_in_the_night(travelled):
    offsets = [night(travelled, "c-howe", day).offset_min for day in (PLAIN, BACKWARD)]

    assert offsets == [660, 630]
    assert night(travelled, "c-kolkata", PLAIN).offset_min == 330


def test_a_night_in_flight_lies_in_the_zone_its_sleeper_wakes_in(travelled):
    found = night(travelled, "c-flight", LANDED.date())

    assert (found.zone, found.zone_changed) == (TOKYO, True)
    assert found.tst.value == 300  # of six hours one lies after noon
    assert night(travelled, "c-flight", LANDED.date() - DAY).zone == BERLIN


def test_a_journey_is_told_once(travelled):
    said = [one for one in travelled.signals if (one.client, one.kind) == ("c-flight", "travel")]
    (episode,) = said[-1].episodes

    assert episode.onset == LANDED.date()
    assert {one.episodes[0].onset for one in said if one.episodes} == {LANDED.date()}


def test_a_night_away_keeps_the_zone_of_home(travelled):
    zones = {
        night(travelled, "c-hop", day).zone for whose, day in travelled.left if whose == "c-hop"
    }

    assert zones == {BERLIN}


def test_a_day_sleepers_sleep_is_of_the_next_night_once_the_boundary_is_at_midnight(travelled):
    """Asleep from 07:00 to 15:00 in Lagos; at noon the night of that date is over."""
    before = night(travelled, "c-daysleeper", PLAIN, "unmoved")
    after = night(travelled, "c-daysleeper", PLAIN + DAY, "moved")

    assert (before.onset.value, before.offset.value, before.duration.value) == (7, 15, 480)
    assert (after.onset.value, after.offset.value, after.duration.value) == (-17, -9, 480)
    assert after.tst.value == 480
    assert before.tst.value != 480


def test_silence_before_somebody_was_enrolled_is_no_silence(travelled):
    assert night(travelled, "c-enrolled", date(2028, 3, 5)).certainty == "none"
    assert night(travelled, "c-enrolled", date(2028, 2, 25)).certainty == "certain"
    assert not [one for one in travelled.signals if one.client == "c-enrolled" and one.episodes]


def test_a_clock_that_went_back_and_on_again_revises_nothing(travelled):
    before, back = travelled.nights["back"], travelled.nights["went back"]
    revised = {
        (client, day): (one.version, travelled.left[client, day].version)
        for (client, day), one in before.items()
        if one.night.final and client != "c-daysleeper" and day < BACK[0].date()
        if travelled.left[client, day].version != one.version
    }

    assert revised == {}
    assert back.keys() == before.keys()
    assert any(not back[key].night.final for key, one in before.items() if one.night.final)
