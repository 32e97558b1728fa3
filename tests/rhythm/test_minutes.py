import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from daykeel.rhythm.assembly import ASLEEP, AWAKE, UNKNOWN
from daykeel.rhythm.minutes import known, pieces_of
from daykeel.rhythm.minutes import slept as sleep_of

sys.path.insert(0, str(Path(__file__).parent))
from told import at, correction, deleted, night, said, scene, slept, steps

NAMES = {ASLEEP: "asleep", AWAKE: "awake", UNKNOWN: "unknown"}


def minutes(*events, **more):
    given = scene(*events, **more)
    return given, known(given, sleep_of(given))


def states(*events, hours, **more):
    """What is known of the minutes that begin at some hours."""
    given, found = minutes(*events, **more)
    return [NAMES[int(found.states[given.frame.minute(at(hour))])] for hour in hours]


def ring(start, stop, **more):
    return slept(start, stop, source="ring", device="finger", **more)


def test_a_session_is_asleep_and_around_it_awake_is_assumed_up_to_the_last_sync():
    heard = {"wrist": at(9)}

    assert states(slept(-1, 7), hours=(-10, -1, 6.95, 7, 8.95, 9), heard=heard) == [
        "awake", "asleep", "asleep", "awake", "awake", "unknown",
    ]  # fmt: skip


def test_what_is_assumed_is_told_apart():
    _, found = minutes(slept(-1, 7), heard={"wrist": at(9)})

    assert int(found.assumed.sum()) == 60 * (17 + 2)


def test_nothing_is_assumed_without_a_session_of_an_hour_for_the_night():
    assert states(slept(-1, -0.1), hours=(-3, 3)) == ["unknown", "unknown"]
    assert states(slept(-25, -17), hours=(-3, 3)) == ["unknown", "unknown"]


def test_nothing_is_assumed_of_a_device_that_was_not_worn_or_had_no_power():
    off = said("device.off_wrist", -10, -5)
    flat = [said("device.battery", 8, percent=3), said("device.battery", 10, percent=30)]

    found = states(slept(-1, 7), off, *flat, hours=(-11, -9, -5.05, -4, 7.5, 9, 10.5))

    assert found == ["awake", "unknown", "unknown", "awake", "awake", "unknown", "awake"]


def test_a_deleted_off_wrist_flag_makes_nothing_known():
    off = said("device.off_wrist", -10, -5)

    assert states(slept(-1, 7), off, deleted(off, span=False), hours=(-9,)) == ["unknown"]


@pytest.mark.parametrize("lacking", [
    [slept(-1, 7, asleep_min=600)],
    [slept(-1, 7), said("sleep.duration", -1, 9, asleep_min=600)],
])  # fmt: skip
def test_nothing_is_assumed_of_a_source_that_counts_more_sleep_than_it_tells(lacking):
    assert states(*lacking, hours=(-9, 2)) == ["unknown", "asleep"]


def test_lying_awake_within_a_session_is_awake():
    stirs = said("sleep.stage", 2, 2.5, stage="awake")

    assert states(slept(-1, 7), stirs, hours=(1.95, 2, 2.45, 2.5)) == [
        "asleep", "awake", "awake", "asleep",
    ]  # fmt: skip


def test_a_night_told_in_stages_alone_is_a_night():
    stages = [said("sleep.stage", x, x + 1, stage="light", name=str(x)) for x in range(-1, 7)]

    assert night(*stages).duration.value == 480


@pytest.mark.parametrize("act", [
    said("phone.unlock", 3),
    said("alarm.dismissed", 3),
    said("social.contact", 3, channel="call", direction="in", answered=True),
    said("activity.state", 3, state="walking"),
])  # fmt: skip
def test_an_act_makes_an_unknown_minute_awake(act):
    assert states(act, hours=(2.95, 3, 3.05)) == ["unknown", "awake", "unknown"]


@pytest.mark.parametrize("no_act", [
    said("alarm.fired", 3),
    said("social.contact", 3, channel="call", direction="in", answered=False),
    said("activity.state", 3, state="still"),
    said("activity.session", -3, 6),
])  # fmt: skip
def test_what_happens_to_somebody_is_no_act(no_act):
    assert states(no_act, hours=(3,)) == ["unknown"]


def test_an_act_wakes_nobody_a_source_says_is_asleep():
    assert states(slept(-1, 7), said("phone.unlock", 3), hours=(3,)) == ["asleep"]


