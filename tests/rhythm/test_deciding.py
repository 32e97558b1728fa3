import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from told import at, deleted, night, said, slept


def evidence(*events, **more):
    return night(*events, **more).evidence_at


def test_without_any_sleep_nothing_was_needed():
    assert evidence() is None


def test_it_is_when_sleep_was_told_if_the_device_had_seen_enough_by_then():
    session = slept(-1, 7, received_at=11)

    assert evidence(session) == at(11)
    assert evidence(session, said("device.battery", 13, percent=50)) == at(11)


def test_a_night_bounded_by_a_later_sync_was_not_known_before_it():
    # at 7:06 a longer sleep may still follow; that the watch told of none until 10:00 decides
    session = slept(-1, 7, received_at=7.1)
    later = [said("device.battery", hour, percent=50) for hour in (7.5, 10, 15)]

    assert evidence(session, *later) == at(10)


def test_that_a_device_is_there_is_no_sync():
    session = slept(-1, 7, received_at=7.1)

    found = evidence(session, said("device.online", 10), heard={"wrist": at(13)})

    assert found == at(13)


@pytest.mark.parametrize(("heard", "expected"), [(13, 13), (17, 17), (30, 18)])
def test_a_sync_that_told_of_nothing_counts_until_the_night_is_final(heard, expected):
    found = evidence(slept(-1, 7, received_at=7.1), heard={"wrist": at(heard)})

    assert found == at(expected)


def test_a_deletion_is_needed_too():
    session = slept(-1, 7, received_at=7.1)

    assert evidence(session, deleted(session)) == at(20)


def test_steps_count_from_when_those_of_the_night_came():
    walks = [(-6, -3.5), (-3, -1), (7, 8.5), (10, 12)]
    told = [
        said("activity.steps", start + n / 6, start + (n + 1) / 6, steps=500, received_at=14.5)
        for start, stop in walks
        for n in range(round(6 * (stop - start)))
    ]

    assert evidence(*told) == at(14.5)
