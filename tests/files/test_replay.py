import argparse
import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daykeel.files.enrol import HEARD_S, NoInstallation, enrolled
from daykeel.files.recordings import MINUTES
from daykeel.files.replay import PASSWORD, add_arguments, run
from daykeel.log.admission import is_allowed
from daykeel.records.open import open_records

sys.path.insert(0, str(Path(__file__).parents[1] / "process"))
from small_broker import SmallBroker

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LONG_AGO = datetime(2016, 4, 12, tzinfo=UTC)
HEAD = ",".join(["Id", "ActivityHour", *MINUTES])


def rows(*people):
    hours = ["4/12/2016 11:00:00 PM", "4/13/2016 12:00:00 AM"]
    return [",".join([who, hour, *["5"] * 60]) for who in people for hour in hours]


@pytest.fixture
def table(tmp_path):
    def written(*people, name="steps.csv"):
        file = tmp_path / name
        file.write_text("\ufeff" + "\r\n".join([HEAD, *rows(*people)]) + "\r\n")
        return str(file)

    return written


@pytest.fixture
def home(tmp_path):
    """The folder of an installation with one client."""
    key = secrets.token_bytes(32)
    (tmp_path / "installation.key").write_bytes(key)
    records = open_records(f"sqlite:///{tmp_path}/records.db", key)
    records.migrate()
    records.add_client("Ann", "Europe/Berlin", now=NOW, id="c-1")
    yield tmp_path, records
    records.close()


def runs_at(folder, port):
    reached = {"url": "http://x", "mqtt_host": "127.0.0.1", "mqtt_port": port, "mqtt_tls": False}
    (folder / "installation.json").write_text(json.dumps(reached))


def replay(*given):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([*given, "--client", "c-1", "--zone", "Europe/Berlin"]))


def test_a_recording_is_published_and_acknowledged(table, monkeypatch, capsys):
    monkeypatch.setenv(PASSWORD, "secret")
    with SmallBroker() as broker:
        code = replay(table("a"), "--mqtt", f"mqtt://127.0.0.1:{broker.port}", "--username", "d")

    assert code == 0
    assert json.loads(capsys.readouterr().out) == {
        "messages": 1,
        "events": 120,
        "acknowledged": True,
    }
    assert broker.signed_in == [("d", "secret")]
    ((topic, payload),) = broker.kept
    assert topic == "daykeel/v1/c-1/daykeel/replay/event"
    assert json.loads(payload)[0]["start"] == "2016-04-12T21:00:00Z"


def test_a_password_may_be_in_a_file(table, tmp_path):
    (tmp_path / "password").write_text("from a file\n")
    with SmallBroker() as broker:
        replay(
            table("a"),
            *("--mqtt", f"mqtt://127.0.0.1:{broker.port}", "--username", "d"),
            *("--password-file", str(tmp_path / "password")),
        )

    assert broker.signed_in == [("d", "from a file")]


def test_a_file_of_several_people_is_refused_without_a_subject(table, capsys):
    code = replay(table("a", "b"), "--mqtt", "mqtt://127.0.0.1:1", "--username", "d")

    assert code == 2
    assert "--subject" in capsys.readouterr().err


def test_one_of_several_people_may_be_chosen_from_several_files(table, capsys):
    files = table("a", "b", name="one.csv"), table("b", name="two.csv")
    with SmallBroker() as broker:
        to = f"mqtt://127.0.0.1:{broker.port}"
        code = replay(*files, "--subject", "b", "--mqtt", to, "--username", "d")

    assert code == 0
    assert json.loads(capsys.readouterr().out)["events"] == 120


@pytest.mark.parametrize(
    "given",
    [
        ["/nowhere.csv", "--mqtt", "mqtt://127.0.0.1:1", "--username", "d"],
        ["TABLE", "--mqtt", "mqtt://127.0.0.1:1"],
        ["TABLE", "--mqtt", "nonsense", "--username", "d"],
        ["TABLE", "--data", "/nowhere"],
        ["TABLE", "--subject", "z", "--mqtt", "mqtt://127.0.0.1:1", "--username", "d"],
    ],
)
def test_what_cannot_be_done_is_code_2(table, capsys, given):
    assert replay(*[table("a") if one == "TABLE" else one for one in given]) == 2
    assert capsys.readouterr().err.startswith("daykeel replay: ")


def test_a_broker_that_does_not_answer_is_code_1(table, capsys):
    assert replay(table("a"), "--mqtt", "mqtt://127.0.0.1:1", "--username", "d") == 1


def test_an_installation_makes_a_device_for_the_replay_and_disables_it(home, table):
    folder, records = home
    records.grant("c-1", "*", now=NOW)
    with SmallBroker() as broker:
        runs_at(folder, broker.port)
        code = replay(table("a"), "--data", str(folder))

    (credential,) = records.credentials()
    assert code == 0
    assert broker.signed_in[0][0] == credential.username
    assert (credential.device, credential.adapter, credential.enabled) == (
        "replay",
        "daykeel",
        False,
    )
    assert len(broker.kept) == 1


@pytest.mark.parametrize("source", [None, "*", "daykeel", "owntracks"])
def test_consent_holds_from_the_first_minute_on(home, source):
    folder, records = home
    runs_at(folder, 1883)
    if source:
        records.grant("c-1", source, now=NOW)
    waits = []

    with enrolled(folder, "c-1", "replay", since=LONG_AGO, now=NOW, wait=waits.append):
        agreed = records.consents("c-1")

    assert is_allowed("daykeel", agreed, LONG_AGO)
    assert is_allowed("daykeel", agreed, NOW)
    assert waits == ([] if source in ("*", "daykeel") else [HEARD_S])


@pytest.mark.parametrize("source", ["*", "daykeel", "health_connect"])
def test_a_client_who_has_withdrawn_the_consent_is_refused(home, source):
    folder, records = home
    runs_at(folder, 1883)
    records.grant("c-1", source, now=LONG_AGO)
    records.withdraw("c-1", "*", now=NOW)

    with (
        pytest.raises(NoInstallation, match="daykeel client renew"),
        enrolled(folder, "c-1", "replay", since=LONG_AGO, now=NOW),
    ):
        pass

    assert not is_allowed("daykeel", records.consents("c-1"), NOW)
    assert list(records.credentials()) == []


def test_a_client_nobody_knows_is_refused(home):
    folder, records = home
    runs_at(folder, 1883)

    with (
        pytest.raises(NoInstallation),
        enrolled(folder, "c-2", "replay", since=LONG_AGO, now=NOW),
    ):
        pass

    assert list(records.credentials()) == []
