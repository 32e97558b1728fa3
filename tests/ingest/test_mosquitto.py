"""The bridge's promise, against a real Mosquitto that goes away and comes back."""

import signal
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as mqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import Servers, private
from shore import (
    PARTITIONS,
    FixedClock,
    MemoryLog,
    MemoryRecords,
    phone,
    topic,
    until,
)

from daykeel.ingest import mosquitto as files
from daykeel.ingest.appender import Appender
from daykeel.ingest.bridge import UNDER_WAY, Bridge
from daykeel.ingest.directory import Directory
from daykeel.log.admission import MQTT_BYTES
from daykeel.process.broker import address
from daykeel.records.secrets import broker_hash

pytestmark = pytest.mark.servers

ANN = topic("c-ann")
LONG_S = 60.0


class Mosquitto:
    """A broker with TLS and a memory on disk, which knows Ann and Ben."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.url = servers.url("mosquitto")
        self.port = urlsplit(self.url).port
        self.ca = parse_qs(urlsplit(self.url).query)["ca_file"][0]
        self.records = MemoryRecords()
        self.records.known = {
            name: replace(one, secret_hash=broker_hash("pw"))
            for name, one in self.records.known.items()
        }
        self.let_in()

    def let_in(self) -> None:
        """Tell it whom the records know."""
        files.write(self._servers.folder / "mosquitto", self.records.credentials())
        self._servers.signal("mosquitto", signal.SIGHUP)

    def start(self) -> None:
        self._servers.start("mosquitto")

    def stop(self) -> None:
        self._servers.stop("mosquitto")

    def kill(self) -> None:
        self._servers.kill("mosquitto")

    def phone(self, *args, **more):
        return phone(self.port, *args, ca=self.ca, **more)


class Run:
    """One life of the bridge over a log that outlives it."""

    def __init__(self, broker: Mosquitto, log: MemoryLog) -> None:
        directory = Directory(broker.records)
        self.appender = Appender(log, directory, FixedClock(), partitions=PARTITIONS)
        self.appender.start()
        self.bridge = Bridge(self.appender.submit)
        self.bridge.start(address(broker.url))

    def stop(self) -> None:
        self.bridge.stop()
        self.appender.close()

    def is_subscribed(self) -> bool:
        return self.bridge.counts["subscribed"] > 0


@pytest.fixture
def mosquitto(tmp_path):
    with private(tmp_path / "servers", "mosquitto") as servers:
        yield Mosquitto(servers)


def test_everything_arrives_though_bridge_and_broker_are_stopped_in_between(mosquitto):
    log = MemoryLog()
    first = Run(mosquitto, log)
    until(first.is_subscribed, "the first subscription")
    log.gate.clear()
    with mosquitto.phone() as ann:
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

    second = Run(mosquitto, log)
    until(lambda: set(log.payloads()) == {b"%d" % n for n in range(500)}, "all messages", LONG_S)

    second.stop()
    assert before < 500
    assert not second.bridge.counts["new_session"]


def test_a_bridge_outlives_its_brokers_restart(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")
    with mosquitto.phone() as ann:
        ann.say(ANN, b"1")
    until(lambda: log.payloads() == [b"1"], "the first message")

    mosquitto.stop()
    mosquitto.start()
    until(lambda: run.bridge.counts["subscribed"] > 1, "the second subscription", LONG_S)
    with mosquitto.phone() as ann:
        ann.say(ANN, b"2")

    until(lambda: log.payloads() == [b"1", b"2"], "the second message")
    run.stop()


def test_no_more_is_under_way_than_the_bridge_can_take(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")
    log.gate.clear()
    with mosquitto.phone() as ann:
        mids = [ann.publish(ANN, b"%d" % n) for n in range(3 * UNDER_WAY)]
        until(lambda: set(mids) <= set(ann.acked), "Mosquitto to take all")

        until(lambda: run.bridge.counts["delivered"] == UNDER_WAY, "as many as fit")

    log.gate.set()
    until(lambda: len(log.kept) == 3 * UNDER_WAY, "all messages")
    run.stop()


def test_retained_messages_of_before_are_not_replayed(mosquitto):
    with mosquitto.phone() as ann:
        mid = ann.publish(ANN, b"old", retain=True)
        until(lambda: mid in ann.acked, "Mosquitto to take it")
        log = MemoryLog()
        run = Run(mosquitto, log)
        until(run.is_subscribed, "the subscription")

        ann.publish(ANN, b"new", retain=True)

        until(lambda: log.kept, "the new message")
        run.stop()
    (raw,) = log.raws()
    assert (raw.payload, raw.retain) == (b"new", False)


def test_a_device_is_heard_on_every_topic_of_its_own(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")

    with mosquitto.phone(protocol=mqtt.MQTTv311) as ann:
        for stream in ("event", "raw", "status", "reply", "steps", "sleep/last"):
            ann.say(topic("c-ann", stream), stream.encode())

    until(lambda: len(log.kept) == 6, "the messages")
    run.stop()
    assert {one.stream for one in log.raws()} == {
        *("event", "raw", "status", "reply", "steps", "sleep/last")
    }


def test_commands_to_devices_are_not_read(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")

    with mosquitto.phone(protocol=mqtt.MQTTv311) as ann:
        ann.say(topic("c-ann", "cmd"), b"do")
        ann.say(ANN, b"done")

    until(lambda: log.kept, "the message")
    run.stop()
    assert log.payloads() == [b"done"]
    assert log.notes() == []


def test_a_stranger_is_refused(mosquitto):
    for name, password in (("eve", "pw"), ("ann", "guess"), (None, None)):
        with mosquitto.phone(name, password) as stranger:
            assert not stranger.is_in


def test_without_tls_nobody_is_let_in(mosquitto):
    with phone(mosquitto.port) as ann:
        assert not ann.is_in


def test_a_device_is_not_heard_on_the_topic_of_another(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")

    with mosquitto.phone() as ann:
        ann.say(topic("c-ben"), b"not mine")
        ann.say(ANN, b"mine")

    until(lambda: log.kept, "the message")
    run.stop()
    assert log.payloads() == [b"mine"]


def test_a_device_hears_what_is_sent_to_it_and_nothing_else(mosquitto):
    with mosquitto.phone("ben") as ben, mosquitto.phone() as ann:
        for heard in (topic("c-ann", "cmd"), topic("c-ben", "cmd"), "#"):
            ann.client.subscribe(heard, 1)
        until(lambda: len(ann.subscribed) == 3, "the subscriptions")

        ben.say(topic("c-ben"), b"health")
        ben.say(topic("c-ben", "cmd"), b"to ben")
        ann.say(ANN, b"her own")
        ann.say(topic("c-ann", "cmd"), b"to ann")

        until(lambda: ann.heard, "what is sent to her")
        ann.say(ANN, b"and no more")
        assert {one.payload for one in ann.heard} == {b"to ann"}


def test_nobody_takes_over_the_session_of_ingest(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")

    with mosquitto.phone(client_id="daykeel-ingest") as ann:
        assert ann.is_in
        ann.say(ANN, b"1")

    until(lambda: log.payloads() == [b"1"], "the message")
    assert not run.bridge.counts["disconnected"]
    run.stop()


def test_a_revoked_device_is_cut_off(mosquitto):
    with mosquitto.phone() as ann:
        assert ann.is_in
        mosquitto.records.known["ann"] = replace(mosquitto.records.known["ann"], enabled=False)
        mosquitto.let_in()

        until(lambda: ann.ends, "the end of the connection")

    with mosquitto.phone() as ann:
        assert not ann.is_in


def test_what_is_too_large_for_ingest_comes_to_it_to_be_noted(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")

    with mosquitto.phone() as ann:
        ann.say(ANN, b"x" * (MQTT_BYTES + 1))
        ann.say(ANN, b"y" * MQTT_BYTES)

    until(lambda: log.payloads() and log.notes(), "the message and the note")
    run.stop()
    assert [len(one) for one in log.payloads()] == [MQTT_BYTES]
    assert [(one.reason, one.size) for one in log.notes()] == [("too_large", MQTT_BYTES + 1)]


def test_a_killed_mosquitto_comes_back_with_what_it_had_saved(mosquitto):
    log = MemoryLog()
    run = Run(mosquitto, log)
    until(run.is_subscribed, "the subscription")
    run.stop()
    saved = Path(mosquitto.ca).parent / "data" / "mosquitto.db"
    with mosquitto.phone() as ann:
        ann.say(ANN, b"kept")
    until(lambda: saved.exists() and b"kept" in saved.read_bytes(), "the message on disk", LONG_S)

    mosquitto.kill()
    mosquitto.start()
    again = Run(mosquitto, log)

    until(lambda: log.payloads() == [b"kept"], "the message", LONG_S)
    until(again.is_subscribed, "the subscription")
    again.stop()
    assert not again.bridge.counts["new_session"]
