import os
import stat

import pytest

from daykeel.cli.folder import Reached, existing, locked, opened
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


def test_a_folder_without_an_installation_is_refused_where_one_is_needed(tmp_path):
    with pytest.raises(Refused, match="no installation"):
        existing(tmp_path / "nothing")
