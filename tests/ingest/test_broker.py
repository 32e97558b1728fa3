"""What the embedded broker promises, with real devices on loopback."""

import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import (
    NOW,
    Consent,
    Shore,
    Wire,
    connect,
    credential,
    packet,
    phone,
    publish,
    self_signed,
    text,
    topic,
    until,
)

from daykeel.ingest.broker import OtherVersion, check_version, device_broker
from daykeel.ingest.room import Room
from daykeel.log.tally import MEMO, tally_of
from daykeel.process.broker import address

ANN, BEN = topic("c-ann"), topic("c-ben")


@pytest.fixture
def shore():
    with Shore() as running:
        yield running


def is_alive(shore):
    with phone(shore.port, "ben", client_id="probe") as probe:
        probe.say(BEN, b'"alive"')
    return b'"alive"' in shore.log.payloads()


def test_what_is_acknowledged_is_on_the_log_unchanged(shore):
    with phone(shore.port) as ann:
        ann.say(ANN, b'{"kind": "meal"}')

    (raw,) = shore.log.raws()
    assert (raw.payload, raw.topic, raw.client, raw.adapter, raw.device) == (
        b'{"kind": "meal"}',
        ANN,
        "c-ann",
        "daykeel",
        "phone",
    )
    assert (raw.stream, raw.received_at, raw.transport) == ("event", NOW, "mqtt")


def test_nothing_is_acknowledged_before_the_append_has_returned(shore):
    shore.log.gate.clear()
    with phone(shore.port) as ann, phone(shore.port, client_id="other") as other:
        mid = ann.publish(ANN, b"1")
        until(lambda: shore.log.waiting, "the append to begin")
        other.client.subscribe(topic("c-ann", "cmd"))
        until(lambda: other.subscribed, "the broker to do other things meanwhile")
        assert ann.acked == []

        shore.log.gate.set()

        until(lambda: ann.acked == [mid], "the acknowledgement")
    assert shore.log.payloads() == [b"1"]


def test_a_log_that_is_away_holds_acknowledgements_up_and_loses_nothing(shore):
    shore.log.is_away = True
    with phone(shore.port) as ann:
        mids = [ann.publish(ANN, b"%d" % n) for n in range(5)]
        until(lambda: shore.room.messages == 5, "the messages")
        assert ann.acked == []

        shore.log.is_away = False

        until(lambda: ann.acked == mids, "the acknowledgements")
    assert shore.log.payloads() == [b"%d" % n for n in range(5)]


def test_consents_that_cannot_be_read_hold_acknowledgements_up(shore):
    given = shore.records.consented.pop("c-ann")
    with phone(shore.port) as ann:
        shore.records.is_away = True
        mid = ann.publish(ANN, b"1")
        until(lambda: shore.room.messages == 1, "the message")
        assert ann.acked == []

        shore.records.consented["c-ann"] = given
        shore.records.is_away = False

        until(lambda: ann.acked == [mid], "the acknowledgement")
        assert ann.ends == 0
    assert shore.log.payloads() == [b"1"]


def test_a_device_that_says_it_sends_again_is_counted_once_without_consent(shore):
    shore.records.consented["c-ann"] = []
    with Wire(shore.port) as ann:
        ann.sign_in()
        ann.say(publish(ANN, b"1", 5))
        assert ann.hear(4) == b"\x40\x02\x00\x05"
    with Wire(shore.port) as ann:
        ann.sign_in()
        ann.say(publish(ANN, b"1", 5, again=True) + publish(ANN, b"2", 6))
        assert ann.hear(8) == b"\x40\x02\x00\x05\x40\x02\x00\x06"

    assert tally_of(shore.log.memo(MEMO)).counts == {"no_consent": 2}
    assert shore.log.kept == []


def test_a_device_that_comes_again_before_it_was_let_in_takes_no_place_for_ever(shore):
    for _ in range(400):
        with Wire(shore.port) as first, Wire(shore.port) as second:
            for wire in (first, second):
                wire.say(connect())

    (server,) = shore.broker._servers.values()
    until(lambda: server.conn_count == 0, "all places are free")
    assert is_alive(shore)


def test_a_stream_without_consent_is_acknowledged_and_leaves_nothing(shore):
    shore.records.consented["c-ann"] = [Consent("owntracks"), Consent("*", stop=NOW)]

    with phone(shore.port) as ann:
        ann.say(ANN, b"1")

    assert shore.log.kept == []
    assert shore.appender.counts["no_consent"] == 1


def test_the_instant_of_receipt_is_that_of_the_installations_clock(shore):
    with phone(shore.port) as ann:
        ann.say(ANN, b"1")
        shore.clock.instant = NOW + timedelta(days=70)
        ann.say(ANN, b"2")

    assert [one.received_at for one in shore.log.raws()] == [NOW, NOW + timedelta(days=70)]


