import json
import sqlite3
import sys
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "doctor"))
from ward import House

from daykeel.cli import doctor
from daykeel.cli.folder import locked
from daykeel.cli.main import main


@pytest.fixture
def house(tmp_path):
    return House(tmp_path / "data")


def premises(*arguments):
    parser = ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.premises_of(parser.parse_args(arguments))


def test_where_nothing_has_failed_it_ends_well(house, capsys):
    assert main(["doctor", "--data", str(house.path), "--least-free", "1"]) == 0

    told = capsys.readouterr().out
    assert told.startswith(f"The installation in {house.path} is stopped.\n")
    assert told.endswith("0 failed, 0 to be warned of\n")


def test_what_has_failed_is_said_with_what_to_do_and_ends_with_1(house, capsys):
    house.folder.key_file.chmod(0o644)

    assert main(["doctor", "--data", str(house.path), "--least-free", "1"]) == 1

    told = capsys.readouterr().out
    assert "FAILED   key" in told
    assert f"-> chmod 600 {house.folder.key_file}" in told
    assert "1 failed" in told


def test_a_machine_can_read_it(house, capsys):
    with closing(sqlite3.connect(house.path / "scores.db")) as db:
        db.execute("PRAGMA user_version = 9")

    assert main(["doctor", "--data", str(house.path), "--least-free", "1", "--json"]) == 1

    said = json.loads(capsys.readouterr().out)
    assert (said["installation"], said["is_well"]) == ("stopped", False)
    assert {one["level"] for one in said["findings"]} == {"well", "skipped", "failed"}
    (found,) = (one for one in said["findings"] if one["level"] == "failed")
    assert set(found) == {"check", "level", "said", "advice"}
    assert found["check"] == "scores.schema"


def test_a_folder_without_an_installation_is_told_of_and_not_made(tmp_path, capsys):
    assert main(["doctor", "--data", str(tmp_path / "none"), "--json"]) == 1

    said = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in said["findings"] if one["level"] == "failed"] == ["folder"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("kept", ["installation.json", "lock"])
def test_who_may_not_read_an_installation_is_told_whom_to_be(house, kept, monkeypatch, capsys):
    (house.path / "lock").touch()
    open_file = Path.open

    def refusing(self, *arguments, **options):
        if self.name == kept:
            raise PermissionError(13, "Permission denied", str(self))
        return open_file(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refusing)

    assert main(["doctor", "--data", str(house.path)]) == 2

    told = capsys.readouterr().err
    assert f"{house.path / kept} cannot be read: Permission denied; run this as the user" in told


def test_what_its_last_start_noted_and_nobody_can_read_is_told_of(house, capsys):
    (house.path / "installation.json").write_text("")

    assert main(["doctor", "--data", str(house.path)]) == 2

    assert "installation.json is garbled; start the installation again" in capsys.readouterr().err


def test_whether_it_runs_is_known_by_who_holds_the_folder(house):
    stopped = premises("--data", str(house.path))
    with locked(house.folder):
        running = premises("--data", str(house.path))

    assert (stopped.is_running, running.is_running) == (False, True)


def test_it_takes_what_the_installation_was_started_with(house):
    house.folder.note(
        house.folder.reached, {"DAYKEEL_HTTP": "127.0.0.1:9", "DAYKEEL_CANARY_S": "5"}
    )

    found = premises("--data", str(house.path))

    assert found.setting("http") == "127.0.0.1:9"
    assert found.setting("canary_s") == "5"
    assert found.setting("log") == house.folder.store("log")
    assert found.reached.mqtt_port == house.mqtt


def test_where_each_process_runs_by_itself_it_takes_the_environment(house, monkeypatch):
    monkeypatch.setenv("DAYKEEL_RECORDS", house.folder.store("records"))
    monkeypatch.setenv("DAYKEEL_MQTT", "mqtts://ingest@broker.example:8883")
    monkeypatch.setenv("DAYKEEL_PUBLIC_URL", "https://pages.example/")

    found = premises("--data", str(house.path))
    stands = premises("--data", str(house.path), "--stopped")

    assert not found.is_embedded
    assert (found.is_running, stands.is_running) == (True, False)
    assert found.setting("log") is None
    assert (found.reached.url, found.reached.mqtt_host) == (
        "https://pages.example",
        "broker.example",
    )


def test_a_setting_that_names_no_broker_is_told_of_and_ends_nothing(house, monkeypatch, capsys):
    monkeypatch.setenv("DAYKEEL_RECORDS", house.folder.store("records"))
    monkeypatch.setenv("DAYKEEL_KEY_FILE", str(house.folder.key_file))
    monkeypatch.setenv("DAYKEEL_MQTT", "broker.example")
    monkeypatch.setenv("DAYKEEL_PUBLIC_URL", "https://pages.example")

    assert main(["doctor", "--data", str(house.path), "--stopped"]) == 1

    assert "DAYKEEL_MQTT names none" in capsys.readouterr().out
