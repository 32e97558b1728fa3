import sys
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.events.pieces import Epochs, Pieces
from daykeel.rhythm.nights import build_day

sys.path.insert(0, str(Path(__file__).parent))
from told import LATER, NIGHT, at, context, said, slept, synced

DAY = timedelta(days=1)


def counted(rows, *, unit="counts", kind="activity.epoch", epoch_s=60):
    """Pieces with an epoch at each (hour, amount)."""
    found = {}
    for day in sorted({at(hour).date() for hour, _ in rows}):
        own = [(at(hour), amount) for hour, amount in rows if at(hour).date() == day]
        starts = [int(moment.timestamp()) for moment, _ in own]
        n = len(own)
        micro = [1_000_000 * start for start in starts]
        found[day] = Pieces(epochs=[
            Epochs("daykeel", "watch", "wrist", kind, unit, starts, [epoch_s] * n,
                   [1000 * amount for _, amount in own], micro, micro, ["r"] * n)
        ])  # fmt: skip
    return found


def worn(*, asleep=(-1, 7), first=-18, last=18, active=100):
    minutes = [first + n / 60 for n in range(round(60 * (last - first)))]
    return [(hour, 0 if asleep[0] <= hour < asleep[1] else active) for hour in minutes]


def built(pieces, *events, stones=(), heard=None, **more):
    for event in events:
        day = event.start.date()
        held = pieces.setdefault(day, Pieces())
        pieces[day] = Pieces([*held.events, event], held.epochs, held.tombstones)
    for stone in stones:
        for day, held in list(pieces.items()):
            pieces[day] = Pieces(held.events, held.epochs, [stone])
    heard = synced(heard or {"wrist": LATER})
    return build_day(NIGHT, pieces, context(**more), heard, LATER).night


def test_without_sessions_activity_tells_of_sleep():
    found = built(counted(worn()))

    assert (found.onset.value, found.offset.value, found.certainty) == (-1, 7, "certain")
    assert (found.source, found.device, found.fallback_share) == ("watch", "wrist", 0.0)
    assert found.finalised_at == at(18)


def test_with_a_session_activity_tells_nothing():
    assert built(counted(worn()), slept(0, 6)).duration.value == 360


def test_of_a_source_that_tells_of_other_nights_activity_only_stands_in():
    found = built(counted(worn()), slept(-25, -17))

    assert found.duration.value == 480
    assert (found.fallback_share, "fallback_source" in found.reasons) == (1.0, True)


def test_a_worn_device_without_half_a_day_of_data_tells_nothing():
    assert built(counted(worn(first=-2, last=9))).certainty == "none"


def test_nothing_is_guessed_where_part_of_the_activity_was_deleted():
    stone = said("meta.tombstone", 12, 13, of="x", reason="deleted")

    found = built(counted(worn()), stones=[stone])

    assert (found.certainty, found.tst.lo) == ("none", 0)


def tracked(*sleeps, first=-18, last=18, sits=()):
    """Steps as a tracker tells them: each minute, also those without any."""
    minutes = [first + n / 60 for n in range(round(60 * (last - first)))]
    quiet = (*sleeps, *sits)
    return [
        (hour, 0 if any(start <= hour < stop for start, stop in quiet) else 20) for hour in minutes
    ]


def test_a_tracker_of_steps_tells_of_the_longest_quiet_stretch():
    found = built(counted(tracked((-1, 7), sits=[(-6, -3)]), unit="steps"))

    assert (found.onset.value, found.offset.value, found.certainty) == (-1, 7, "certain")
    assert (found.tst.value, found.naps, found.fallback_share) == (480, (), 0.0)


def test_a_tracker_of_steps_needs_nothing_to_be_heard_afterwards():
    found = built(counted(tracked((-1, 7), last=12), unit="steps"), heard={"wrist": at(12)})

    assert (found.onset.value, found.offset.value, found.certainty) == (-1, 7, "certain")


def test_steps_taken_in_the_night_are_no_sleep():
    rows = [(hour, 3 if 3 <= hour < 3.25 else steps) for hour, steps in tracked((-1, 7))]

    found = built(counted(rows, unit="steps"))

    assert (found.duration.value, found.tst.value) == (480, 465)


@pytest.mark.parametrize("gap", [(2, 4), (-3, 1), (5, 9)])
def test_steps_that_did_not_come_never_make_a_sleep_short(gap):
    rows = [row for row in tracked((-1, 7)) if not gap[0] <= row[0] < gap[1]]

    found = built(counted(rows, unit="steps"))

    assert found.certainty != "certain"
    assert found.duration.hi is None or found.duration.hi >= 480


def test_a_tracker_of_steps_that_went_silent_is_not_asleep():
    rows = [row for row in tracked(first=-18, last=18) if not -4 <= row[0] < 21]

    assert built(counted(rows, unit="steps")).tst.lo == 0


@pytest.mark.parametrize("unit", ["steps", "counts"])
def test_what_a_tracker_counts_while_nobody_wears_it_is_no_sleep(unit):
    off = said("device.off_wrist", -1, 7)

    found = built(counted(tracked((-1, 7)), unit=unit), off)

    assert (found.certainty, found.tst.lo) == ("none", 0)


def test_a_tracker_of_steps_nobody_wore_all_night_tells_nothing():
    found = built(counted(tracked((-7, 15)), unit="steps"))

    assert (found.certainty, found.no_main_sleep, found.tst.lo) == ("none", False, 0)


def walked(*stretches):
    """Steps as a phone tells them: each minute with some, from hour to hour."""
    rows = [
        (start + n / 60, 100)
        for start, stop in stretches
        for n in range(round(60 * (stop - start)))
    ]
    return counted(rows, unit="steps", kind="activity.steps")


ACTIVE = ((-6, -3.5), (-3, -1), (7, 8.5), (10, 12))
"""A quiet night of 8 hours between busy ones."""


def test_steps_alone_give_a_night_that_counts_half():
    found = built(walked(*ACTIVE))

    assert (found.tst.lo, found.source, found.device) == (480, "watch", "wrist")
    assert found.fallback_share == pytest.approx(8 / 24)
    assert "fallback_source" in found.reasons


def test_steps_alone_tell_nothing_before_the_phone_has_synced():
    assert built(walked(*ACTIVE), heard={"wrist": at(13.9)}).tst.lo == 0


def test_a_phone_whose_battery_was_flat_tells_nothing_of_the_night():
    flat = said("device.battery", -2, percent=3)
    charged = said("device.battery", 8, percent=60)

    assert built(walked(*ACTIVE), flat, charged).tst.lo == 0


def test_steps_of_a_tracker_that_told_of_other_nights_tell_nothing():
    found = built(walked(*ACTIVE), slept(-25, -17))

    assert found.tst.lo == 0


def test_hours_of_steps_tell_nothing():
    rows = [(hour, 0 if -1 <= hour < 7 else 900) for hour in range(-18, 18)]

    assert built(counted(rows, unit="steps", epoch_s=3600)).tst.lo == 0
