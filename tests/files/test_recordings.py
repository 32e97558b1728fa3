from datetime import datetime

import pytest

from daykeel.files.recordings import (
    MINUTES,
    BadRecording,
    WhichSubject,
    joined,
    only,
    read_wide_steps,
)

HEAD = ",".join(["Id", "ActivityHour", *MINUTES])


def row(who, hour, steps=0, last=0):
    return ",".join([who, hour, *[str(steps)] * 59, str(last)])


def local(text):
    return datetime.fromisoformat(text)


def test_minutes_are_told_by_person_in_the_order_of_time():
    lines = [
        HEAD,
        row("b", "4/13/2016 1:00:00 PM", 2),
        row("a", "4/12/2016 11:00:00 PM", 3, last=9),
        row("b", "4/13/2016 12:00:00 AM", 1),
    ]

    b, a = read_wide_steps(lines)

    assert (a.subject, len(a.steps), a.steps[local("2016-04-12T23:59")]) == ("a", 60, 9)
    assert [min(b.steps), max(b.steps)] == [local("2016-04-13T00:00"), local("2016-04-13T13:59")]
    assert list(b.steps) == sorted(b.steps)


def test_a_row_that_stands_there_twice_counts_once():
    twice = [HEAD, *[row("a", "4/12/2016 11:00:00 PM", 3)] * 2]

    assert len(read_wide_steps(twice)[0].steps) == 60


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["oops"],
        ["Id,SleepDay,TotalSleepRecords"],
        [HEAD, "a,4/12/2016 11:00:00 PM,1"],
        [HEAD, row("a", "2016-04-12 23:00")],
        [HEAD, row("a", "13/13/2016 11:00:00 PM")],
        [HEAD, row("a", "4/12/2016 11:00:00 PM", "x")],
        [HEAD, row("a", "4/12/2016 11:00:00 PM", -1)],
        [HEAD, '"' + "x" * 200_000 + '"'],
    ],
    ids=lambda lines: lines[-1][:30] if lines else "empty",
)
def test_what_is_no_such_table_is_refused(lines):
    with pytest.raises(BadRecording):
        read_wide_steps(lines)


def test_of_several_people_one_must_be_chosen():
    several = read_wide_steps([HEAD, *(row(who, "4/12/2016 11:00:00 PM") for who in "ab")])

    with pytest.raises(WhichSubject, match="2 people"):
        only(several, None)
    with pytest.raises(WhichSubject):
        only(several, "c")
    assert only(several, "b").subject == "b"
    assert only(several[:1], None).subject == "a"


def test_recordings_of_one_person_are_joined():
    parts = [
        read_wide_steps([HEAD, row("a", hour, steps)])[0]
        for hour, steps in (("4/12/2016 11:00:00 PM", 1), ("4/12/2016 10:00:00 PM", 2))
    ]

    whole = joined(parts)

    assert len(whole.steps) == 120
    assert list(whole.steps) == sorted(whole.steps)
