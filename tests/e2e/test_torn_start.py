"""`daykeel up`, killed at any instant of its first start, starts as if it had never been."""

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import Device, free_port, until

from daykeel.cli.folder import existing
from daykeel.events.codec import decode
from daykeel.events.event import RawRecord
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW

pytestmark = [pytest.mark.e2e, pytest.mark.long]

STARTS = 10
OWN = "daykeel/v1/c-torn000001/daykeel/phone/#"
LONGEST_S = 3.0
"""About when everything runs; kills come from the first instant on."""


class Torn:
    """An installation that is started and killed, with all that it has started itself or not."""

    def __init__(self, folder):
        self.data, self.port, self.mqtt_port = folder / "data", free_port(), free_port()
        self.said = folder / "up.out"

    def start(self):
        line = [sys.executable, "-m", "daykeel.cli.main", "up", "--data", str(self.data)]
        line += ["--port", str(self.port), "--mqtt-port", str(self.mqtt_port)]
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(line, stdout=out, stderr=out)

    def kill(self, *, alone):
        self.process.send_signal(signal.SIGSTOP)  # so that it starts none after they are counted
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                if not alone:
                    child.kill()
        until(lambda: not any(runs(child) for child in children), "the last process has ended")

    @property
    def is_ready(self):
        assert self.process.poll() is None, self.said.read_text()
        return "Daykeel is ready" in self.said.read_text()


def runs(process):
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def kept(data):
    log = open_log(f"sqlite:///{data}/log.db")
    records = log.read("test", (EVENTS_RAW,), 10_000)
    log.close()
    return {decode(RawRecord, one.value).payload for one in records}


def test_killed_at_any_instant_it_starts_again_and_has_lost_nothing(tmp_path):
    chance = random.Random(3)  # noqa: S311  seeded, not secret
    torn = Torn(tmp_path)
    for number in range(STARTS):
        torn.start()
        time.sleep(chance.uniform(0, LONGEST_S))  # the instant of death, not a wait for anything
        torn.kill(alone=number % 2 == 0)
    torn.start()
    until(lambda: torn.is_ready, "it is ready")
    login = enrolled(torn.data)
    say(torn, login, b"first")
    torn.kill(alone=True)
    torn.start()
    until(lambda: torn.is_ready, "it is ready again")
    say(torn, login, b"second")
    torn.process.send_signal(signal.SIGTERM)

    assert torn.process.wait(60) == 0
    assert {b"first", b"second"} <= kept(torn.data)


def enrolled(data):
    records, now = existing(data).records(), datetime.now(UTC)
    records.add_client("A. Client", "UTC", now=now, id="c-torn000001", allowed={"*": now})
    made, password = records.add_credential("c-torn000001", "phone", "daykeel", (OWN,), now=now)
    records.close()
    return made.username, password


def say(torn, login, payload):
    phone = Device(torn.mqtt_port, *login)
    phone.publish(OWN.replace("#", "event"), payload)
    phone.close()
