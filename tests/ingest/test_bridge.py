"""The bridge's promise, against a broker that keeps what was not acknowledged."""

import socket
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import PARTITIONS, FixedClock, MemoryLog, MemoryRecords, topic, until

from daykeel.ingest.appender import Appender
from daykeel.ingest.bridge import TOPICS, UNDER_WAY, Bridge
from daykeel.ingest.directory import Directory
from daykeel.log.tally import MEMO, tally_of
from daykeel.process.broker import address

ANN = topic("c-ann")


class Broker:
    """The other side of a persistent session: each connection numbers its messages anew."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.acked: list[int] = []
        self.subscribed = []
        self._under_way: dict[int, tuple[str, bytes]] = {}

    def publish(self, where: str, *payloads: bytes) -> None:
        self.kept.extend((where, payload) for payload in payloads)

    def connect(self, bridge: Bridge, *, is_same_session: bool = True) -> None:
        self._under_way.clear()
        self.acked.clear()
        bridge.connected(self, is_same_session=is_same_session)
        for mid, (where, payload) in enumerate(list(self.kept), start=1):
            self._under_way[mid] = (where, payload)
            message = mqtt.MQTTMessage(mid, where.encode())
            message.payload, message.qos = payload, 1
            bridge.delivered(self, message)

    def lose(self, bridge: Bridge) -> None:
        bridge.disconnected()

    def subscribe(self, topics):
        self.subscribed = topics

    def ack(self, mid, qos):
        self.acked.append(mid)
        self.kept.remove(self._under_way.pop(mid))


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def bridge(log):
    appender = Appender(log, Directory(MemoryRecords()), FixedClock(), partitions=PARTITIONS)
    appender.start()
    yield Bridge(appender.submit)
    log.gate.set()
    appender.close()


@pytest.fixture
def broker():
    return Broker()


def test_what_the_log_has_is_acknowledged_in_the_order_of_delivery(bridge, broker, log):
    broker.publish(ANN, *(b"%d" % n for n in range(20)))

    broker.connect(bridge)

    until(lambda: not broker.kept, "the acknowledgements")
    assert broker.acked == list(range(1, 21))
    assert log.payloads() == [b"%d" % n for n in range(20)]


def test_nothing_is_acknowledged_before_the_append_has_returned(bridge, broker, log):
    log.gate.clear()
    broker.publish(ANN, b"1")
    broker.connect(bridge)
    until(lambda: log.waiting, "the append to begin")
    assert broker.acked == []

    log.gate.set()

    until(lambda: broker.acked == [1], "the acknowledgement")


def test_what_another_connection_delivered_is_not_acknowledged_in_this_one(bridge, broker, log):
    log.gate.clear()
    broker.publish(ANN, b"1")
    broker.connect(bridge)
    until(lambda: log.waiting, "the append to begin")
    broker.lose(bridge)
    broker.publish(ANN, b"2")

    broker.connect(bridge)
    log.gate.set()

    until(lambda: not broker.kept, "the acknowledgements")
    assert broker.acked == [1, 2]
    assert log.payloads() == [b"1", b"1", b"2"]


def test_a_log_that_is_away_leaves_everything_with_the_broker(bridge, broker, log):
    log.is_away = True
    broker.publish(ANN, b"1", b"2")
    broker.connect(bridge)
    broker.lose(bridge)
    assert len(broker.kept) == 2

    log.is_away = False
    broker.connect(bridge)

    until(lambda: not broker.kept, "the acknowledgements")
    assert set(log.payloads()) == {b"1", b"2"}


def test_what_nobody_promised_to_keep_fills_no_memory(bridge, broker, log):
    log.gate.clear()
    message = mqtt.MQTTMessage(0, ANN.encode())
    message.payload, message.qos = b"0", 0

    for _ in range(3 * UNDER_WAY):
        bridge.delivered(broker, message)
    log.gate.set()

    until(lambda: len(log.payloads()) == UNDER_WAY, "the append")
    assert bridge.counts["dropped_without_promise"] == 2 * UNDER_WAY
    until(lambda: not bridge._unpromised, "all to be settled")
    bridge.delivered(broker, message)
    until(lambda: len(log.payloads()) == UNDER_WAY + 1, "room again")


def test_what_the_broker_gives_again_is_counted_once_without_consent(log):
    records = MemoryRecords()
    records.consented["c-ann"] = []
    appender = Appender(log, Directory(records), FixedClock(), partitions=PARTITIONS)
    appender.start()
    bridge, message, acked = Bridge(appender.submit), mqtt.MQTTMessage(9, ANN.encode()), []
    message.payload, message.qos = b"1", 1
    listener = Broker()
    listener.ack = lambda mid, _: acked.append(mid)
    bridge.delivered(listener, message)
    message.dup = True
    bridge.delivered(listener, message)
    until(lambda: acked == [9, 9], "both acknowledgements")
    appender.close()

    assert tally_of(log.memo(MEMO)).counts == {"no_consent": 1}
    assert log.kept == []


def test_a_poisonous_message_does_not_block_the_others(bridge, broker, log):
    broker.publish(ANN, b"[" * 40)
    broker.publish("owntracks/eve/phone", b"{}")
    broker.publish(ANN, b" " * 2_000_001, b"1")

    broker.connect(bridge)

    until(lambda: not broker.kept, "the acknowledgements")
    assert log.payloads() == [b"1"]
    assert log.reasons() == ["too_deep", "unknown_device", "too_large"]


def test_replays_of_retained_messages_are_not_asked_for(bridge, broker):
    broker.connect(bridge, is_same_session=False)

    assert [name for name, _ in broker.subscribed] == list(TOPICS)
    assert all(options.QoS == 1 and options.retainHandling == 2 for _, options in broker.subscribed)


def test_why_there_is_no_connection_is_said_once(bridge, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        bridge.start(address(f"mqtt://127.0.0.1:{taken.getsockname()[1]}"))
        until(lambda: bridge.counts["connection_failed"] > 1, "a second attempt")
        bridge.stop()

    said = [one.getMessage() for one in caplog.records if one.name == "daykeel.ingest.bridge"]
    assert len(said) == 1
    assert "Connection refused" in said[0]
