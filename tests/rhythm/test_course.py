from datetime import date, timedelta

from daykeel.rhythm.course import Course, Session, gated, numbered, phase_on, phases

MONDAY = date(2026, 3, 2)
DAY, WEEK = timedelta(1), timedelta(7)


def weekly(many, **more):
    return Course(tuple(Session(MONDAY + n * WEEK) for n in range(many)), **more)


def test_phases_begin_with_the_night_after_their_first_session():
    assert phases(weekly(16)) == (
        (MONDAY + DAY, "formulation"),
        (MONDAY + 3 * WEEK + DAY, "middle"),
        (MONDAY + 14 * WEEK + DAY, "graduation"),
    )


def test_other_numbers_can_be_agreed_on():
    found = phases(weekly(5, middle=2, graduation=4))

    assert [first for first, _ in found] == [MONDAY + n * WEEK + DAY for n in (0, 1, 3)]


def test_a_missed_session_counts_for_nothing():
    course = weekly(5)
    missed = Course((*course.sessions[:1], Session(MONDAY + WEEK, True), *course.sessions[2:]))

    assert [number for number, _ in numbered(missed)] == [1, None, 2, 3, 4]
    assert phases(missed)[1] == (MONDAY + 4 * WEEK + DAY, "middle")


def test_without_a_course_and_before_it_it_is_the_middle():
    assert phase_on((), MONDAY) == "middle"
    assert phase_on(phases(weekly(1)), MONDAY) == "middle"
    assert phase_on(phases(weekly(1)), MONDAY + DAY) == "formulation"


def test_after_the_last_session_the_phase_stays():
    assert phase_on(phases(weekly(16)), MONDAY + 52 * WEEK) == "graduation"


def test_the_slow_channel_is_closed_on_nights_of_the_formulation():
    assert gated(phases(weekly(4)), [MONDAY, MONDAY + DAY, MONDAY + 3 * WEEK + DAY]) == [
        False,
        True,
        False,
    ]


def test_sessions_count_in_the_order_of_their_days():
    course = weekly(4)

    assert phases(Course(course.sessions[::-1])) == phases(course)
