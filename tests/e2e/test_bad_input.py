"""What devices must not do, through a real broker: refused with a reason, and nothing blocked."""

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import installation, until
from people import enrol, quarantined, raws
from profiles import PROFILES

pytestmark = pytest.mark.e2e

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = {
    "kind": "meal",
    "start": "2026-03-02T11:30:00Z",
    "native_id": "lunch",
    "value": {"meal": "lunch"},
}


def told(**changes):
    return json.dumps({**GOOD, **changes}).encode()


def steps(number):
    return {
        "kind": "activity.epoch",
        "start": "2026-03-02T11:00:00Z",
        "native_id": "walk",
        "value": {"unit": "steps", "value": number, "epoch_s": 60},
    }


DEEP = b"[" * 40 + b"]" * 40
MANY = json.dumps([GOOD] * 20_001, separators=(",", ":")).encode()
PAYLOADS = {
    "no JSON": (b"oops", "not_json"),
    "cut off": (b'{"kind": "meal"', "not_json"),
    "not UTF-8": (b"\xff\xfe\x00", "not_json"),
    "a number": (b"42", "wrong_shape"),
    "null": (b"null", "wrong_shape"),
    "no kind": (b"{}", "wrong_shape"),
    "unknown kind": (told(kind="mind.reading"), "unknown_kind"),
    "wrong value": (told(value={"meal": "sauce"}), "bad_value"),
    "NaN": (json.dumps(steps(float("nan"))).encode(), "not_finite"),
    "Infinity": (json.dumps(steps(float("inf"))).encode(), "not_finite"),
    "a number beyond all": (json.dumps(steps(1)).encode().replace(b"1,", b"1e400,"), "not_finite"),
    "deep": (DEEP, "too_deep"),
    "too many": (MANY, "too_many_events"),
    "future": (told(start="2026-03-02T12:06:00Z"), "future_time"),
    "1970": (told(start="1970-01-01T00:00:01Z"), "before_2000"),
    "zero": (told(start="1970-01-01T00:00:00Z"), "zero_time"),
    "end before start": (
        told(kind="sleep.episode", value={}, end="2026-03-02T11:00:00Z"),
        "end_before_start",
    ),
    "no time": (json.dumps({"kind": "meal", "value": {"meal": "lunch"}}).encode(), "no_time"),
}


@pytest.fixture(scope="module", params=PROFILES)
def home(request, tmp_path_factory):
    with installation(tmp_path_factory.mktemp("bad"), NOW, request.param) as running:
        running.clock.set(NOW)
        yield running


@pytest.fixture(scope="module")
def ann(home):
    person = enrol(home, "c-ann0000001", ("phone", "tracker"), NOW)
    enrol(home, "c-ben0000001", (), NOW).close()
    yield person
    person.close()


def reasons(home):
    return [one.reason for one in quarantined(home)]


def is_alive(home, ann):
    """Say something good and see it arrive."""
    before = len(raws(home))
    ann.say("phone", told())
    until(lambda: len(raws(home)) == before + 1, "a good message on the log")


@pytest.mark.parametrize("name", PAYLOADS)
def test_bad_payloads_are_kept_with_their_reason(home, ann, name):
    payload, reason = PAYLOADS[name]
    before = reasons(home)

    ann.say("phone", payload)

    until(lambda: len(reasons(home)) == len(before) + 1, f"refusal: {reasons(home)}")
    assert reasons(home)[-1] == reason
    assert quarantined(home)[-1].raw.payload == payload[: len(quarantined(home)[-1].raw.payload)]
    is_alive(home, ann)


def test_the_good_part_of_a_message_is_used(home, ann):
    before = reasons(home)

    ann.say("phone", json.dumps([GOOD, {**GOOD, "kind": "mind.reading"}]).encode())

    until(lambda: len(reasons(home)) == len(before) + 1, "one refusal")
    assert reasons(home)[-1] == "unknown_kind"


