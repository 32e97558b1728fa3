"""Several workers on Kafka: whatever dies, their state is that of batch."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from aiokafka.admin import AIOKafkaAdminClient

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from lives import START, life, midnight, profile
from running import has_settled
from servers_at import kafka_url, private

from daykeel.clock.clock import SteppedClock
from daykeel.events.codec import decode, encode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.admission import HTTP_BYTES
from daykeel.log.open import create_log, open_kafka_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import (
    COMMANDS,
    DAYS,
    EVENTS_RAW,
    KAFKA_PARTITIONS,
    NIGHTS,
    QUARANTINE,
    SCORES,
    partition_of,
)
from daykeel.pipeline.batch import batch, state_digest
from daykeel.scores.open import open_scores
from daykeel.stream.state import GROUP, state_at

CLIENTS, NIGHT_COUNT = tuple(f"c-{n}" for n in range(6)), 6
DAY = timedelta(days=1)

pytestmark = [pytest.mark.e2e, pytest.mark.servers]


class Cluster:
    """A log on Kafka, a store and a clock on disk, and workers that may die."""

    def __init__(self, url, folder, program):
        self._program = program
        self._urls = {
            "DAYKEEL_LOG": url,
            "DAYKEEL_SCORES": f"sqlite:///{folder}/scores.db",
            "DAYKEEL_CLOCK": f"stepped:{folder}/clock.json",
        }
        self._folder = folder
        self.workers = {}
        self.clock = SteppedClock(folder / "clock.json")
        self.clock.set(midnight(START))
        create_log(url)
        self.log = open_kafka_log(url)
        self.scores = open_scores(self._urls["DAYKEEL_SCORES"])

    def start(self, name):
        own = {
            "DAYKEEL_APART": str(name != "a"),
            "DAYKEEL_WORKER": name,
            "DAYKEEL_TABLES": f"{self._folder}/tables-{name}",
        }
        with (self._folder / f"{name}.err").open("ab") as errors:
            self.workers[name] = subprocess.Popen(
                [sys.executable, *self._program],
                env=os.environ | self._urls | own,
                stdout=errors,
                stderr=errors,
            )

    def kill(self, name):
        worker = self.workers.pop(name)
        worker.kill()
        worker.wait()

    def stop(self):
        for worker in self.workers.values():
            worker.terminate()
        codes = [worker.wait(60) for worker in self.workers.values()]  # as deploy/compose.yaml
        self.workers.clear()
        return codes

    def until(self, true, what, seconds=120.0):
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"not in time: {what}\n{self.state}\n{self.complaints}"
            time.sleep(0.02)

    def settle(self, now):
        self.clock.set(now)
        self.until(lambda: has_settled(self.log, now), f"settled at {now}")

    @property
    def state(self):
        lags = {
            group: self.log.lag(group, (EVENTS_RAW, COMMANDS)) for group in ("stream", "scored")
        }
        return lags, self.log.lag("sink", (DAYS, NIGHTS, SCORES)), self.log.marks()

    @property
    def complaints(self):
        return "".join(path.read_text()[-3000:] for path in sorted(self._folder.glob("*.err")))


@contextmanager
def cluster(url, folder, program=("-m", "daykeel.stream")):
    made = Cluster(url, folder, program)
    try:
        yield made
    finally:
        made.stop()
        made.log.close()


def at_home(topic, client, key, value):
    return NewRecord(topic, partition_of(client, KAFKA_PARTITIONS), key.encode(), value)


def raw(record):
    return at_home(EVENTS_RAW, record.client, record.client, encode(record))


def command(one):
    return at_home(COMMANDS, one.client, f"{one.client}|{one.kind}|{one.id}", encode(one))


def records_of_all():
    records = [one for seed, name in enumerate(CLIENTS) for one in life(name, NIGHT_COUNT, seed)]
    return sorted(records, key=lambda one: (one.received_at, one.client))


@pytest.fixture
def url():
    with kafka_url() as made:
        yield made


def is_that_of_batch(one, records, commands, now):
    tables, late = state_at(one.log, now)
    whole = batch(records, commands, now).tables
    for client in CLIENTS:
        assert state_digest(tables, client) == state_digest(whole, client)
        assert not [day.day for day in late[client].days if day.night.final]
        stored = one.scores.nights(client, START - DAY, now.date())
        dates = [night.night.night for night in stored if night.night.final]
        assert dates == [dates[0] + n * DAY for n in range(len(dates))]
        assert len(dates) >= NIGHT_COUNT


def test_one_worker_comes_to_what_batch_does(url, tmp_path):
    records, commands = records_of_all(), [profile(client) for client in CLIENTS]
    now = records[-1].received_at + 2 * DAY
    with cluster(url, tmp_path) as one:
        one.start("a")
        one.log.append([command(each) for each in commands])
        for day in range(NIGHT_COUNT):
            stop = START + (day + 1) * DAY
            some = [each for each in records if START + day * DAY <= each.received_at.date() < stop]
            one.log.append([raw(each) for each in some])
            one.settle(midnight(stop))
        one.log.append([raw(each) for each in records])
        one.settle(now)

        is_that_of_batch(one, records, commands, now)
        assert one.stop() == [0]
        assert one.complaints == ""


def test_an_upload_that_nobody_can_split_or_read_is_quarantined_whole(url, tmp_path):
    upload = RawRecord(
        client=CLIENTS[0],
        adapter="nobodys",
        device="d",
        topic="upload",
        payload=b"x" * HTTP_BYTES,
        received_at=midnight(START),
        transport="http",
    )
    with cluster(url, tmp_path) as one:
        one.start("a")
        one.log.append([raw(upload)])
        one.settle(midnight(START))

        noted = one.log.read("test", (QUARANTINE,), 10)
        assert [decode(Quarantined, each.value).raw for each in noted] == [upload]
        assert one.stop() == [0]
        assert one.complaints == ""


def test_a_worker_ends_when_told_to_though_kafka_is_away(tmp_path):
    records, now = records_of_all(), midnight(START)
    with (
        private(tmp_path / "servers", "kafka") as servers,
        cluster(servers.url("kafka"), tmp_path) as one,
    ):
        one.start("a")
        one.settle(now)
        one.log.append([raw(each) for each in records])
        servers.kill("kafka")

        assert one.stop() == [0]


def test_workers_killed_added_and_removed_come_to_what_batch_does(url, tmp_path):
    records, commands = records_of_all(), [profile(client) for client in CLIENTS]
    chance = random.Random(5)  # noqa: S311  seeded, not secret
    share = len(records) // 6 + 1
    now = records[-1].received_at + 2 * DAY
    with cluster(url, tmp_path) as one:
        one.log.append([command(each) for each in commands])
        one.start("a")
        for turn, at in enumerate(range(0, len(records), share)):
            some = records[at : at + share]
            one.clock.set(some[-1].received_at)
            one.log.append([raw(each) for each in some])
            lag = one.log.lag("stream", (EVENTS_RAW,))
            if turn == 0:
                one.start("b")
            one.until(lambda lag=lag: one.log.lag("stream", (EVENTS_RAW,)) < lag, "it works")
            time.sleep(chance.uniform(0, 0.3))  # the instant of death, not a wait for anything
            name = "ab"[turn % 2]
            if name in one.workers:
                one.kill(name)
            one.start(name)
        one.settle(now)

        is_that_of_batch(one, records, commands, now)
        assert one.stop() == [0, 0]
        assert one.complaints == ""


PATIENT = """
from daykeel.stream import __main__
from daykeel.stream.kafka import app

