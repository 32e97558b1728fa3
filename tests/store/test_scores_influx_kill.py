"""InfluxDB ended at once in the middle of writing, and back again."""

import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from rows import DAY, later, record, scored, stored

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import private

from daykeel.scores.errors import ScoresUnavailable
from daykeel.scores.open import open_scores

pytestmark = pytest.mark.servers
ROUNDS = 3
DAYS = 200
"""Of each round; what takes a second, so that the kill comes in the middle."""


class Writer(threading.Thread):
    """Puts one day after the other, the same one again until it is stored, as the sink does."""

    def __init__(self, store):
        super().__init__(daemon=True)
        self.store, self.done, self.failures = store, 0, 0

    def run(self):
        while self.done < ROUNDS * DAYS:
            day = later(self.done)
            try:
                self.store.put([stored(day=day)], [record(day=day)], [scored(day=day)])
            except ScoresUnavailable:
                self.failures += 1
            else:
                self.done += 1


def until(true, what):
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.01)


@pytest.mark.timeout(400)
def test_what_was_put_survives_a_kill_and_nothing_has_to_be_done_when_it_is_back(tmp_path):
    with private(tmp_path / "servers", "influxdb") as servers:
        store = open_scores(servers.url("influxdb"))
        writer = Writer(store)
        writer.start()

        for n in range(ROUNDS):
            until(lambda n=n: writer.done > n * DAYS + 20, "some more is stored")
            servers.kill("influxdb")
            servers.start("influxdb")
        writer.join(200)

        assert writer.done == ROUNDS * DAYS
        span = ("c-1", DAY, date.max)
        assert store.nights(*span) == [stored(day=later(n)) for n in range(writer.done)]
        assert store.days(*span) == [record(day=later(n)) for n in range(writer.done)]
        assert len(store.scores("c-1", "7d", DAY, date.max)) == writer.done
        store.close()
