from datetime import UTC, datetime, timedelta

import pytest

from daykeel.stream import timers as timers_module
from daykeel.stream.agents import Work
from daykeel.stream.checks import Checks
from daykeel.stream.dues import Dues
from daykeel.stream.timers import LONGEST_S, MARK, MARK_S, QUIET_S, Timers

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Clock:
    def __init__(self, *, stepped):
        self.stepped, self.instant = stepped, NOON

    def now(self):
        return self.instant


class Sent:
    """Takes the place of the outbox."""

    def __init__(self):
        self.clients = []

    def due(self, client, now):
        self.clients.append(client)


def work(*, stepped=True):
    return Work({}, Sent(), None, Dues(), Checks(), Clock(stepped=stepped), "log", 4)


def scored(one, client, check=None):
    one.checks.put(client, check)
    one.dues.done(client)


def test_a_timer_that_has_fired_is_not_done_before_its_client_is_scored():
    one = work(stepped=False)
    timers = Timers(one)
    one.checks.put("a", NOON)
    timers.tick()
    before = timers.marks()
    scored(one, "a", NOON + HOUR)

    assert (before, one.outbox.clients) == ({}, ["a"])
    assert timers.marks() == {MARK: NOON.timestamp()}
    assert timers.marks() == {}


def test_a_clock_that_moved_since_the_last_tick_is_not_said_to_be_done():
    one = work()
    timers = Timers(one)
    timers.tick()
    one.clock.instant += HOUR

    assert timers.marks() == {MARK: NOON.timestamp()}


def test_a_clock_that_runs_by_itself_is_marked_now_and_then():
    one = work(stepped=False)
    timers = Timers(one)
    timers.tick()
    timers.marks()
    one.clock.instant += MARK_S / 2 * SECOND
    timers.tick()
    too_soon = timers.marks()
    one.clock.instant += MARK_S * SECOND
    timers.tick()

    assert too_soon == {}
    assert timers.marks() == {MARK: one.clock.instant.timestamp()}


@pytest.fixture
def instant(monkeypatch):
    """Seconds that only count on, in a list so that they can be moved."""
    seconds = [100.0]
    monkeypatch.setattr(timers_module, "monotonic", lambda: seconds[0])
    monkeypatch.setattr("daykeel.stream.agents.monotonic", lambda: seconds[0])
    return seconds


def test_on_a_stepped_clock_changes_wait_until_the_step_has_ended(instant):
    one = work()
    timers = Timers(one)
    one.want("a")

    timers.tick()
    waiting = list(one.outbox.clients)
    instant[0] += QUIET_S
    timers.tick()

    assert (waiting, one.outbox.clients) == ([], ["a"])


def test_on_a_stepped_clock_no_change_waits_for_ever(instant):
    one = work()
    timers = Timers(one)
    for _ in range(50):
        one.want("a")
        timers.tick()
        instant[0] += LONGEST_S / 40

    assert one.outbox.clients == ["a"]


def test_a_change_goes_at_once_when_nothing_else_waits_to_be_folded(instant):
    one = work(stepped=False)
    one.behind = lambda: 1
    one.want("a")

    assert one.outbox.clients == ["a"]


def test_amid_a_backlog_scores_take_at_most_half_of_the_time(instant):
    one = work(stepped=False)
    one.behind = lambda: 1000
    timers = Timers(one)

    for step in range(100):  # each round takes 5 s
        one.want("a")
        timers.tick()
        if step % 5 == 4:
            one.dues.done("a")
        instant[0] += 1

    assert 5 <= len(one.outbox.clients) <= 12
