"""The whole process: what was acknowledged before `kill -9` is on the log."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import free_port, phone, topic, until

from daykeel.events.event import RawRecord
from daykeel.log.codec import decode
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW
from daykeel.records.open import open_records

pytestmark = pytest.mark.e2e

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = topic("c-ann")


class Ingest:
    """The process over a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        key = secrets.token_bytes(32)
        (folder / "installation.key").write_bytes(key)
        self.records = open_records(f"sqlite:///{folder}/records.db", key)
        self.records.migrate()
        self.records.add_client("Ann", "UTC", now=NOW, id="c-ann")
        self.records.grant("c-ann", "*", now=NOW)
        self.credential, self.password = self.records.add_credential(
            "c-ann", "phone", "daykeel", (topic("c-ann", "#"),), now=NOW
        )
        self.start()

    def start(self) -> None:
        settings = {
            "LOG": f"sqlite:///{self.folder}/log.db",
            "RECORDS": f"sqlite:///{self.folder}/records.db",
            "KEY_FILE": f"{self.folder}/installation.key",
            "MQTT": f"embedded://127.0.0.1:{self.port}",
        }
        environment = os.environ | {f"DAYKEEL_{name}": said for name, said in settings.items()}
        self.errors = self.folder / "ingest.err"
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daykeel.ingest"], env=environment, stderr=errors
            )
        until(self._listens, "the broker", 60)

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.errors.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def phone(self):
        return phone(self.port, self.credential.username, self.password)

    def kept(self) -> list[bytes]:
        log = open_log(f"sqlite:///{self.folder}/log.db")
        records = []
        while more := log.read("test", (EVENTS_RAW,), 100_000):
            records.extend(more)
        log.close()
        return [decode(RawRecord, one.value).payload for one in records]


@pytest.fixture
def ingest(tmp_path):
    running = Ingest(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def test_all_that_was_acknowledged_before_a_kill_is_on_the_log(ingest):
    acknowledged = set()
    for turn in range(3):
        with ingest.phone() as ann:
            payloads = {ann.publish(ANN, b"%d %d" % (turn, n)): n for n in range(3000)}
            until(lambda ann=ann: len(ann.acked) > 300, "some acknowledgements")
            ingest.process.send_signal(signal.SIGKILL)
            ingest.process.wait()
            until(lambda ann=ann: ann.ends, "the end of the connection")
        acknowledged |= {b"%d %d" % (turn, payloads[mid]) for mid in ann.acked}
        ingest.start()

    assert len(acknowledged) > 900
    assert acknowledged <= set(ingest.kept())


def test_asked_to_stop_it_stops_and_has_kept_what_it_acknowledged(ingest):
    with ingest.phone() as ann:
        payloads = {ann.publish(ANN, b"%d" % n): b"%d" % n for n in range(2000)}
        until(lambda: len(ann.acked) > 100, "some acknowledgements")

        ingest.process.terminate()

        assert ingest.process.wait(60) == 0
        until(lambda: ann.ends, "the end of the connection")
    assert {payloads[mid] for mid in ann.acked} <= set(ingest.kept())


def test_a_device_added_while_it_runs_gets_in_and_its_consent_counts(ingest):
    ingest.records.add_client("Ben", "UTC", now=NOW, id="c-ben")
    credential, password = ingest.records.add_credential(
        "c-ben", "phone", "daykeel", (topic("c-ben", "#"),), now=NOW
    )
    with phone(ingest.port, credential.username, password) as ben:
        ben.say(topic("c-ben"), b"before")
        ingest.records.grant("c-ben", "daykeel", now=NOW)
        ben.say(topic("c-ben"), b"after")

    assert ingest.kept() == [b"after"]


def test_its_log_lines_name_nobody(ingest):
    with ingest.phone() as ann:
        ann.say(ANN, b'{"secret": 1}')
        ann.publish(topic("c-ben"), b"lie")
        until(lambda: ann.ends, "the end of the connection")
    ingest.process.terminate()
    ingest.process.wait(60)

    said = ingest.errors.read_text()

    assert "1 kept" in said
    assert not any(
        one in said for one in ("c-ann", "c-ben", ingest.credential.username, "secret", ANN)
    )
