from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.clock.clock import SteppedClock
from daykeel.demo import conductor as conductors
from daykeel.demo.cast import CAST
from daykeel.demo.conductor import Conductor, Stuck, has_settled
from daykeel.demo.plan import play_of

PLAY = play_of(date(2026, 1, 20), 3, 1)
NOW = datetime(2026, 1, 21, 12, tzinfo=UTC)
USERNAMES = {
    (member.client, device.adapter, device.name): f"d-{number}"
    for number, member in enumerate(CAST)
    for device in member.devices
}


class Log:
    """A log whose pipeline is done with everything as soon as the clock was set."""

    def __init__(self, clock=None, behind=()):
        self._clock, self.behind, self.asked = clock, dict(behind), 0

    def marks(self):
        self.asked += 1
        return {"stream.timers": self._clock.now().timestamp() if self._clock else 0.0}

    def lag(self, group, topics):
        return self.behind.get(group, 0)


class Devices:
    """Remembers what was published, and what the clock said then."""

    def __init__(self, clock):
        self._clock, self.published = clock, []

    def publish(self, messages):
        self.published += [(self._clock.now(), *message) for message in messages]


@pytest.fixture
def clock(tmp_path):
    clock = SteppedClock(tmp_path / "clock.json")
    clock.set(NOW)
    return clock


def test_everything_is_published_at_the_instant_of_its_step(clock):
    devices, log, told = Devices(clock), Log(clock), []

    Conductor(clock, log, devices, USERNAMES).play(PLAY, told.append)

    assert [(at, payload) for at, _, _, payload in devices.published] == [
        (step.at, one.said.payload) for step in PLAY.steps for one in step.deliveries
    ]
    assert told == list(PLAY.steps)


def test_it_waits_only_where_something_can_have_become_final(clock):
    log = Log(clock)

    Conductor(clock, log, Devices(clock), USERNAMES).play(PLAY, lambda _: None)

    assert log.asked == sum(step.settles for step in PLAY.steps)


def test_afterwards_the_clock_goes_on_by_itself(clock):
    Conductor(clock, Log(clock), Devices(clock), USERNAMES).play(PLAY, lambda _: None)

    first = clock.now()
    assert PLAY.ends <= first < PLAY.ends + timedelta(minutes=1)
    assert clock.now() > first


@pytest.mark.parametrize("group", ["scored", "sink", "alerts"])
def test_a_group_that_is_behind_has_not_settled(clock, group):
    assert has_settled(Log(clock), NOW)
    assert not has_settled(Log(clock, {group: 1}), NOW)


def test_timers_that_have_not_fired_have_not_settled():
    assert not has_settled(Log(), NOW)


def test_a_pipeline_that_does_not_settle_is_told(clock, monkeypatch):
    monkeypatch.setattr(conductors, "DEADLINE_S", 0.02)
    stuck = Conductor(clock, Log(clock, {"sink": 3}), Devices(clock), USERNAMES)

    with pytest.raises(Stuck, match="'sink': 3"):
        stuck.settle(NOW)


def test_topics_hold_the_user_names_of_the_credentials(clock):
    devices = Devices(clock)
    play = replace(PLAY, steps=PLAY.steps[-40:])

    Conductor(clock, Log(clock), devices, USERNAMES).play(play, lambda _: None)

    topics = {device: topic for _, device, topic, _ in devices.published}
    assert topics
    assert all("{" not in topic for topic in topics.values())
    for device, topic in topics.items():
        if device[1] in ("owntracks", "sleep_as_android"):
            assert USERNAMES[device] in topic
