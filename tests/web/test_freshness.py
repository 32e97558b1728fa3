import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.log.errors import LogUnavailable
from daykeel.web.attempts import MOST, PERIOD, Attempts
from daykeel.web.backlog import Backlog
from daykeel.web.errors import NotReady, TooManyAttempts
from daykeel.web.logbook import Logbook

sys.path.insert(0, str(Path(__file__).parent))
from house import MemoryLog, furnished

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def looked(*lags):
    """How long the sink seems stuck after a look each minute."""
    backlog = Backlog()
    found = [backlog.look({"sink": lag}, NOON + n * MINUTE) for n, lag in enumerate(lags)]
    return found[-1] / MINUTE


@pytest.mark.parametrize(
    ("lags", "minutes"),
    [
        ((0, 0, 0, 0), 0),
        ((5, 5, 5, 5), 3),
        ((5, 6, 7, 8), 3),
        ((9, 3, 9, 2), 0),
        ((0, 0, 4, 4), 2),
        ((5, 5, 0, 4), 1),
    ],
)
def test_a_consumer_is_stuck_while_its_lag_never_shrinks(lags, minutes):
    assert looked(*lags) == minutes


def test_one_stuck_group_is_enough():
    backlog = Backlog()
    backlog.look({"sink": 3, "alerts": 0}, NOON)

    assert backlog.look({"sink": 3, "alerts": 0}, NOON + MINUTE) == MINUTE


async def told(house, browser):
    return (await browser.get("/account")).text


async def test_a_stuck_consumer_never_looks_like_calm():
    house = furnished()
    async with house.visitor("therapist") as browser:
        house.log.lags = {"sink": 40}
        first = await told(house, browser)
        house.wall.instant += timedelta(minutes=6)
        stuck = await told(house, browser)
        house.log.lags = {"sink": 12}
        moves = await told(house, browser)

    assert "40 records are still being processed." in first
    assert "Not up to date." not in first
    assert "Not up to date." in stuck
    assert "Not up to date." not in moves


class BrokenLog(MemoryLog):
    def __init__(self, error):
        super().__init__()
        self._error = error

    def marks(self):
        raise self._error


@pytest.mark.parametrize("error", [OSError("full"), LogUnavailable("busy")])
def test_a_log_that_does_not_answer_is_not_ready(error):
    logbook = Logbook(lambda: BrokenLog(error))

    with pytest.raises(NotReady):
        logbook.progress()

    logbook.close()


def test_attempts_count_from_their_beginning_so_that_none_slip_through_at_once():
    attempts = Attempts()
    for _ in range(MOST):
        attempts.begin("ann", NOON)

    with pytest.raises(TooManyAttempts):
        attempts.begin("ann", NOON)
    attempts.begin("ben", NOON)
    attempts.begin("ann", NOON + PERIOD)


def test_success_forgets_the_failures():
    attempts = Attempts()
    for _ in range(MOST - 1):
        attempts.begin("ann", NOON)
    attempts.succeeded("ann")

    attempts.begin("ann", NOON)