def test_quality_0_is_logged_without_promise(shore):
    with phone(shore.port) as ann:
        ann.publish(ANN, b"1", qos=0)

        until(lambda: shore.log.payloads() == [b"1"], "the message")


def test_quality_2_is_refused(shore):
    with phone(shore.port) as ann:
        ann.publish(ANN, b"1", qos=2)

        until(lambda: ann.ends, "the end of the connection")
    assert shore.log.kept == []
    assert shore.edge.counts["qos_2"] == 1
    assert is_alive(shore)


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann", "wrong"), ("ann", ""), ("ann", None), ("nobody", "pw"), (None, None), ("gone", "pw")],
)
def test_who_cannot_say_the_password_does_not_get_in(shore, username, password):
    shore.records.known["gone"] = credential("gone", "c-ann", enabled=False)

    with phone(shore.port, username, password) as stranger:
        assert not stranger.is_in

    assert is_alive(shore)


def test_an_unknown_name_is_answered_as_a_wrong_password_is(shore):
    answers = []
    for name in ("ann", "nobody"):
        with Wire(shore.port) as wire:
            wire.say(connect(username=name, password="wrong"))
            answers.append(wire.hear(5))

    assert answers == [b"\x20\x02\x00\x04"] * 2


def test_while_records_are_away_nobody_gets_in_and_is_told_so(shore):
    shore.records.is_away = True

    with Wire(shore.port) as wire:
        wire.say(connect())
        assert wire.hear(5) == b"\x20\x02\x00\x03"


def test_a_stranger_does_not_end_a_devices_session_by_its_name(shore):
    with phone(shore.port, client_id="name") as ann:
        for name in ("ann", "ben"):
            with Wire(shore.port) as wire:
                wire.say(connect(username=name, password="wrong", name="name"))
                assert wire.hear(5)[3] != 0

        ann.say(ANN, b"still here")
        assert ann.ends == 0


def test_two_people_with_one_client_id_both_stay(shore):
    with phone(shore.port, client_id="same") as ann:
        with phone(shore.port, "ben", client_id="same") as ben:
            ann.say(ANN, b"1")
            ben.say(BEN, b"2")
            ann.say(ANN, b"3")

        assert (ann.ends, ben.ends) == (0, 1)
    assert shore.log.payloads() == [b"1", b"2", b"3"]


def test_a_device_that_comes_again_takes_its_session_over(shore):
    with phone(shore.port, client_id="same") as before:
        before.say(ANN, b"1")
        with phone(shore.port, client_id="same") as after:
            until(lambda: before.ends, "the end of the former connection")

            after.say(ANN, b"2")

    assert shore.log.payloads() == [b"1", b"2"]


def test_what_was_on_its_way_when_a_session_is_taken_over_is_kept(shore):
    shore.log.gate.clear()
    with phone(shore.port, client_id="same") as before:
        before.publish(ANN, b"1")
        until(lambda: shore.log.waiting, "the append to begin")
        with phone(shore.port, client_id="same") as after:
            shore.log.gate.set()
            after.say(ANN, b"2")
        assert before.acked == []

    assert shore.log.payloads() == [b"1", b"2"]
    assert shore.room.messages == 0


def test_anothers_topic_is_not_acknowledged_and_noted_once(shore):
    with phone(shore.port) as ann:
        for _ in range(2):
            with Wire(shore.port) as wire:
                wire.sign_in()
                wire.say(publish(BEN, b"lie"))
                assert wire.is_ended()
        ann.say(ANN, b"true")

    (note,) = shore.log.notes()
    assert (note.reason, note.raw.client, note.raw.payload) == (
        "topic_not_allowed",
        "c-ann",
        b"lie",
    )
    assert shore.log.payloads() == [b"true"]


@pytest.mark.parametrize("size", [2_000_001, 2_070_000, 6_000_000])
def test_a_message_over_the_limit_is_noted_and_not_held(shore, size):
    payload = b"[" + b" " * (size - 1)

    with phone(shore.port) as ann:
        ann.publish(ANN, payload)
        until(lambda: ann.ends, "the end of the connection")
        assert ann.acked == []

    (note,) = shore.log.notes()
    assert (note.reason, note.size) == ("too_large", size)
    assert note.sha256 == sha256(payload).hexdigest()
    assert note.raw.payload == payload[:4096]
    assert is_alive(shore)


def test_a_message_of_just_the_limit_is_kept(shore):
    with phone(shore.port) as ann:
        ann.say(ANN, b" " * 2_000_000)

    assert [len(one) for one in shore.log.payloads()] == [2_000_000]


