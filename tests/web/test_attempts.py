import threading
import time
from contextlib import ExitStack

import pytest

from daykeel.web.attempts import AT_ONCE, MOST_WAITING, Attempts
from daykeel.web.errors import TooManyAttempts

DEADLINE_S = 60.0


def until(true):
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_who_would_wait_too_long_for_a_turn_is_sent_away():
    attempts, had = Attempts(), []

    def wait():
        with attempts.turn():
            had.append(1)

    waiting = [threading.Thread(target=wait) for _ in range(MOST_WAITING)]
    with ExitStack() as turns:
        for _ in range(AT_ONCE):
            turns.enter_context(attempts.turn())
        for one in waiting:
            one.start()
        until(lambda: attempts._waiting == MOST_WAITING)

        with pytest.raises(TooManyAttempts), attempts.turn():
            pytest.fail("it had a turn")

    for one in waiting:
        one.join(DEADLINE_S)
    assert len(had) == MOST_WAITING
    with attempts.turn():
        pass
