from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from daykeel.alerting.nudging import NOTHING, SEND, STOP, Listener, step

EVENING = datetime(2026, 3, 2, 19, tzinfo=UTC)
"""Eight in the evening in Berlin."""
DAY = timedelta(days=1)
ANN = Listener("a-1", "Europe/Berlin", remind_at=time(20))


def test_a_reminder_comes_at_the_chosen_time_and_not_before():
    assert step(ANN, EVENING) == SEND
    assert step(ANN, EVENING - timedelta(seconds=1)) == NOTHING


def test_who_was_away_at_that_time_is_reminded_the_same_evening_or_not_at_all():
    assert step(ANN, EVENING + timedelta(hours=2)) == SEND
    assert step(ANN, EVENING + timedelta(hours=3)) == NOTHING


def test_one_letter_a_day_is_the_most():
    assert step(replace(ANN, letters=(EVENING,)), EVENING + timedelta(minutes=1)) == NOTHING
    assert step(replace(ANN, letters=(EVENING,)), EVENING + DAY) == SEND


def test_who_has_looked_today_is_not_reminded():
    assert step(replace(ANN, looked_at=EVENING - timedelta(hours=2)), EVENING) == NOTHING


def test_silent_nights_are_a_reason_even_for_who_looked_or_chose_no_time():
    silent = Listener("a-1", "UTC", silent_nights=2, looked_at=EVENING - timedelta(hours=2))

    assert step(silent, EVENING) == SEND
    assert step(replace(silent, silent_nights=1), EVENING) == NOTHING


def sent(days):
    return tuple(EVENING - n * DAY for n in range(1, days + 1))


@pytest.mark.parametrize(("ignored", "expected"), [(2, SEND), (3, STOP)])
def test_after_three_that_nobody_looked_at_no_more_come(ignored, expected):
    assert step(replace(ANN, letters=sent(ignored)), EVENING) == expected


def test_a_look_begins_the_count_anew():
    looked = replace(ANN, letters=sent(5), looked_at=EVENING - 2 * DAY)

    assert step(looked, EVENING) == SEND
