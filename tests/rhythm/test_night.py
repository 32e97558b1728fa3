import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.assembly import ASLEEP, AWAKE, UNKNOWN
from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.frame import frame_of
from daykeel.rhythm.minutes import Known, Slept
from daykeel.rhythm.night import night_of
from daykeel.rhythm.settling import read

sys.path.insert(0, str(Path(__file__).parent))
from told import at, night, scene, slept

NOTHING = Slept([], [], [], [])
NIGHT_1 = [(-50 / 60, 2 + 40 / 60), (3 + 20 / 60, 7 + 5 / 60)]
NAPS = [(-9, -9 + 40 / 60), (-4, -4 + 8 / 60)]


def painted(asleep=(), unknown=(), fallback=()):
    states = np.full(2160, AWAKE, dtype=np.int8)
    stands_in = np.zeros(2160, dtype=bool)
    for stretches, state in ((asleep, ASLEEP), (unknown, UNKNOWN)):
        for start, stop in stretches:
            states[slice(*(round(60 * one) + 1080 for one in (start, stop)))] = state
    for start, stop in fallback:
        stands_in[slice(*(round(60 * one) + 1080 for one in (start, stop)))] = True
    assumed = np.zeros(2160, dtype=bool)
    return Known(states, assumed, stands_in & (states != UNKNOWN), "", "", None, ())


def noted(given, known):
    return night_of(given, NOTHING, known, read(given, NOTHING, known))


def told(*stretches, **more):
    return noted(scene(**more), painted(*stretches))


def bounds(value):
    return None if value.value is None else (value.value, value.lo, value.hi)


GOLDEN = [
    # asleep, unknown, onset, offset, duration, TST, certainty (science.md 5.3)
    (NIGHT_1 + NAPS, [], (-5 / 6,) * 3, (7 + 1 / 12,) * 3, (475,) * 3, (483,) * 3, "certain"),
    (
        NIGHT_1 + NAPS,
        [(-1 - 40 / 60, -50 / 60)],
        (-5 / 6, -1 - 2 / 3, -5 / 6),
        (7 + 1 / 12,) * 3,
        (475, 475, 525),
        (483, 483, 533),
        "bounded",
    ),
    ([(-1, 7)], [(-9, -7)], (-1,) * 3, (7,) * 3, (480,) * 3, (480, 480, 600), "certain"),
    ([(-1, 7)], [(2, 2.75)], (-1,) * 3, (7,) * 3, (480,) * 3, (435, 435, 480), "certain"),
    ([(-1, 7)], [(2, 3.5)], None, None, None, (None, 390, 480), "none"),
    ([(-1, 3)], [(3, 11)], None, None, None, (None, 240, 720), "none"),
    ([(-1, 7)], [(-11, -2)], None, None, None, (None, 480, 1020), "none"),
    ([], [(-6, -5 - 10 / 60)], None, None, (0, 0, 0), (0, 0, 50), "none"),
    ([], [(-6, -4.5)], None, None, None, (None, 0, 90), "none"),
    ([(8, 15.5)], [], (8,) * 3, (15.5,) * 3, (450,) * 3, (240,) * 3, "certain"),
]


@pytest.mark.parametrize("row", GOLDEN)
def test_golden_nights(row):
    asleep, unknown, onset, offset, duration, tst, certainty = row

    found = told(asleep, unknown)

    assert bounds(found.onset) == (onset and pytest.approx(onset, abs=1e-9))
    assert bounds(found.offset) == (offset and pytest.approx(offset, abs=1e-9))
    assert bounds(found.duration) == duration
    assert (found.tst.value, found.tst.lo, found.tst.hi) == tst
    assert found.certainty == certainty
    assert found.no_main_sleep == (duration == (0, 0, 0))


