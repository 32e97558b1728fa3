from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.clock.clock import SteppedClock
from daykeel.demo.cast import CAST
from daykeel.demo.conductor import Conductor, Stuck
from daykeel.demo.plan import play_of, raw_records
from daykeel.events.codec import encode
from daykeel.log.protocol import Record

PLAY = play_of(date(2026, 1, 20), 3, 1)
NOW = datetime(2026, 1, 21, 12, tzinfo=UTC)
USERNAMES = {
    (member.client, device.adapter, device.name): f"d-{number}"
    for number, member in enumerate(CAST)
    for device in member.devices
}


RAWS = raw_records(PLAY, USERNAMES)


class Log:
    """A log that has what is said now, and a pipeline that is done as soon as the clock was set."""

    def __init__(self, clock=None, behind=()):
        self._clock, self.behind, self.asked = clock, dict(behind), []

    def read(self, group, topics, limit):
        now = self._clock.now()
        return [
            Record("events.raw", 0, 0, 0.0, b"", encode(raw))
            for raw in RAWS
            if raw.received_at == now
        ]

    def marks(self):
        self.asked.append("timers")
        return {"stream.timers": self._clock.now().timestamp() if self._clock else 0.0}

    def lag(self, group, topics):
        self.asked.append(group)
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

    assert log.asked.count("timers") == sum(step.settles for step in PLAY.steps)


def test_afterwards_the_clock_goes_on_by_itself(clock):
    Conductor(clock, Log(clock), Devices(clock), USERNAMES).play(PLAY, lambda _: None)

    first = clock.now()
    assert PLAY.ends <= first < PLAY.ends + timedelta(minutes=1)
    assert clock.now() > first


def impatient(clock, log):
    return Conductor(clock, log, Devices(clock), USERNAMES, patience_s=0.02)


@pytest.mark.parametrize("group", ["scored", "sink", "alerts"])
def test_a_group_that_is_behind_has_not_settled(clock, group):
    impatient(clock, Log(clock)).settle(NOW)

    with pytest.raises(Stuck, match=f"'{group}': 3"):
        impatient(clock, Log(clock, {group: 3})).settle(NOW)


def test_timers_that_have_not_fired_have_not_settled(clock):
    with pytest.raises(Stuck, match=r"'stream\.timers': 0\.0"):
        impatient(clock, Log()).settle(NOW)


def test_what_is_downstream_is_asked_for_last_and_what_was_done_not_again(clock):
    log = Log(clock)

    impatient(clock, log).settle(NOW)

    assert log.asked == ["timers", "scored", "sink", "alerts"]


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
