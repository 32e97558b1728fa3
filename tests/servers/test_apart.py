"""Every process on its own over Kafka: it waits for the log, and outlives the log's death."""

import os
import secrets
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "ingest"))
from servers_at import private
from shore import free_port, phone, topic, until

from daykeel.alerting.hours import hours
from daykeel.events.event import RawRecord
from daykeel.log.codec import decode, encode
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import (
    DAYS,
    EVENTS_RAW,
    KAFKA_PARTITIONS,
    SIGNALS,
    partition_of,
)
from daykeel.process.pulse import age
from daykeel.records.clinic import Clinic
from daykeel.records.open import open_records
from daykeel.rhythm.ledger import DayRecord, Episode, Night, SignalSet
from daykeel.scores.open import open_scores

pytestmark = [pytest.mark.servers, pytest.mark.e2e, pytest.mark.timeout(600)]

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = date(2026, 2, 20)
NAMES = ("ingest", "sink", "alerts", "notify")
LATEST_S = 180.0
"""For a machine with others on it: a server may take a minute to start."""


class Installation:
    """Processes apart, over a log on Kafka that is not there at first."""

    def __init__(self, folder: Path, log: str) -> None:
        self.folder, self.log, self.port = folder, log, free_port()
        key = secrets.token_bytes(32)
        (folder / "installation.key").write_bytes(key)
        self._urls = {name: f"sqlite:///{folder}/{name}.db" for name in ("records", "scores")}
        self.records = open_records(self._urls["records"], key)
        self.records.migrate()
        self.records.add_client("Ann", "UTC", now=NOW, id="c-ann")
        self.records.post.set_clinic(Clinic(hours=hours("Mon-Sun 00:00-23:59")))
        self.records.grant("c-ann", "*", now=NOW)
        self.credential, self.password = self.records.add_credential(
            "c-ann", "phone", "daykeel", (topic("c-ann", "#"),), now=NOW
        )
        self.scores = open_scores(self._urls["scores"])
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.err").open("ab") as errors:
            self.processes[name] = self._daykeel(name, stderr=errors)

    def create(self) -> int:
        return self._daykeel("create").wait(LATEST_S)

    def _daykeel(self, name: str, **more) -> subprocess.Popen[bytes]:
        settings = {
            "DATA": str(self.folder),
            "LOG": self.log,
            "RECORDS": self._urls["records"],
            "SCORES": self._urls["scores"],
            "KEY_FILE": f"{self.folder}/installation.key",
            "MQTT": f"embedded://127.0.0.1:{self.port}",
            "APART": "true",
            "PULSE": f"{self.folder}/{name}.pulse",
        }
        environment = os.environ | {f"DAYKEEL_{of}": said for of, said in settings.items()}
        line = [sys.executable, "-m", "daykeel.cli.main", name]
        return subprocess.Popen(line, env=environment, **more)

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.err").read_text()

    def beats(self, name: str) -> bool:
        """Whether a process has made progress within the last seconds."""
        now = datetime.now(UTC).timestamp()
        ago = age(self.folder / f"{name}.pulse", now)
        return ago is not None and ago < 3

    def phone(self):
        return phone(self.port, self.credential.username, self.password)

    def close(self) -> None:
        for one in self.processes.values():
            one.kill()
            one.wait()
        self.records.close()


@pytest.fixture
def server(tmp_path):
    with private(tmp_path / "servers", "kafka") as servers:
        yield servers


@pytest.fixture
def home(tmp_path, server):
    built = Installation(tmp_path, f"{server.url('kafka')}/clinic")
    yield built
    built.close()


def signal_of(client: str, onset: date) -> NewRecord:
    episode = Episode(client, "phase_delay", onset, (onset,), "act", ())
    value = encode(SignalSet(client, "phase_delay", NOW, (episode,)))
    partition = partition_of(client, KAFKA_PARTITIONS)
    return NewRecord(SIGNALS, partition, f"{client}|phase_delay|".encode(), value)


def day_of(client: str, day: date) -> NewRecord:
    night = Night(client=client, night=day, final=False, finalised_at=None)
    value = encode(DayRecord(client=client, day=day, night=night, inputs="x"))
    key = f"{client}|{day}".encode()
    return NewRecord(DAYS, partition_of(client, KAFKA_PARTITIONS), key, value)


def insisted(log, records) -> None:
    def appended() -> bool:
        try:
            log.append(records)
        except LogUnavailable:
            return False
        return True

    until(appended, "the log takes records", LATEST_S)


def payloads(log) -> set[bytes]:
    found = set()
    while records := log.read("test", (EVENTS_RAW,), 1000):
        found |= {decode(RawRecord, one.value).payload for one in records}
    return found


def test_processes_wait_for_the_log_and_outlive_its_death(home, server):
    for name in NAMES:
        home.start(name)
    for name in ("ingest", "sink", "alerts"):
        until(lambda name=name: "run `daykeel create`" in home.said(name), name, LATEST_S)
        assert not home.beats(name)

    assert home.create() == 0
    for name in NAMES:
        until(lambda name=name: home.beats(name), f"{name} gets on", LATEST_S)

    with closing(open_log(home.log)) as log:
        log.append([day_of("c-ann", DAY), signal_of("c-ann", DAY)])
        with home.phone() as ann:
            sent = ann.publish(topic("c-ann"), b"before")
            until(lambda: sent in ann.acked, "an acknowledgement", LATEST_S)
        assert payloads(log) == {b"before"}
        assert_arrived(home, "c-ann", DAY)

        server.kill("kafka")
        with home.phone() as ann:
            sent = ann.publish(topic("c-ann"), b"after")
            for name in ("ingest", "sink", "alerts"):
                until(lambda name=name: not home.beats(name), f"{name} stands still", LATEST_S)
            assert ann.acked == []
            until(lambda: home.beats("notify"), "who needs no log gets on", LATEST_S)
            server.start("kafka")
            until(lambda: sent in ann.acked, "an acknowledgement after all", LATEST_S)
        insisted(log, [day_of("c-ann", DAY + timedelta(1)), signal_of("c-ben", DAY)])
        until(lambda: b"after" in payloads(log), "the message is on the log", LATEST_S)
        assert_arrived(home, "c-ann", DAY + timedelta(1))
        until(lambda: home.records.alerts("c-ben"), "another alert", LATEST_S)

    for name in NAMES:
        until(lambda name=name: home.beats(name), f"{name} gets on again", LATEST_S)
        home.processes[name].send_signal(signal.SIGTERM)
    assert {name: home.processes[name].wait(60) for name in NAMES} == dict.fromkeys(NAMES, 0)
    assert not any("c-ann" in home.said(name) or "c-ben" in home.said(name) for name in NAMES)


def assert_arrived(home, client: str, day: date) -> None:
    until(lambda: home.records.alerts(client), "an alert", LATEST_S)
    until(home.records.post.undeliverable, "a letter, though nobody has an address", LATEST_S)
    stop = day + timedelta(1)
    until(lambda: home.scores.days(client, day, stop), "a day in the store", LATEST_S)


def test_a_process_that_waits_for_the_log_ends_when_it_is_told_to(home):
    home.start("sink")
    until(lambda: "run `daykeel create`" in home.said("sink"), "it waits", LATEST_S)

    home.processes["sink"].send_signal(signal.SIGTERM)

    assert home.processes["sink"].wait(60) == 0
