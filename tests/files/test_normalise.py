import argparse
import io
import json
import sys
from datetime import UTC, datetime

import pytest

from daykeel.events.wire import from_json
from daykeel.files.normalise import add_arguments, run

EPOCH = {"kind": "phone.unlock", "start": "2026-03-01T21:00:00Z"}
LOCAL = {"kind": "phone.unlock", "local_start": "2026-03-01T23:00:00"}
FIX = {"_type": "location", "tst": 1772398800, "lat": 1.5, "lon": 2.5}
AWAKE = {"topic": "SleepAsAndroid/ann", "payload": '{"event": "awake"}'}


class Told:
    """What the command printed, and its exit code."""

    def __init__(self, code, out, err):
        self.code = code
        self.events = [json.loads(line) for line in out.splitlines()]
        self.refused = [json.loads(line) for line in err.splitlines()]


@pytest.fixture
def normalise(tmp_path, capsys):
    def told(adapter, content, *more):
        file = tmp_path / "payload"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        args = parser.parse_args(["--adapter", adapter, "--client", "c-1", *more, str(file)])
        return Told(run(args), *capsys.readouterr())

    return told


def test_each_event_is_a_line(normalise):
    told = normalise("daykeel", [EPOCH, EPOCH | {"kind": "phone.lock"}])

    assert told.code == 0
    assert [one["kind"] for one in told.events] == ["phone.unlock", "phone.lock"]
    assert told.events[0]["client"] == "c-1"
    assert told.refused == []


def test_what_is_refused_is_told_apart_and_is_code_1(normalise):
    told = normalise("daykeel", [EPOCH, {"kind": "tea"}, {"kind": "meal"}])

    assert told.code == 1
    assert len(told.events) == 1
    assert [(one["reject"], one["reason"]) for one in told.refused] == [
        ("tea", "unknown_kind"),
        ("meal", "no_time"),
    ]


@pytest.mark.parametrize("content", [b"", b"oops", b"\xff\xfe", b"[" * 99])
def test_a_payload_that_cannot_be_read_is_one_refusal(normalise, content):
    told = normalise("owntracks", content)

    assert (told.code, told.events, len(told.refused)) == (1, [], 1)
    assert told.refused[0]["reject"] == "record"


def test_when_it_arrived_may_be_said(normalise):
    message = {"event": "awake"}

    said = normalise("sleep_as_android", message, "--received-at", "2026-03-01T22:00:00+01:00")
    now = normalise("sleep_as_android", message)

    assert said.events[0]["start"] == said.events[0]["received_at"] == "2026-03-01T21:00:00Z"
    age = datetime.now(UTC) - datetime.fromisoformat(now.events[0]["start"])
    assert 0 <= age.total_seconds() < 60


def test_a_local_time_has_an_instant_in_the_zone_given(normalise):
    plain = normalise("daykeel", LOCAL).events[0]
    zoned = normalise("daykeel", LOCAL, "--zone", "Europe/Berlin").events[0]

    assert (plain["start"], plain["utc_offset_min"]) == (None, None)
    assert (zoned["start"], zoned["utc_offset_min"]) == ("2026-03-01T22:00:00Z", 60)
    assert zoned["local_start"] == plain["local_start"] == "2026-03-01T23:00:00"


def test_positions_are_printed_only_if_asked_for(normalise):
    assert normalise("owntracks", FIX).events == []
    assert [one["kind"] for one in normalise("owntracks", FIX, "--internal").events] == [
        "place.fix"
    ]


def test_the_topic_names_the_device(normalise):
    own = "daykeel/v1/c-1/daykeel/watch/event"

    assert normalise("owntracks", {"_type": "lwt"}, "--topic", "owntracks/ann/pixel").events[0][
        "device"
    ] == ("pixel")
    assert normalise("daykeel", EPOCH, "--topic", own).events[0]["device"] == "watch"
    assert normalise("daykeel", EPOCH).events[0]["device"] == "daykeel"


def test_a_topic_may_be_the_devices_status(normalise):
    told = normalise("daykeel", b"online", "--topic", "daykeel/v1/c-1/daykeel/watch/status")

    assert [one["kind"] for one in told.events] == ["device.online"]


def test_a_recording_is_many_messages(normalise):
    recording = [
        AWAKE | {"received_at": "2026-03-01T21:00:00Z", "qos": 1, "retain": False},
        {"topic": "SleepAsAndroid/ann", "payload": {"event": "not_awake"}}
        | {"received_at": "2026-03-01T21:30:00Z"},
    ]

    told = normalise("sleep_as_android", recording, "--recorded")

    assert [(one["kind"], one["start"]) for one in told.events] == [
        ("sleep.stage", "2026-03-01T21:00:00Z"),
        ("sleep.onset", "2026-03-01T21:30:00Z"),
    ]


def test_a_message_recorded_twice_is_one_event(normalise):
    at = "2026-03-01T21:00:00Z", "2026-03-01T21:04:00Z"

    told = normalise("sleep_as_android", [AWAKE | {"received_at": one} for one in at], "--recorded")

    assert [one["start"] for one in told.events] == ["2026-03-01T21:00:00Z"]


def test_a_retained_replay_in_a_recording_is_refused(normalise):
    told = normalise("sleep_as_android", [AWAKE | {"retain": True}], "--recorded")

    assert [(one["reason"], one["record"]) for one in told.refused] == [("retained_replay", 0)]


def test_a_bad_message_of_a_recording_takes_no_other_with_it(normalise):
    bad = [{"topic": "t"}, 5, AWAKE | {"received_at": "yesterday"}, AWAKE | {"qos": "x"}]

    told = normalise("sleep_as_android", [*bad, AWAKE], "--recorded")

    assert (told.code, len(told.events)) == (1, 1)
    assert [(one["reason"], one["record"]) for one in told.refused] == [
        ("no_message", number) for number in range(4)
    ]


@pytest.mark.parametrize("content", [b"oops", b"{}", b"[NaN]"])
def test_a_file_that_is_no_recording_is_one_refusal(normalise, content):
    told = normalise("owntracks", content, "--recorded")

    assert (told.code, told.events, len(told.refused)) == (1, [], 1)


def test_a_dash_is_the_standard_input(monkeypatch, capsys):
    payload = io.TextIOWrapper(io.BytesIO(json.dumps(EPOCH).encode()))
    monkeypatch.setattr(sys, "stdin", payload)
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    code = run(parser.parse_args(["--adapter", "daykeel", "--client", "c-1", "-"]))

    assert (code, json.loads(capsys.readouterr().out)["kind"]) == (0, "phone.unlock")


def test_a_file_that_is_not_there_is_code_2(capsys):
    parser = argparse.ArgumentParser()
    add_arguments(parser)

    code = run(parser.parse_args(["--adapter", "daykeel", "--client", "c-1", "/nowhere/at all"]))

    assert code == 2
    assert "/nowhere/at all" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [
        ["--zone", "Mars/Olympus"],
        ["--received-at", "2026-03-01"],
        ["--adapter", "tea_leaves"],
    ],
)
def test_what_is_asked_wrongly_is_code_2(normalise, more):
    with pytest.raises(SystemExit) as told:
        normalise("daykeel", EPOCH, *more)

    assert told.value.code == 2


def test_every_line_reads_back(normalise):
    told = normalise("daykeel", [EPOCH, LOCAL])

    assert [from_json(json.dumps(line).encode()).kind for line in told.events] == [
        "phone.unlock",
        "phone.unlock",
    ]