def test_the_midpoint_of_the_first_golden_night_and_its_one_nap():
    found = told(NIGHT_1 + NAPS)

    assert bounds(found.mid) == (3.125, 3.125, 3.125)
    assert [(nap.stop - nap.start) / timedelta(minutes=1) for nap in found.naps] == [40]


@pytest.mark.parametrize(
    ("unknown", "known_core", "coverage"),
    [
        ([(-1 - 40 / 60, -50 / 60)], 0.9652777777777778, 0.96875),
        ([(-9, -7)], 0.9166666666666667, 0.925),
        ([(2, 2.75)], 0.96875, 0.971875),
        ([(-18, -12)], 1.0, 0.95),
    ],
)
def test_golden_coverage(unknown, known_core, coverage):
    found = told([(-1, 7)], unknown)

    assert found.known_core == pytest.approx(known_core, abs=1e-12)
    assert found.coverage == pytest.approx(coverage, abs=1e-12)


def test_bounds_of_the_midpoint_are_those_of_science():
    found = told([(-1, 7)], [(-2, -1), (7, 7.5)])

    # onset in [-2, -1], offset in [7, 7.5]: (c + b) / 2 and (a + d) / 2
    assert bounds(found.mid) == (3.0, 2.5, 3.25)


def test_a_fallback_source_counts_half():
    found = told([(-1, 7)], [], [(-12, 12)])

    assert (found.known_core, found.fallback_share) == (1.0, 1.0)
    assert found.coverage == pytest.approx(0.55)
    assert "fallback_source" in found.reasons


def test_reasons_say_what_is_notable():
    assert told([(-1, 7)]).reasons == ()
    assert told([(-1, 7)], [(7, 8)]).reasons == ("edge_unknown",)
    assert told([]).reasons == ("no_main_sleep",)


def test_much_that_is_only_assumed_is_said():
    found = night(slept(-1, 7))

    assert found.assumed_share == pytest.approx(16 / 24)
    assert found.reasons == ("awake_assumed",)


def test_wall_times_follow_the_change_of_clocks_and_durations_do_not():
    spring = night(
        slept(utc("2026-03-28T22:00"), utc("2026-03-29T05:00")),
        day=date(2026, 3, 29),
        zone="Europe/Berlin",
        as_of=utc("2026-03-31T00:00"),
        heard={"wrist": utc("2026-03-31T00:00")},
    )
    autumn = night(
        slept(utc("2026-10-24T21:00"), utc("2026-10-25T06:00")),
        day=date(2026, 10, 25),
        zone="Europe/Berlin",
        as_of=utc("2026-10-27T00:00"),
        heard={"wrist": utc("2026-10-27T00:00")},
    )

    assert (spring.onset.value, spring.offset.value, spring.duration.value) == (-1, 7, 420)
    assert spring.mid.value == 3.5  # 01:30 UTC
    assert (autumn.onset.value, autumn.offset.value, autumn.duration.value) == (-1, 7, 540)
    assert spring.flags == autumn.flags == ("dst", "dst_1")
    assert (spring.offset_min, autumn.offset_min) == (120, 60)
    assert spring.known_core == autumn.known_core == 1.0


def test_the_zone_is_that_in_force_when_sleep_ended():
    here = ClientContext("c-1", (ZoneChange(at(-9999), "UTC"), ZoneChange(at(10), "Asia/Tokyo")))
    before = scene(slept(-1, 7))
    frame = frame_of(before.frame.day, here, before.as_of)
    states = np.full(frame.size, AWAKE, dtype=np.int8)
    states[frame.minute(at(-1)) : frame.minute(at(7))] = ASLEEP
    nothing = np.zeros(frame.size, dtype=bool)
    known = Known(states, nothing, nothing, "", "", None, ())

    found = noted(replace(before, context=here, frame=frame), known)

    assert frame.zone == "Asia/Tokyo"
    assert (found.zone, found.offset_min, found.zone_changed) == ("UTC", 0, True)
    assert (found.onset.value, found.offset.value) == (-1, 7)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
