from datetime import date

from daykeel.rhythm.in_force import in_force

DAY = date(2026, 3, 1)


def test_of_one_day_the_last_counts():
    assert in_force([(DAY, "a"), (DAY, "b")], DAY, "c") == "b"


def test_nothing_told_is_what_was_before():
    assert in_force([], DAY, "c") == "c"