def test_what_the_log_cannot_use_is_noted_and_acknowledged(shore):
    with phone(shore.port) as ann:
        ann.say(ANN, b"[" * 40 + b"]" * 40)
        ann.say(ANN, b"")

    assert shore.log.reasons() == ["too_deep", "empty"]


@pytest.mark.parametrize(
    "wanted", ["#", "+/#", BEN, topic("c-ben", "cmd"), topic("c-ann", "+"), ANN, "$SYS/#"]
)
def test_nobody_hears_what_is_not_for_them(shore, wanted):
    with phone(shore.port) as ann, phone(shore.port, "ben") as ben:
        ann.client.subscribe(wanted, 1)
        until(lambda: ann.subscribed, "an answer to SUBSCRIBE")

        ben.say(BEN, b"1")
        ann.say(ANN, b"2")

        assert ann.subscribed[0].is_failure
        assert ann.heard == []


def test_a_device_may_wait_for_its_own_commands(shore):
    with phone(shore.port) as ann:
        ann.client.subscribe([(topic("c-ann", "cmd"), 1), ("#", 1)])
        until(lambda: ann.subscribed, "an answer to SUBSCRIBE")

        assert [one.is_failure for one in ann.subscribed] == [False, True]


def test_a_device_gives_itself_no_commands(shore):
    with phone(shore.port) as ann:
        ann.publish(topic("c-ann", "cmd"), b"1")
        until(lambda: ann.ends, "the end of the connection")

    assert shore.log.reasons() == ["topic_not_allowed"]


def test_a_retained_message_is_a_message_and_is_given_to_nobody_later(shore):
    with phone(shore.port) as ann:
        mid = ann.publish(ANN, b"1", retain=True)
        until(lambda: mid in ann.acked, "the acknowledgement")

    (raw,) = shore.log.raws()
    assert (raw.payload, raw.retain) == (b"1", False)
    assert shore.broker.retained_messages == {}


def test_when_there_is_no_room_nothing_more_is_read():
    with Shore(room=Room(messages=10)) as shore:
        shore.log.gate.clear()
        with phone(shore.port) as ann:
            mids = [ann.publish(ANN, b"%d" % n) for n in range(500)]
            until(lambda: shore.room.messages == 10, "a full room")
            assert ann.acked == []

            shore.log.gate.set()

            until(lambda: ann.acked == mids, "the acknowledgements")
        assert shore.log.payloads() == [b"%d" % n for n in range(500)]
        assert max(shore.log.batches) <= 10
        assert shore.room.messages == shore.room.size == 0


def test_messages_under_way_together_share_a_transaction(shore):
    shore.log.gate.clear()
    with phone(shore.port) as ann, phone(shore.port, "ben") as ben:
        ann.publish(ANN, b"first")
        until(lambda: shore.log.waiting, "the append to begin")
        for n in range(10):
            ann.publish(ANN, b"%d" % n)
            ben.publish(BEN, b"%d" % n)
        until(lambda: shore.room.messages == 21, "the other messages")

        shore.log.gate.set()

        until(lambda: len(ann.acked) == 11 and len(ben.acked) == 10, "the acknowledgements")
    assert shore.log.batches == [1, 20]


def test_acknowledgements_come_in_the_order_of_the_messages(shore):
    with Wire(shore.port) as wire:
        wire.sign_in()
        wire.say(b"".join(publish(ANN, b"x", mid) for mid in range(1, 301)))

        heard = wire.hear(4 * 300)

    assert heard == b"".join(b"\x40\x02" + mid.to_bytes(2) for mid in range(1, 301))


def test_a_device_that_says_all_at_once_and_leaves_is_heard(shore):
    for n in range(20):
        with Wire(shore.port) as wire:
            wire.say(connect() + publish(ANN, b"%d" % n) + b"\xe0\x00")
            assert wire.hear(4) == b"\x20\x02\x00\x00"

    until(lambda: len(shore.log.kept) == 20, "the messages")
    until(lambda: not shore.broker.sessions, "the end of all sessions")


