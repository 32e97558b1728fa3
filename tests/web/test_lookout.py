import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import OperationalError

import pytest

from daykeel.records.policy import CANARY
from daykeel.web.lookout import Lookout

sys.path.insert(0, str(Path(__file__).parent))
from house import Client, House, MemoryScores, furnished

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY, MINUTE = timedelta(minutes=5), timedelta(minutes=1)
NIGHT = date(2026, 3, 1)


@pytest.fixture
def house():
    return House()


def look(house, now):
    return Lookout(house.scores, EVERY).look(now)


@pytest.mark.parametrize(
    ("passed", "overdue"),
    [(0 * MINUTE, False), (15 * MINUTE, False), (16 * MINUTE, True), (timedelta(hours=20), True)],
)
def test_the_age_is_that_of_the_newest_message(house, passed, overdue):
    house.canary(NOON)

    found = look(house, NOON + passed)

    assert (found.age, found.is_overdue) == (passed, overdue)


def test_a_message_from_before_midnight_is_still_found_after_it(house):
    eve = NOON.replace(hour=23, minute=58)
    house.canary(eve)

    assert look(house, eve + EVERY).age == EVERY


def test_an_empty_store_is_overdue(house):
    found = look(house, NOON)

    assert (found.age, found.has_slept, found.is_overdue) == (None, False, True)


def test_a_night_is_expected_once_it_should_be_final(house):
    before, after = NOON.replace(hour=10, minute=29), NOON.replace(hour=10, minute=30)
    house.canary(before, NIGHT - timedelta(1))

    assert not look(house, before).is_overdue
    assert look(house, after).is_overdue
    house.canary(after, NIGHT)
    assert not look(house, after).is_overdue


class AwayScores(MemoryScores):
    def __init__(self):
        super().__init__()
        self.looks = 0

    def days(self, client, first, stop):
        self.looks += 1
        raise OperationalError("disk I/O error")


def test_a_store_that_does_not_answer_is_overdue_and_not_asked_for_every_page():
    scores = AwayScores()
    lookout = Lookout(scores, EVERY)

    found = [lookout.look(NOON + n * timedelta(milliseconds=10)) for n in range(20)]

    assert all(one.is_overdue for one in found)
    assert scores.looks == 1
    lookout.look(NOON + timedelta(seconds=2))
    assert scores.looks == 2


async def test_the_canary_is_nobody_to_those_who_ask_by_its_id():
    house = furnished()
    house.records.people[CANARY] = Client(CANARY, "Canary")
    house.account("sloppy", "therapist", clients=frozenset({CANARY}))
    house.account("all", "supervisor", clients=frozenset({CANARY, "c-ann"}))

    for account in ("sloppy", "all", "operator"):
        async with house.visitor(account) as browser:
            for path in (f"/clients/{CANARY}", f"/v1/clients/{CANARY}"):
                assert (await browser.get(path)).status_code == 404, (account, path)
