import os
import stat

import pytest

from daykeel.cli.folder import Reached, existing, is_running, locked, opened
from daykeel.cli.say import Refused


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_key_are_for_the_owner_alone(tmp_path):
    folder = opened(tmp_path / "deep" / "data")

    assert mode(folder.path) == 0o700
    assert mode(folder.key_file) == 0o600
    assert len(folder.key_file.read_bytes()) == 32


def test_a_folder_that_others_could_read_is_closed(tmp_path):
    tmp_path.chmod(0o755)

    opened(tmp_path)

    assert mode(tmp_path) == 0o700


def test_the_key_is_made_once(tmp_path):
    key = opened(tmp_path).key_file.read_bytes()

    assert opened(tmp_path).key_file.read_bytes() == key


def test_two_folders_have_two_keys(tmp_path):
    keys = {opened(tmp_path / name).key_file.read_bytes() for name in ("a", "b")}

    assert len(keys) == 2


def test_a_key_that_others_can_read_is_refused(tmp_path):
    opened(tmp_path).key_file.chmod(0o640)

    with pytest.raises(Refused, match="others can read"):
        opened(tmp_path)


def test_a_key_of_another_length_is_refused(tmp_path):
    opened(tmp_path).key_file.write_bytes(b"short")

    with pytest.raises(Refused, match="restore it"):
        opened(tmp_path)


def test_only_one_installation_runs_on_a_folder(tmp_path):
    folder = opened(tmp_path)

    with locked(folder), pytest.raises(Refused, match="another installation"), locked(folder):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path):
    folder = opened(tmp_path)
    with locked(folder):
        pass

    with locked(folder) as lock:
        assert os.fstat(lock)


def test_how_it_is_reached_is_kept_for_the_next_command(tmp_path):
    folder = opened(tmp_path)
    assert folder.reached is None

    folder.note(Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True))

    assert folder.reached == Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True)


def test_what_its_processes_were_set_to_is_kept_for_who_looks_at_them(tmp_path):
    folder = opened(tmp_path)
    before = folder.settings

    folder.note(Reached("http://x", "x", 1, mqtt_tls=False), {"DAYKEEL_HTTP": "127.0.0.1:8080"})

    assert (before, folder.settings) == ({}, {"DAYKEEL_HTTP": "127.0.0.1:8080"})
    assert folder.reached == Reached("http://x", "x", 1, mqtt_tls=False)


@pytest.mark.parametrize(
    "noted", ["", '{"url": "http', "7", '{"url": "http://x"}', '{"settings": 1}']
)
def test_what_it_cannot_read_of_its_last_start_is_refused_with_what_to_do(tmp_path, noted):
    folder = opened(tmp_path)
    (tmp_path / "installation.json").write_text(noted)

    with pytest.raises(Refused, match=rf"garbled; .* daykeel up --data {tmp_path}"):
        assert folder.reached
    with pytest.raises(Refused, match="garbled"):
        assert folder.settings


def test_a_new_note_is_on_the_disk_before_it_takes_the_place_of_the_last(tmp_path, monkeypatch):
    folder, synced = opened(tmp_path), []
    folder.note(Reached("http://a", "a", 1, mqtt_tls=False))

    def fsync(descriptor):
        now = os.readlink(f"/proc/self/fd/{descriptor}")
        synced.append((os.path.basename(now), os.fstat(descriptor).st_size, folder.reached.url))

    monkeypatch.setattr("os.fsync", fsync)

    folder.note(Reached("http://b", "b", 1, mqtt_tls=False))

    size = (tmp_path / "installation.json").stat().st_size
    assert synced == [("installation.new", size, "http://a")]
    assert folder.reached.url == "http://b"


def test_whether_it_runs_is_known_by_the_lock(tmp_path):
    folder = opened(tmp_path)
    never = is_running(folder)
    with locked(folder):
        during = is_running(folder)

    assert (never, during, is_running(folder)) == (False, True, False)


def test_a_folder_without_an_installation_is_refused_where_one_is_needed(tmp_path):
    with pytest.raises(Refused, match="no installation"):
        existing(tmp_path / "nothing")


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    tmp_path.chmod(0o755)

    with pytest.raises(Refused, match="not empty"):
        opened(tmp_path)

    assert mode(tmp_path) == 0o755
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_lost_key_is_not_replaced_by_another(tmp_path):
    folder = opened(tmp_path)
    folder.note(Reached("", "", 1, mqtt_tls=False))
    folder.key_file.unlink()

    with pytest.raises(Refused, match="backup"):
        opened(tmp_path)


def test_a_key_that_a_crash_left_half_way_is_made_anew(tmp_path):
    (tmp_path / "installation.key.x1").write_bytes(b"half")

    assert len(opened(tmp_path).key_file.read_bytes()) == 32


@pytest.mark.parametrize("find", [opened, existing])
def test_a_file_in_place_of_the_folder_is_refused(tmp_path, find):
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused):
        find(tmp_path / "file")


@pytest.mark.parametrize("find", [opened, existing])
def test_a_folder_that_cannot_be_read_is_refused(tmp_path, find, monkeypatch):
    def stat(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.stat", stat)

    with pytest.raises(Refused, match="cannot be used: Permission denied"):
        find(tmp_path / "data")


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%20b"])
def test_a_name_that_would_lead_the_stores_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(Refused, match="in its name"):
        opened(tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_records_that_are_none_are_refused_with_the_reason(tmp_path):
    folder = opened(tmp_path)
    (tmp_path / "records.db").write_text("no database" * 100)

    with pytest.raises(Refused, match="not a database"):
        folder.records()


def test_processes_on_their_own_say_where_records_and_key_are(tmp_path, monkeypatch):
    key = opened(tmp_path / "secrets").key_file
    elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    monkeypatch.setenv("DAYKEEL_RECORDS", elsewhere)
    monkeypatch.setenv("DAYKEEL_KEY_FILE", str(key))

    folder = existing(tmp_path / "notes")
    folder.records().close()

    assert folder.store("records") == elsewhere
    assert (tmp_path / "elsewhere.db").exists()
    assert folder.key_file == key
    assert list((tmp_path / "notes").iterdir()) == []


def test_processes_on_their_own_say_how_they_are_reached(tmp_path, monkeypatch):
    key = opened(tmp_path / "secrets").key_file
    monkeypatch.setenv("DAYKEEL_RECORDS", f"sqlite:///{tmp_path}/elsewhere.db")
    monkeypatch.setenv("DAYKEEL_KEY_FILE", str(key))
    monkeypatch.setenv("DAYKEEL_PUBLIC_URL", "https://d.example.org/")
    told_by_url_alone = existing(tmp_path / "notes").reached

    monkeypatch.setenv("DAYKEEL_MQTT", "mqtts://daykeel-ingest@mq.example.org?password_file=/x")
    told = existing(tmp_path / "notes").reached

    assert told_by_url_alone is None
    assert told == Reached("https://d.example.org", "mq.example.org", 8883, mqtt_tls=True)


def test_without_its_key_an_installation_apart_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("DAYKEEL_RECORDS", f"sqlite:///{tmp_path}/elsewhere.db")

    with pytest.raises(Refused, match=r"installation\.key cannot be used"):
        existing(tmp_path / "notes")
