import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from counting import PARTITIONS, event, open_counting

PROGRAM = Path(__file__).parent / "counting.py"
KILLS, ROUND, KEYS = 5, 2000, 37


def until(true, what, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.005)


@pytest.mark.long
@pytest.mark.e2e
def test_killed_at_random_every_event_is_counted_once_and_every_echo_is_sent_once(tmp_path):
    url, chance = f"sqlite:///{tmp_path}/log.db", random.Random(7)  # noqa: S311  seeded, not secret
    log = open_counting(url)
    sent = Counter()

    def lag():
        return log.lag("counting", ("events",))

    def feed():
        keys = [b"k%d" % chance.randrange(KEYS) for _ in range(ROUND)]
        sent.update(keys)
        for at in range(0, ROUND, 100):
            log.append([event(key) for key in keys[at : at + 100]])

    for _ in range(KILLS):
        worker = subprocess.Popen([sys.executable, PROGRAM, url])
        before = lag()
        feed()
        until(lambda before=before: lag() < before + ROUND, "something is counted")
        time.sleep(chance.uniform(0, 0.1))  # the instant of death, not a wait for anything
        worker.kill()
        worker.wait()
    worker = subprocess.Popen([sys.executable, PROGRAM, url])
    until(lambda: lag() == 0, "everything is counted")
    worker.kill()
    worker.wait()

    table = {r.key: int(r.value) for r in records(log, "counting-counts-changelog")}
    echoes = Counter((r.key, int(r.value)) for r in records(log, "echoes"))
    log.close()

    assert table == dict(sent)
    assert echoes == Counter((key, nth) for key in sent for nth in range(1, sent[key] + 1))


def records(log, topic):
    return [
        record
        for partition in range(PARTITIONS)
        for record in log.fetch((topic, partition), 0, 1_000_000)
    ]
