"""Which records a baseline is decided from; what comes of it is in tests/pipeline/test_deletion."""

from dataclasses import replace
from datetime import date

from daykeel.rhythm.ledger import DayRecord, Night
from daykeel.rhythm.planned import known_before

DAY, NIGHT = date(2026, 3, 2), date(2026, 4, 10)


def record(inputs, **more):
    return DayRecord("c-1", DAY, Night("c-1", DAY, True, None), inputs=inputs, **more)


def test_what_was_deleted_later_was_known_before():
    full = record("full")
    day = record("deleted", before=((NIGHT, full),))

    assert known_before(day, NIGHT) is full
    assert known_before(day, date(2026, 4, 9)) is full
    assert known_before(day, date(2026, 4, 11)) is day


def test_of_several_deletions_the_next_one_counts():
    full, half = record("full"), record("half")
    day = record("rest", before=((NIGHT, full), (date(2026, 4, 20), half)))

    assert known_before(day, NIGHT) is full
    assert known_before(day, date(2026, 4, 15)) is half
    assert known_before(day, date(2026, 4, 21)) is day


def test_without_a_deletion_a_record_is_what_was_always_known():
    day = record("full")

    assert known_before(day, NIGHT) is day
    assert known_before(replace(day, inputs="other"), NIGHT).inputs == "other"
