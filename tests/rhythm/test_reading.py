import sys
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from daykeel.rhythm.reading import reading

sys.path.insert(0, str(Path(__file__).parent))
from told import NIGHT, at, context, correction, deleted, pieces, said, slept


def read(*events, zone="UTC"):
    return reading(NIGHT, pieces(*events), context(zone))


def local(start, stop, **more):
    walls = [datetime.fromisoformat(text) for text in (start, stop)]
    return said("sleep.episode", None, None, name="local", local_start=walls[0], local_end=walls[1],
                time_basis="local", received_at=at(20), **more)  # fmt: skip


def test_only_the_dates_around_the_night_are_read():
    far = slept(-80, -72)

    assert list(read(far, slept(-1, 7)).of("sleep.episode")) == [slept(-1, 7)]


def test_events_stand_by_kind_in_the_order_of_time():
    first, second = slept(-9, -8), slept(-1, 7)

    assert list(read(second, first).of("sleep.episode")) == [first, second]


def test_a_local_time_is_resolved_with_the_zone_history():
    (event,) = read(local("2026-03-03T23:00", "2026-03-04T07:00"), zone="Asia/Kolkata").of(
        "sleep.episode"
    )

    assert (event.start, event.end) == (at(-6.5), at(1.5))


def test_what_arrives_again_within_minutes_is_read_once():
    first, again = (
        said("alarm.dismissed", hours, name=str(hours), time_basis="arrival") for hours in (7, 7.1)
    )

    assert list(read(first, again).of("alarm.dismissed")) == [first]


def test_a_deleted_event_is_known_to_be_gone():
    meal, other = said("meal", 18, meal="dinner"), said("meal", 19, meal="dinner")
    found = read(meal, other, deleted(meal, span=False))

    assert list(found.of("meal")) == [meal, other]
    assert list(found.standing("meal")) == [other]


def test_the_span_of_a_tombstone_is_unknown_whatever_it_names():
    stone = said("meta.tombstone", 1, 2, of="nobody", reason="deleted")

    assert read(slept(-1, 7), stone).spans == ((at(1), at(2)),)


def test_a_correction_changes_what_was_told():
    meal = said("meal", 18, meal="lunch")

    (found,) = read(meal, correction(meal.id, start=19, meal="dinner")).of("meal")

    assert (found.start, found.value) == (at(19), {"meal": "dinner"})


def test_of_two_corrections_the_newer_counts():
    meal = said("meal", 18, meal="dinner")
    words = correction(meal.group, start=17, when=21), correction(meal.group, start=19, when=20)

    assert [event.start for event in read(meal, *words).of("meal")] == [at(17)]


def test_a_correction_and_what_it_corrects_are_deleted_together():
    dinner = said("meal", 18, meal="dinner")
    word = correction(dinner.id)

    assert list(read(dinner, word, deleted(word, span=False)).standing("meal")) == []
    assert list(read(dinner, word, deleted(dinner, span=False)).standing("meal")) == []


def test_a_correction_of_a_correction_changes_what_it_says_and_leaves_the_rest():
    meal = said("meal", 18, meal="lunch")
    word = correction(meal.group, start=19, meal="dinner")
    later = correction(word.group, start=20, when=22)

    (found,) = read(meal, word, later).of("meal")

    assert (found.start, found.value) == (at(20), {"meal": "dinner"})


@pytest.mark.parametrize("gone", range(3))
def test_whichever_word_of_a_chain_is_deleted_what_they_correct_goes_too(gone):
    meal = said("meal", 18, meal="dinner")
    word = correction(meal.id, start=19)
    later = correction(word.id, start=20, when=22)

    found = read(meal, word, later, deleted((meal, word, later)[gone], span=False))

    assert list(found.standing("meal")) == []


def test_a_correction_that_was_overtaken_takes_nothing_with_it():
    meal = said("meal", 18, meal="dinner")
    words = correction(meal.group, start=17, when=20), correction(meal.group, start=19, when=21)

    found = read(meal, *words, deleted(words[0], span=False))

    assert [event.start for event in found.standing("meal")] == [at(19)]


def test_corrections_that_name_each_other_end():
    meal = said("meal", 18, meal="dinner")
    word, back = correction(meal.id, start=19), correction("later", start=20, when=22)
    ring = (
        replace(back, id="later", value=back.value | {"of": word.id}),
        replace(word, id="again", value=word.value | {"of": "later"}),
    )

    assert [event.start for event in read(meal, word, *ring).of("meal")] == [at(19)]


def test_a_bed_sensor_is_corrected_as_everything_but_sleep_is():
    rose = said("bed.out", 7)

    (found,) = read(rose, correction(rose.id, start=8)).of("bed.out")

    assert found.start == at(8)


def test_what_a_source_says_of_a_sleep_is_corrected_and_when_it_was_is_not_here():
    diary = said("self.sleep_diary", -1, 7, day="2026-03-04", asleep_min=300)

    (found,) = read(diary, correction(diary.id, start=1, asleep_min=0)).of("self.sleep_diary")

    assert (found.start, found.value["asleep_min"]) == (at(-1), 0)
