import sys
from itertools import permutations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from event_builders import MIDNIGHT, MINUTE, told

from daykeel.events.newest import newest
from daykeel.events.repeats import without_repeats


def arrival(minute, kind="sleep.stage", **more):
    return told(kind, minute, time_basis="arrival", **more)


def test_the_newest_observation_replaces_all_events_of_its_group():
    tentative = [told("sleep.episode", 0, "night", seen=1), told("bed.in", 0, "night", seen=1)]
    final = [told("sleep.episode", 7, "night", seen=2)]

    assert newest([tentative, final]) == newest([final, tentative]) == final


def test_of_equal_records_the_one_received_first_is_left():
    first, again = (told(received_at=MIDNIGHT + late * MINUTE) for late in (0, 5))

    assert [newest(order) for order in permutations([[first], [again]])] == [[first], [first]]


def test_what_arrives_twice_within_minutes_happened_once():
    events = [arrival(0), arrival(9)]

    assert without_repeats(events[::-1]) == events[:1]


def test_what_arrives_again_after_ten_minutes_happened_again():
    assert len(without_repeats([arrival(0), arrival(11)])) == 2


def test_with_something_else_between_it_happened_again():
    events = [arrival(0), arrival(1, "sleep.onset"), arrival(2)]

    assert without_repeats(events) == events


def test_two_devices_may_say_the_same():
    assert len(without_repeats([arrival(0), arrival(1, device="watch")])) == 2


def test_both_events_of_one_message_are_repeated_by_the_next():
    first = [arrival(0, "sleep.tracking_start"), arrival(0, "bed.in")]
    again = [arrival(2, "sleep.tracking_start"), arrival(2, "bed.in")]

    assert {event.kind for event in without_repeats(first + again)} == {
        "sleep.tracking_start",
        "bed.in",
    }
    assert len(without_repeats(first + again)) == 2


def test_what_has_a_time_of_its_own_is_never_a_repeat():
    assert len(without_repeats([told(minute=0), told(minute=1)])) == 2
