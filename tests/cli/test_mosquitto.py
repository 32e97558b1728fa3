import os
import signal

import pytest

from daykeel.cli.folder import Reached, opened
from daykeel.cli.main import main

REACHED = Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True)


@pytest.fixture
def folder(tmp_path):
    made = opened(tmp_path / "data")
    made.note(REACHED)
    return made


@pytest.fixture
def at(tmp_path):
    made = tmp_path / "mosquitto"
    made.mkdir()
    for name in ("cert.pem", "key.pem"):
        (made / name).touch()
    return made


def do(folder, *arguments):
    return main([*arguments, "--data", str(folder.path)])


def add(folder):
    return do(folder, "client", "add", "--name", "A", "--zone", "UTC", "--source", "daykeel")


def entered(at):
    """Who may enter, besides the installation's own canary."""
    names = [line.split(":")[0] for line in (at / "passwords").read_text().splitlines()]
    assert "d-canary" in names
    return [name for name in names if name != "d-canary"]


def device(folder):
    (known,) = [one for one in folder.records().credentials() if one.username != "d-canary"]
    return known


def test_those_in_the_records_are_let_in(folder, at):
    add(folder)
    known = device(folder)

    assert do(folder, "mosquitto", "--at", str(at)) == 0

    assert entered(at) == ["daykeel-ingest", known.username]
    assert f"user {known.username}" in (at / "acl").read_text()
    assert f"password_file {at}/passwords" in (at / "mosquitto.conf").read_text()


def test_a_client_that_is_added_later_is_let_in_and_a_revoked_one_is_not(folder, at):
    do(folder, "mosquitto", "--at", str(at))
    add(folder)
    known = device(folder)
    assert entered(at) == ["daykeel-ingest", known.username]

    assert do(folder, "client", "revoke", "--client", known.client) == 0

    assert entered(at) == ["daykeel-ingest"]
    assert not folder.records().credential(known.username).enabled


def test_mosquitto_is_told_to_read_anew(folder, at, tmp_path):
    pid_file = tmp_path / "pid"
    pid_file.write_text(f"{os.getpid()}\n")
    told = []
    before = signal.signal(signal.SIGHUP, lambda *_: told.append(1))
    try:
        do(folder, "mosquitto", "--at", str(at), "--pid-file", str(pid_file))
        add(folder)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert told == [1, 1]


def test_who_must_tell_mosquitto_is_told_so(folder, at, capsys):
    do(folder, "mosquitto", "--at", str(at))
    add(folder)
    capsys.readouterr()

    do(folder, "client", "revoke", "--client", device(folder).client)

    assert "send it SIGHUP" in capsys.readouterr().out


def test_a_configuration_that_is_there_stays_as_it_is(folder, at):
    (at / "mosquitto.conf").write_text("mine")

    do(folder, "mosquitto", "--at", str(at))

    assert (at / "mosquitto.conf").read_text() == "mine"


def test_without_a_certificate_it_refuses(folder, tmp_path, capsys):
    assert do(folder, "mosquitto", "--at", str(tmp_path / "elsewhere")) == 2
    assert "Mosquitto needs TLS" in capsys.readouterr().err


def test_a_mosquitto_that_does_not_run_is_said(folder, at, tmp_path, capsys):
    assert do(folder, "mosquitto", "--at", str(at), "--pid-file", str(tmp_path / "none")) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_a_credential_that_is_not_there_cannot_be_revoked(folder, capsys):
    assert do(folder, "client", "revoke", "--client", "c-nobody00") == 2
    assert "no such credential" in capsys.readouterr().err
