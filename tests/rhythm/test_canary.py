import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daykeel.events.event import RawRecord
from daykeel.pipeline.batch import batch
from daykeel.pipeline.state import Command
from daykeel.rhythm.synthetic.canary import (
    final_night,
    heard,
    is_as_slept,
    night,
    nonce,
    sleep_of,
    told_night,
)

MORNING = datetime(2026, 3, 29, 9, 15, 42, 125000, tzinfo=UTC)
"""Of a Sunday on which Europe changes its clocks; the canary's zone does not."""
MINUTE = timedelta(minutes=1)
CLIENT = "c-nobody"
PROFILE = Command(client=CLIENT, kind="profile", id="profile", version=1, value={"tz": "UTC"})


def said(events, at):
    return RawRecord(
        client=CLIENT,
        adapter="daykeel",
        device="canary",
        topic="",
        stream="event",
        payload=json.dumps(events).encode(),
        received_at=at,
    )


def come_of(records, now):
    """Everything the stream would say of the canary."""
    return batch(records, [PROFILE], now).outputs[CLIENT]


@pytest.mark.parametrize("clock", ["00:00:00", "03:59:59", "04:00:00", "12:30:00", "23:59:59.999"])
def test_a_nonce_comes_back_to_the_millisecond_at_any_time_of_day(clock):
    now = datetime.fromisoformat(f"2026-03-29T{clock}+00:00")

    found = heard(come_of([said([nonce(now)], now)], now).days)

    assert found is not None
    assert abs(found - now) < timedelta(milliseconds=1)


def test_of_several_nonces_the_newest_counts_also_past_midnight():
    instants = [MORNING.replace(hour=23, minute=50) + n * 5 * MINUTE for n in range(4)]
    records = [said([nonce(at)], at) for at in instants]

    assert heard(come_of(records, instants[-1]).days) == instants[-1]
    assert heard(come_of(records[::-1], instants[-1]).days) == instants[-1]


def test_without_a_nonce_nothing_was_heard():
    records = [said(night(MORNING.date()), MORNING)]

    assert heard(come_of(records, MORNING).days) is None
    assert heard([]) is None


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=9)])
def test_a_night_is_final_when_it_must_be_and_as_it_was_slept(late):
    day = MORNING.date()
    told = sleep_of(day).stop + timedelta(minutes=5) + late
    now = max(told, sleep_of(day).stop + timedelta(hours=3, minutes=30))
    records = [said(night(day), told), said([nonce(now)], now)]

    nights = {one.night.night: one.night for one in come_of(records, now).nights}

    assert final_night(now) == day
    assert is_as_slept(nights[day])
    assert nights[day].certainty == "certain"


def test_a_night_told_again_is_the_same_night():
    day = MORNING.date()
    now = MORNING.replace(hour=20)
    once = [said(night(day), MORNING)]

    again = come_of([*once, said(night(day), now)], now)

    assert night(day) == night(day)
    found = next(one for one in again.nights if one.night.night == day)
    assert (found.version, found.state) == (1, "final")


def test_a_night_that_is_not_final_or_not_as_slept_is_no_proof():
    day = MORNING.date()
    now = MORNING.replace(hour=11)
    nights = {
        one.night.night: one.night for one in come_of([said(night(day), MORNING)], now).nights
    }
    found = nights[day]

    assert is_as_slept(found)
    assert not is_as_slept(replace(found, final=False))
    assert not is_as_slept(replace(found, onset_at=sleep_of(day).start + MINUTE))
    assert not is_as_slept(replace(found, offset_at=None))


def test_a_night_is_told_hours_before_it_must_be_final():
    waking = sleep_of(MORNING.date()).stop

    assert told_night(waking) == final_night(waking) == MORNING.date() - timedelta(1)
    assert told_night(waking + 5 * MINUTE) == MORNING.date()
    assert final_night(waking + 209 * MINUTE) == MORNING.date() - timedelta(1)
    assert final_night(waking + 210 * MINUTE) == MORNING.date()
