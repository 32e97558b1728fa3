"""The bridge's promise, against a real Mosquitto that goes away and comes back."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import (
    PARTITIONS,
    FixedClock,
    MemoryLog,
    MemoryRecords,
    free_port,
    phone,
    topic,
    until,
)

from daykeel.ingest.appender import Appender
from daykeel.ingest.bridge import UNDER_WAY, Bridge
from daykeel.ingest.directory import Directory
from daykeel.ingest.settings import address

pytestmark = pytest.mark.servers

ANN = topic("c-ann")
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
max_queued_messages 0
max_inflight_messages 0
user root
"""


class Mosquitto:
    """A broker with a memory on disk."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(CONFIG.format(port=self.port, folder=folder))
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [MOSQUITTO, "-c", self._config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens, "Mosquitto")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Run:
    """One life of the bridge over a log that outlives it."""

    def __init__(self, port: int, log: MemoryLog) -> None:
        directory = Directory(MemoryRecords())
        self.appender = Appender(log, directory, FixedClock(), partitions=PARTITIONS)
        self.appender.start()
        self.bridge = Bridge(self.appender.submit)
        self.bridge.start(address(f"mqtt://127.0.0.1:{port}"))

    def stop(self) -> None:
        self.bridge.stop()
        self.appender.close()

    def is_subscribed(self) -> bool:
        return self.bridge.counts["subscribed"] > 0


@pytest.fixture
def mosquitto(tmp_path):
    if MOSQUITTO is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("mosquitto is not installed")
    running = Mosquitto(tmp_path)
    yield running
    running.stop()


def test_everything_arrives_though_bridge_and_broker_are_stopped_in_between(mosquitto):
    log = MemoryLog()
    first = Run(mosquitto.port, log)
    until(first.is_subscribed, "the first subscription")
    log.gate.clear()
    with phone(mosquitto.port) as ann:
        mids = [ann.publish(ANN, b"%d" % n) for n in range(500)]
        until(lambda: set(mids) <= set(ann.acked), "Mosquitto to take all")
    until(lambda: log.waiting, "the append to begin")
    log.is_away = True
    log.gate.set()
    first.stop()
    before = len(log.kept)
    mosquitto.stop()
    mosquitto.start()
    log.is_away = False

    second = Run(mosquitto.port, log)
    until(lambda: set(log.payloads()) == {b"%d" % n for n in range(500)}, "all messages", 30)

    second.stop()
    assert before < 500
    assert not second.bridge.counts["new_session"]


def test_a_bridge_outlives_its_brokers_restart(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto.port, log)
    until(run.is_subscribed, "the subscription")
    with phone(mosquitto.port) as ann:
        ann.say(ANN, b"1")
    until(lambda: log.payloads() == [b"1"], "the first message")

    mosquitto.stop()
    mosquitto.start()
    until(lambda: run.bridge.counts["subscribed"] > 1, "the second subscription", 30)
    with phone(mosquitto.port) as ann:
        ann.say(ANN, b"2")

    until(lambda: log.payloads() == [b"1", b"2"], "the second message")
    run.stop()


def test_no_more_is_under_way_than_the_bridge_can_take(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto.port, log)
    until(run.is_subscribed, "the subscription")
    log.gate.clear()
    with phone(mosquitto.port) as ann:
        mids = [ann.publish(ANN, b"%d" % n) for n in range(3 * UNDER_WAY)]
        until(lambda: set(mids) <= set(ann.acked), "Mosquitto to take all")

        until(lambda: run.bridge.counts["delivered"] == UNDER_WAY, "as many as fit")

    log.gate.set()
    until(lambda: len(log.kept) == 3 * UNDER_WAY, "all messages")
    run.stop()


def test_retained_messages_of_before_are_not_replayed(mosquitto):
    with phone(mosquitto.port) as ann:
        mid = ann.publish(ANN, b"old", retain=True)
        until(lambda: mid in ann.acked, "Mosquitto to take it")
        log = MemoryLog()
        run = Run(mosquitto.port, log)
        until(run.is_subscribed, "the subscription")

        ann.publish(ANN, b"new", retain=True)

        until(lambda: log.kept, "the new message")
        run.stop()
    (raw,) = log.raws()
    assert (raw.payload, raw.retain) == (b"new", False)


def test_commands_to_devices_are_not_read(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto.port, log)
    until(run.is_subscribed, "the subscription")

    with phone(mosquitto.port, protocol=mqtt.MQTTv311) as ann:
        ann.say(topic("c-ann", "cmd"), b"do")
        ann.say(ANN, b"done")

    until(lambda: log.kept, "the message")
    run.stop()
    assert log.payloads() == [b"done"]
    assert log.notes() == []