app.SESSION_S = 60.0
__main__.main()
"""
"""A worker with a session within which the busiest machine starts another."""


def test_a_worker_that_is_back_within_its_session_changes_nothing_for_the_other(url, tmp_path):
    records, commands = records_of_all(), [profile(client) for client in CLIENTS]
    half = len(records) // 2
    now = records[-1].received_at + 2 * DAY
    with cluster(url, tmp_path, ("-c", PATIENT)) as one:
        one.log.append([command(each) for each in commands])
        for name, workers in (("a", {"a"}), ("b", {"a", "b"})):  # together they may meet once more
            one.start(name)
            one.until(lambda all_of=workers: shared(one) == all_of, "each has got its share")
        one.log.append([raw(each) for each in records[:half]])
        one.settle(records[half].received_at)
        _, before = members(one)
        states = []

        def is_back():
            state, told = members(one)
            states.append(state)
            return told["a"].id != before["a"].id

        one.kill("a")
        one.start("a")
        one.until(is_back, "the new one is a member")
        one.log.append([raw(each) for each in records[half:]])
        one.settle(now)

        state, told = members(one)
        assert {state, *states} == {"Stable"}
        assert told["b"] == before["b"]
        assert told["a"].assignment == before["a"].assignment
        is_that_of_batch(one, records, commands, now)


class Member(NamedTuple):
    """Under which id a worker is a member, and what partitions it has got."""

    id: str
    assignment: bytes


def shared(one):
    """Return the workers among whom the partitions are divided; nobody while they are not."""
    state, told = members(one)
    return set(told) if state == "Stable" else set()


def members(one):
    """Return the state of the workers' group, and its members by name: Kafka's ids begin so."""
    (_, _, state, _, _, told, *_) = asyncio.run(described(one.log.address))
    return state, {name.rsplit("-", 5)[0]: Member(name, got) for name, _, _, _, got in told}


async def described(address):
    admin = AIOKafkaAdminClient(**address.connection())
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([address.name(GROUP)])
        return answer.groups[0]
    finally:
        await admin.close()


def test_a_worker_that_slept_for_longer_than_its_session_writes_nothing_others_own(url, tmp_path):
    records, commands = records_of_all(), [profile(client) for client in CLIENTS]
    half = len(records) // 2
    now = records[-1].received_at + 2 * DAY
    with cluster(url, tmp_path) as one:
        one.start("a")
        one.start("b")
        one.log.append([command(each) for each in commands])
        one.settle(records[half].received_at)
        one.log.append([raw(each) for each in records[:half]])
        one.workers["b"].send_signal(signal.SIGSTOP)
        one.log.append([raw(each) for each in records[half:]])
        one.settle(now)
        one.workers["b"].send_signal(signal.SIGCONT)
        one.settle(now + DAY)

        is_that_of_batch(one, records, commands, now + DAY)
        assert one.stop() == [0, 0]
        assert one.complaints == ""
