import logging
from threading import Event, Thread

import pytest

from daykeel.log.errors import LogUnavailable
from daykeel.process import waiting
from daykeel.process.waiting import waited_for
from daykeel.records.errors import RecordsUnavailable
from daykeel.scores.errors import ScoresUnavailable


class Store:
    """Answers once it has refused as often as told."""

    def __init__(self, *refusals):
        self._refusals = list(refusals)

    def __call__(self):
        if self._refusals:
            raise self._refusals.pop(0)
        return "there"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(waiting, "FIRST_PAUSE_S", 0.001)


def test_what_is_there_is_returned():
    assert waited_for(Store(), Event()) == "there"


@pytest.mark.parametrize("away", [LogUnavailable, RecordsUnavailable, ScoresUnavailable])
def test_a_store_that_is_away_is_asked_until_it_is_back(away):
    assert waited_for(Store(away("gone"), away("gone"), away("gone")), Event()) == "there"


def test_what_is_waited_for_is_said_once_and_again_when_it_is_something_else(caplog):
    refusals = [LogUnavailable("no server")] * 3 + [LogUnavailable("no topic")] * 2

    waited_for(Store(*refusals), Event())

    assert caplog.messages == ["waiting: no server", "waiting: no topic"]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_who_is_told_to_stop_waits_no_longer():
    stop, found = Event(), []

    def never():
        stop.set()
        raise LogUnavailable("gone")

    thread = Thread(target=lambda: found.append(waited_for(never, stop)))
    thread.start()
    thread.join(10)

    assert found == [None]


def test_what_no_waiting_mends_is_raised():
    with pytest.raises(ValueError, match="no such log"):
        waited_for(Store(ValueError("no such log")), Event())
