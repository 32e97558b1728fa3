import sys
from pathlib import Path

import pytest

from daykeel.rhythm.sessions import corrected, sessions_of

sys.path.insert(0, str(Path(__file__).parent))
from told import at, correction, said, slept


def found(*events):
    return [(one.start, one.stop) for one in sessions_of(events)]


def tracked(**times):
    kinds = {"start": "tracking_start", "stop": "tracking_stop"}
    return [
        said(f"sleep.{kinds.get(kind, kind)}", hours, name=f"{kind} {hours}")
        for kind, several in times.items()
        for hours in ([several] if isinstance(several, int | float) else several)
    ]


def test_an_episode_is_a_session_as_it_stands():
    assert found(slept(-1, 7), slept(-9, -8)) == [(at(-9), at(-8)), (at(-1), at(7))]


def test_an_episode_without_an_end_is_none():
    assert found(said("sleep.episode", -1), said("sleep.episode", -1, -1)) == []


def test_stages_of_lying_awake_are_told():
    stages = [
        {"stage": "light", "start": "2026-03-03T23:00:00Z", "end": "2026-03-04T02:00:00Z"},
        {"stage": "awake", "start": "2026-03-04T02:00:00Z", "end": "2026-03-04T02:20:00Z"},
    ]

    (session,) = sessions_of([slept(-1, 7, stages=stages)])

    assert session.awake == ((at(2), at(2 + 1 / 3)),)


def test_stages_with_an_end_are_sessions_of_their_own():
    events = [said("sleep.stage", -1, 1, stage="light"), said("sleep.stage", 1, 2, stage="awake")]

    sleep, awake = sessions_of(events)

    assert (sleep.start, sleep.stop, sleep.is_awake) == (at(-1), at(1), False)
    assert (awake.start, awake.stop, awake.is_awake) == (at(1), at(2), True)


@pytest.mark.parametrize("stage", ["unknown"])
def test_a_stage_that_says_nothing_is_no_session(stage):
    assert found(said("sleep.stage", -1, 1, stage=stage)) == []


def test_tracking_counts_from_falling_asleep():
    assert found(*tracked(start=-1.2, onset=-1, stop=7)) == [(at(-1), at(7))]
    assert found(*tracked(start=-1.2, stop=7)) == [(at(-1.2), at(7))]


def test_a_start_without_a_stop_tells_of_no_sleep():
    assert found(*tracked(start=[-25, -1], stop=7)) == [(at(-1), at(7))]
    assert found(*tracked(start=-1)) == []


def test_falling_asleep_and_waking_are_a_session():
    assert found(*tracked(onset=-1, wake=7)) == [(at(-1), at(7))]


def test_devices_are_not_mixed_up():
    first, second = tracked(start=-1), tracked(stop=7)
    other = [said("sleep.tracking_stop", 7, device="other")]

    assert found(*first, *other) == []
    assert len(found(*first, *second, *other)) == 1


def test_a_pause_and_lying_awake_are_stretches_up_to_the_next_message():
    events = tracked(start=-1, stop=7, tracking_pause=2, tracking_resume=2.5)
    events += [
        said("sleep.stage", 4, stage="awake", name="awake"),
        said("sleep.stage", 4.25, stage="light", name="light"),
    ]

    (session,) = sessions_of(events)

    assert session.awake == ((at(2), at(2.5)), (at(4), at(4.25)))


def test_a_source_that_counts_more_sleep_than_it_tells_lacks_some():
    short, whole = (sessions_of([slept(-1, 1, asleep_min=minutes)])[0] for minutes in (140, 135))

    assert (short.lacks, whole.lacks) == (True, False)


def test_a_diary_that_tells_of_no_sleep_is_lying_awake():
    (session,) = sessions_of([said("self.sleep_diary", -2, 8, day="2026-03-04", asleep_min=0)])

    assert session.is_awake


def test_a_correction_moves_a_session_and_keeps_what_was_told():
    (session,) = sessions_of([slept(-1, 7)])

    moved = corrected(session, correction(session.group, stop=6, when=9))

    assert (moved.start, moved.stop, moved.told) == (at(-1), at(6), (at(-1), at(7)))
    assert moved.is_corrected
    assert moved.received_at == at(9)
