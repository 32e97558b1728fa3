import sys
from datetime import datetime
from pathlib import Path

from daykeel.rhythm.reading import doubts, reading

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


def test_a_time_in_the_repeated_hour_may_be_an_hour_later():
    event = local("2026-10-24T23:00", "2026-10-25T02:30")

    (doubt,) = doubts(event, context("Europe/Berlin"))

    assert [at.isoformat() for at in doubt] == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T01:30:00+00:00",
    ]
    assert list(doubts(event, context("UTC"))) == []


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