def test_steps_show_wakefulness_where_there_are_enough_of_them():
    few, many = steps(2, 2.1, 1), steps(3, 3.1, 100)
    sparse = steps(4, 5, 5, epoch_s=300)

    found = states(*few, *many, *sparse, hours=(2, 3, 3.09, 3.15, 4))

    assert found == ["awake", "awake", "awake", "unknown", "unknown"]


def test_of_two_sources_of_one_sleep_one_is_used_and_the_other_discarded():
    given = scene(slept(-1, 7), ring(-2, 8), sources=("watch",))

    fates = dict(pieces_of(sleep_of(given), given.reading, given.frame))

    assert fates == {
        slept(-1, 7).group: "used",
        ring(-2, 8).group: "another source tells of the same sleep",
    }
    assert night(slept(-1, 7), ring(-2, 8), sources=("watch",)).duration.value == 480


def test_a_source_that_stands_in_counts_half():
    found = night(ring(-1, 7), sources=("watch", "ring"), heard={"finger": at(30)})

    assert (found.source, found.device, found.fallback_share) == ("ring", "finger", 1.0)
    assert found.coverage == pytest.approx(0.5)
    assert "fallback_source" in found.reasons


def test_deleting_a_session_makes_its_whole_span_unknown():
    session = slept(-1, 7)
    for stone in (deleted(session), deleted(session, span=False)):
        assert states(session, stone, hours=(-2, -1, 3, 6.95, 8)) == ["unknown"] * 5


def test_deleting_a_session_never_lets_another_source_stand_in():
    session = slept(-1, 7)
    events = (session, ring(-2, 8), deleted(session, span=False))

    found = night(*events, sources=("watch", "ring"), heard={"wrist": at(30), "finger": at(30)})

    assert (found.certainty, found.tst.lo) == ("none", 0)


def test_deleting_a_nap_leaves_the_night_and_nothing_assumed_in_its_place():
    nap = slept(-9, -8)

    found = states(slept(-1, 7), nap, deleted(nap, span=False), hours=(-9.5, -8.5, -7.5, 3))

    assert found == ["awake", "unknown", "awake", "asleep"]


def test_a_correction_outranks_every_source():
    session = slept(-1, 7)
    found = night(
        session, ring(-3, 9), correction(session.group, start=1, stop=6), sources=("ring",)
    )

    assert (found.onset_at, found.offset_at, found.certainty) == (at(1), at(6), "certain")


def test_what_a_correction_takes_off_is_awake():
    session = slept(-1, 7)

    found = states(session, correction(session.group, stop=6), hours=(-1, 5.95, 6.5), heard={})

    assert found == ["asleep", "asleep", "awake"]


def test_who_corrects_a_sleep_to_be_shorter_lacks_none_of_it():
    """The source's own total, which knows nothing of it, makes the rest no mystery."""
    session = slept(-1, 7, asleep_min=480)
    total = said("sleep.duration", -1, 7, asleep_min=480)

    found = night(session, total, correction(session.group, stop=3))

    assert (found.offset_at, found.certainty) == (at(3), "certain")


def test_who_says_that_they_did_not_sleep_was_awake():
    session = slept(-1, 7)

    found = states(session, correction(session.group, asleep_min=0), hours=(0, 6), heard={})

    assert found == ["awake", "awake"]


def test_minutes_after_now_do_not_exist():
    _, found = minutes(slept(-1, 7), as_of=at(8))

    assert found.states.size == 26 * 60


def test_a_session_told_in_local_time_is_unknown_where_clocks_are_in_doubt():
    walls = [datetime.fromisoformat(text) for text in ("2026-10-24T23:00", "2026-10-25T02:30")]
    times = {"local_start": walls[0], "local_end": walls[1], "time_basis": "local"}
    event = said("sleep.episode", name="local", received_at=at(9e3), **times)
    then = {"heard": {"wrist": at(9e3)}, "as_of": at(9e3), "zone": "Europe/Berlin"}

    given, found = minutes(event, day=date(2026, 10, 25), **then)

    first = given.frame.minute(datetime.fromisoformat("2026-10-25T00:30+00:00"))
    assert set(found.states[first : first + 60].tolist()) == {UNKNOWN}
    assert found.states[first - 1] == ASLEEP
    assert found.states[first + 60] == AWAKE
