import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from lives import START, life, midnight, profile
from running import command_record, has_settled, raw_record

from daykeel.clock.clock import SteppedClock
from daykeel.log.open import open_sqlite_log
from daykeel.log.topics import EVENTS_RAW
from daykeel.pipeline.batch import batch, state_digest
from daykeel.scores.open import open_scores
from daykeel.stream.state import state_at

CLIENTS, NIGHT_COUNT, KILLS = ("c-1", "c-2", "c-3"), 8, 4
DAY = timedelta(days=1)

pytestmark = pytest.mark.e2e


class Installation:
    """A log, a store and a clock on disk, and a stream that may die."""

    def __init__(self, folder):
        self._urls = {
            "DAYKEEL_LOG": f"sqlite:///{folder}/log.db",
            "DAYKEEL_SCORES": f"sqlite:///{folder}/scores.db",
            "DAYKEEL_CLOCK": f"stepped:{folder}/clock.json",
        }
        self._errors = folder / "stream.err"
        self.clock = SteppedClock(folder / "clock.json")
        self.clock.set(midnight(START))
        self.log = open_sqlite_log(self._urls["DAYKEEL_LOG"])
        self.scores = open_scores(self._urls["DAYKEEL_SCORES"])

    def start(self):
        with self._errors.open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "daykeel.stream"],
                env=os.environ | self._urls,
                stderr=errors,
            )

    def until(self, true, what, seconds=60.0):
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"not in time: {what}\n{self._errors.read_text()}"
            time.sleep(0.005)

    def settle(self, now):
        self.clock.set(now)
        self.until(lambda: has_settled(self.log, now), f"settled at {now}")

    @property
    def complaints(self):
        return self._errors.read_text()


@contextmanager
def installed(folder):
    made = Installation(folder)
    yield made
    made.log.close()


def records_of_all():
    records = [one for seed, name in enumerate(CLIENTS) for one in life(name, NIGHT_COUNT, seed)]
    return sorted(records, key=lambda one: (one.received_at, one.client))


@pytest.mark.long
def test_killed_at_random_its_state_is_that_of_batch_and_the_store_holds_it(tmp_path):
    records, chance = records_of_all(), random.Random(11)  # noqa: S311  seeded, not secret
    commands = [profile(client) for client in CLIENTS]
    share = len(records) // KILLS + 1
    now = records[-1].received_at + 2 * DAY
    with installed(tmp_path) as one:
        one.log.append([command_record(command) for command in commands])
        for at in range(0, len(records), share):
            some = records[at : at + share]
            stream = one.start()
            one.clock.set(some[-1].received_at)
            one.log.append([raw_record(record) for record in some])
            lag = one.log.lag("stream", (EVENTS_RAW,))
            one.until(lambda lag=lag: one.log.lag("stream", (EVENTS_RAW,)) < lag, "it works")
            time.sleep(chance.uniform(0, 0.3))  # the instant of death, not a wait for anything
            stream.kill()
            stream.wait()
        stream = one.start()
        one.settle(now)
        stream.terminate()
        stopped = stream.wait(60)
        tables, late = state_at(one.log, now)
        whole = batch(records, commands, now).tables
        stored = {client: one.scores.nights(client, START - DAY, now.date()) for client in CLIENTS}
        complaints = one.complaints

    assert stopped == 0
    assert complaints == ""
    for client in CLIENTS:
        assert state_digest(tables, client) == state_digest(whole, client)
        assert not [day.day for day in late[client].days if day.night.final]
        dates = [night.night.night for night in stored[client] if night.night.final]
        assert len(dates) >= NIGHT_COUNT
        assert dates == [dates[0] + n * DAY for n in range(len(dates))]


def test_a_stream_that_is_told_to_stop_ends_well_and_says_nothing(tmp_path):
    with installed(tmp_path) as one:
        stream = one.start()
        one.settle(midnight(START) + DAY)
        stream.terminate()

        assert stream.wait(60) == 0
        assert one.complaints == ""