def test_a_message_over_the_limit_is_noted_and_the_broker_lives(home, ann):
    huge = b"[" + b" " * 2_000_001 + b"]"
    loud = home.device(*ann.credentials["phone"])

    with suppress(AssertionError, RuntimeError, ValueError):  # Mosquitto takes it, for ingest
        loud.publish(ann.topic("phone"), huge, seconds=3)

    loud.close()
    until(lambda: "too_large" in reasons(home), "a note of the oversize message")
    (note,) = [one for one in quarantined(home) if one.reason == "too_large"]
    assert note.size == len(huge)
    assert len(note.raw.payload) <= 4096
    is_alive(home, ann)


def test_nobody_writes_on_anothers_topic(home, ann):
    intruder = home.device(*ann.credentials["phone"])
    before = len(raws(home))

    with suppress(AssertionError, RuntimeError, ValueError):  # Mosquitto says nothing of it
        intruder.publish("daykeel/v1/c-ben0000001/daykeel/phone/event", told(), seconds=2)

    intruder.close()
    assert len(raws(home)) == before
    assert all(one.client != "c-ben0000001" for one in raws(home))
    is_alive(home, ann)


def test_the_identity_in_a_payload_counts_for_nothing(home, ann):
    ann.say("phone", told(client="c-ben0000001", native_id="lie"))

    until(lambda: any(b'"lie"' in one.payload for one in raws(home)), "the message")
    assert all(one.client == "c-ann0000001" for one in raws(home))


@pytest.mark.parametrize(
    ("username", "password"),
    [("nobody", "x"), ("", ""), ("phone", ""), ("phone", "wrong")],
)
def test_strangers_do_not_get_in(home, ann, username, password):
    name = ann.credentials["phone"][0] if username == "phone" else username
    answers = []
    stranger = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    stranger.username_pw_set(name or None, password or None)
    stranger.on_connect = lambda *args: answers.append(args[3])
    if home.profile.ca:
        stranger.tls_set(home.profile.ca)
    stranger.connect("127.0.0.1", home.mqtt_port)
    stranger.loop_start()

    until(lambda: answers, "an answer to CONNECT")

    stranger.loop_stop()
    assert answers[0].is_failure
    is_alive(home, ann)


def test_a_retained_message_is_not_given_to_anybody_later(home, ann):
    heard, before = [], len(raws(home))
    ann.devices["tracker"].publish(ann.topic("tracker"), told(native_id="kept"), retain=True)
    until(lambda: len(raws(home)) == before + 1, "the retained message on the log")
    curious = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    curious.username_pw_set(*ann.credentials["phone"])
    curious.on_message = lambda *args: heard.append(args[2])
    answers, ends = [], []
    curious.on_subscribe = lambda *args: answers.append(args[3])
    curious.on_disconnect = lambda *_: ends.append(1)
    curious.on_connect = lambda *_: curious.subscribe("#", 1)
    if home.profile.ca:
        curious.tls_set(home.profile.ca)
    curious.connect("127.0.0.1", home.mqtt_port)
    curious.loop_start()

    until(lambda: answers or ends, "an answer to SUBSCRIBE")
    is_alive(home, ann)
    curious.subscribe("nothing", 1)
    until(lambda: len(answers) > 1 or ends, "an answer after which nothing of before comes")

    curious.loop_stop()
    assert heard == []


def test_two_phones_with_one_client_id_lose_nothing(home, ann):
    before = len(raws(home))
    first = home.device(*ann.credentials["phone"], client_id="same")
    first.publish(ann.topic("phone"), told(native_id="one"))
    second = home.device(*ann.credentials["tracker"], client_id="same")

    second.publish(ann.topic("tracker"), told(native_id="two"))

    for phone in (first, second):
        phone.close()
    until(lambda: len(raws(home)) == before + 2, "both on the log")
    is_alive(home, ann)


def test_what_was_refused_changed_nothing_else(home, ann):
    home.settle(NOW + timedelta(minutes=1))

    known = {one.day for one in home.scores.days(ann.client, NOW.date(), NOW.date())}

    assert known == set()
    assert home.scores.latest("c-ben0000001") in (None, NOW.date(), NOW.date() + timedelta(days=1))
