"""Whatever dies on the real servers, nothing is lost and nothing is said twice."""

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import installation, until
from lives import START, after, life, midnight
from people import commands, enrol, raws, standing
from profiles import mortal
from truth import against_alerts, against_store

from daykeel.log.topics import EVENTS_RAW
from daykeel.pipeline.batch import batch, state_digest
from daykeel.stream.state import state_at

pytestmark = [pytest.mark.e2e, pytest.mark.servers, pytest.mark.timeout(900)]

BEGIN = midnight(START) - timedelta(hours=12)
CLIENTS = ("c-first00001", "c-second0001", "c-third00001")
KILLED = ("ingest", "stream:a", "stream:b", "sink", "alerts", "notify")
"""Processes of ours, of which something else sees to it that they run again."""
AWAY = ("mosquitto", "kafka", "influxdb", "postgres")
"""Servers, killed and away for a while; nobody tells our processes when they are back."""
RESTARTED = "restart of kafka"
AWAY_S = 3.0
"""How long at least."""
QUIET = 2
"""Days before the first fault, and after the last."""
NIGHTS = 2 * QUIET + len(KILLED) + len(AWAY) + 1
TOLD = 56
"""Nights that several people tell of while scores are away."""
LATER = np.concatenate([np.zeros(TOLD - 14), np.linspace(0.5, 3.5, 14)])


class Days:
    """The days of several people, told as they come."""

    def __init__(self, home, people):
        self._home, self._people = home, people
        self.said = set()
        self._rest = sorted(
            (
                record
                for seed, client in enumerate(CLIENTS)
                for record in life(client, NIGHTS, seed=seed + 4)
            ),
            key=lambda one: (one.received_at, one.client),
        )

    def tell(self, stop):
        """Say all that happens before an instant, each message once it is acknowledged."""
        while self._rest and self._rest[0].received_at < stop:
            record = self._rest.pop(0)
            self._home.clock.set(record.received_at)
            self._people[record.client].say(record.device, record.payload)
            self.said.add((record.client, record.payload))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("mortal"), BEGIN, mortal) as running:
        yield running


def test_killed_one_after_the_other_it_comes_to_what_batch_does(home):
    people = {client: enrol(home, client, ("tracker", "phone"), BEGIN) for client in CLIENTS}
    days = Days(home, people)
    faults = [None] * QUIET + [*KILLED, *AWAY, RESTARTED] + [None] * QUIET
    for number, fault in enumerate(faults):
        noon = midnight(START + timedelta(days=number)) + timedelta(hours=12)
        days.tell(noon)
        befall(
            home,
            fault,
            lambda noon=noon: days.tell(noon + timedelta(hours=9)),
            lambda: days.said <= {(one.client, one.payload) for one in raws(home)},
        )
        days.tell(noon + timedelta(hours=11))
        home.settle(noon + timedelta(hours=11, minutes=30), f"after {fault}")
    end = midnight(START + timedelta(days=NIGHTS))
    days.tell(end)
    home.settle(end, "in the end")

    is_that_of_batch(home, days.said, end)
    for person in people.values():
        person.close()


def befall(home, fault, meanwhile, is_kept):
    """Let something die, go on as if nothing had happened, and have it run again."""
    broker = home.profile.broker
    if fault == "mosquitto":  # what it acknowledged and has not given on may die with it
        until(is_kept, "all that was said is on the log")
    telling = Telling(meanwhile)
    if fault == RESTARTED:
        broker.stop("kafka")
    elif fault in AWAY:
        broker.kill(fault)
    elif fault is not None:
        home.kill(fault)
    telling.begin()
    if fault == RESTARTED:
        broker.start("kafka")
    elif fault in AWAY:
        broker.start(fault)
    elif fault is not None:
        home.start(fault)
    telling.end(f"while {fault} was away")


class Telling:
    """Devices that go on: they wait where nobody acknowledges."""

    def __init__(self, do):
        self._pool = ThreadPoolExecutor(1)
        self._do = do

    def begin(self):
        self._done = self._pool.submit(self._do)
        wait([self._done], AWAY_S)

    def end(self, what):
        until(self._done.done, f"devices have told all {what}", 180)
        self._done.result()
        self._pool.shutdown()


def is_that_of_batch(home, said, now):
    """What was said is on the log; of it come State, stored nights, rows of scores and alerts."""
    known = raws(home)
    assert said <= {(one.client, one.payload) for one in known}
    direct = batch(known, commands(home), now)
    tables, _ = state_at(home.log, now)
    for client in {client for client, _ in said}:
        assert state_digest(tables, client) == state_digest(direct.tables, client)
        nights = [one.night for one in direct.outputs[client].nights]
        assert any(one.final and one.onset.value is not None for one in nights)
        assert list(against_store(home, client, direct)) == []
        assert list(against_alerts(home, client, direct)) == []


def test_a_worker_is_added_and_another_leaves_under_load(home):
    now = midnight(START + timedelta(days=NIGHTS)) + timedelta(hours=1)
    home.settle(now, "before")
    names = [f"c-load{number:06d}" for number in range(4)]
    people = {name: enrol(home, name, ("tracker", "phone"), now, BEGIN) for name in names}
    said = [record for seed, name in enumerate(names) for record in life(name, 6, seed=seed)]
    for turn, record in enumerate(said):
        if turn == len(said) // 3:
            home.start("stream:c")
        if turn == 2 * len(said) // 3:
            home.end("stream:a")
        people[record.client].say(record.device, record.payload)
    now += timedelta(minutes=1)
    home.settle(now, "with other workers")

    for person in people.values():
        person.close()
    is_that_of_batch(home, {(one.client, one.payload) for one in said}, now)


def test_scores_are_away_for_ten_minutes_of_the_clock_under_load(home):
    """Several people's eight weeks are told within these minutes; one of them drifts."""
    now = after(TOLD)
    home.settle(now, "before")
    shifts = {"c-away000001": LATER, "c-away000002": None, "c-away000003": None}
    people = {name: enrol(home, name, ("tracker", "phone"), now, BEGIN) for name in shifts}
    said = [
        record
        for seed, (name, shift) in enumerate(shifts.items())
        for record in life(name, TOLD, seed=seed + 9, shift=shift)
    ]
    home.profile.broker.kill("influxdb")
    for minute in range(10):
        home.clock.set(now + timedelta(minutes=minute))
        for record in said[minute::10]:
            people[record.client].say(record.device, record.payload)
    until(lambda: home.log.lag("stream", (EVENTS_RAW,)) == 0, "folded without scores", 180)
    home.profile.broker.start("influxdb")
    now += timedelta(minutes=11)
    home.settle(now, "after InfluxDB was away")

    for person in people.values():
        person.close()
    is_that_of_batch(home, {(one.client, one.payload) for one in said}, now)
    assert standing(home, "c-away000001")
