from datetime import UTC, datetime, timedelta

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
    timers.tick(is_caught_up=True)
    before = timers.marks()
    scored(one, "a", NOON + HOUR)

    assert (before, one.outbox.clients) == ({}, ["a"])
    assert timers.marks() == {MARK: NOON.timestamp()}
    assert timers.marks() == {}


def test_a_clock_that_moved_since_the_last_tick_is_not_said_to_be_done():
    one = work()
    timers = Timers(one)
    timers.tick(is_caught_up=True)
    one.clock.instant += HOUR

    assert timers.marks() == {MARK: NOON.timestamp()}


def test_a_clock_that_runs_by_itself_is_marked_now_and_then():
    one = work(stepped=False)
    timers = Timers(one)
    timers.tick(is_caught_up=True)
    timers.marks()
    one.clock.instant += MARK_S / 2 * SECOND
    timers.tick(is_caught_up=True)
    too_soon = timers.marks()
    one.clock.instant += MARK_S * SECOND
    timers.tick(is_caught_up=True)

    assert too_soon == {}
    assert timers.marks() == {MARK: one.clock.instant.timestamp()}


def test_on_a_stepped_clock_changes_wait_until_all_of_the_step_is_folded(monkeypatch):
    one, instant = work(), [100.0]
    monkeypatch.setattr(timers_module, "monotonic", lambda: instant[0])
    monkeypatch.setattr("daykeel.stream.agents.monotonic", lambda: instant[0])
    timers = Timers(one)
    one.want("a")

    timers.tick(is_caught_up=False)
    instant[0] += QUIET_S + 0.001
    timers.tick(is_caught_up=False)
    waiting = list(one.outbox.clients)
    timers.tick(is_caught_up=True)

    assert (waiting, one.outbox.clients) == ([], ["a"])


def test_on_a_stepped_clock_no_change_waits_for_ever(monkeypatch):
    one, instant = work(), [100.0]
    monkeypatch.setattr(timers_module, "monotonic", lambda: instant[0])
    monkeypatch.setattr("daykeel.stream.agents.monotonic", lambda: instant[0])
    timers = Timers(one)
    for _ in range(50):
        one.want("a")
        timers.tick(is_caught_up=False)
        instant[0] += LONGEST_S / 40

    assert one.outbox.clients == ["a"]