BROKEN = {
    "no MQTT": b"GET / HTTP/1.1\r\n\r\n",
    "no CONNECT": publish(ANN, b"1"),
    "endless length": b"\x10\xff\xff\xff\xff\xff",
    "huge CONNECT": packet(0x10, b" " * 80_000)[:1000],
    "empty CONNECT": b"\x10\x00",
    "MQTT 3.1": packet(0x10, text("MQIsdp") + b"\x03\x02\x00\x3c" + text("x")),
    "nothing": b"",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_connect_ends_the_connection_and_nothing_else(shore, name):
    with Wire(shore.port) as wire:
        wire.say(BROKEN[name])
        assert not BROKEN[name] or wire.is_ended()

    assert is_alive(shore)


MALFORMED = {
    "quality 3": publish(ANN, b"1", qos=3),
    "packet id 0": publish(ANN, b"1", mid=0),
    "no packet id": packet(0x32, text(ANN)),
    "cut off": packet(0x32, b"\x00\xff" + b"a"),
    "empty": packet(0x32, b""),
    "no UTF-8": packet(0x32, text(b"\xff\xfe") + b"\x00\x01"),
    "endless length": b"\x32\xff\xff\xff\xff\xff",
    "second CONNECT": connect(),
    "reserved": packet(0xF0, b""),
    "CONNACK": packet(0x20, b"\x00\x00"),
    "huge SUBSCRIBE": b"\x82\xff\xff\x7f",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_mqtt_ends_the_connection_and_nothing_else(shore, name):
    with Wire(shore.port) as wire:
        wire.sign_in()
        wire.say(MALFORMED[name])
        assert wire.is_ended()

    assert shore.log.kept == []
    assert is_alive(shore)


def test_a_topic_with_wildcards_is_not_the_devices(shore):
    with Wire(shore.port) as wire:
        wire.sign_in()
        wire.say(publish(topic("c-ann", "#"), b"1"))
        assert wire.is_ended()

    assert shore.log.reasons() == ["topic_not_allowed"]


def test_mqtt_5_is_told_that_this_is_3_1_1(shore):
    with phone(shore.port, protocol=mqtt.MQTTv5) as modern:
        assert not modern.is_in

    assert is_alive(shore)


def test_a_silent_connection_ends_after_one_and_a_half_keep_alives(shore):
    with Wire(shore.port) as wire:
        wire.sign_in(keepalive=1)

        assert wire.is_ended()
    assert shore.edge.counts["TimeoutError"] == 1


def test_pings_keep_a_connection(shore):
    with Wire(shore.port) as wire:
        wire.sign_in()
        wire.say(b"\xc0\x00")
        assert wire.hear(2) == b"\xd0\x00"


def test_a_last_will_is_kept_when_a_connection_breaks(shore):
    with Wire(shore.port) as wire:
        wire.sign_in(will=(topic("c-ann", "status"), b"offline"))

    until(lambda: shore.log.payloads() == [b"offline"], "the last will")
    assert shore.log.raws()[0].stream == "status"


def test_a_last_will_is_not_kept_when_a_device_says_goodbye(shore):
    for _ in range(20):
        with Wire(shore.port) as wire:
            wire.say(connect(will=(topic("c-ann", "status"), b"offline")) + b"\xe0\x00")
            assert wire.hear(4) == b"\x20\x02\x00\x00"
    until(lambda: not shore.broker.sessions, "the end of the sessions")

    assert is_alive(shore)
    assert b"offline" not in shore.log.payloads()


def test_a_last_will_that_finds_no_room_is_dropped(shore):
    will = (topic("c-ann", "status"), b"offline")
    with Wire(shore.port) as wire:
        wire.sign_in(will=will)
    until(lambda: shore.log.payloads() == [b"offline"], "a last will")
    until(lambda: not shore.room.messages, "room again")
    shore.room.messages = 1_000

    with Wire(shore.port) as wire:
        wire.sign_in(will=will)

    until(lambda: shore.edge.counts["last_will_dropped"] == 1, "the second last will")
    assert shore.log.payloads() == [b"offline"]


def test_a_last_will_on_anothers_topic_is_noted(shore):
    with Wire(shore.port) as wire:
        wire.sign_in(will=(topic("c-ben", "status"), b"offline"))

    until(lambda: shore.log.reasons() == ["topic_not_allowed"], "the note")
    assert shore.log.raws() == []


def test_a_credential_that_is_switched_off_is_cut_off(shore):
    with phone(shore.port) as ann:
        ann.say(ANN, b"1")
        shore.records.known["ann"] = credential("ann", "c-ann", enabled=False)
        shore.directory.credential_now("ann")

        ann.publish(ANN, b"2")

        until(lambda: ann.ends, "the end of the connection")
    assert shore.log.payloads() == [b"1"]


def test_another_version_of_amqtt_is_refused():
    with pytest.raises(OtherVersion, match=r"0\.12\.1"):
        check_version("0.13.0")


def test_tls_without_a_certificate_is_refused(shore):
    with pytest.raises(ValueError, match="DAYKEEL_CERT"):
        device_broker(address("embedded+tls://127.0.0.1:1"), lambda *_: None, shore.edge)


def test_devices_may_come_by_tls(tmp_path):
    cert, key = self_signed(tmp_path)

    with (
        Shore(url="embedded+tls://127.0.0.1", tls={"cert": cert, "key": key}) as shore,
        phone(shore.port, ca=str(cert)) as ann,
    ):
        ann.say(ANN, b"1")

        assert shore.log.payloads() == [b"1"]
