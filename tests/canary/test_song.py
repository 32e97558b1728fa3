import json
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.canary.song import Song
from daykeel.process.visit import NotHeard
from daykeel.rhythm.synthetic.canary import night, nonce

EVE = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
"""Five minutes before the night of that day is told."""
STEP = timedelta(minutes=5)


class Listener:
    """Keeps what it acknowledges, and acknowledges nothing while it is away."""

    def __init__(self):
        self.visits = []
        self.is_away = False

    def hear(self, payloads):
        if self.is_away:
            raise NotHeard("away")
        self.visits.append([json.loads(payload) for payload in payloads])


@pytest.fixture
def listener():
    return Listener()


def test_each_time_a_nonce_is_told_and_a_night_once_it_is_over(listener):
    song = Song(listener.hear)

    for number in range(3):
        song.sing(EVE + number * STEP)

    assert listener.visits == [
        [night(date(2026, 2, 28)), nonce(EVE)],
        [night(date(2026, 3, 1)), nonce(EVE + STEP)],
        [nonce(EVE + 2 * STEP)],
    ]


def test_after_a_start_the_night_that_must_be_final_is_told_too(listener):
    Song(listener.hear).sing(EVE + timedelta(hours=1))

    (told,) = listener.visits
    assert told[:2] == [night(date(2026, 2, 28)), night(date(2026, 3, 1))]


def test_a_night_that_was_not_heard_is_told_again(listener):
    song = Song(listener.hear)
    listener.is_away = True
    with pytest.raises(NotHeard):
        song.sing(EVE)
    listener.is_away = False

    song.sing(EVE + timedelta(seconds=5))

    assert listener.visits == [[night(date(2026, 2, 28)), nonce(EVE + timedelta(seconds=5))]]


def test_after_a_pause_of_days_the_newest_nights_are_told(listener):
    song = Song(listener.hear)
    song.sing(EVE)

    song.sing(EVE + timedelta(days=4, hours=1))

    *nights, _ = listener.visits[-1]
    assert nights == [night(date(2026, 3, 4)), night(date(2026, 3, 5))]
