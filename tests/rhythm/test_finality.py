import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from told import at, night, said, slept

HEARD = {"wrist": at(99)}


def state(*events, as_of, heard=HEARD):
    found = night(*events, as_of=at(as_of), heard=heard)
    return found.final, found.finalised_at


WAKE = said("sleep.wake", 3)
FIRST = slept(-1, 3)
SECOND = slept(3.5, 7, received_at=12)


def test_golden_life_cycle():
    assert state(FIRST, WAKE, as_of=5.99) == (False, None)
    assert state(FIRST, WAKE, as_of=6) == (True, at(6))

    merged = night(FIRST, WAKE, SECOND, as_of=at(12), heard=HEARD)

    assert (merged.final, merged.finalised_at) == (True, at(6))
    assert (merged.onset_at, merged.offset_at) == (at(-1), at(7))


def test_a_night_is_final_three_hours_after_its_main_sleep():
    assert state(slept(-1, 7), as_of=9.99) == (False, None)
    assert state(slept(-1, 7), as_of=10) == (True, at(10))


def test_sleep_told_of_late_makes_the_night_final_when_it_arrives():
    assert state(slept(-1, 7, received_at=13), as_of=14) == (True, at(13))


def test_more_sleep_that_arrives_after_a_night_was_final_leaves_it_final():
    assert state(FIRST, SECOND, as_of=12) == (True, at(6))


def test_more_sleep_that_arrives_before_a_night_is_final_puts_it_off():
    second = slept(3.5, 5, received_at=5.1)

    assert state(FIRST, second, as_of=7.9) == (False, None)
    assert state(FIRST, second, as_of=8) == (True, at(8))


def test_a_night_of_which_nothing_is_known_is_final_in_the_evening():
    assert state(as_of=17.99, heard={}) == (False, None)
    assert state(as_of=18, heard={}) == (True, at(18))


def test_a_nap_in_the_afternoon_before_does_not_end_the_night():
    assert state(slept(-9, -7.5), as_of=-4) == (False, None)
    assert state(slept(-9, -7.5), as_of=4) == (True, at(4))


def test_a_night_whose_end_is_not_known_waits_for_its_source():
    assert state(slept(-1, 7), as_of=12, heard={"wrist": at(7.1)}) == (False, None)
    assert state(slept(-1, 7), as_of=12, heard={"wrist": at(12)}) == (True, at(10))


@pytest.mark.parametrize("woke", [-13, 12.5])
def test_a_wake_up_of_another_night_does_not_count(woke):
    assert state(said("sleep.wake", woke), as_of=17, heard={}) == (False, None)
