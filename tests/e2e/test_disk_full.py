"""A full disk: nothing is acknowledged, nothing ends, and once there is room all goes on."""

import resource
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import installation, until
from lives import START, life, midnight
from people import commands, enrol, raws, standing

from daykeel.log.topics import EVENTS_RAW, SIGNALS
from daykeel.pipeline.batch import batch, state_digest
from daykeel.stream.state import state_at

pytestmark = [pytest.mark.e2e, pytest.mark.long]

CLIENT = "c-full000001"
NIGHTS, FULL_FROM = 40, 34
SILENT = slice(20, 30)
"""Days of which the tracker says nothing, so that there is something to tell a therapist."""
BEGINS = midnight(START) - timedelta(hours=12)
ENDS = midnight(START + timedelta(days=NIGHTS))
NOTHING_MORE = 1
"""Bytes a file may have: whatever is written beyond fails, as on a full disk."""
WAIT_S = 1.5
WAITS = {"stream": ("stream", (EVENTS_RAW,)), "alerts": ("alerts", (SIGNALS,))}
"""By process what waits for it on the log."""


def fill(home, names, size):
    for name in names:
        resource.prlimit(
            home.running[name].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)
        )


@pytest.fixture
def home(tmp_path):
    with installation(tmp_path, BEGINS) as running:
        yield running


def days():
    """The messages of a life, by whether they come before the disk is full."""
    silent = range(SILENT.start, SILENT.stop)
    told = [
        one
        for one in life(CLIENT, NIGHTS, seed=8)
        if one.device == "phone" or (one.received_at.date() - START).days not in silent
    ]
    full = midnight(START + timedelta(days=FULL_FROM))
    before = [one for one in told if one.received_at < full]
    return before, told[len(before) :]


def test_nothing_is_lost_or_said_twice_though_the_disk_was_full(home):
    person = enrol(home, CLIENT, ("tracker", "phone"), BEGINS)
    before, after = days()
    for record in before:
        home.clock.set(record.received_at)
        person.say(record.device, record.payload)
    home.settle(before[-1].received_at, "before the disk is full")
    kept = len(raws(home))

    fill(home, home.running, NOTHING_MORE)
    home.clock.set(after[0].received_at)
    told = [
        person.devices[one.device].client.publish(person.topic(one.device), one.payload, qos=1)
        for one in after
    ]
    told[0].wait_for_publish(WAIT_S)
    assert not any(one.is_published() for one in told)
    assert len(raws(home)) == kept
    assert [name for name, one in home.running.items() if one.poll() is not None] == []

    fill(home, home.running, resource.RLIM_INFINITY)
    until(lambda: all(one.is_published() for one in told), f"acknowledgements: {home.errors()}")
    home.settle(ENDS, "once there is room")
    person.close()
    direct = batch(raws(home), commands(home), ENDS)
    tables, _ = state_at(home.log, ENDS)
    assert len(raws(home)) == kept + len(after)
    assert state_digest(tables, CLIENT) == state_digest(direct.tables, CLIENT)
    assert standing(home, CLIENT) == {
        (one.kind, episode.onset)
        for one in direct.outputs[CLIENT].signals
        for episode in one.episodes
        if not episode.pending
    }


@pytest.mark.parametrize("name", WAITS)
def test_a_process_for_which_there_is_no_room_goes_on_when_there_is(home, name):
    person = enrol(home, CLIENT, ("tracker", "phone"), BEGINS)
    home.settle(BEGINS, "before")
    before, _ = days()
    fill(home, [name], NOTHING_MORE)
    for record in before:
        home.clock.set(record.received_at)
        person.say(record.device, record.payload)
    group, topics = WAITS[name]
    until(lambda: home.log.lag(group, topics) > 0, f"something waits for {name}")
    assert home.running[name].poll() is None
    assert home.records.alerts(client=CLIENT) == []

    fill(home, [name], resource.RLIM_INFINITY)
    home.settle(ENDS, f"once {name} has room")

    person.close()
    direct = batch(raws(home), commands(home), ENDS)
    tables, _ = state_at(home.log, ENDS)
    assert state_digest(tables, CLIENT) == state_digest(direct.tables, CLIENT)
    assert "data_loss" in {one.kind for one in home.records.alerts(client=CLIENT)}
